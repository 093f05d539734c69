"""`python -m Testing.benchmarks.engine`: how fast fields are fitted and evaluated here, beside plain PyTorch."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from INRCore.process import keep_freed_memory

from ..machine import describe, matrix_product_peak
from ..tables import markdown_table, write_results
from . import quality, throughput


def main() -> None:
    """Runs the benchmarks and writes `throughput` and `quality` (`.json` and `.md`) into the folder.

    The peers run in our process with its settings (freed memory is kept, idle threads sleep), so they are faster here
    than in a process of their own.
    """
    keep_freed_memory()
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.engine", description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--quick", action="store_true", help="one depth and one batch size")
    parser.add_argument("--output", type=Path, default=Path("benchmark_output/engine"), help="folder of the results")
    choice = parser.parse_args()
    device = torch.device(choice.device)
    about = {**describe(device), "matrix_product_GFLOP_per_s": matrix_product_peak(device) / 1e9}
    depths, batches = ((3,), (8192,)) if choice.quick else ((2, 3, 5), (2048, 8192, 65536))
    peak = about["matrix_product_GFLOP_per_s"] * 1e9
    fast = throughput.rows(device, peak, (64, 128, 256), depths, batches)
    write_results(choice.output, "throughput", about, _shown(fast))
    good = quality.rows(device, 20 if choice.quick else 120, (25, 30, 35, 40))
    write_results(choice.output, "quality", about, _shown(good))


def _shown(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each printed as soon as it is known."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        kept.append(row)
        print(*(markdown_table(kept).splitlines()[-1:] if len(kept) > 1 else [markdown_table(kept)]), flush=True)
    return kept


if __name__ == "__main__":
    main()
