"""`python -m Testing.benchmarks.engine`: how fast fields are fitted and evaluated here, beside plain PyTorch."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ..machine import describe, matrix_product_peak
from ..tables import markdown_table, write_results
from . import throughput


def main() -> None:
    """Runs the benchmark and writes `throughput.json` and `.md` into the folder."""
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.engine", description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--quick", action="store_true", help="one depth and one batch size")
    parser.add_argument("--output", type=Path, default=Path("benchmark_output/engine"), help="folder of the results")
    choice = parser.parse_args()
    device = torch.device(choice.device)
    peak = matrix_product_peak(device)
    depths, batches = ((3,), (8192,)) if choice.quick else ((2, 3, 5), (2048, 8192, 65536))
    rows = []
    for row in throughput.rows(device, peak, (64, 128, 256), depths, batches):
        rows.append(row)
        print(markdown_table([row]).splitlines()[-1], flush=True)
    peak = max(peak, matrix_product_peak(device))
    about = {**describe(device), "matrix_product_GFLOP_per_s": peak / 1e9}
    write_results(choice.output, "throughput", about, rows)


if __name__ == "__main__":
    main()
