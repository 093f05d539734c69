"""Size and quality of a compression as curves: what a panel draws and a report tells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RatePoint:
    """step: of the quantisation, in intensities; psnr_db: against the volume's own range; bytes: of the file."""

    step: float
    psnr_db: float
    bytes: float


@dataclass(frozen=True)
class RateCurve:
    """points: from small files to large ones."""

    points: tuple[RatePoint, ...]

    def with_point(self, point: RatePoint) -> RateCurve:
        """One point more, at its place."""
        return RateCurve(tuple(sorted((*self.points, point), key=lambda p: p.bytes)))

    def at_bytes(self, size: float) -> RatePoint:
        """The point of a file size, between those that were measured: PSNR grows linearly with the logarithm of the
        bytes; beyond the ends as between the last two, but not far."""
        return self._at(math.log(max(size, 1.0)), lambda point: math.log(point.bytes))

    def at_psnr(self, psnr_db: float) -> RatePoint:
        """The point of a quality, likewise."""
        return self._at(psnr_db, lambda point: point.psnr_db)

    def _at(self, wanted: float, axis: Any) -> RatePoint:
        points = [p for n, p in enumerate(self.points) if n == 0 or axis(p) > axis(self.points[n - 1]) + 1e-9]
        if len(points) < 2:
            return points[0]
        upper = next((n for n, p in enumerate(points) if axis(p) >= wanted and n), len(points) - 1)
        low, high = points[upper - 1], points[upper]
        share = min(max((wanted - axis(low)) / (axis(high) - axis(low)), -2.0), 2.0)

        def between(a: float, b: float) -> float:
            return a + share * (b - a)

        return RatePoint(
            math.exp(between(math.log(low.step), math.log(high.step))),
            between(low.psnr_db, high.psnr_db),
            math.exp(between(math.log(low.bytes), math.log(high.bytes))),
        )


@dataclass(frozen=True)
class RateEstimate:
    """chosen: what the settings will give (with the region); curve: what other sizes and qualities would (without
    one); raw_bytes: of the voxels; region_bytes: of the region of interest; seconds: what the estimate took.

    On real CT and MR at 32:1 and 40 dB within 3 % of the bytes and 0.5 dB, with an error bound within 12 % of the
    bytes; the tests hold it to 15 % and 1 dB. Beyond 150:1 it tells sizes that are up to a half too large.
    """

    chosen: RatePoint
    curve: RateCurve
    raw_bytes: int
    region_bytes: float
    seconds: float

    @property
    def metrics(self) -> dict[str, float]:
        """By the names of a report."""
        return {
            "estimated_file_bytes": self.chosen.bytes,
            "estimated_compression_ratio": self.raw_bytes / max(self.chosen.bytes, 1),
            "estimated_psnr_db": self.chosen.psnr_db,
            "estimated_region_bytes": self.region_bytes,
            "raw_bytes": float(self.raw_bytes),
        }

    def describe(self) -> str:
        """One line for people."""
        ratio = self.raw_bytes / max(self.chosen.bytes, 1)
        return f"About {readable_bytes(self.chosen.bytes)} ({ratio:.3g}:1), {self.chosen.psnr_db:.1f} dB."

    def table(self) -> list[dict[str, float]]:
        """The curve as rows: bytes, ratio, PSNR."""
        return [
            {"bytes": p.bytes, "ratio": self.raw_bytes / max(p.bytes, 1), "psnr_db": p.psnr_db}
            for p in self.curve.points
        ]


def readable_bytes(size: float) -> str:
    """12.3 kB, 4.56 MB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.0f} bytes"
