"""Expected values of the tsfresh-style features, computed by tsfresh itself.

    python tests/oracle/tsfresh.py [BARS]            (in crates/characteristics)

Versions: Python 3.11, tsfresh 0.21.2, numpy 2.4.6, pandas 3.1.1, scipy 1.17.1, statsmodels 0.15.0.

Writes into tests/golden, as text with tabs:
    tsfresh_windows.tsv      name, then the values of a made-up window, one window per line
    tsfresh_synthetic.tsv    column names; then a window's name and its features
    tsfresh_returns.tsv      column names; then `FILE@START` and the features of the 288 log returns
                             ln(close[i] / close[i - 1]), i = START + 1 .. START + 288, where close[0] is the first
                             row of FILE, the name of BARS (a compressed table of 5-minute bars with the columns
                             timestamp, in ms, and close: BTCUSDT-5m.csv.gz)
Without BARS the third file is left as it is. `nan` and `inf` stand where tsfresh has no number.
"""

import csv
import gzip
import math
import os
import sys
import warnings
from pathlib import Path

# This file has the package's name and would be found in its place.
del sys.path[0]
# Vectorised sorts order equal values differently on every kind of processor, and permutation_entropy shows it.
os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from tsfresh.feature_extraction import extract_features  # noqa: E402

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
RETURN_WINDOWS = 100
RETURNS = 288
FIVE_MINUTES_MS = 300_000

SETTINGS = {
    "sum_values": None,
    "median": None,
    "mean": None,
    "standard_deviation": None,
    "variance": None,
    "root_mean_square": None,
    "maximum": None,
    "absolute_maximum": None,
    "minimum": None,
    "abs_energy": None,
    "skewness": None,
    "kurtosis": None,
    "quantile": [{"q": q} for q in (0.1, 0.2, 0.3, 0.7, 0.8, 0.9)],
    "ratio_beyond_r_sigma": [{"r": r} for r in (0.5, 1, 1.5, 2, 3)],
    "mean_n_absolute_max": [{"number_of_maxima": 7}],
    "large_standard_deviation": [{"r": 0.25}],
    "symmetry_looking": [{"r": 0.05}],
    "binned_entropy": [{"max_bins": 10}],
    "benford_correlation": None,
    "percentage_of_reoccurring_datapoints_to_all_datapoints": None,
    "percentage_of_reoccurring_values_to_all_values": None,
    "ratio_value_number_to_time_series_length": None,
    "sum_of_reoccurring_values": None,
    "sum_of_reoccurring_data_points": None,
    "value_count": [{"value": 0}],
    "range_count": [{"min": -1000000000000.0, "max": 0}],
    "absolute_sum_of_changes": None,
    "mean_abs_change": None,
    "mean_change": None,
    "mean_second_derivative_central": None,
    "cid_ce": [{"normalize": True}, {"normalize": False}],
    "change_quantiles": [
        {"ql": low, "qh": high, "isabs": absolute, "f_agg": aggregate}
        for low, high, absolute, aggregate in (
            (0.2, 0.8, True, "mean"),
            (0.2, 0.8, True, "var"),
            (0.2, 0.8, False, "mean"),
            (0.2, 0.8, False, "var"),
            (0.0, 0.4, True, "mean"),
            (0.6, 1.0, True, "mean"),
        )
    ],
    "count_above_mean": None,
    "count_below_mean": None,
    "longest_strike_above_mean": None,
    "longest_strike_below_mean": None,
    "number_crossing_m": [{"m": 0}],
    "number_peaks": [{"n": n} for n in (1, 3, 5)],
    "first_location_of_maximum": None,
    "last_location_of_maximum": None,
    "first_location_of_minimum": None,
    "last_location_of_minimum": None,
    "index_mass_quantile": [{"q": q} for q in (0.1, 0.4, 0.6, 0.9)],
    "energy_ratio_by_chunks": [{"num_segments": 10, "segment_focus": focus} for focus in (0, 9)],
    "autocorrelation": [{"lag": lag} for lag in (1, 2, 3, 4, 5, 9)],
    "partial_autocorrelation": [{"lag": lag} for lag in (1, 2, 3, 4, 5)],
    "agg_autocorrelation": [{"f_agg": f, "maxlag": 40} for f in ("mean", "median", "var")],
    "c3": [{"lag": lag} for lag in (1, 2, 3)],
    "time_reversal_asymmetry_statistic": [{"lag": lag} for lag in (1, 2, 3)],
    "ar_coefficient": [{"coeff": coefficient, "k": 10} for coefficient in (0, 1, 2)],
    "permutation_entropy": [{"tau": 1, "dimension": dimension} for dimension in (3, 4, 5)],
    "lempel_ziv_complexity": [{"bins": bins} for bins in (3, 10)],
    "sample_entropy": None,
    "fft_coefficient": [{"attr": "abs", "coeff": k} for k in (1, 2, 3, 4, 5)],
    "fft_aggregated": [{"aggtype": kind} for kind in ("centroid", "variance", "skew", "kurtosis")],
    "spkt_welch_density": [{"coeff": k} for k in (2, 5, 8)],
    "fourier_entropy": [{"bins": bins} for bins in (2, 5)],
    "linear_trend": [{"attr": attribute} for attribute in ("slope", "intercept", "rvalue", "stderr")],
    "agg_linear_trend": [
        {"attr": attribute, "chunk_len": 10, "f_agg": f} for f in ("mean", "var") for attribute in ("slope", "rvalue")
    ],
    "augmented_dickey_fuller": [{"attr": "teststat", "autolag": "AIC"}],
}


