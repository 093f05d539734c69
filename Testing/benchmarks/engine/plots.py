"""Pictures of the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def plot_throughput(rows: Sequence[dict[str, Any]], peaks: dict[str, float], path: Path) -> None:
    """GFLOP/s of each who over the width, a panel for each kind of work; the best batch of the smallest depth."""
    depth = 3 if any(row["depth"] == 3 for row in rows) else min(row["depth"] for row in rows)
    kinds = list(dict.fromkeys(row["what"] for row in rows))
    figure, panels = pyplot.subplots(1, len(kinds), figsize=(4.2 * len(kinds), 4), squeeze=False, sharey=True)
    for panel, kind in zip(panels[0], kinds, strict=True):
        chosen = [row for row in rows if row["what"] == kind and row["depth"] == depth]
        whos = list(dict.fromkeys(row["who"] for row in chosen))
        widths = sorted({row["width"] for row in chosen})
        for number, who in enumerate(whos):
            best = [
                max((row["GFLOP_per_s"] for row in chosen if (row["who"], row["width"]) == (who, width)), default=0)
                for width in widths
            ]
            places = [n + (number - (len(whos) - 1) / 2) * 0.8 / len(whos) for n in range(len(widths))]
            panel.bar(places, best, 0.8 / len(whos), label=who)
        for name, peak in peaks.items():
            panel.axhline(peak / 1e9, color="0.4", linestyle="--" if name == next(iter(peaks)) else ":", label=name)
        panel.set_xticks(range(len(widths)), [str(width) for width in widths])
        panel.set_title(f"{kind}, {depth} hidden layers")
        panel.set_xlabel("width")
    panels[0][0].set_ylabel("GFLOP/s")
    panels[0][0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def plot_quality(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """PSNR over time, a panel for each image. curves: 'image: field' -> (seconds, dB)."""
    images = list(dict.fromkeys(name.split(": ")[0] for name in curves))
    figure, panels = pyplot.subplots(1, len(images), figsize=(6 * len(images), 4.5), squeeze=False)
    for panel, image in zip(panels[0], images, strict=True):
        for name, curve in curves.items():
            if name.startswith(f"{image}: "):
                ours = "INRCore" in name
                panel.plot(*zip(*curve, strict=True), label=name.split(": ")[1], linestyle="-" if ours else "--")
        panel.set_xscale("log")
        panel.set_xlabel("s")
        panel.set_ylabel("PSNR in dB over all voxels")
        panel.set_title(image)
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
