"""PSNR, SSIM and largest error: against independent computations, on thin, masked, extreme and large images."""

import math
import tracemalloc

import numpy as np
import pytest

from INRCore.errors import InputError
from INRCore.metrics.image import compare_images, finite_range, max_abs_error, psnr_db, ssim


def images(shape=(6, 9, 14), seed=0):
    generator = np.random.default_rng(seed)
    k, j, i = np.indices(shape)
    reference = 100 * np.sin(0.7 * i) + 40 * np.cos(0.9 * j + 0.4 * k) + 50
    return reference, reference * 0.9 + generator.normal(0, 15, shape) + 4


def ssim_voxel_by_voxel(x, y, data_range, valid):
    """Wang's formula with explicit loops and weights."""
    total, shape = [], np.array(x.shape)
    for center in np.argwhere(valid):
        low, high = np.maximum(center - 5, 0), np.minimum(center + 6, shape)
        window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        squared = sum((axis - c) ** 2 for axis, c in zip(np.ogrid[window], center, strict=True))
        weights = np.exp(-squared / (2 * 1.5**2)) * valid[window]
        weights = weights / weights.sum()
        a, b = np.where(valid[window], x[window], 0), np.where(valid[window], y[window], 0)
        ma, mb = (weights * a).sum(), (weights * b).sum()
        va, vb = (weights * (a - ma) ** 2).sum(), (weights * (b - mb) ** 2).sum()
        cov = (weights * (a - ma) * (b - mb)).sum()
        c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
        total.append((2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2)))
    return np.mean(total)


@pytest.mark.parametrize("shape", [(6, 9, 14), (1, 9, 14), (14, 1, 3), (23, 4, 4), (1, 1, 1)])
@pytest.mark.parametrize("masked", [False, True])
def test_ssim_equals_the_formula_written_out(shape, masked):
    x, y = images(shape)
    mask = np.random.default_rng(1).random(shape) < 0.8 if masked and min(shape[1:]) > 1 else np.ones(shape, bool)
    expected = ssim_voxel_by_voxel(x, y, 180.0, mask)
    assert ssim(x, y, 180.0, mask) == pytest.approx(expected, abs=2e-6)
    assert 0 < expected < 0.99 or x.size == 1


def test_ssim_does_not_depend_on_how_the_volume_is_cut_into_slabs(monkeypatch):
    x, y = images((40, 8, 8))
    whole = ssim(x, y)
    monkeypatch.setattr("INRCore.metrics.image._SLAB_VOXELS", 640)
    assert ssim(x, y) == pytest.approx(whole, abs=1e-7)
    assert psnr_db(x, y) == pytest.approx(10 * math.log10((x.max() - x.min()) ** 2 / np.mean((x - y) ** 2)))


def test_ssim_keeps_its_precision_on_huge_and_tiny_values():
    x, y = images()
    plain = ssim(x, y)
    for factor in (1e30, 1e-20):
        assert ssim(x * factor, y * factor) == pytest.approx(plain, abs=2e-6)
        assert psnr_db(x * factor, y * factor) == pytest.approx(psnr_db(x, y), abs=1e-6)
    far = 1e5
    assert ssim(x + far, y + far) == pytest.approx(ssim_voxel_by_voxel(x + far, y + far, np.ptp(x), x < 1e9), abs=1e-5)


def test_equal_images_are_perfect_and_worse_ones_are_worse():
    x, y = images()
    assert ssim(x, x) == pytest.approx(1) and psnr_db(x, x) == math.inf and max_abs_error(x, x) == 0
    assert ssim(x, x + 3 * (y - x)) < ssim(x, y) < 0.97
    assert psnr_db(x, x + 2 * (y - x)) == pytest.approx(psnr_db(x, y) - 20 * math.log10(2))


def test_voxels_that_are_not_finite_or_not_in_the_mask_take_no_part():
    x, y = images()
    mask = np.ones(x.shape, np.uint8)
    mask[2:4, 3:5, 6:8] = 0
    spoiled = y.copy()
    spoiled[mask == 0] = 1e9
    extent = finite_range(x)
    assert psnr_db(x, spoiled, extent, mask) == pytest.approx(psnr_db(x, np.where(mask, y, x), extent, mask))
    assert max_abs_error(x, spoiled, mask) < 100
    holes = np.where(mask, y, np.nan)
    assert ssim(x, holes) == pytest.approx(ssim(x, spoiled, mask=mask))
    assert finite_range(np.where(mask, x, np.inf)) == pytest.approx(np.ptp(x[mask > 0]))


def test_integers_do_not_wrap_around():
    low, high = np.full((1, 2, 2), -30000, np.int16), np.full((1, 2, 2), 30000, np.int16)
    assert max_abs_error(low, high) == 60000
    assert max_abs_error(high.astype(np.uint16), low.astype(np.uint16)) == 5536
    assert psnr_db(low, high, 60000) == pytest.approx(0)
    limits = np.iinfo(np.int64)
    assert max_abs_error(np.full((1, 1, 1), limits.min), np.full((1, 1, 1), limits.max)) == pytest.approx(2**64)
    assert max_abs_error(np.zeros((1, 1, 2), bool), np.ones((1, 1, 2), bool)) == 1


def test_reports_leave_out_what_is_undefined_and_say_so():
    x, y = images()
    metrics, notes = compare_images(x, y)
    assert set(metrics) == {"psnr_db", "ssim", "max_abs_error"} and not notes
    metrics, notes = compare_images(x, x)
    assert set(metrics) == {"ssim", "max_abs_error"} and "infinite" in notes[0]
    metrics, notes = compare_images(np.full((2, 3, 4), 7.0), np.full((2, 3, 4), 8.0))
    assert metrics == {"max_abs_error": 1.0} and "constant" in notes[0]


def test_images_that_cannot_be_compared_are_refused():
    x, y = images()
    for function in (psnr_db, ssim, max_abs_error):
        with pytest.raises(InputError, match="shape"):
            function(x, y[:-1])
        with pytest.raises(InputError, match="mask has the shape"):
            function(x, y, mask=np.ones((1, 1, 1)))
        with pytest.raises(InputError, match="no finite voxel"):
            function(x, np.full_like(x, np.nan))


def test_a_large_volume_is_compared_in_little_extra_memory():
    x = np.random.default_rng(0).integers(0, 2000, (200, 256, 256), np.int16)
    tracemalloc.start()
    compare_images(x, np.roll(x, 1, 0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 13 million voxels: one float64 copy alone would be 105 MB, the filters' temporaries together more than 700 MB.
    assert peak < 400e6
