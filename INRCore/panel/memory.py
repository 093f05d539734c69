"""What a run leaves behind for the next one, in files of this session. No Qt and no torch here."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import slicer


class RunMemory:
    """The state that the last run found, for the next one after one more slice is drawn; call `forget` in the end.

    The state before it is kept too, so that the last run can be repeated as it was.
    """

    def __init__(self) -> None:
        self._folder = Path(slicer.app.temporaryPath) / f"inr_memory_{uuid.uuid4().hex}"
        self._count = 0
        self.last = ""

    @property
    def next(self) -> str:
        """Where the state of the next run goes; see `keep`."""
        return str(self._folder / f"state_{self._count + 1}.npz")

    def keep(self) -> None:
        """A run is done: the state that it has left, if any, is the last one now."""
        path = Path(self.next)
        if path.exists():
            self._count += 1
            self.last = str(path)
            path.with_name(f"state_{self._count - 2}.npz").unlink(missing_ok=True)

    def forget(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self.last = ""


def put_away(state: Path, place: str) -> None:
    """Copies what a run has written, if it has, to where the memory looks for it."""
    if state.exists():
        Path(place).parent.mkdir(exist_ok=True)
        shutil.copyfile(state, place)
