"""`InrFile`: what an .inr file holds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .. import __version__
from ..fields import NumpyField
from ..fitting import run_to_end
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .background import Background
from .blocks.stored import StoredBlocks
from .decoding import decode_steps
from .intensity import IntensityMap
from .residual import Residual
from .specials import SPECIAL_VALUES, Marked
from .stored_labels import StoredLabels
from .stored_pyramid import StoredPyramid

if TYPE_CHECKING:
    from ..fields import Field
    from .upsampling.coding import Upsampled

StoredField: TypeAlias = "Field | NumpyField"


@dataclass(frozen=True, eq=False)
class InrFile:
    """A compressed volume.

    grid, dtype, name, units, metadata: the volume's. intensity: how the field's values (or the pyramid's fixed-point
    units) become intensities. field: None for a constant volume (the intensity map's offset) or one kept as `pyramid`,
    `labels`, `upsampled`, `blocks` or `mosaic`.
    mosaic: boxes that together are the volume, see `mosaic.py`; None for those that the file ends before.
    specials: tag of `SPECIAL_VALUES` -> bits of all voxels, packed (`numpy.packbits`), C order of (k, j, i).
    background: voxels of one value that the pyramid does not show. residual: None unless an error bound was asked for
    and the field alone misses it. double: whether the field is to be evaluated in float64 (error bound asked for).
    region: the voxels of a region of interest, which take the place of the others where they are numbers; on a part of
    the grid. file_bytes: size of the file, 0 until it is known.
    """

    grid: Grid
    dtype: np.dtype
    intensity: IntensityMap
    field: StoredField | None
    pyramid: StoredPyramid | None = None
    labels: StoredLabels | None = None
    upsampled: Upsampled | None = None
    blocks: StoredBlocks | None = None
    mosaic: tuple[InrFile | None, ...] | None = None
    name: str = "volume"
    units: str = ""
    metadata: dict[str, Any] = dataclass_field(default_factory=dict)
    specials: dict[str, np.ndarray] = dataclass_field(default_factory=dict)
    background: Background | None = None
    residual: Residual | None = None
    region: InrFile | None = None
    double: bool = False
    creator: str = f"INRCore {__version__}"
    file_bytes: int = 0

    # -- use ---------------------------------------------------------------------------------------------------------
    def decompress(
        self,
        grid: Grid | None = None,
        spacing: Any = None,
        device: str = "auto",
        max_memory_gb: float | None = None,
    ) -> Volume:
        """The volume on its own grid, on `grid`, or on its own field of view with `spacing` mm (one number or i, j, k);
        see `decompress`."""
        return run_to_end(self.decompress_steps(grid, spacing, device, max_memory_gb))

    def decompress_steps(
        self,
        grid: Grid | None = None,
        spacing: Any = None,
        device: str = "auto",
        max_memory_gb: float | None = None,
    ) -> Steps[Volume]:
        """As `decompress`, yielding progress (stage 'sample', iterations are voxels)."""
        return decode_steps(self, grid, spacing, device, max_memory_gb)

    @property
    def marked(self) -> Marked:
        """The voxels that have a value of their own, whatever the field or the pyramid says."""
        specials: Marked = [(SPECIAL_VALUES[tag], bits) for tag, bits in self.specials.items()]
        return specials if self.background is None else [*specials, (self.background.value, self.background.bits)]

    @property
    def raw_bytes(self) -> int:
        """Bytes of the volume's voxels as they were."""
        return self.grid.voxel_count * self.dtype.itemsize

    def describe(self) -> dict[str, Any]:
        """What the file holds, in JSON types; nothing is decoded."""
        return {
            "format": "inr",
            "creator": self.creator,
            "name": self.name,
            "dtype": str(self.dtype),
            "units": self.units,
            "bytes": self.file_bytes,
            "compression_ratio": round(self.raw_bytes / self.file_bytes, 3) if self.file_bytes else None,
            "minimum": self.intensity.low,
            "maximum": self.intensity.high,
            "size_ijk": self.grid.size_ijk.tolist(),
            "spacing_mm": np.round(self.grid.spacing, 6).tolist(),
            "ijk_to_ras": self.grid.ijk_to_world.tolist(),
            "left_handed": self.grid.is_left_handed,
            "sheared": self.grid.is_sheared,
            "field": self._kind(),
            "complete": self.complete,
            "region": None if self.region is None else self.region.describe_region(),
            "parameters": 0 if self.field is None else self.field.parameter_count,
            "error_bound_step": self._correction_step(),
            "metadata": self.metadata,
        }

    @property
    def complete(self) -> bool:
        """Whether nothing is missing at the end of the file."""
        own = (self.pyramid is None or self.pyramid.complete) and (self.labels is None or self.labels.complete)
        own &= all(member is not None and member.complete for member in self.mosaic or ())
        return own and (self.region is None or self.region.complete)

    def describe_region(self) -> dict[str, Any]:
        """`describe` of a region of interest: its box and what is promised there."""
        return {
            "size_ijk": self.grid.size_ijk.tolist(),
            "ijk_to_ras": self.grid.ijk_to_world.tolist(),
            "error_bound_step": self._correction_step(),
        }

    def plain_metadata(self) -> dict[str, Any]:
        """The metadata as JSON types."""
        return {str(key): _plain(item) for key, item in self.metadata.items()}

    def _kind(self) -> str:
        if self.upsampled is not None:
            return f"{self.upsampled.small.describe()['field']}, enlarged by {self.upsampled.name}"
        if self.mosaic is not None:
            return f"{len(self.mosaic)} boxes, a pyramid each"
        if self.blocks is not None:
            return "blocks, a sine network each"
        if self.labels is not None:
            return f"{len(self.labels.values)} labels"
        if self.pyramid is not None:
            return self.pyramid.describe()
        return "constant" if self.field is None else f"{self.field.settings.encoding} + {self.field.settings.network}"

    def _correction_step(self) -> float | None:
        if self.mosaic is not None:
            return max((member._correction_step() or 0 for member in self.mosaic if member), default=0) or None
        if self.pyramid is not None:
            return self.pyramid.correction_step or None
        return None if self.residual is None else self.residual.step


def _plain(value: Any) -> Any:
    """Metadata as JSON types: what JSON cannot hold becomes text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        return _plain(value.tolist())
    return str(value)
