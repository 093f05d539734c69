"""Previews of a running fit, in a file for whoever watches."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ..errors import DeviceError, OutputError
from ..fitting.progress import FIRST_STAGE, Progress
from ..io.writing import write_volume
from ..memory import is_out_of_memory
from ..volume import Volume

_LARGEST_SHARE = 0.04
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_PAUSE_SHARE = 0.15
"""Of the time since the start."""
_FEWEST_VOXELS, _FIRST_VOXELS, _MOST_VOXELS = 8**3, 16**3, 96**3


class PreviewWriter:
    """Writes the result so far to one volume file (.nii is the fastest), each time in place of the last one.

    All previews together take less than 5 % of the time: after each one comes a pause by how long it took, and the
    next one has as many voxels as a pause pays for. Pauses grow from one second, when much changes, to ten, when the
    eye wants detail.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.seconds = 0.0
        """What all previews took so far."""
        self._started = time.perf_counter()
        self._voxels, self._due = _FIRST_VOXELS, self._started + _SHORTEST_PAUSE

    def write(self, progress: Progress) -> bool:
        """Whether there is a new preview now."""
        started = time.perf_counter()
        if progress.preview is None or (started < self._due and progress.stage != FIRST_STAGE):
            return False
        is_written = self._try(progress.preview)
        took = time.perf_counter() - started
        self.seconds += took
        pause = min(max(_PAUSE_SHARE * (started - self._started), _SHORTEST_PAUSE), _LONGEST_PAUSE)
        self._due = started + max(pause, took / _LARGEST_SHARE)
        wanted = self._voxels * _LARGEST_SHARE * pause / took
        self._voxels = int(min(max(wanted, _FEWEST_VOXELS), _MOST_VOXELS, 8 * self._voxels))
        return is_written

    def _try(self, make: Callable[[int], Volume | None]) -> bool:
        """Whatever keeps a preview from being made, the fit goes on: too little memory for it, a full disk, somebody
        reading the file just now."""
        try:
            volume = make(self._voxels)
            if volume is not None:
                write_volume(volume, self.path, force=True)
        except (RuntimeError, MemoryError, DeviceError, OutputError) as error:
            if not isinstance(error, (DeviceError, OutputError)) and not is_out_of_memory(error):
                raise
            return False
        return volume is not None
