"""Block lengths of the stationary bootstrap by the package arch: writes golden/block_length.json.

Python 3.11.7, numpy 2.4.6, arch 8.0.0 (`arch.bootstrap.optimal_block_length`, column `stationary`).
`python block_length.py --check` compares with what is stored.

Series are AR(1), signs of AR(1), a moving average and a slow wave in noise, rounded to 4 decimals. Left out
are those at arch's upper limit of 3 √n, which the product does not have (it allows a third of the rows), and
those where the significance of a correlation hangs on its denominator: the variance of all rows in the paper
and in the product, that of the stretches that overlap (one row short) in arch.
"""

import json
import sys
from pathlib import Path

import numpy as np
from arch.bootstrap import optimal_block_length

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "block_length.json"


def autoregressive(random, phi, n):
    x = np.zeros(n)
    for i in range(1, n):
        x[i] = phi * x[i - 1] + random.normal()
    return x


def undisputed(values):
    """Both denominators find the same correlations significant."""
    n, eps = len(values), values - values.mean()
    limit = 2 * np.sqrt(np.log10(n) / n)
    for lag in range(1, int(np.ceil(np.sqrt(n))) + 6):
        product = abs(eps[lag:] @ eps[: n - lag])
        stretches = np.sqrt((eps[lag + 1 :] @ eps[lag + 1 :]) * (eps[: -lag - 1] @ eps[: -lag - 1]))
        if (product / (eps @ eps) < limit) != (product / stretches < limit):
            return False
    return True


def main():
    random = np.random.default_rng(7)
    series = {
        f"ar {phi} {n}": autoregressive(random, phi, n)
        for phi in [-0.5, 0.0, 0.3, 0.5, 0.7, 0.8, 0.9]
        for n in [60, 250, 700]
    }
    series |= {f"sign {phi}": (autoregressive(random, phi, 900) > 0).astype(float) for phi in [0.5, 0.9]}
    noise = random.normal(size=612)
    series["moving average"] = np.convolve(noise, np.ones(12) / 12, mode="valid")
    series["wave"] = np.sin(np.arange(500) / 9.0) + random.normal(size=500)
    found = []
    for name, values in series.items():
        values = np.round(values, 4)
        n = len(values)
        length = float(optimal_block_length(values)["stationary"].iloc[0])
        if 1.0 < length < np.ceil(min(3 * np.sqrt(n), n / 3)) and undisputed(values):
            found.append({"name": name, "values": values.tolist(), "length": length})
    assert len(found) >= 10, len(found)
    text = json.dumps(found, separators=(",", ":")) + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if GOLDEN.read_text() == text else f"{GOLDEN} is not what this script writes")
    GOLDEN.write_text(text)


main()
