"""Grids: oblique, anisotropic, left-handed, sheared; nothing moves, nothing is mirrored."""

import numpy as np
import pytest
import torch
from grids import GRIDS
from scipy.ndimage import map_coordinates

from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.interpolation import ImageSampler
from INRCore.volume import Volume


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
class TestEveryKindOfGrid:
    def test_index_and_world_are_inverse(self, grid):
        ijk = np.random.default_rng(0).uniform(-5, 30, (50, 3))
        np.testing.assert_allclose(grid.world_to_index(grid.index_to_world(ijk)), ijk, atol=1e-9)

    def test_points_run_in_the_order_of_the_flat_array(self, grid):
        points = grid.points()
        k, j, i = 2, 3, 4
        flat = np.ravel_multi_index((k, j, i), grid.shape)
        np.testing.assert_allclose(points[flat], grid.ijk_to_world[:3] @ [i, j, k, 1])
        chunks = list(grid.chunks(17))
        np.testing.assert_allclose(np.concatenate([c for _, c in chunks]), points)
        assert max(len(c) for _, c in chunks) == 17

    def test_lps_and_back(self, grid):
        again = Grid.from_lps(grid.shape, grid.lps_affine)
        assert again.same_as(grid, 1e-9)
        np.testing.assert_allclose(grid.lps_affine[:2], -grid.ijk_to_world[:2])

    def test_a_new_spacing_keeps_centre_axes_and_field_of_view(self, grid):
        new = grid.with_spacing(1.3)
        np.testing.assert_allclose(new.spacing, 1.3)
        np.testing.assert_allclose(new.center, grid.center, atol=1e-9)
        np.testing.assert_allclose(new.directions, grid.directions, atol=1e-12)
        lost = np.abs(new.size_ijk * 1.3 - grid.size_ijk * grid.spacing)
        assert (lost <= 0.65 + 1e-9).all()

    def test_a_new_size_keeps_the_edges(self, grid):
        np.testing.assert_allclose(grid.with_size([5, 11, 3]).corners, grid.corners, atol=1e-9)

    def test_cropping_and_padding_leave_voxels_in_place(self, grid):
        np.testing.assert_allclose(
            grid.cropped((1, 2, 1), (4, 5, 3)).index_to_world([0, 1, 1]), grid.index_to_world([1, 3, 2])
        )
        padded = grid.padded((2, 0, 1))
        np.testing.assert_array_equal(padded.size_ijk, grid.size_ijk + np.array([4, 0, 2]))
        np.testing.assert_allclose(padded.index_to_world([2, 0, 1]), grid.origin)

    def test_the_sampler_agrees_with_scipy_at_world_points(self, grid):
        image = np.random.default_rng(1).normal(size=grid.shape).astype(np.float32)
        ijk = np.random.default_rng(2).uniform(-0.4, 1, (200, 3)) * (grid.size_ijk - 0.7)
        expected = map_coordinates(image, ijk.T[::-1], order=1, mode="nearest")
        sampler = ImageSampler(image, grid)
        points = torch.tensor(grid.index_to_world(ijk), dtype=torch.float32)
        np.testing.assert_allclose(sampler(points).numpy(), expected, atol=2e-3)
        assert sampler.inside(points).numpy().tolist() == grid.contains(points.numpy().astype(float)).tolist()


def test_handedness_and_shear_are_seen():
    assert GRIDS["left-handed oblique"].is_left_handed
    assert not GRIDS["oblique"].is_left_handed
    assert GRIDS["sheared"].is_sheared
    assert not GRIDS["oblique"].is_sheared


def test_the_sampler_has_the_gradient_of_the_image():
    grid = GRIDS["left-handed oblique"]
    normal = np.array([0.3, -0.2, 0.5])
    image = (grid.points() @ normal).reshape(grid.shape)
    points = torch.tensor(grid.index_to_world(np.full((5, 3), 2.3)), dtype=torch.float32, requires_grad=True)
    ImageSampler(image, grid)(points).sum().backward()
    np.testing.assert_allclose(points.grad.numpy(), np.tile(normal, (5, 1)), atol=1e-3)


def test_one_voxel_thick_axes_are_sampled_too():
    grid = Grid.from_parts((1, 4, 1), (1, 2, 3))
    image = np.arange(4, dtype=np.float32).reshape(grid.shape)
    points = torch.tensor([[0.0, 3.0, 0.2]])
    assert ImageSampler(image, grid)(points).item() == pytest.approx(1.5)


def test_overlap_is_found_and_its_absence_too():
    a = Grid.from_parts((10, 10, 10))
    inner = Grid.from_parts((3, 3, 3), (0.2, 0.2, 0.2), (4.1, 4.2, 4.3))
    far = Grid.from_parts((10, 10, 10), origin=(50, 0, 0))
    assert a.overlaps(inner) and inner.overlaps(a)
    assert not a.overlaps(far)


@pytest.mark.parametrize(
    ("affine", "words"),
    [
        (np.diag([1, 0, 1, 1]), "singular"),
        (np.full((4, 4), np.nan), "finite"),
        (np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "one plane"),
    ],
)
def test_impossible_geometry_is_refused(affine, words):
    with pytest.raises(InputError, match=words):
        Grid((2, 2, 2), affine)


def test_a_volume_refuses_colour_and_wrong_shapes():
    grid = Grid.from_parts((2, 2, 2))
    with pytest.raises(InputError, match="frame or component"):
        Volume(np.zeros((2, 2, 2, 3)), grid)
    with pytest.raises(InputError, match="differ in shape"):
        Volume(np.zeros((2, 2, 3)), grid)


def test_values_that_are_no_numbers_are_masked():
    array = np.array([1, np.nan, 5, np.inf, -2, 0, 0, 0]).reshape(2, 2, 2)
    volume = Volume(array, Grid.from_parts((2, 2, 2)))
    assert volume.finite_mask().sum() == 6
    assert volume.finite_range() == (-2, 5)
    assert np.isfinite(volume.as_float32()).all()
    with pytest.raises(InputError, match="no finite voxel"):
        Volume(np.full((1, 1, 1), np.nan), Grid.from_parts((1, 1, 1))).finite_range()
