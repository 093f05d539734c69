"""Who is best where: means over the cases for every gap, and how often a method is best or nearly so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

_NEARLY = 0.005
_MEANS = ("dice", "dice_common", "hd95_mm", "assd_mm", "volume_error")


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each kind of slices, gap and method: means over the cases that all shown methods filled, and in how
    many of them the method's Dice is the best or within 0.005 of it."""
    found = []
    for kind, gap in sorted({(row["slices"], row["gap"]) for row in rows}, reverse=True):
        here = [row for row in rows if row["slices"] == kind and row["gap"] == gap and row["dice"] is not None]
        cases = sorted({row["case"] for row in here})
        most = {case: max(row["dice"] for row in here if row["case"] == case) for case in cases}
        for method in dict.fromkeys(row["method"] for row in here):
            own = [row for row in here if row["method"] == method]
            near = sum(row["dice"] >= most[row["case"]] - _NEARLY for row in own)
            means = {name: _mean([row[name] for row in own]) for name in _MEANS}
            found.append({
                "slices": kind, "gap": gap, "method": method, **means, "best_or_near": f"{near} of {len(cases)}",
                "lost": sum(row["lost"] for row in own), "processor_seconds": sum(r["processor_seconds"] for r in own),
            })  # fmt: skip
    return found


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def charts(rows: list[dict[str, Any]], folder: Path) -> None:
    """dice.png: Dice by gap for every case, single orientation full, crossed dashed; needs matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    cases = list(dict.fromkeys(row["case"] for row in rows))
    figure, axes = pyplot.subplots(1, len(cases), figsize=(3.2 * len(cases), 3.4), squeeze=False)
    for axis, case in zip(axes[0], cases, strict=True):
        for number, method in enumerate(dict.fromkeys(row["method"] for row in rows)):
            for kind, line in (("single", "-"), ("crossed", "--")):
                own = [r for r in rows if r["case"] == case and r["method"] == method and r["slices"] == kind]
                own = [row for row in own if row["dice"] is not None]
                label = method if kind == "single" else None
                gaps, dices = [row["gap"] for row in own], [row["dice"] for row in own]
                axis.plot(gaps, dices, line, color=f"C{number}", label=label, marker=".")
        axis.set(title=case, xlabel="every n-th slice is drawn")
    axes[0][0].set_ylabel("Dice, slices left out")
    axes[0][-1].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(folder / "dice.png", dpi=110)
    pyplot.close(figure)
