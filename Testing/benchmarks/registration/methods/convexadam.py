"""ConvexAdam (Siebert, Hansen & Heinrich, IEEE TMI 44(2), 2025): coupled convex optimisation of MIND descriptors on a
coarse grid, then Adam, through the package `convexAdam`. Options: any argument of its `convex_adam_pt`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..exchange import Job, MissingError, transformed

_GRID, _GRID_ADAM = 6, 2


def prepare(job: Job) -> Callable[[], tuple[np.ndarray, str]]:
    """The package's own defaults. It takes two arrays of one lattice: the moving image is resampled to the fixed one
    through the start. Its grids want sizes that they divide: both arrays are filled up with their own border. Its mask
    is left out, because it wants one of the moving image too."""
    try:
        import torch
        from convexAdam.convex_adam_MIND import convex_adam_pt
    except ImportError as error:
        raise MissingError("not run: pip install convexAdam (README of this folder)") from error
    from scipy import ndimage

    torch.set_num_threads(job.threads)
    options = {"grid_sp": _GRID, "grid_sp_adam": _GRID_ADAM, **job.options}
    index = transformed(np.linalg.inv(job.moving_affine), job.started(job.fixed_points()))
    moving = ndimage.map_coordinates(job.moving, np.moveaxis(index[..., ::-1], -1, 0), order=1, mode="nearest")
    step = int(np.lcm(options["grid_sp"], options["grid_sp_adam"]))
    fill = [(0, -size % step) for size in job.fixed.shape]
    fixed, moving = (np.pad(values, fill, mode="edge").astype(np.float32) for values in (job.fixed, moving))

    def registration() -> tuple[np.ndarray, str]:
        device = torch.device(job.device)
        voxels = convex_adam_pt(
            torch.from_numpy(fixed), torch.from_numpy(moving), device=device, dtype=torch.float32, **options
        )
        k, j, i = job.fixed.shape
        index = np.moveaxis(np.indices(job.fixed.shape), 0, -1) + voxels[:k, :j, :i]
        return job.started(transformed(job.fixed_affine, index[..., ::-1])), ""

    return registration
