"""What the frames of a series are numbered by: times, trigger delays, b-values; as Slicer's sequences have it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

ENTRY = "series_index"


@dataclass(frozen=True)
class SeriesIndex:
    """values: one text for each frame, in order; is_numeric: whether they are numbers (in `unit`) or plain texts."""

    values: tuple[str, ...]
    name: str = "frame"
    unit: str = ""
    is_numeric: bool = True

    @classmethod
    def of_metadata(cls, metadata: dict[str, Any] | None, count: int) -> SeriesIndex:
        """The index in a series' metadata; plain numbers where there is none or it makes no sense."""
        entry = (metadata or {}).get(ENTRY)
        values = entry.get("values") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(values, list) or len(values) != count:
            return cls(tuple(map(str, range(count))))
        texts, is_numeric = tuple(map(str, values)), entry.get("numeric") is True
        if len(set(texts)) != count or (is_numeric and not all(map(_is_number, texts))):
            return cls(tuple(map(str, range(count))))
        return cls(texts, str(entry.get("name", "")), str(entry.get("unit", "")), is_numeric)

    def to_metadata(self) -> dict[str, Any]:
        """The entry for the metadata of a series' volumes, in JSON types."""
        about = {"name": self.name, "unit": self.unit, "numeric": self.is_numeric, "values": list(self.values)}
        return {ENTRY: about}

    def to_pairs(self, axis: int) -> dict[str, str]:
        """The key/value pairs of a NRRD header, as Slicer writes them."""
        kind = "numeric" if self.is_numeric else "text"
        values = " ".join(self.values if self.is_numeric else map(quote, self.values))
        return {f"axis {axis} index type": kind, f"axis {axis} index values": values}

    @classmethod
    def of_pairs(cls, pairs: dict[str, str], axis: int, name: str, unit: str) -> SeriesIndex | None:
        """Undoes `to_pairs`; None where there are no values."""
        texts = pairs.get(f"axis {axis} index values", "").split()
        if not texts:
            return None
        is_numeric = pairs.get(f"axis {axis} index type", "").strip() == "numeric"
        return cls(tuple(texts if is_numeric else map(unquote, texts)), name, unit, is_numeric)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
