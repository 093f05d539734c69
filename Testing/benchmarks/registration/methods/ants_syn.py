"""Symmetric normalisation of ANTs (Avants et al., Medical Image Analysis 12(1), 2008) through `antspyx`. Options:
metric ('CC', 'mattes'), radius (voxels, of CC), iterations (such as '100x70x50'), gradient_step, flow_sigma,
total_sigma, mask (true: the metric counts in the fixed body only)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..exchange import LPS_FROM_RAS, Job, MissingError, lps_geometry, transformed

_TOLERANCE_MM = 0.05


def prepare(job: Job) -> Callable[[], tuple[np.ndarray, str]]:
    """SyN after the start only (no affine stage of its own); local correlation, or mutual information for different
    contrasts; the iterations of ANTs' script antsRegistrationSyN.sh without those for grids finer than ours."""
    try:
        import ants
    except ImportError as error:
        raise MissingError("not run: pip install antspyx (requirements.txt of this folder)") from error
    options = job.options
    fixed, moving = (
        _image(ants, values, affine)
        for values, affine in ((job.fixed, job.fixed_affine), (job.moving, job.moving_affine))
    )
    metric = options.get("metric", "mattes" if job.multimodal else "CC")
    mask = _image(ants, job.mask.astype(np.float32), job.fixed_affine) if options.get("mask") else None
    iterations = tuple(int(n) for n in str(options.get("iterations", "100x70x50x20")).split("x"))

    def registration() -> tuple[np.ndarray, str]:
        with tempfile.TemporaryDirectory() as folder:
            start = Path(folder) / "start.mat"
            _write_start(ants, job.start, start)
            found = ants.registration(
                fixed, moving, type_of_transform="SyNOnly", initial_transform=str(start), syn_metric=metric,
                syn_sampling=int(options.get("radius", 4)) if metric == "CC" else 32, reg_iterations=iterations,
                grad_step=float(options.get("gradient_step", 0.1)), flow_sigma=float(options.get("flow_sigma", 3)),
                total_sigma=float(options.get("total_sigma", 0)), mask=mask, outprefix=f"{folder}/out",
                singleprecision=True,
            )  # fmt: skip
            return _map(ants, job, found["fwdtransforms"]), f"{metric}"

    return registration


def _map(ants: Any, job: Job, transforms: list[str]) -> np.ndarray:
    """start(x + warp(x)) at the fixed voxel centres, checked at some of them against ANTs' own way with points."""
    warp = next(path for path in transforms if path.endswith(".nii.gz"))
    shift = ants.image_read(warp).numpy().transpose(2, 1, 0, 3) @ LPS_FROM_RAS[:3, :3]
    points = job.fixed_points()
    mapped = job.started(points + shift)
    some = np.random.default_rng(0).choice(job.mask.size, 200)
    lps = transformed(LPS_FROM_RAS, points.reshape(-1, 3)[some])
    told = _through(ants, lps, transforms)
    gap = np.linalg.norm(told - transformed(LPS_FROM_RAS, mapped.reshape(-1, 3)[some]), axis=-1)
    if np.median(gap) > _TOLERANCE_MM:
        raise RuntimeError(f"The map read from ANTs' warp is {np.median(gap):.2f} mm away from what ANTs applies.")
    return mapped


def _through(ants: Any, points: np.ndarray, transforms: list[str]) -> np.ndarray:
    import pandas

    table = pandas.DataFrame(points, columns=["x", "y", "z"])
    return ants.apply_transforms_to_points(3, table, transforms)[["x", "y", "z"]].to_numpy()


def _image(ants: Any, values: np.ndarray, affine: np.ndarray) -> Any:
    origin, spacing, directions = lps_geometry(affine)
    data = np.ascontiguousarray(values.transpose(2, 1, 0), dtype=np.float32)
    return ants.from_numpy(data, origin=origin.tolist(), spacing=spacing.tolist(), direction=directions)


def _write_start(ants: Any, start: np.ndarray, path: Path) -> None:
    matrix = LPS_FROM_RAS @ start @ LPS_FROM_RAS
    transform = ants.create_ants_transform(
        transform_type="AffineTransform", dimension=3, matrix=matrix[:3, :3], translation=matrix[:3, 3].tolist()
    )
    ants.write_transform(transform, str(path))
