"""INRCore.register. Options: preset, and any setting by its dotted name ('model', 'fit.iterations')."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...options import nested
from ..exchange import Job

_FOR_OTHER_CONTRASTS = "lncc_squared"


def prepare(job: Job) -> Callable[[], tuple[np.ndarray, str]]:
    """The start goes into the geometry of the moving image, which no interpolation touches: moving(A(x + u))."""
    from INRCore.geometry import Grid
    from INRCore.process import keep_freed_memory
    from INRCore.registration import register
    from INRCore.registration.settings import RegistrationSettings
    from INRCore.settings import from_dict, load_preset
    from INRCore.volume import Volume

    keep_freed_memory()
    options = dict(job.options)
    base = load_preset(RegistrationSettings, "registration", options.pop("preset", "balanced"))
    if job.multimodal:
        options.setdefault("similarity", _FOR_OTHER_CONTRASTS)
    settings = from_dict(RegistrationSettings, nested({"fit.device": job.device, "initial": "none", **options}), base)
    fixed = Volume(job.fixed, Grid(job.fixed.shape, job.fixed_affine), "fixed")
    moving = Volume(job.moving, Grid(job.moving.shape, job.moving_affine), "moving")
    moving = moving.with_array(moving.array, moving.grid.transformed(np.linalg.inv(job.start)))
    mask = Volume(job.mask.astype(np.uint8), fixed.grid, "body")

    def registration() -> tuple[np.ndarray, str]:
        result = register(fixed, moving, settings, fixed_mask=mask)
        moved = result.transform_points(job.fixed_points().reshape(-1, 3))
        return job.started(moved).reshape(*job.fixed.shape, 3), ""

    return registration
