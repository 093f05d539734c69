"""Rate-distortion plots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .points import Points

_PLOTS = {"psnr_db": "PSNR (dB), peak = range", "ssim": "SSIM"}
_OURS_WIDTH, _PEERS_WIDTH = 2.8, 1.1


def rate_distortion(curves: Mapping[str, Mapping[str, Points]], raw_bytes: Mapping[str, int], folder: Path) -> None:
    """`psnr_db.png` and `ssim.png`: a field for each volume, a line for each codec through its measured files; the
    ratio is logarithmic. Ours is drawn heavier."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(codec for found in curves.values() for codec in found))
    colors = {codec: colormaps["tab20"](2 * number % 20 + number // 10) for number, codec in enumerate(names)}
    for measure, label in _PLOTS.items():
        figure = Figure(figsize=(4.6 * len(curves), 4.4))
        lines: dict[str, Any] = {}
        for ax, (volume, found) in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True):
            for codec, points in found.items():
                drawn = [(raw_bytes[volume] / row["bytes"], row[measure]) for row in points.measured]
                drawn = [point for point in drawn if point[1] is not None]
                if len(drawn) > 1:  # what is lossless has one file and no PSNR
                    width = _OURS_WIDTH if codec.startswith("ours") else _PEERS_WIDTH
                    (lines[codec],) = ax.plot(*zip(*drawn, strict=True), "o-", lw=width, ms=3, color=colors[codec])
            _label(ax, volume, label)
        figure.legend(lines.values(), lines.keys(), loc="upper center", ncols=max(1, len(lines)), fontsize=8)
        figure.savefig(folder / f"{measure}.png", dpi=90, bbox_inches="tight")


def _label(ax: Any, volume: str, label: str) -> None:
    from matplotlib.ticker import NullLocator, ScalarFormatter

    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("raw bytes / file bytes")
    ax.set_ylabel(label)
    ax.set_title(volume)
    ax.grid(alpha=0.3)
