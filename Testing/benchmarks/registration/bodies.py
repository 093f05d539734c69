"""Which voxels of a scan are the patient."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from INRCore.volume import Volume

_SOFT_HU = -350
_TABLE_MM = 6.0


def ct_body(image: Volume) -> np.ndarray:
    """(k, j, i) bool: the patient with the air inside, without the table: what is denser than fat mixed with air, cut
    from thin things near it, the largest part, holes filled in axial slices."""
    radius = max(1, round(_TABLE_MM / float(image.grid.spacing.min())))
    tissue = ndimage.binary_opening(image.array > _SOFT_HU, iterations=radius)
    parts, _ = ndimage.label(tissue)
    counts = np.bincount(parts.ravel())
    counts[0] = 0
    body = parts == counts.argmax()
    return np.stack([ndimage.binary_fill_holes(layer) for layer in body])
