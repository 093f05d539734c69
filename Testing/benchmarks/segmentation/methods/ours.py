"""`INRCore.segment` with a preset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..exchange import AXES, Job


def prepare(job: Job, folder: Path, preset: str = "balanced", **changes: Any) -> Callable[[], np.ndarray]:
    """The result's label map; afterwards the meshes of its labels are written for the mesh measures."""
    import INRCore
    from INRCore.geometry import Grid
    from INRCore.segmentation import SegmentationSettings
    from INRCore.settings import from_dict, load_preset
    from INRCore.volume import Volume

    sparse = "".join(AXES[axis] for axis in range(3) if len(job.drawn[axis]))
    base = load_preset(SegmentationSettings, "segmentation", preset)
    told = {"sparse": sparse, "empty_slices": empty_slices(job), "fit": {"device": "cpu"}}
    settings = from_dict(SegmentationSettings, {**told, **changes}, base)
    volume = Volume(job.labels, Grid(job.labels.shape, job.affine))

    class Fill:
        def __call__(self) -> np.ndarray:
            self.result = INRCore.segment(volume, settings)
            return self.result.labels.array

        def after(self) -> None:
            for value in self.result.label_values:
                mesh = self.result.mesh(value)
                np.savez(folder / f"mesh_{value}.npz", points=mesh.points, triangles=mesh.triangles)

    return Fill()


def empty_slices(job: Job) -> tuple[str, ...]:
    """Drawn slices without any label, which the label map alone does not tell from those never drawn."""
    empty = []
    for axis, name in enumerate(AXES):
        empty += [f"{name}{n}" for n in job.drawn[axis] if not np.take(job.labels, n, 2 - axis).any()]
    return tuple(empty)
