"""How near a reconstruction is to the truth, inside the head."""

from __future__ import annotations

import numpy as np

from INRCore.metrics.image import psnr_db, ssim
from INRCore.registration.images import foreground
from INRCore.volume import Volume


def compare(
    truth: Volume, array: np.ndarray, mask: np.ndarray | None = None, seen: np.ndarray | None = None
) -> dict[str, float | None]:
    """psnr_db and ssim, and gradient_error: root mean square length of the difference of the gradients over that of the
    truth's; all inside the object (or the mask), the peak being the truth's range. psnr_seen_db: over `seen` only."""
    inside = foreground(truth) if mask is None else mask
    reference = truth.as_float32()
    return {
        "psnr_db": psnr_db(reference, array, mask=inside),
        "ssim": ssim(reference, array, mask=inside),
        "gradient_error": gradient_error(reference, array, inside),
        "psnr_seen_db": None if seen is None else psnr_db(reference, array, mask=seen),
    }


def gradient_error(reference: np.ndarray, array: np.ndarray, inside: np.ndarray) -> float:
    """Relative; 0 for the truth, about 1 for a picture without edges."""
    wanted, found = np.stack(np.gradient(reference)), np.stack(np.gradient(array))
    squares = [float(np.square(part[:, inside], dtype=np.float64).sum()) for part in (found - wanted, wanted)]
    return float(np.sqrt(squares[0] / squares[1]))
