"""Similarity of two images on sampled points: exact values, what each measure does not see, gradients.

Correlation, of all points and in windows, mutual information, label overlap, several channels.
"""

import numpy as np
import pytest
import torch
from registration_phantom import FIXED_GRID

from INRCore.errors import InputError
from INRCore.losses.local_correlation import Window, linearised, local_correlation
from INRCore.losses.mind import descriptor_difference
from INRCore.losses.mutual_information import mutual_information, normalised_mutual_information
from INRCore.losses.overlap import soft_dice_loss
from INRCore.losses.similarity import mean_squared_difference, normalised_cross_correlation, over_channels


def random_samples(*shape, count=2, seed=0, dtype=torch.float64):
    return torch.randn(count, *shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def uniform_samples(*shape, count=2, seed=0):
    return torch.rand(count, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


# -- all points at once ------------------------------------------------------------------------------------------------
def test_the_correlation_ignores_gain_and_offset_and_sees_sign():
    a, noise = random_samples(4000, dtype=torch.float32)
    b = a + 0.5 * noise
    expected = np.corrcoef(a.numpy(), b.numpy())[0, 1]
    assert float(normalised_cross_correlation(a, b)) == pytest.approx(expected, abs=1e-5)
    for gain, offset in ((3.0, -7.0), (0.01, 100.0)):
        assert float(normalised_cross_correlation(a, gain * b + offset)) == pytest.approx(expected, abs=1e-3)
    assert float(normalised_cross_correlation(a, -b)) == pytest.approx(-expected, abs=1e-5)


def test_points_of_weight_zero_count_in_no_similarity():
    a, b = uniform_samples(1000)
    spoiled = b.clone()
    spoiled[600:] = 1e3
    weight = torch.arange(1000) < 600
    for measure in (normalised_cross_correlation, mean_squared_difference, mutual_information):
        expected = measure(a[:600], b[:600]).item()
        assert measure(a, spoiled, weight).item() == pytest.approx(expected, rel=1e-9), measure.__name__
        assert measure(a, spoiled).item() != pytest.approx(expected, rel=0.05), measure.__name__


@pytest.mark.parametrize(
    "measure", [normalised_cross_correlation, mutual_information, normalised_mutual_information, local_correlation]
)
def test_no_point_or_a_constant_sample_gives_zero_and_finite_gradients(measure):
    shape = (20, 8) if measure is local_correlation else (100,)
    for dtype in (torch.float32, torch.float64):
        a, b = (0.5 + 0.2 * random_samples(*shape)).to(dtype)
        a.requires_grad_()
        for other, weight in ((torch.full_like(b, 0.5), None), (b, torch.zeros_like(b))):
            value = measure(a, other, weight)
            (gradient,) = torch.autograd.grad(value, a)
            assert value.item() == pytest.approx(0, abs=1e-5) and bool(torch.isfinite(gradient).all())


# -- windows -----------------------------------------------------------------------------------------------------------
def test_the_local_correlation_of_windows_is_the_mean_of_their_correlations():
    fixed, moving = random_samples(30, 25)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(fixed.numpy(), moving.numpy(), strict=True)]
    assert local_correlation(fixed, moving, flatness=0).item() == pytest.approx(np.mean(expected), abs=1e-9)
    squared = local_correlation(fixed, moving, flatness=0, signed=False).item()
    assert squared == pytest.approx(np.mean(np.square(expected)), abs=1e-9)


def test_neighbours_and_windows_without_weight_do_not_count():
    fixed, moving = random_samples(30, 25)
    weight = torch.ones(30, 25)
    weight[:, 20:], weight[10:] = 0, 0
    spoiled = torch.where(weight > 0, moving, 1e3)
    expected = local_correlation(fixed[:10, :20], moving[:10, :20]).item()
    assert local_correlation(fixed, spoiled, weight).item() == pytest.approx(expected, abs=1e-9)


def test_the_local_correlation_ignores_gain_and_offset_and_a_slow_bias_field():
    fixed, noise = random_samples(400, 32)
    moving = fixed + 0.5 * noise
    expected = local_correlation(fixed, moving).item()
    assert 0.8 < expected < 0.95
    for gain, offset in ((1e3, -5e4), (1e-2, 3.0)):
        assert local_correlation(fixed, gain * moving + offset).item() == pytest.approx(expected, abs=1e-6)
        assert local_correlation(gain * fixed + offset, moving).item() == pytest.approx(expected, abs=1e-6)
    assert local_correlation(fixed, -moving).item() == pytest.approx(-expected, abs=1e-9)
    inverted_in_places = moving * (-1.0) ** torch.arange(400)[:, None]
    squared = local_correlation(fixed, moving, signed=False).item()
    assert local_correlation(fixed, inverted_in_places, signed=False).item() == pytest.approx(squared, abs=1e-9)
    bias = torch.linspace(0.5, 2, 400)[:, None]
    assert local_correlation(fixed, bias * moving).item() == pytest.approx(expected, abs=0.02)


def test_noise_in_flat_windows_is_no_correlation():
    fixed, moving = random_samples(200, 32)
    moving[:100] = fixed[:100]
    flat = fixed.clone()
    flat[100:], moving[100:] = 1e-3 * fixed[100:], 1e-3 * fixed[100:]  # equal noise, 1000 times below the structures
    assert local_correlation(flat, moving, flatness=0).item() == pytest.approx(1, abs=1e-6)
    assert local_correlation(flat, moving).item() == pytest.approx(0.5, abs=0.01)


def test_the_neighbours_fill_the_window_along_the_axes_of_the_grid():
    window = Window(FIXED_GRID, 3.0, 64)  # spacing 3.6 mm along k: there the window is wider
    for offsets in (window.offsets(), window.offsets(torch.Generator().manual_seed(0))):
        along = offsets.numpy() @ FIXED_GRID.directions / np.maximum(3.0, FIXED_GRID.spacing)
        assert np.abs(along).max() <= 1 + 1e-5 and np.abs(along).max(0).min() > 0.93
        assert np.abs(along.mean(0)).max() < 0.06
        assert np.abs(np.unique(along > 0, axis=0, return_counts=True)[1] - 8).max() <= 4  # in each of eight corners
    first, second = (window.offsets(torch.Generator().manual_seed(seed)) for seed in (0, 1))
    assert (first - second).norm(dim=-1).min() > 0.1


def test_neighbours_go_where_an_affine_map_takes_them():
    matrix = torch.tensor([[1.2, 0.3, 0.0], [-0.1, 0.9, 0.2], [0.05, 0.0, 1.1]])
    centers, offsets = random_samples(5, 3, count=1, dtype=torch.float32)[0], Window(FIXED_GRID, 4, 16).offsets()
    found = linearised(centers @ matrix.T, (matrix - torch.eye(3)).expand(5, 3, 3), offsets)
    assert torch.allclose(found, (centers[:, None] + offsets) @ matrix.T, atol=1e-5)


# -- mutual information ------------------------------------------------------------------------------------------------
def test_the_mutual_information_of_values_at_bins_is_that_of_the_blurred_table():
    """Values at the middle of bins: the joint histogram is the table blurred by 1/6, 4/6, 1/6 along both axes."""
    bins, table = 8, np.array([[4.0, 1.0, 0.0], [1.0, 2.0, 3.0]])
    rows, columns = np.nonzero(table)
    counts = torch.tensor(table[rows, columns])
    blurred = np.zeros((bins, bins))
    for row, column, count in zip(rows, columns, counts.numpy(), strict=True):
        kernel = np.array([1, 4, 1]) / 6
        blurred[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] += count * np.outer(kernel, kernel)
    p = blurred / blurred.sum()
    product = np.outer(p.sum(1), p.sum(0))
    expected = (p[p > 0] * np.log(p[p > 0] / product[p > 0])).sum()
    fixed, moving = torch.tensor(rows * 2 / 5.0), torch.tensor(columns * 2 / 5.0)
    found = mutual_information(fixed, moving, counts, bins=bins)
    assert found.item() == pytest.approx(expected, abs=1e-9)
    entropies = [-(q[q > 0] * np.log(q[q > 0])).sum() for q in (p, p.sum(0), p.sum(1))]
    normalised = normalised_mutual_information(fixed, moving, counts, bins=bins).item()
    assert normalised == pytest.approx(2 - 2 * entropies[0] / (entropies[1] + entropies[2]), abs=1e-9)


def test_inverted_and_shuffled_contrasts_share_as_much_and_independent_ones_only_the_stated_bias():
    a, b = uniform_samples(20_000)
    own = normalised_mutual_information(a, a).item()
    inverted = normalised_mutual_information(a, 1 - a).item()
    assert inverted == pytest.approx(own, abs=1e-6) and 0.5 < own < 0.6
    assert normalised_mutual_information(a, (2 * a - 1).abs()).item() > 0.35
    for points in (2000, 20_000):
        for bins in (16, 32):
            found = mutual_information(a[:points], b[:points], bins=bins).item()
            assert found / (bins**2 / 2 / points) == pytest.approx({16: 0.13, 32: 0.18}[bins], rel=0.25)


def test_the_ranges_of_the_intensities_are_those_given_and_what_lies_beyond_counts_as_the_end():
    a, b = uniform_samples(3000)
    b = 0.5 * (a + b)
    expected = mutual_information(a, b).item()
    scaled = mutual_information(2000 * a - 1000, 5 * b + 2, fixed_range=(-1000, 1000), moving_range=(2, 7)).item()
    assert scaled == pytest.approx(expected, abs=1e-9)
    beyond = torch.where(a > 0.8, 50.0, a)
    assert mutual_information(beyond, b).item() == pytest.approx(
        mutual_information(torch.where(a > 0.8, 1.0, a), b).item(), abs=1e-9
    )


# -- labels, channels --------------------------------------------------------------------------------------------------
def test_the_soft_dice_of_masks_is_the_dice_and_labels_that_nobody_has_do_not_count():
    fixed = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=torch.float64)
    moving = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=torch.float64)
    assert soft_dice_loss(fixed, moving).item() == pytest.approx(1 - (2 / 3 + 4 / 5) / 2)
    assert soft_dice_loss(fixed, moving, torch.tensor([1, 0, 1, 1, 1])).item() == pytest.approx(0)
    assert soft_dice_loss(0.3 * fixed, 0.3 * fixed).item() == pytest.approx(0)
    assert soft_dice_loss(fixed, fixed[:, [1, 0, 2]]).item() == pytest.approx(1)
    empty = torch.zeros(5, 3, requires_grad=True)
    loss = soft_dice_loss(torch.zeros(5, 3), empty)
    assert loss.item() == 0 and bool(torch.isfinite(torch.autograd.grad(loss, empty)[0]).all())


