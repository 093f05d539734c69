"""Shared by the tests of files: where the real ones are, and what every complaint about a file must look like."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from INRCore.errors import InputError
from INRCore.io import read_volume
from INRCore.volume import Volume

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="real volumes are not part of the repository")


def without_pynrrd(monkeypatch: pytest.MonkeyPatch) -> None:
    """As inside Slicer: `import nrrd` fails."""
    monkeypatch.setitem(sys.modules, "nrrd", None)
    monkeypatch.setitem(sys.modules, "nrrd.errors", None)


def read_both_ways(path: Path, monkeypatch: pytest.MonkeyPatch, **choice: int) -> Volume:
    """Reads a NRRD through pynrrd and through SimpleITK and checks that it is the same volume."""
    first = read_volume(path, **choice)
    with monkeypatch.context() as patch:
        without_pynrrd(patch)
        second = read_volume(path, **choice)
    assert np.array_equal(first.array, second.array)
    assert np.array_equal(first.grid.ijk_to_world, second.grid.ijk_to_world)
    assert (first.units, first.metadata, first.array.dtype) == (second.units, second.metadata, second.array.dtype)
    return first


def assert_one_line_error(path: Path, message: str = "", **choice: int) -> None:
    """Reading fails with one line that names the file and matches `message`."""
    with pytest.raises(InputError) as caught:
        read_volume(path, **choice)
    text = str(caught.value)
    assert "\n" not in text
    assert path.stem in text
    assert re.search(message, text), text
