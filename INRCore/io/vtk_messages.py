"""VTK's complaints caught for our one-line messages instead of being printed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from vtkmodules.vtkCommonCore import vtkLogger, vtkOutputWindow, vtkStringOutputWindow


@contextlib.contextmanager
def quiet_vtk() -> Iterator[vtkStringOutputWindow]:
    """Keeps VTK's complaints for our one-line message instead of printing them."""
    before, window = vtkOutputWindow.GetInstance(), vtkStringOutputWindow()
    verbosity = vtkLogger.GetCurrentVerbosityCutoff()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    vtkOutputWindow.SetInstance(window)
    try:
        yield window
    finally:
        vtkOutputWindow.SetInstance(before)
        vtkLogger.SetStderrVerbosity(verbosity)


def first_message(window: vtkStringOutputWindow) -> str:
    """VTK's first complaint without the place in its source ("ERROR: In file, line n") and the object's address."""
    lines = [line for line in window.GetOutput().splitlines() if line and ": In vtk" not in line]
    return lines[0].partition("): ")[2] or lines[0] if lines else ""
