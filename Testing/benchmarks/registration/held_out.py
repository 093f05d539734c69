"""Pairs that no setting was ever chosen on: other volumes, other warps. Only looked at, never tuned to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from INRCore.foreground import foreground

from .bodies import ct_body
from .pairs import Pair, Warps, real, source, warped_pair

_AORTA_WARPS: Warps = ((55.0, 9.0, 101), (25.0, 2.5, 102))
_KNEE_WARPS: Warps = ((60.0, 8.0, 103), (28.0, 2.0, 104))
_CONTRAST_WARPS: Warps = ((60.0, 9.0, 105), (30.0, 3.0, 106))


def aorta_smooth(data: Path, spacing_mm: float) -> Pair:
    """CT angiography of the trunk; smooth random warp, noise."""
    image = source(data / "cta_aorta/ct_cropped.nii.gz", spacing_mm)
    about = "CT angiography, smooth random warp to 11 mm, noise"
    return warped_pair(image, image, spacing_mm, about, warps=_AORTA_WARPS, body=ct_body(image))


def knee_smooth(data: Path, spacing_mm: float) -> Pair:
    """A knee in sagittal slices of 4.3 mm; smooth random warp, noise."""
    image = source(data / "knee_sag.nrrd", spacing_mm)
    about = "MR of a knee, 4.3 mm slices, smooth random warp to 10 mm, noise"
    return warped_pair(image, image, spacing_mm, about, warps=_KNEE_WARPS)


def t2_flair(data: Path, spacing_mm: float) -> Pair:
    """One patient's FLAIR (moving) and T2 (fixed), warped otherwise than in the pairs with T1."""
    t2, flair = (source(data / f"ms_patient26/{name}.nii.gz", spacing_mm) for name in ("T2", "FLAIR"))
    about = "warped T2 (fixed) and FLAIR (moving) of one patient"
    return warped_pair(t2, flair, spacing_mm, about, multimodal=True, warps=_CONTRAST_WARPS)


def follow_up_t2(data: Path, spacing_mm: float) -> Pair:
    """T2 of two visits of one patient, 4 mm slices."""
    fixed, moving = (real(data / f"ms_longitudinal/study{n}_T2W.nii.gz", spacing_mm) for n in (1, 2))
    return Pair(fixed, moving, foreground(fixed), "affine", about="T2 of two visits of one patient, 4 mm slices")


HELD_OUT: dict[str, Callable[[Path, float], Pair]] = {
    "aorta_smooth": aorta_smooth,
    "knee_smooth": knee_smooth,
    "t2_flair": t2_flair,
    "follow_up_t2": follow_up_t2,
}
