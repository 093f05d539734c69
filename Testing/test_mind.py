"""MIND-SSC descriptors against the definition, written out voxel by voxel, and what they do not see."""

import itertools

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation

from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.losses.mind import PAIRS, descriptor_difference, image_on_axes, mind_ssc


def some_image(shape=(7, 9, 8), seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def descriptor_by_definition(image, distance, radius):
    """(k, j, i, 12) by a loop over voxels, pairs and patch offsets."""
    size = np.array(image.shape)
    offsets = list(itertools.product(range(-radius, radius + 1), repeat=3))
    distances = np.zeros((*image.shape, len(PAIRS)))
    for voxel in itertools.product(*map(range, image.shape)):
        for channel, pair in enumerate(PAIRS):
            a, b = (
                [tuple(np.clip(np.add(voxel, np.multiply(n, distance)) + p, 0, size - 1)) for p in offsets]
                for n in pair
            )
            distances[(*voxel, channel)] = np.mean([(image[x] - image[y]) ** 2 for x, y in zip(a, b, strict=True)])
    distances -= distances.min(-1, keepdims=True)
    spread = distances.mean(-1, keepdims=True)
    return np.exp(-distances / np.clip(spread, 1e-3 * spread.mean(), 1e3 * spread.mean()))


def test_there_are_twelve_pairs_of_neighbours_at_right_angles():
    assert len(PAIRS) == 12 and len({frozenset(pair) for pair in PAIRS}) == 12
    assert all(np.dot(a, b) == 0 for a, b in PAIRS)


@pytest.mark.parametrize(("distance", "radius"), [(1, 1), (2, 1), (1, 2)])
def test_the_descriptors_are_those_of_the_definition(distance, radius):
    image = some_image()
    image[:, :5, :5] = 3 + 1e-3 * image[:, :5, :5]  # nearly flat: here the spread is below its limit
    expected = descriptor_by_definition(image.numpy(), distance, radius)
    found = mind_ssc(image, distance=distance, radius=radius, dtype=torch.float64)
    assert np.abs(found.numpy() - expected).max() < 1e-9
    assert 0.1 < expected.mean() < 0.9


def test_descriptors_worked_out_in_slabs_are_the_same_and_half_precision_is_close():
    image = some_image((40, 30, 25))
    whole = mind_ssc(image, dtype=torch.float64, max_memory_gb=8)
    slabs = mind_ssc(image, dtype=torch.float64, max_memory_gb=1e-4)
    assert torch.allclose(whole, slabs, atol=1e-12)
    assert (mind_ssc(image, dtype=torch.float16).double() - whole).abs().max() < 1e-3


def test_gain_offset_and_inverted_contrast_change_no_descriptor():
    image = some_image((12, 12, 12))
    expected = mind_ssc(image)
    for gain, offset in ((3.0, -7.0), (-1.0, 1.0), (-0.01, 100.0)):
        assert torch.allclose(mind_ssc(gain * image + offset), expected, atol=1e-5)
    assert (mind_ssc(some_image((12, 12, 12), seed=1)) - expected).abs().mean() > 0.1


def test_a_flat_image_is_one_everywhere():
    assert bool((mind_ssc(torch.full((6, 6, 6), 5.0)) == 1).all())


@pytest.mark.parametrize("name", [name for name in GRIDS if name != "sheared"])
def test_an_image_is_brought_onto_voxels_along_other_axes_at_its_place(name):
    grid = GRIDS[name]
    linear = np.array([0.03, -0.05, 0.02])
    ramp = (grid.points() @ linear).reshape(grid.shape)
    image, target = image_on_axes(ramp, grid, rotation(10, 70, -30), 0.8)
    index = grid.world_to_index(target.points())
    inside = ((index >= 0) & (index <= grid.size_ijk - 1)).all(-1)
    assert inside.sum() > 100
    assert np.allclose(image.numpy().ravel()[inside], target.points()[inside] @ linear, atol=1e-4)
    assert target.contains(grid.corners * 0.999 + grid.center * 0.001).all()


def test_an_image_that_lies_along_the_axes_is_used_as_it_is():
    grid = Grid.from_parts((6, 7, 8), (1.5, 1.5, 1.5), (3, 4, 5), rotation(20, -15, 40) @ np.diag([1, 1, -1]))
    values = some_image((6, 7, 8)).float().numpy()
    image, target = image_on_axes(values, grid, grid.directions, 1.5)
    assert target.same_as(grid) and np.array_equal(image.numpy(), values)


def test_descriptors_of_one_object_on_turned_grids_agree_when_taken_along_common_axes():
    def blobs(grid):
        middles = np.random.default_rng(0).uniform(-12, 12, (25, 3))
        squares = ((grid.points()[:, None] - middles) ** 2).sum(-1)
        return np.exp(-squares / 2 / 3.0**2).sum(-1).reshape(grid.shape).astype(np.float32)

    fixed = Grid.from_parts((32, 32, 32), (1, 1, 1), (-15.5, -15.5, -15.5))
    turned = rotation(0, 0, 90)[:, [2, 0, 1]] @ rotation(20, 10, 0)
    moving = Grid.from_parts((40, 40, 40), (1, 1, 1), turned @ np.full(3, -19.5), turned)
    axes = fixed.directions
    a = mind_ssc(image_on_axes(blobs(fixed), fixed, axes, 1.0)[0])
    image, grid = image_on_axes(blobs(moving), moving, axes, 1.0)
    nearest = np.rint(grid.world_to_index(fixed.points())).astype(int)
    b = mind_ssc(image)[nearest[:, 2], nearest[:, 1], nearest[:, 0]].view(32, 32, 32, 12)
    inner = (slice(6, -6),) * 3
    difference = (a - b)[inner].abs().mean().item()
    own = mind_ssc(torch.as_tensor(blobs(moving)))  # along the moving image's own axes
    nearest = np.rint(moving.world_to_index(fixed.points())).astype(int).clip(0, 39)
    wrong = own[nearest[:, 2], nearest[:, 1], nearest[:, 0]].view(32, 32, 32, 12)
    assert difference < 0.08 and (a - wrong)[inner].abs().mean().item() > 3 * difference


def test_the_difference_of_descriptors_is_a_mean_over_points_that_count():
    a, b = torch.tensor([[0.0, 1.0], [0.5, 0.5]]), torch.tensor([[0.5, 1.0], [0.5, 0.1]])
    assert descriptor_difference(a, b).item() == pytest.approx((0.5 + 0.4) / 4)
    assert descriptor_difference(a, b, squared=True).item() == pytest.approx((0.25 + 0.16) / 4)
    assert descriptor_difference(a, b, torch.tensor([True, False])).item() == pytest.approx(0.25)
    assert descriptor_difference(a, b, torch.zeros(2)).item() == 0


def test_images_and_axes_that_make_no_descriptors_are_refused():
    with pytest.raises(InputError, match="3-D"):
        mind_ssc(torch.zeros(4, 4))
    with pytest.raises(InputError, match="not numbers"):
        mind_ssc(torch.full((4, 4, 4), float("nan")))
    with pytest.raises(InputError, match="distance"):
        mind_ssc(torch.zeros(4, 4, 4), distance=0)
    with pytest.raises(InputError, match="right angles"):
        image_on_axes(np.zeros((8, 10, 12)), GRIDS["sheared"], GRIDS["sheared"].directions, 1.0)
    with pytest.raises(InputError, match="descriptors"):
        descriptor_difference(torch.zeros(4, 12), torch.zeros(5, 12))
