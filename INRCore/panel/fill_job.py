"""One run of "Neural fill between slices": a label map with some drawn slices goes out, a full one comes back.

No Qt here; the effect of the Segment Editor shows it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import slicer

from ..errors import InputError
from .memory import RunMemory, put_away
from .worker import worker_command

Node = Any


class FillJob:
    """The files of one run. `image` is the merged label map of the segments; call `discard` in the end."""

    def __init__(self, image: Node, preset: str, memory: RunMemory, iterations: int = 0) -> None:
        """`iterations` 0: as many as the preset says. Raises `InputError` when there is nothing to fill."""
        from ..io import write_volume
        from ..scene.oriented_images import volume_from_oriented_image

        self._drawn = volume_from_oriented_image(image, "labels")
        self._slices = _drawn_slices(self._drawn.array)
        self._folder = Path(tempfile.mkdtemp(prefix="inr_fill_", dir=slicer.app.temporaryPath))
        labels, self._result = self._folder / "labels.nrrd", self._folder / "filled.nrrd"
        self._state, self._memory = self._folder / "state.npz", memory
        write_volume(self._drawn, labels)
        axes = "".join("ijk"[axis] for axis in self._slices.axes)
        job = {
            "task": "segment",
            "inputs": {"labels": str(labels)} | ({"start": memory.last} if memory.last else {}),
            "outputs": {"labels": str(self._result), "state": str(self._state)},
            "settings": {"sparse": axes} | ({"fit": {"iterations": iterations}} if iterations else {}),
            "preset": preset,
        }
        self._job_file = self._folder / "job.json"
        self._job_file.write_text(json.dumps(job, indent=2), encoding="utf-8")

    @property
    def command(self) -> list[str]:
        return worker_command(self._job_file)

    def put_result_into(self, image: Node) -> None:
        """The filled labels; the drawn slices stay exactly as they were drawn. The next run goes on from these."""
        import numpy as np

        from ..io import read_volume
        from ..scene.oriented_images import put_into_oriented_image

        filled, drawn = read_volume(self._result).array, self._drawn.array
        is_drawn = self._slices.known(drawn.shape)
        put_into_oriented_image(image, np.where(is_drawn, drawn, filled))
        put_away(self._state, self._memory.next)
        self._memory.keep()

    def discard(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def show_coarse_fill(drawn: Node, image: Node) -> None:
    """Puts a first, coarse answer into `image`, at once and without a worker; `drawn` is the merged label map of the
    segments. Raises `InputError` when there is nothing to fill."""
    from ..scene.oriented_images import put_into_oriented_image, volume_from_oriented_image
    from ..segmentation.coarse_fill import coarse_fill

    labels = volume_from_oriented_image(drawn, "labels")
    slices = _drawn_slices(labels.array)
    put_into_oriented_image(image, coarse_fill(labels.array, slices, labels.grid.spacing))


def _drawn_slices(array: Any) -> Any:
    """The slices that are drawn. Raises `InputError` in words for the user."""
    from ..segmentation.drawn_slices import find_drawn_slices

    slices = find_drawn_slices(array > 0, "auto")
    if slices is None:
        raise InputError(
            "There is nothing to fill: draw the segments on at least two slices, of one orientation or several, "
            "and leave empty slices between them."
        )
    return slices
