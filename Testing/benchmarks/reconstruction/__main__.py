"""`python -m Testing.benchmarks.reconstruction`: our reconstruction and its peers on the same stacks."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..machine import describe
from ..tables import markdown_table, write_results
from .cases import Case, all_cases
from .left_out import WAYS, left_out_rows
from .measures import compare
from .methods import METHODS, on_grid
from .pictures import chart, panel
from .trust import coverage, pose_errors, shared_motion

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_OUTPUT = Path("benchmark_output/reconstruction")
_USUAL = ("spline", "lanczos", "ours-balanced")


def main() -> None:
    """Runs every method on every case and writes `reconstruction.json`, `reconstruction.md`, a chart and a panel of
    slices for each case; the table is written anew after each row."""
    choice = _arguments()
    about = {**describe(torch.device(choice.device)), "crop_mm": choice.crop, "cases": choice.cases}
    rows: list[dict[str, Any]] = []
    for case in all_cases(choice.data, choice.crop, choice.cases, choice.only or ()):
        print(f"\n{case.name}: truth {case.truth.grid.describe()}", flush=True)
        images: dict[str, np.ndarray] = {}
        for name in choice.methods:
            rows.append(_row(case, name, choice, images))
            print(markdown_table(rows).splitlines()[-1], flush=True)
            write_results(choice.output, "reconstruction", about, rows)
        panel(case, images, choice.output / f"{_file_name(case.name)}.png")
    if rows:
        chart(rows, choice.output / "gain.png")
    if choice.left_out:
        found: list[dict[str, Any]] = []
        for row in left_out_rows(choice.data, choice.left_out, choice.device, choice.left_out_stacks, choice.ways):
            found.append(row)
            print(markdown_table(found).splitlines()[-1], flush=True)
            write_results(choice.output, "left_out", about, found)


def _row(case: Case, name: str, choice: argparse.Namespace, images: dict[str, np.ndarray]) -> dict[str, Any]:
    wall, processor = time.perf_counter(), time.process_time()
    known = {**case.known, "device": choice.device}
    array, remarks = METHODS[name](case.stacks, case.truth.grid, known)
    seconds = {"seconds": time.perf_counter() - wall, "processor_seconds": time.process_time() - processor}
    result = remarks.get("result")
    if result is not None and case.poses is not None:
        array = on_grid(case.truth.grid.transformed(np.linalg.inv(shared_motion(result, case))), result.evaluate)
    images[name] = array
    names = ("coverage_90", "coverage_of_scan_90", "interval_needed", "pose_mm", "pose_degrees")
    trust: dict[str, float | None] = dict.fromkeys(names)
    if result is not None:
        trust |= coverage(result, case, array) | pose_errors(result, case)
    return {"case": case.name, "method": name, **compare(case.truth, array, case.mask, case.seen), **trust, **seconds}


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.reconstruction", description=__doc__)
    parser.add_argument("--cases", choices=("quick", "main", "full"), default="main")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="cases whose names hold these words")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(_USUAL))
    parser.add_argument(
        "--crop", type=int, default=96, metavar="MM", help="the middle of each brain (96); 0: all of it"
    )
    parser.add_argument("--left-out", nargs="*", choices=("knee", "fetal"), help="leave one stack out of these")
    parser.add_argument("--left-out-stacks", nargs="+", type=int, metavar="N", help="only these of each set (from 1)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, help="how the stacks left out are predicted")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of the volumes (../shared/data)")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help=f"folder of the results ({_OUTPUT})")
    choice = parser.parse_args()
    if not choice.data.exists():
        parser.error(f"the folder {choice.data} with the volumes is not here; give --data")
    return choice


if __name__ == "__main__":
    sys.exit(main())
