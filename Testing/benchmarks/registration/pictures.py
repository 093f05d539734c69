"""Pictures of a benchmark: what each method made of a pair, and the errors and times of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .measures import resampled
from .pairs import Pair


def panel(pair: Pair, maps: dict[str, np.ndarray], path: Path) -> None:
    """Three middle slices (a row each): the fixed image, then for each map the warped moving image with its difference
    from the fixed one below. The array's own axes, first row at the top: nothing is turned for the eye."""
    from matplotlib.figure import Figure

    fixed = pair.fixed.array
    low, high = np.percentile(fixed[pair.body], (1, 99))
    warped = {name: resampled(pair.moving, mapped)[0] for name, mapped in maps.items()}
    gain = {name: _matched(fixed, values, pair.body) for name, values in warped.items()}
    cuts = _cuts(pair.body)
    figure = Figure(figsize=(2.4 * (1 + len(maps)), 2.4 * 6))
    axes = figure.subplots(6, 1 + len(maps), squeeze=False)
    for row, cut in enumerate(cuts):
        axes[2 * row, 0].imshow(fixed[cut], cmap="gray", vmin=low, vmax=high)
        axes[2 * row, 0].set_title("fixed", fontsize=8)
        axes[2 * row + 1, 0].imshow(pair.body[cut], cmap="gray")
        for column, (name, values) in enumerate(warped.items(), 1):
            limits = np.percentile(values[pair.body], (1, 99))
            axes[2 * row, column].imshow(values[cut], cmap="gray", vmin=limits[0], vmax=limits[1])
            axes[2 * row, column].set_title(name, fontsize=8)
            size = 0.5 * (high - low)
            axes[2 * row + 1, column].imshow(fixed[cut] - gain[name][cut], cmap="RdBu", vmin=-size, vmax=size)
    for ax in axes.ravel():
        ax.axis("off")
    figure.tight_layout(pad=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


def _cuts(body: np.ndarray) -> list[tuple[Any, ...]]:
    k, j, i = (int(np.median(np.nonzero(body)[axis])) for axis in range(3))
    return [np.s_[k, :, :], np.s_[:, j, :], np.s_[:, :, i]]


def _matched(fixed: np.ndarray, moving: np.ndarray, body: np.ndarray) -> np.ndarray:
    """The moving values after the straight line that fits the fixed ones best inside the body."""
    slope, offset = np.polyfit(moving[body], fixed[body], 1)
    return slope * moving + offset


def charts(rows: Sequence[dict[str, Any]], folder: Path) -> None:
    """`errors.png` (mean error for each synthetic pair and method) and `time.png` (error against seconds)."""
    from matplotlib.figure import Figure

    known = [row for row in rows if row["mean_mm"] is not None]
    if not known:
        return
    pairs, methods = list(dict.fromkeys(r["pair"] for r in known)), list(dict.fromkeys(r["method"] for r in known))
    figure = Figure(figsize=(2 + 2 * len(pairs), 4))
    ax = figure.subplots()
    for number, method in enumerate(methods):
        found = {r["pair"]: r["mean_mm"] for r in known if r["method"] == method}
        places = [pairs.index(pair) + number * 0.8 / len(methods) for pair in found]
        ax.bar(places, list(found.values()), 0.8 / len(methods), label=method)
    ax.set_xticks(np.arange(len(pairs)) + 0.4, pairs)
    ax.set_ylabel("mean error (mm)")
    ax.legend(fontsize=7)
    figure.savefig(folder / "errors.png", dpi=100, bbox_inches="tight")
    figure = Figure(figsize=(6, 4))
    ax = figure.subplots()
    for method in methods:
        found = [(r["processor_seconds"], r["mean_mm"]) for r in known if r["method"] == method]
        found = [point for point in found if point[0]]
        if found:
            ax.scatter(*zip(*found, strict=True), label=method)
    ax.set_xscale("log")
    ax.set_xlabel("processor seconds")
    ax.set_ylabel("mean error (mm)")
    ax.legend(fontsize=7)
    figure.savefig(folder / "time.png", dpi=100, bbox_inches="tight")
