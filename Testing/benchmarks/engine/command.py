"""The benchmark's command line: how fast fields are fitted and evaluated here, beside plain PyTorch."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from INRCore.fields.engines.products import product

from ..machine import describe, matrix_product_peak
from ..tables import markdown_table, write_results
from . import convergence, gpu, quality, throughput
from .measure import cases
from .plots import plot_quality, plot_throughput


def main() -> None:
    """Runs the benchmarks and writes tables (`.json`, `.md`) and plots into the folder."""
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.engine", description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--quick", action="store_true", help="one depth, two batch sizes, no torch.compile")
    parser.add_argument("--only", choices=("throughput", "quality", "convergence"), help="one part")
    parser.add_argument("--seconds", type=float, help="time of a fit in 'quality' (default: 120, quick: 20)")
    parser.add_argument("--output", type=Path, default=Path("benchmark_output/engine"), help="folder of the results")
    choice = parser.parse_args()
    device = torch.device(choice.device)
    choice.output.mkdir(parents=True, exist_ok=True)
    if choice.only in (None, "throughput"):
        _throughput(device, choice.quick, choice.output)
    if choice.only in (None, "quality"):
        _quality(device, choice.seconds or (20 if choice.quick else 120), choice.output)
    if choice.only in (None, "convergence"):
        write_results(choice.output, "convergence", describe(device), _shown(convergence.rows(device, choice.quick)))


def _throughput(device: torch.device, quick: bool, folder: Path) -> None:
    depths, batches = ((3,), (8192, 32768)) if quick else ((2, 3, 5), (2048, 8192, 32768))
    widths = (64, 128, 256)
    before = _peaks(device)
    rows = _shown(throughput.rows(device, list(cases(widths, depths, batches)), not quick))
    # A busy moment of the machine must not make the peaks low and the shares high.
    peaks = {name: max(peak, before[name]) for name, peak in _peaks(device).items()}
    for row in rows:
        row.update({f"share_of_{name}": row["GFLOP_per_s"] * 1e9 / peak for name, peak in peaks.items()})
    about = {**describe(device), **{f"{name}_GFLOP_per_s": peak / 1e9 for name, peak in peaks.items()}}
    write_results(folder, "throughput", about, rows)
    plot_throughput(rows, peaks, folder / "throughput.png")
    if device.type == "cuda":
        gpu_peaks = {f"{name}_GFLOP_per_s": peak / 1e9 for name, peak in gpu.peaks(device).items()}
        on_gpu = _shown(gpu.rows(device, widths, depths, (8192, 65536, 1 << 18)))
        write_results(folder, "gpu", {**describe(device), **gpu_peaks}, on_gpu)


def _peaks(device: torch.device) -> dict[str, float]:
    """FLOP/s of torch's own matrix product and of the one that our engine uses."""
    peaks = {"torch_product": matrix_product_peak(device)}
    if device.type == "cpu":
        peaks["best_product"] = matrix_product_peak(device, multiply=_our_product)
    return peaks


def _our_product(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
    return product(a.numpy(), b.numpy())


def _quality(device: torch.device, seconds: float, folder: Path) -> None:
    curves: dict[str, quality.Curve] = {}
    rows = _shown(quality.rows(device, seconds, (25, 28, 30, 32, 35, 40, 45), curves))
    write_results(folder, "quality", describe(device), rows)
    (folder / "quality_curves.json").write_text(json.dumps(curves), encoding="utf-8")
    plot_quality(curves, folder / "quality.png")


def _shown(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each printed as soon as it is known."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        kept.append(row)
        print(*(markdown_table(kept).splitlines()[-1:] if len(kept) > 1 else [markdown_table(kept)]), flush=True)
    return kept
