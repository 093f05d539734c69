"""`python -m Testing.benchmarks.registration`: our registration and its peers on the same pairs from the same start."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from INRCore.registration.affine import align_steps
from INRCore.registration.images import prepare_image
from INRCore.volume import Volume

from ..machine import describe
from ..tables import markdown_table, write_results
from .exchange import Job, points_of, transformed
from .held_out import HELD_OUT
from .measures import measure
from .pairs import PAIRS, Pair
from .pictures import charts, panel
from .runner import METHODS, Method, find_method, run

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_OUTPUT = Path("benchmark_output/registration")
_PEERS = Path("benchmark_output/peers/bin/python")
_IDIR = "https://github.com/MIAGroupUT/IDIR"
_ALL_PAIRS = {**PAIRS, **HELD_OUT}
_QUICK_PAIRS, _QUICK_METHODS, _QUICK_SPACING_MM = ("head_smooth", "two_patients"), ("ours-fast", "elastix"), 4.0


def main() -> None:
    """Runs every method on every pair and writes `registration.json`, `registration.md`, charts and a panel of slices
    for each pair into the folder; the table is written anew after each pair."""
    choice = _arguments()
    choice.output.mkdir(parents=True, exist_ok=True)
    methods = [_with_checkout(method, choice) for method in map(find_method, choice.methods)]
    about = {**describe(torch.device(choice.device)), "threads": choice.threads, "spacing_mm": choice.spacing}
    rows: list[dict[str, Any]] = []
    for name in choice.only:
        pair = _ALL_PAIRS[name](choice.data, choice.spacing)
        found, maps = _rows_of(name, pair, methods, choice)
        rows += found
        write_results(choice.output, "registration", about, rows)
        charts(rows, choice.output)
        panel(pair, maps, choice.output / f"{name}.png")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.registration", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two pairs at 4 mm, two methods")
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="PAIR",
        choices=_ALL_PAIRS,
        help=f"pairs, of: {', '.join(PAIRS)}; held out: {', '.join(HELD_OUT)}",
    )
    parser.add_argument(
        "--methods", nargs="+", metavar="METHOD",
        help=f"of: {', '.join(METHODS)}; settings may follow: ours-best:model=displacement,fit.iterations=500",
    )  # fmt: skip
    parser.add_argument("--spacing", type=float, help="smallest voxel side in mm (2.5; 0: as in the files)")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-inverse", action="store_true", help="leave out the swapped runs of the real pairs")
    parser.add_argument("--timeout", type=float, default=7200, help="seconds that one run may take (7200)")
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of the volumes (../shared/data)")
    parser.add_argument("--peers", type=Path, default=_PEERS, help=f"python of the peers' environment ({_PEERS})")
    parser.add_argument("--idir", default=_IDIR, help=f"where IDIR's code is cloned from ({_IDIR})")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help=f"folder of the results ({_OUTPUT})")
    choice = parser.parse_args()
    choice.only = choice.only or list(_QUICK_PAIRS if choice.quick else _ALL_PAIRS)
    choice.methods = choice.methods or list(_QUICK_METHODS if choice.quick else METHODS)
    if choice.spacing is None:
        choice.spacing = _QUICK_SPACING_MM if choice.quick else 2.5
    choice.peers = choice.peers.absolute() if choice.peers.exists() else None
    try:
        [find_method(text) for text in choice.methods]
    except ValueError as error:
        parser.error(str(error))
    if not choice.data.exists():
        parser.error(f"the folder {choice.data} with the volumes is not here; give --data")
    return choice


def _with_checkout(method: Method, choice: argparse.Namespace) -> Method:
    """IDIR's method with the folder of its code, cloned once beside the results, outside of what git sees."""
    if method.module != "idir":
        return method
    folder = choice.output.absolute().parent / "IDIR"
    if not folder.exists():
        done = subprocess.run(["git", "clone", "--quiet", choice.idir, str(folder)], check=False)
        if done.returncode != 0:
            return method
    return find_method(method.name + (":" if ":" not in method.name else ",") + f"folder={folder}")


# -- one pair ----------------------------------------------------------------------------------------------------------
def _rows_of(
    name: str, pair: Pair, methods: list[Method], choice: argparse.Namespace
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """The rows of one pair, each printed when it is known, and the maps for the picture."""
    print(
        f"\n{name}: {pair.about}\nfixed {pair.fixed.grid.describe()}, moving {pair.moving.grid.describe()}", flush=True
    )
    points = points_of(pair.fixed.grid.shape, pair.fixed.grid.ijk_to_world)
    truth = None if pair.truth is None else pair.truth(points.reshape(-1, 3)).reshape(points.shape)
    start = _start(pair)
    maps = {"as given": points, "start": transformed(start, points)}
    if truth is not None:
        maps["truth"] = truth
    rows = [_row(name, label, {"status": "ok"}, measure(pair, maps[label], truth, None)) for label in maps]
    print(markdown_table(rows), end="", flush=True)
    for method in methods:
        report, mapped = run(method, _job(pair, start, method, choice), choice.peers, choice.timeout)
        back = None
        if mapped is not None and truth is None and not choice.no_inverse:
            swapped = _job(pair, start, method, choice, swapped=True)
            back = run(method, swapped, choice.peers, choice.timeout)[1]
        label = method.name.split(",folder=")[0].split(":folder=")[0]
        measures = {} if mapped is None else measure(pair, mapped, truth, back)
        rows.append(_row(name, label, report, {key: measures.get(key) for key in _MEASURES}))
        print(markdown_table(rows).splitlines()[-1], flush=True)
        if mapped is not None:
            maps[label] = mapped
    return rows, maps


_MEASURES = (
    "mean_mm", "p95_mm", "max_mm", "ncc", "local_ncc", "dice", "folding_percent", "least_determinant", "inverse_mm",
)  # fmt: skip


def _row(pair: str, method: str, report: dict[str, Any], measures: dict[str, Any]) -> dict[str, Any]:
    times = {key: report.get(key) for key in ("seconds", "processor_seconds", "peak_GB", "gpu_peak_GB")}
    status = report["status"] if report["status"] != "ok" else report.get("note") or "ok"
    return {"pair": pair, "method": method, **measures, **times, "status": status}


def _start(pair: Pair) -> np.ndarray:
    """4x4 RAS, fixed to moving: our own rigid or affine alignment, the same for all."""
    if pair.start == "none":
        return np.eye(4)
    body = Volume(pair.body.astype(np.uint8), pair.fixed.grid)
    steps = align_steps(
        prepare_image(pair.fixed, body, "fixed"), prepare_image(pair.moving, None, "moving"), pair.start
    )
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _job(pair: Pair, start: np.ndarray, method: Method, choice: argparse.Namespace, swapped: bool = False) -> Job:
    """What a method gets; swapped: from moving to fixed, without the body's mask, which the moving image lacks."""
    fixed, moving = (pair.moving, pair.fixed) if swapped else (pair.fixed, pair.moving)
    mask = prepare_image(fixed, None, "fixed").region if swapped else pair.body
    return Job(
        fixed.as_float32(), fixed.grid.ijk_to_world, moving.as_float32(), moving.grid.ijk_to_world,
        np.linalg.inv(start) if swapped else start, mask, pair.multimodal, method.options, choice.threads,
        choice.device,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
