"""Where a registration starts: given transforms, from memory or files, and what cannot be one."""

import numpy as np
import pytest
import SimpleITK
from registration_phantom import (
    FIXED_GRID,
    MOVING_GRID,
    image,
    points_of_the_object,
    small_settings,
    through,
    turned,
    warped_pair,
)

from INRCore.errors import InputError
from INRCore.registration import matrix_of_transform_file, register


def far_pair():
    """The phantom, turned by 100 degrees and 300 mm away: beyond what an optimiser finds from the headers."""
    matrix = turned((0, 0, 100), (300.0, 40.0, -60.0))
    moving = image(MOVING_GRID)
    return image(FIXED_GRID), moving.with_array(moving.array, moving.grid.transformed(matrix)), matrix


@pytest.mark.parametrize("initial", ["none", "rigid", "affine"])
def test_a_given_start_is_used_and_can_be_made_better(initial):
    fixed, moving, matrix = far_pair()
    off = matrix.copy()
    off[:3, 3] += (0.0, 0.0, 0.0) if initial == "none" else (4.0, -3.0, 2.0)
    fit = {"iterations": 2, "points": 256}
    result = register(fixed, moving, small_settings(fit, initial=initial), initial_transform=off)
    points = points_of_the_object()
    error = np.linalg.norm(through(result.affine, points) - through(matrix, points), axis=-1).mean()
    assert error < {"none": 1e-9, "rigid": 2.0, "affine": 0.5}[initial]
    if initial == "rigid":
        assert result.affine[:3, :3] @ result.affine[:3, :3].T == pytest.approx(np.eye(3), abs=1e-6)
    assert result.metrics["similarity_initial"] > 0.9


def test_a_start_is_read_from_a_file_in_ras(tmp_path):
    matrix = turned()
    lps = np.diag([-1, -1, 1, 1]) @ matrix @ np.diag([-1, -1, 1, 1])
    affine = SimpleITK.AffineTransform(lps[:3, :3].ravel().tolist(), lps[:3, 3].tolist())
    path = tmp_path / "start é.tfm"
    SimpleITK.WriteTransform(affine, str(path))
    assert matrix_of_transform_file(path) == pytest.approx(matrix)
    chain = SimpleITK.CompositeTransform([affine, SimpleITK.TranslationTransform(3, (1.0, 2.0, 3.0))])
    SimpleITK.WriteTransform(chain, str(tmp_path / "chain.h5"))
    shifted = matrix.copy()
    shifted[:3, 3] += matrix[:3, :3] @ (-1.0, -2.0, 3.0)
    assert matrix_of_transform_file(tmp_path / "chain.h5") == pytest.approx(shifted)


@pytest.mark.parametrize(("content", "words"), [
    (None, "no such file"), ("not a transform", "cannot be read"), ("spline", "not a linear transform"),
])  # fmt: skip
def test_files_that_cannot_be_a_start_are_refused(tmp_path, content, words):
    path = tmp_path / "start.tfm"
    if content == "spline":
        SimpleITK.WriteTransform(SimpleITK.BSplineTransform(3), str(path))
    elif content:
        path.write_text(content)
    with pytest.raises(InputError, match=words):
        matrix_of_transform_file(path)


@pytest.mark.parametrize(("matrix", "words"), [
    (np.eye(3), "4x4"), (np.diag([1, 1, 0, 1]), "flat"), (np.diag([1, 1, np.nan, 1]), "finite"),
])  # fmt: skip
def test_matrices_that_make_no_sense_are_refused(matrix, words):
    with pytest.raises(InputError, match=words):
        register(*warped_pair(), small_settings(), initial_transform=matrix)
