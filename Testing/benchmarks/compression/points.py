"""A codec's measured files on one volume, kept as JSON, so that a later run adds to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .curves import at_bytes
from .measures import MEASURES

_DIRECTIONS = ("encode", "decode")


@dataclass
class Points:
    """path: of the JSON file; about: what the points depend on: with other content of it the file counts for nothing;
    rows: {quality, bytes, encode, and, once decoded, decode and the measures}."""

    path: Path
    about: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path, about: dict[str, Any], fresh: bool) -> Points:
        """The points of an earlier run, if it was of the same thing."""
        points = cls(path, json.loads(json.dumps(about)))
        if path.exists() and not fresh:
            stored = json.loads(path.read_text(encoding="utf-8"))
            if stored["about"] == points.about:
                points.rows = stored["points"]
        return points

    @property
    def sizes(self) -> dict[float, int]:
        """Bytes by quality of every file tried."""
        return {row["quality"]: row["bytes"] for row in self.rows}

    @property
    def measured(self) -> list[dict[str, Any]]:
        """The files that were decoded and measured, largest first."""
        return sorted((row for row in self.rows if "decode" in row), key=lambda row: -row["bytes"])

    def is_measured(self, quality: float) -> bool:
        """Whether the file of this quality was decoded."""
        return any(row["quality"] == quality for row in self.measured)

    def add(self, quality: float, size: int, report: dict[str, float]) -> None:
        """A file."""
        self.rows = [row for row in self.rows if row["quality"] != quality]
        self.rows.append({"quality": quality, "bytes": size, "encode": report})
        self._save()

    def complete(self, quality: float, report: dict[str, float], measures: dict[str, float | None]) -> None:
        """What came out of a file."""
        row = next(row for row in self.rows if row["quality"] == quality)
        row.update(decode=report, **measures)
        self._save()

    def at_ratio(self, ratio: float, raw_bytes: int) -> dict[str, Any]:
        """The table's cells at raw bytes / ratio: measures on the curve; largest error, times, memory and `real_ratio`
        of the nearest file. Empty cells where the codec has no file near; no PSNR for an exact copy."""
        target, found = raw_bytes / ratio, self.measured
        cells: dict[str, Any] = dict.fromkeys((*MEASURES, "real_ratio", *_COSTS))
        for name in MEASURES:
            known = [row for row in found if row[name] is not None]
            cells[name] = at_bytes([row["bytes"] for row in known], [row[name] for row in known], target)
        if cells["ssim"] is None:
            return dict.fromkeys(cells)
        near = min(found, key=lambda row: abs(row["bytes"] - target))
        cells |= {"max_error": near["max_error"], "real_ratio": raw_bytes / near["bytes"]}
        for direction in _DIRECTIONS:
            for name, value in near[direction].items():
                cells[f"{direction}_{name}"] = value
        return cells

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"about": self.about, "points": self.rows}, indent=1)
        self.path.write_text(text, encoding="utf-8")


_COSTS = tuple(f"{way}_{name}" for way in _DIRECTIONS for name in ("seconds", "processor_seconds", "peak_GB"))


def reached(points: Sequence[dict[str, Any]], raw_bytes: int) -> str:
    """The range of ratios that a codec's files have, for rows without one."""
    if not points:
        return "no file"
    ratios = [raw_bytes / row["bytes"] for row in points]
    return f"its files are {min(ratios):.3g}:1" + (f" to {max(ratios):.3g}:1" if len(ratios) > 1 else "")
