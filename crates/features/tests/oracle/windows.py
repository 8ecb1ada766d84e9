"""Plain arithmetic over windows, for the oracles. Standard library only; checked with Python 3.11.7.

A series is a list with one entry a bar: a finite number, or None where there is no value yet. A window is a
list of numbers, oldest first. Sums are correctly rounded (`math.fsum`), moments take two passes, and a
window of equal numbers has a deviation of exactly 0 (its mean may round to another number, which would
leave a deviation of rounding errors only).

`set_sloppy(True)` replaces the exact sums by naive ones from the newest to the oldest value. The oracles
compute everything a second time that way: a column whose value depends on which of the two is used hangs on
rounding and needs another definition.
"""

import math

ROUNDING = 1e-12  # relative; computed numbers closer than this are ties
_sloppy = False


def set_sloppy(sloppy):
    global _sloppy
    _sloppy = sloppy


def total(values):
    if not _sloppy:
        return math.fsum(values)
    result = 0.0
    for value in reversed(list(values)):
        result += value
    return result


def constant(values):
    return all(value == values[0] for value in values)


def mean(values):
    return values[0] if constant(values) else total(values) / len(values)


def variance(values, less=1):
    """Sum of squared distances from the mean over n − less; exactly 0 for equal values."""
    if constant(values):
        return 0.0
    centre = mean(values)
    return total((value - centre) ** 2 for value in values) / (len(values) - less)


def std(values, less=1):
    return math.sqrt(variance(values, less))


def z_score(values):
    """The newest value in sample standard deviations from the mean; 0 for equal values."""
    sigma = std(values)
    return (values[-1] - mean(values)) / sigma if sigma > 0.0 else 0.0


def covariance(x, y):
    """With n − 1; exactly 0 when either is constant."""
    if constant(x) or constant(y):
        return 0.0
    mean_x, mean_y = mean(x), mean(y)
    return total((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / (len(x) - 1)


def correlation(x, y):
    """Pearson's, kept within −1 and 1; 0 when either is constant."""
    if constant(x) or constant(y):
        return 0.0
    result = covariance(x, y) / math.sqrt(variance(x) * variance(y))
    return max(-1.0, min(1.0, result))


def median(values):
    """The middle value, of an even number the mean of the two."""
    ordered = sorted(values)
    n = len(ordered)
    return 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2])


def share_up_to_newest(values):
    """Share of the values that are ≤ the newest, itself included; a tie is within 1e-12 of the newest."""
    limit = values[-1] + ROUNDING * abs(values[-1])
    return sum(1 for value in values if value <= limit) / len(values)


def ratio(value, divisor, neutral):
    return value / divisor if divisor != 0.0 else neutral


def log_ratio(value, divisor):
    """ln(value / divisor) of two numbers that are not negative; 0 when either is 0."""
    return math.log(value / divisor) if value > 0.0 and divisor > 0.0 else 0.0


def sign(value):
    return (value > 0.0) - (value < 0.0)


def each(function, *series):
    """`function` of the values of a bar, where all have one."""
    return [
        None if any(value is None for value in values) else function(*values) for values in zip(*series)
    ]


def rolling(function, n, *series):
    """`function` of the last `n` values of each series, where all have so many."""
    result = []
    for bar in range(len(series[0])):
        windows = [one[bar - n + 1 : bar + 1] for one in series] if bar + 1 >= n else [[None]]
        ready = all(value is not None for window in windows for value in window)
        result.append(function(*windows) if ready else None)
    return result


def lag(series, n):
    """The values `n` bars ago."""
    return ([None] * n + list(series))[: len(series)]


def smoothed(series, n, alpha):
    """Exponential smoothing: the mean of the first `n` values, then previous + alpha · (value − previous)."""
    result, start, value = [], [], None
    for number in series:
        if number is None:
            result.append(None)
            continue
        if value is None:
            start.append(number)
            value = mean(start) if len(start) == n else None
        else:
            value += alpha * (number - value)
        result.append(value)
    return result


def ema(series, n):
    return smoothed(series, n, 2.0 / (n + 1.0))


def wilder(series, n):
    return smoothed(series, n, 1.0 / n)
