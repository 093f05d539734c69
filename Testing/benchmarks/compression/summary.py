"""The table that fits on a page, and who wins by how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tables import markdown_table

_OURS = "ours"


def psnr_table(rows: Sequence[dict[str, Any]]) -> str:
    """PSNR (dB) of every codec at every ratio, a row for each volume and codec."""
    ratios = sorted({row["ratio"] for row in rows if _lossy(row)})
    lines: list[dict[str, Any]] = []
    for volume, codec in dict.fromkeys((row["volume"], row["codec"]) for row in rows):
        found = {r["ratio"]: r["psnr_db"] for r in rows if (r["volume"], r["codec"]) == (volume, codec) and _lossy(r)}
        if found:
            cells = {f"{ratio:g}:1": _decibels(found.get(ratio)) for ratio in ratios}
            lines.append({"volume": volume, "codec": codec, **cells})
    return markdown_table(lines)


def margins(rows: Sequence[dict[str, Any]]) -> str:
    """dB of the best of ours above each peer at the same bytes; negative where ours loses, empty where one is
    missing."""
    known = [row for row in rows if _lossy(row) and row["psnr_db"] is not None]
    peers = [codec for codec in dict.fromkeys(row["codec"] for row in known) if not codec.startswith(_OURS)]
    lines: list[dict[str, Any]] = []
    for volume, ratio in sorted({(row["volume"], row["ratio"]) for row in known}):
        here = {row["codec"]: row["psnr_db"] for row in known if (row["volume"], row["ratio"]) == (volume, ratio)}
        ours = {codec: value for codec, value in here.items() if codec.startswith(_OURS)}
        if ours:
            best = max(ours, key=ours.__getitem__)
            against = {f"- {codec}": _decibels(_difference(ours[best], here.get(codec))) for codec in peers}
            lines.append({"volume": volume, "ratio": f"{ratio:g}:1", "best of ours": best, **against})
    return markdown_table(lines)


def _lossy(row: dict[str, Any]) -> bool:
    return "ratio" in row and row["codec"] != "gzip-nrrd"


def _difference(first: float, second: float | None) -> float | None:
    return None if second is None else first - second


def _decibels(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"
