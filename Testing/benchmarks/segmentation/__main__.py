"""`python -m Testing.benchmarks.segmentation`: filling between drawn slices, ours and peers, on the slices left out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from ..machine import describe
from ..tables import markdown_table, write_results
from .cases import CASES, GAPS, HELD_OUT, Case
from .exchange import Job
from .measures import dice_in, hidden_voxels, measured_labels, mesh_report, score, seen, write_voxel_meshes
from .runner import METHODS, run
from .summary import charts, summary

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_OUTPUT = Path("benchmark_output/segmentation")
_PEERS = Path("benchmark_output/peers_segmentation/bin/python")


def main() -> None:
    """Runs every method on every case and gap; the tables are written anew after each case."""
    choice = _arguments()
    about = {**describe(torch.device("cpu")), "threads": 1}
    rows = _earlier_rows(choice)
    for name in choice.only:
        case = CASES[name](choice.data)
        for gap in choice.gaps:
            for kind in choice.kinds:
                rows += _rows(case, gap, kind, choice, {_key(row) for row in rows})
        write_results(choice.output, "segmentation", about, rows)
        write_results(choice.output, "summary", about, summary(rows))
        charts(rows, choice.output)
    print(markdown_table(summary(rows)))


def _earlier_rows(choice: argparse.Namespace) -> list[dict[str, Any]]:
    path = choice.output / "segmentation.json"
    if not (choice.resume and path.exists()):
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["case"], row["gap"], row["slices"], row["method"]


def _rows(
    case: Case, gap: int, kind: str, choice: argparse.Namespace, done: set[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    job: Job = case.single(gap) if kind == "single" else case.crossed(gap)
    values = measured_labels(case.labels, job)
    if not values:
        return []
    kinds = case.single(gap), case.crossed(gap)
    common = hidden_voxels(kinds[0]) & hidden_voxels(kinds[1])
    in_both = sorted(set(measured_labels(case.labels, kinds[0])) & set(measured_labels(case.labels, kinds[1])))
    best, share = seen(case.labels, job, in_both)
    bound = dice_in(case.labels, best, common, in_both)
    rows = []
    for name in choice.methods:
        if (case.name, gap, kind, name) in done:
            continue
        with run(METHODS[name], job, choice.peers, choice.timeout) as (report, filled, folder):
            row = {"case": case.name, "held_out": case.name in HELD_OUT, "gap": gap, "slices": kind, "method": name}
            measures: dict[str, Any] = dict.fromkeys(_MEASURES)
            if filled is not None:
                measures |= score(case.labels, filled, job, values)
                measures["dice_common"] = dice_in(case.labels, filled, common, in_both)
                measures |= {"dice_bound": bound, "drawn_share": share}
                if not list(folder.glob("mesh_*.npz")):
                    write_voxel_meshes(filled, case.labels.grid, values, folder)
                measures |= mesh_report(folder, values)
            times = {key: report.get(key) for key in ("processor_seconds", "added_GB")}
            rows.append({**row, **measures, **times, "status": report["status"]})
            print(markdown_table(rows).splitlines()[-1], flush=True)
    return rows


_MEASURES = (
    "dice", "dice_common", "dice_bound", "drawn_share", "hd95_mm", "assd_mm", "volume_error", "lost", "labels",
    "sound_meshes", "curvature_spread",
)  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.segmentation", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--gaps", nargs="+", type=int, default=list(GAPS), help="every how many slices one is drawn")
    parser.add_argument("--kinds", nargs="+", choices=("single", "crossed"), default=["single", "crossed"])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), metavar="METHOD")
    parser.add_argument("--resume", action="store_true", help="keep the rows that the output folder has, run the rest")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds that one run may take")
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of the volumes (../shared/data)")
    parser.add_argument("--peers", type=Path, default=_PEERS, help=f"python of the peers' environment ({_PEERS})")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help=f"folder of the results ({_OUTPUT})")
    choice = parser.parse_args()
    choice.peers = choice.peers.absolute() if choice.peers.exists() else None
    if not choice.data.exists():
        parser.error(f"the folder {choice.data} with the volumes is not here; give --data")
    return choice


if __name__ == "__main__":
    sys.exit(main())
