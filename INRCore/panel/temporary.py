"""Temporary folders of jobs: made, and removed even after a crash. No Qt and no torch here."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import slicer

from ..errors import OutputError

_FOLDER_PREFIX = "inr_"
_LEFTOVER_SECONDS = 7 * 24 * 3600


def remove_leftovers() -> None:
    """Removes what a Slicer that crashed has left of its jobs, patients' images among it. Younger folders may belong to
    another Slicer that runs now."""
    for folder in Path(slicer.app.temporaryPath).glob(f"{_FOLDER_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > _LEFTOVER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder that stays when the block ends well. Raises `OutputError` when there is no room for it."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX, dir=slicer.app.temporaryPath))
    except OSError as error:
        raise OutputError(_no_room(error)) from error
    try:
        yield folder
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise OutputError(_no_room(error)) from error
        raise


def _no_room(error: OSError) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    return (
        f"The inputs cannot be written to the temporary folder '{slicer.app.temporaryPath}' "
        f"({cause.strerror or cause}); free some space, or choose another folder in "
        "Edit / Application Settings / General and start again."
    )
