"""Pictures of the benchmark: slices across the slices, their errors, and the gain of every row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .cases import Case


def panel(case: Case, images: dict[str, np.ndarray], path: Path) -> None:
    """Two middle cuts across the first stack's slices: the truth and each method, errors below."""
    from matplotlib.figure import Figure

    truth = case.truth.as_float32()
    low, high = np.percentile(truth, (1, 99.5))
    middle = [size // 2 for size in truth.shape]
    cuts = [np.s_[:, middle[1], :], np.s_[:, :, middle[2]]]
    figure = Figure(figsize=(2.6 * (1 + len(images)), 9))
    axes = figure.subplots(4, 1 + len(images), squeeze=False)
    for number, cut in enumerate(cuts):
        axes[2 * number, 0].imshow(truth[cut], cmap="gray", vmin=low, vmax=high)
        axes[0, 0].set_title("truth", fontsize=8)
        for column, (name, values) in enumerate(images.items(), 1):
            axes[2 * number, column].imshow(values[cut], cmap="gray", vmin=low, vmax=high)
            axes[0, column].set_title(name, fontsize=8)
            size = 0.3 * (high - low)
            axes[2 * number + 1, column].imshow(values[cut] - truth[cut], cmap="RdBu", vmin=-size, vmax=size)
    for ax in axes.ravel():
        ax.axis("off")
    figure.suptitle(case.name, fontsize=8)
    figure.tight_layout(pad=0.3, rect=(0, 0, 1, 0.97))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


def chart(rows: Sequence[dict[str, Any]], path: Path, against: str = "spline") -> None:
    """PSNR of every method minus that of the cubic B-spline, case by case."""
    from matplotlib.figure import Figure

    plain = {row["case"]: row["psnr_db"] for row in rows if row["method"] == against}
    names = [name for name in dict.fromkeys(row["method"] for row in rows) if name != against]
    figure = Figure(figsize=(8, 1 + 0.3 * len(plain)))
    axis = figure.subplots()
    for offset, name in enumerate(names):
        gains = [(case, row["psnr_db"] - plain[row["case"]]) for case in plain for row in rows
                 if row["case"] == case and row["method"] == name]  # fmt: skip
        places = [list(plain).index(case) + 0.8 * offset / len(names) for case, _ in gains]
        axis.barh(places, [gain for _, gain in gains], 0.8 / len(names), label=name)
    axis.set_yticks(range(len(plain)), list(plain), fontsize=6)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_xlabel(f"dB above {against}")
    axis.legend(fontsize=7)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
