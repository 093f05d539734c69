"""Rate-distortion plots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .points import Points

_PLOTS = {"psnr_db": "PSNR (dB), peak = range", "ssim": "SSIM"}


def rate_distortion(curves: Mapping[str, Mapping[str, Points]], raw_bytes: Mapping[str, int], folder: Path) -> None:
    """`psnr_db.png` and `ssim.png`: a field for each volume, a line for each codec through its measured files; the
    ratio is logarithmic. Ours is drawn heavier."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    codecs = sorted({codec for found in curves.values() for codec in found})
    colors = {codec: colormaps["tab20"](number % 20) for number, codec in enumerate(codecs)}
    for measure, label in _PLOTS.items():
        figure = Figure(figsize=(5.2 * len(curves), 4.4))
        for ax, (volume, found) in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True):
            for codec, points in found.items():
                drawn = [row for row in points.measured if row[measure] is not None]
                ax.plot(
                    [raw_bytes[volume] / row["bytes"] for row in drawn], [row[measure] for row in drawn], marker="o",
                    markersize=3, linewidth=2.5 if codec.startswith("ours") else 1.0, color=colors[codec], label=codec,
                )  # fmt: skip
            ax.set_xscale("log", base=2)
            ax.set_xlabel("raw bytes / file bytes")
            ax.set_ylabel(label)
            ax.set_title(volume)
            ax.grid(alpha=0.3)
            ax.legend(fontsize=7)
        figure.savefig(folder / f"{measure}.png", dpi=90, bbox_inches="tight")
