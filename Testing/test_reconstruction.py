"""Super-resolution: forward model, place, gain over cubic B-splines, consistency, several stacks, odd input."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from grids import GRIDS, rotation
from phantoms import Blobs, BrainLike, acquired, sampled
from scipy.special import erf

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings
from INRCore.fitting import Control, FitSettings
from INRCore.geometry import Grid
from INRCore.metrics.image import psnr_db
from INRCore.reconstruction import SuperResolutionSettings, super_resolve, super_resolve_steps
from INRCore.reconstruction.baseline import CubicSpline
from INRCore.reconstruction.completion import through_forward_model
from INRCore.reconstruction.slice_profile import SliceProfile, quadrature, slice_distance, slice_normal
from INRCore.reconstruction.stacks import prepare_stacks
from INRCore.settings import PRESET_NAMES, load_preset
from INRCore.volume import Volume

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CORNER = (-15.5, -15.5, -15.5)
FINE = Grid.from_parts((32, 32, 32), (1, 1, 1), CORNER)
HEAD = BrainLike(radius=13)


def settings(field=None, fit=None, **changes):
    fit = {"iterations": 100, "points": 8192, "learning_rate": 1e-3, "device": "cpu", **(fit or {})}
    return SuperResolutionSettings(
        field=FieldSettings(**{"width": 128, "omega_first": 8.0, **(field or {})}), fit=FitSettings(**fit), **changes
    )


def quick(**changes):
    return settings(field={"width": 16, "depth": 2}, fit={"iterations": 4, "points": 512}, **changes)


def thick_grid(axis=2, factor=4):
    size = FINE.size_ijk.copy()
    size[axis] //= factor
    return FINE.with_size(size.tolist())


# -- forward model -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("samples", [2, 3, 8])
@pytest.mark.parametrize("profile", ["boxcar", "gaussian"])
def test_the_slice_profile_integrates_polynomials_exactly(profile, samples):
    offsets, weights = quadrature(profile, 4.0, samples)
    sigma = 4.0 / 2.3548200450309493
    moments = {"boxcar": [1, 0, 4**2 / 12, 0, 4**4 / 80, 0], "gaussian": [1, 0, sigma**2, 0, 3 * sigma**4, 0]}[profile]
    for degree, moment in enumerate(moments[: 2 * samples]):
        assert (weights * offsets**degree).sum() == pytest.approx(moment, abs=1e-9), degree


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_voxel_is_seen_around_its_centre_along_the_slice_normal(name, axis):
    grid = GRIDS[name]
    in_plane = [grid.ijk_to_world[:3, a] for a in range(3) if a != axis]
    normal = slice_normal(grid, axis)
    assert np.abs([normal @ v for v in in_plane]).max() < 1e-12
    assert (
        normal @ grid.ijk_to_world[:3, axis] == pytest.approx(slice_distance(grid, axis))
        and slice_distance(grid, axis) > 0
    )
    points, weights = SliceProfile(grid, axis, 3.0, "boxcar", 5).nodes(torch.arange(grid.voxel_count))
    points, weights = points.double().numpy(), weights.double().numpy()
    np.testing.assert_allclose((points * weights[:, None]).sum(1), grid.points(), atol=1e-4)
    spread = points - grid.points()[:, None]
    np.testing.assert_allclose(spread - (spread @ normal)[..., None] * normal, 0, atol=1e-4)
    assert ((spread @ normal) ** 2 @ weights) == pytest.approx(np.full(grid.voxel_count, 3.0**2 / 12), abs=1e-3)


@pytest.mark.parametrize("name", GRIDS)
def test_the_forward_model_gives_the_closed_form_integral_of_a_blob(name):
    grid = GRIDS[name]
    blob = Blobs(grid.center[None] + 0.4, np.array([50.0]), 2.0)
    axis = int(np.argmax(grid.spacing))
    (stack,), _ = prepare_stacks(
        [Volume(np.ones(grid.shape, np.float32), grid)], quick(slice_axis="ijk"[axis], samples=8)
    )
    seen = through_forward_model(blob, stack, np.arange(grid.voxel_count))
    normal, width = slice_normal(grid, axis), slice_distance(grid, axis)
    offset = grid.points() - blob.centers[0]
    along = offset @ normal
    across = (offset**2).sum(1) - along**2
    root = np.sqrt(2) * blob.sigma
    mean = (erf((along + width / 2) / root) - erf((along - width / 2) / root)) * np.sqrt(np.pi) / 2 * root / width
    np.testing.assert_allclose(seen, 50 * np.exp(-across / (2 * blob.sigma**2)) * mean, atol=2e-3)
    np.testing.assert_allclose(acquired(blob, grid, axis).array.ravel(), seen, atol=2e-3)


def test_pixels_can_be_averages_too():
    grid = GRIDS["sheared"]
    points, weights = SliceProfile(grid, 2, 2.5, samples=3, in_plane_samples=2).nodes(torch.arange(5))
    assert points.shape == (5, 12, 3) and float(weights.sum()) == pytest.approx(1)
    index = grid.world_to_index(points.double().numpy())[..., 0] - np.arange(5)[:, None]
    assert ((index**2) @ weights.double().numpy()).mean() > 1 / 12 - 1e-3


# -- baseline ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", GRIDS)
def test_the_baseline_goes_through_the_voxels_and_follows_a_slope_at_its_place(name):
    grid = GRIDS[name]
    values = np.random.default_rng(0).normal(size=grid.shape)
    np.testing.assert_allclose(CubicSpline(values, grid)(grid.points()), values.ravel(), atol=1e-5)
    slope = np.array([0.3, -0.2, 0.5])
    wide = Grid((24, 24, 24), grid.ijk_to_world)
    spline = CubicSpline((wide.points() @ slope).reshape(wide.shape), wide)
    inner = wide.index_to_world(np.random.default_rng(1).uniform(8, 15, (50, 3)))
    np.testing.assert_allclose(spline(inner), inner @ slope, atol=1e-2)


def test_the_baseline_is_what_simpleitk_gives_inside():
    stack = acquired(HEAD, thick_grid())
    result = super_resolve(stack, quick())
    image = sitk.GetImageFromArray(stack.array)
    image.SetSpacing(stack.grid.spacing.tolist())
    image.SetOrigin((0, 0, 1.5))
    other = sitk.Resample(
        image, [32, 32, 32], sitk.Transform(), sitk.sitkBSpline, (0, 0, 0), (1, 1, 1), (1, 0, 0, 0, 1, 0, 0, 0, 1)
    )
    difference = sitk.GetArrayFromImage(other)[10:22] - result.baseline.array[10:22]
    assert np.abs(difference).max() < 0.02 * np.ptp(stack.array)


# -- quality -----------------------------------------------------------------------------------------------------------
def test_fine_structure_comes_out_well_above_the_cubic_spline():
    result = super_resolve(acquired(HEAD, thick_grid()), settings(), truth=sampled(HEAD, FINE))
    assert result.volume.grid.same_as(FINE)
    print(result.metrics)
    assert result.metrics["psnr_db"] > result.metrics["baseline_psnr_db"] + 1
