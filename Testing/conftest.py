"""Fixtures shared by the tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from INRCore.errors import InputError


@pytest.fixture(scope="session")
def slicer_app() -> Any:
    """Slicer's scene and logics without a window; made once, because starting them takes seconds."""
    from INRCore.scene import open_scene

    try:
        return open_scene()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture
def scene(slicer_app: Any) -> Iterator[Any]:
    """An empty scene."""
    slicer_app.scene.Clear(False)
    yield slicer_app.scene
    slicer_app.scene.Clear(False)