def synthetic_windows():
    """Windows of few digits, so that text carries them exactly."""
    random = np.random.default_rng(20240917)

    def ar1(n):
        values = np.zeros(n)
        for t in range(1, n):
            values[t] = 0.6 * values[t - 1] + random.normal()
        return values

    def returns(n):
        """Log returns with clusters of volatility and a few bars without trade."""
        level = np.exp(0.5 * ar1(n))
        return 1e-3 * level * random.normal(size=n) * (random.random(n) > 0.05)

    kinds = {
        "noise": lambda n: np.round(random.normal(size=n), 4),
        "ar1": lambda n: np.round(1e-3 * ar1(n), 7),
        "walk": lambda n: np.round(100 + np.cumsum(random.normal(size=n)), 3),
        "heavy": lambda n: np.round(1e-3 * random.standard_t(2, size=n), 7),
        "ties": lambda n: np.round(random.normal(size=n)),
        "ticks": lambda n: np.round(0.3 * random.normal(size=n), 1),
        "trend": lambda n: np.round(0.05 * np.arange(n) + random.normal(size=n), 4),
        "returns": lambda n: np.round(returns(n), 7),
        "sparse": lambda n: np.where(random.random(n) < 0.1, np.round(random.normal(size=n), 3), 0.0),
    }
    for kind, make in kinds.items():
        for n in (60, 100, 288):
            yield f"{kind}_{n}", make(n)
    for n in (30, 97, 101, 600):
        yield f"noise_{n}", kinds["noise"](n)
        yield f"walk_{n}", kinds["walk"](n)


def return_windows(path):
    with gzip.open(path, "rt", newline="") as file:
        rows = [(int(row["timestamp"]), float(row["close"])) for row in csv.DictReader(file)]
    last = len(rows) - RETURNS - 1
    for place in range(RETURN_WINDOWS):
        start = place * last // (RETURN_WINDOWS - 1)
        window = rows[start : start + RETURNS + 1]
        while window[-1][0] - window[0][0] != RETURNS * FIVE_MINUTES_MS:  # a hole: behind it
            start += 1
            window = rows[start : start + RETURNS + 1]
        closes = [close for _, close in window]
        yield f"{Path(path).name}@{start}", np.array([math.log(b / a) for a, b in zip(closes, closes[1:])])


def features(windows):
    """Column names, and the features of every window by its name."""
    table = {}
    for name, values in windows:
        frame = pd.DataFrame({"id": 0, "t": range(len(values)), "x": values})
        row = extract_features(
            frame,
            column_id="id",
            column_sort="t",
            default_fc_parameters=SETTINGS,
            n_jobs=0,
            disable_progressbar=True,
        ).iloc[0]
        table[name] = row.rename(lambda column: column.removeprefix("x__")).astype(float)
    return table


def write(file, table):
    with open(GOLDEN / file, "w", encoding="utf-8", newline="\n") as out:
        columns = next(iter(table.values())).index
        out.write("\t".join(["window", *columns]) + "\n")
        for name, row in table.items():
            out.write("\t".join([name, *(f"{value:.12g}" for value in row[columns])]) + "\n")


def main():
    GOLDEN.mkdir(exist_ok=True)
    windows = list(synthetic_windows())
    with open(GOLDEN / "tsfresh_windows.tsv", "w", encoding="utf-8", newline="\n") as out:
        for name, values in windows:
            out.write("\t".join([name, *(f"{value:.10g}" for value in values)]) + "\n")
    # What is computed is what was written.
    read = [(name, np.array([float(f"{value:.10g}") for value in values])) for name, values in windows]
    write("tsfresh_synthetic.tsv", features(read))
    if len(sys.argv) > 1:
        write("tsfresh_returns.tsv", features(return_windows(sys.argv[1])))


main()