def test_channels_count_by_their_weights():
    fixed, moving = random_samples(50, 3)
    single = [normalised_cross_correlation(fixed[:, c], moving[:, c]).item() for c in range(3)]
    both = over_channels(normalised_cross_correlation, fixed, moving)
    assert both.item() == pytest.approx(np.mean(single))
    weighted = over_channels(normalised_cross_correlation, fixed, moving, (3, 0, 1), weight=torch.ones(50))
    assert weighted.item() == pytest.approx((3 * single[0] + single[2]) / 4)
    windows = random_samples(20, 16, 2)
    local = over_channels(local_correlation, *windows, signed=False).item()
    expected = [local_correlation(windows[0][..., c], windows[1][..., c], signed=False).item() for c in (0, 1)]
    assert local == pytest.approx(np.mean(expected))


# -- gradients and nonsense --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("measure", "shape"),
    [
        (normalised_cross_correlation, (12,)),
        (mean_squared_difference, (12,)),
        (mutual_information, (12,)),
        (normalised_mutual_information, (12,)),
        (local_correlation, (4, 6)),
        (lambda a, b, w: local_correlation(a, b, w, signed=False), (4, 6)),
        (lambda a, b, w: soft_dice_loss(a, b, w[:, 0]), (4, 6)),
        (lambda a, b, w: descriptor_difference(a, b, w[:, 0]), (4, 6)),
    ],
)
def test_gradients_with_respect_to_either_image_are_those_of_finite_differences(measure, shape):
    a, b, weight = uniform_samples(*shape, count=3)
    assert torch.autograd.gradcheck(lambda a, b: measure(a, b, weight), (a.requires_grad_(), b.requires_grad_()))


def test_samples_that_do_not_fit_together_are_refused_with_what_they_should_be():
    a = torch.rand(8, 6)
    with pytest.raises(InputError, match=r"\(8,\) and \(6,\)"):
        normalised_cross_correlation(a[:, 0], a[0])
    with pytest.raises(InputError, match="N centres, P neighbours"):
        local_correlation(a[0], a[0])
    with pytest.raises(InputError, match="weights"):
        local_correlation(a, a, torch.ones(8))
    with pytest.raises(InputError, match="flatness"):
        local_correlation(a, a, flatness=-1)
    with pytest.raises(InputError, match="neighbours"):
        Window(FIXED_GRID, 3, 1)
    with pytest.raises(InputError, match="range"):
        mutual_information(a[0], a[0], moving_range=(1, 1))
    with pytest.raises(InputError, match="bins"):
        mutual_information(a[0], a[0], bins=3)
    with pytest.raises(InputError, match="labels"):
        soft_dice_loss(a, a[:, :2])
    with pytest.raises(InputError, match="2 channel weights"):
        over_channels(mean_squared_difference, a, a, (1, 2))
    with pytest.raises(InputError, match="above 0"):
        over_channels(mean_squared_difference, a, a, (0,) * 6)
