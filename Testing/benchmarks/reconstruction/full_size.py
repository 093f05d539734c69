"""`python -m Testing.benchmarks.reconstruction.full_size`: three stacks of 384 x 384 x 24 to 0.6 mm, timed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import torch

from INRCore.fitting.progress import Steps
from INRCore.io import read_volume
from INRCore.memory import peak_memory_bytes
from INRCore.reconstruction import SuperResolutionSettings, super_resolve_steps
from INRCore.reconstruction.result import SuperResolutionResult
from INRCore.settings import PRESET_NAMES, from_dict, load_preset

from ..machine import describe
from ..tables import markdown_table, write_results
from .left_out import binned

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_STACKS = ("knee_ax.nrrd", "knee_sag.nrrd", "knee_cor.nrrd")
_PREVIEW_VOXELS = 200_000


def main() -> None:
    """One run; writes `full_size.json` and `full_size.md`."""
    choice = _arguments()
    stacks = [binned(read_volume(str(choice.data / name)), choice.binned) for name in _STACKS]
    base = load_preset(SuperResolutionSettings, "reconstruction", choice.preset)
    changes: dict[str, Any] = {"spacing_mm": choice.spacing, "fit": {"device": choice.device}}
    changes |= {"uncertainty": False} if choice.without_uncertainty else {}
    wall, processor = time.perf_counter(), time.process_time()
    result, previewed = _timed(super_resolve_steps(stacks, from_dict(SuperResolutionSettings, changes, base)))
    row = {
        "stacks": "; ".join(" x ".join(map(str, stack.grid.size_ijk)) for stack in stacks),
        "result": result.volume.grid.describe(),
        "preset": choice.preset,
        "uncertainty": result.uncertainty is not None,
        "first_preview_s": previewed,
        "seconds": time.perf_counter() - wall,
        "processor_seconds": time.process_time() - processor,
        "peak_memory_gb": peak_memory_bytes() / 1e9,
        "consistency": result.metrics["consistency_rmse_relative"],
        "spline_consistency": result.metrics["baseline_consistency_rmse_relative"],
    }
    write_results(choice.output, "full_size", describe(torch.device(choice.device)), [row])
    print(markdown_table([row]))


def _timed(steps: Steps[SuperResolutionResult]) -> tuple[SuperResolutionResult, float | None]:
    """The result and the seconds until a first preview could be shown, its making included."""
    started, previewed = time.perf_counter(), None
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            return end.value, previewed
        if previewed is None and progress.preview is not None and progress.preview(_PREVIEW_VOXELS) is not None:
            previewed = time.perf_counter() - started
            print(f"first preview after {previewed:.1f} s ({progress.stage})", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.reconstruction.full_size", description=__doc__)
    parser.add_argument("--spacing", type=float, default=0.6, metavar="MM", help="of the result (0.6)")
    parser.add_argument(
        "--binned", type=int, default=1, metavar="N", help="average N x N pixels first, for a trial (1)"
    )
    parser.add_argument("--preset", choices=PRESET_NAMES, default="balanced")
    parser.add_argument("--without-uncertainty", action="store_true")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of the volumes (../shared/data)")
    parser.add_argument("--output", type=Path, default=Path("benchmark_output/reconstruction"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
