"""Previews of a running fit, in a file for whoever watches."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from ..errors import OutputError
from ..fitting.progress import Progress
from ..io.writing import write_volume

_LARGEST_SHARE = 0.04
_PAUSE_SECONDS = 1.0
_FEWEST_VOXELS, _FIRST_VOXELS, _MOST_VOXELS = 8**3, 16**3, 96**3


class PreviewWriter:
    """Writes the result so far to one volume file (.nii is the fastest), each time in place of the last one.

    All previews together take less than 5 % of the time: after each one comes a pause by how long it took, and the
    next one has as many voxels as can be had in a pause of about a second.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.seconds = 0.0
        """What all previews took so far."""
        self._voxels, self._due = _FIRST_VOXELS, time.perf_counter() + _PAUSE_SECONDS

    def write(self, progress: Progress) -> bool:
        """Whether there is a new preview now."""
        started = time.perf_counter()
        if progress.preview is None or started < self._due:
            return False
        volume = progress.preview(self._voxels)
        is_written = False
        if volume is not None:
            with contextlib.suppress(OutputError):  # somebody is reading it, or the disk is full: the fit goes on
                write_volume(volume, self.path, force=True)
                is_written = True
        took = time.perf_counter() - started
        self.seconds += took
        self._due = started + max(_PAUSE_SECONDS, took / _LARGEST_SHARE)
        wanted = self._voxels * _LARGEST_SHARE * _PAUSE_SECONDS / took
        self._voxels = int(min(max(wanted, _FEWEST_VOXELS), _MOST_VOXELS, 8 * self._voxels))
        return is_written
