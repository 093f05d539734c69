"""What a compression gives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..geometry import Grid
from ..io.atomic import atomic_path
from ..results import TaskResult
from ..volume import Volume
from .inr_file import InrFile, StoredField


@dataclass(frozen=True, kw_only=True)
class CompressionResult(TaskResult):
    """data: the bytes of the .inr file; file: what they hold; volume: the volume decoded from them, which is what was
    measured.

    metrics: psnr_db, ssim, max_abs_error (volume's units) of the decoded volume over the voxels that are numbers, the
    peak being the volume's own range; compression_ratio = raw bytes / file bytes; bits_per_voxel = 8 file bytes /
    voxels; gzip_ratio = raw bytes / bytes of the voxels gzipped at level 6 (a gzip NRRD without its few hundred bytes
    of header); ratio_against_gzip_nrrd = compression_ratio / gzip_ratio; raw_bytes, file_bytes.
    """

    data: bytes
    file: InrFile
    volume: Volume

    @property
    def field(self) -> StoredField | None:
        """The field as it comes out of the file (float16 weights), on the CPU; its values become intensities by
        `file.intensity`. None for a constant volume."""
        return self.file.field

    def save(self, path: str | os.PathLike[str], force: bool = False) -> None:
        """Writes the .inr file atomically. Raises `OutputError` when it exists and `force` is False."""
        with atomic_path(path, force) as temporary:
            temporary.write_bytes(self.data)

    def decompress(self, grid: Grid | None = None, spacing: Any = None, max_memory_gb: float | None = None) -> Volume:
        """The volume on another grid, or with another spacing (mm): see `INRCore.decompress`."""
        if grid is None and spacing is None:
            return self.volume
        return self.file.decompress(grid, spacing, self.settings.fit.device, max_memory_gb)
