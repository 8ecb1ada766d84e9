"""What an oracle hands over: columns, their description, and the two files they are stored in.

`golden/<set>.json`    a list of {name, group, formula, unit, first, same_as}; `first` is the number of bars
                       until a value exists, `same_as` another column of the product with the same values
`golden/<set>.csv.gz`  names, then one line a bar; 13 significant digits, empty before `first`

Standard library only; checked with Python 3.11.7. The gzip header carries no time and no name.
"""

import csv
import gzip
import io
import json
import math
import sys
from pathlib import Path

import windows

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


class Table:
    """Columns in order. `add` holds a column against its own description."""

    def __init__(self, bars):
        self.bars = bars
        self.n_bars = len(bars["close"])
        self.columns = []
        self.values = {}

    def add(self, name, group, formula, unit, first, values, same_as=None):
        values = [None if value is None else float(value) for value in values]
        assert len(values) == self.n_bars and name not in self.values, name
        for bar, value in enumerate(values):
            assert (value is None) == (bar < first - 1), f"{name}: first is {first}, bar {bar} holds {value}"
            assert value is None or math.isfinite(value), f"{name} at bar {bar}: {value}"
        column = {"name": name, "group": group, "formula": formula, "unit": unit, "first": first}
        self.columns.append({**column, "same_as": same_as})
        self.values[name] = values


def scale_of(values):
    return windows.std([value for value in values if value is not None])


def worst_difference(values, others):
    """Largest |a − b| / max(|a|, std of a), and its bar; bars without either value do not count."""
    scale = scale_of(values)
    worst, at = 0.0, 0
    for bar, (value, other) in enumerate(zip(values, others)):
        if value is None or other is None or value == other:
            continue
        difference = abs(value - other) / max(abs(value), scale)
        if difference > worst:
            worst, at = difference, bar
    return worst, at


def check_rounding(build, bars, table, limit=1e-10):
    """Computes everything with careless sums too and refuses columns that hang on rounding."""
    windows.set_sloppy(True)
    careless = build(bars)
    windows.set_sloppy(False)
    worst = 0.0
    for name, values in table.values.items():
        difference, bar = worst_difference(values, careless.values[name])
        assert difference <= limit, f"{name} hangs on rounding: {difference:.1e} at bar {bar}"
        worst = max(worst, difference)
    print(f"careless sums change nothing by more than {worst:.1e} of max(|value|, standard deviation)")


def files_of(table):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.values)
    for row in zip(*table.values.values()):
        writer.writerow(["" if value is None else f"{value + 0.0:.13g}" for value in row])
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(text.getvalue().encode())
    described = ",\n".join(json.dumps(column, ensure_ascii=False) for column in table.columns)
    return f"[\n{described}\n]\n", packed.getvalue(), text.getvalue()


def finish(name, table):
    """Writes the two files of `table`, or with --check compares them with what is stored."""
    description, packed, text = files_of(table)
    paths = GOLDEN / f"{name}.json", GOLDEN / f"{name}.csv.gz"
    if "--check" in sys.argv[1:]:
        same = paths[0].read_text() == description and gzip.decompress(paths[1].read_bytes()).decode() == text
        print(f"{name}: {'as written by this script' if same else 'DIFFERS'}")
        return same
    paths[0].write_text(description)
    paths[1].write_bytes(packed)
    print(f"{name}: {len(table.columns)} columns, {len(description)} and {len(packed)} bytes")
    return True
