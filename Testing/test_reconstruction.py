"""Super-resolution: place, gain over cubic B-splines, consistency, several stacks, odd input."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from grids import GRIDS, rotation
from phantoms import Blobs, BrainLike, acquired, sampled
from reconstruction_phantom import FINE, HEAD, quick, settings, small, thick_grid

from INRCore.errors import InputError
from INRCore.fields import Field
from INRCore.fitting import Control
from INRCore.geometry import Grid
from INRCore.metrics.image import psnr_db
from INRCore.reconstruction import SuperResolutionSettings, super_resolve, super_resolve_steps
from INRCore.settings import PRESET_NAMES, load_preset
from INRCore.volume import Volume

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


# -- quality -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def a_result():
    return super_resolve(acquired(HEAD, thick_grid()), settings(), truth=sampled(HEAD, FINE))


def test_fine_structure_comes_out_well_above_the_cubic_spline(a_result):
    metrics = a_result.metrics
    assert a_result.volume.grid.same_as(FINE)
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + 0.9
    assert metrics["ssim"] > metrics["baseline_ssim"] + 0.01
    assert metrics["psnr_db"] == pytest.approx(psnr_db(sampled(HEAD, FINE).array, a_result.volume.array), abs=1e-3)


def test_the_result_seen_through_the_slice_profile_is_the_slices(a_result):
    assert a_result.metrics["consistency_rmse_relative"] < 0.01
    assert a_result.metrics["baseline_consistency_rmse_relative"] > 0.03
    # The same of the voxels: the mean of four fine slices is a thick one.
    again = a_result.volume.array.reshape(8, 4, 32, 32).mean(1)
    thick = acquired(HEAD, thick_grid()).array
    assert np.sqrt(np.mean((again - thick) ** 2)) < 0.02 * thick.std()


def test_the_field_alone_is_the_object_and_not_a_constant(a_result):
    alone = a_result.field.sample(FINE)[..., 0]
    assert psnr_db(sampled(HEAD, FINE).array, alone) > 22
    assert np.corrcoef(alone.ravel(), sampled(HEAD, FINE).array.ravel())[0, 1] > 0.9


def test_a_slice_profile_is_better_than_a_point_sample():
    thick, truth = acquired(HEAD, thick_grid(), profile="gaussian"), sampled(HEAD, FINE)
    quality = [
        super_resolve(thick, small(profile=profile, slice_thickness_mm=width), truth=truth).metrics["psnr_db"]
        for profile, width in (("gaussian", None), ("boxcar", None), ("boxcar", 0.1))
    ]
    assert min(quality[:2]) > quality[2] + 0.5, quality


@pytest.mark.parametrize("noise", [2.0, 8.0])
def test_noise_is_not_amplified(noise):
    thick = acquired(HEAD, thick_grid(), noise=noise)
    metrics = super_resolve(thick, small(), truth=sampled(HEAD, FINE)).metrics
    gain = 0.4 if noise < 5 else -0.3  # strong noise leaves nothing to gain at this length of fit, and little to lose
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + gain


def test_a_real_brain_is_better_than_the_cubic_spline():
    nibabel = pytest.importorskip("nibabel", reason="the real volume comes with nibabel")
    path = Path(nibabel.__file__).parent / "tests" / "data" / "example4d.nii.gz"
    image = nibabel.load(path)
    array = np.asarray(image.dataobj)[..., 0].T[:, 16:80, 24:104].astype(np.float32)  # (k, j, i), the head's middle
    grid = Grid.from_parts(array.shape, np.linalg.norm(image.affine[:3, :3], axis=0)).with_size((80, 64, 24))
    truth = Volume(array, grid)
    thick = Volume(array.reshape(24, 64, 20, 4).mean(3), grid.with_size((20, 64, 24)))
    metrics = super_resolve(thick, settings(), truth=truth).metrics
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + 0.2


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the shared volumes are not here")
@pytest.mark.parametrize(("file", "gain"), [("ms_patient26/T1.nii.gz", 0.5), ("mr_t1_submm_oblique.nrrd", 0.1)])
def test_shared_brains_are_better_than_the_cubic_spline(file, gain):
    image = sitk.ReadImage(str(SHARED / file))
    array = sitk.GetArrayFromImage(image).astype(np.float32)
    middle = tuple(slice(n // 2 - 32, n // 2 + 32) for n in array.shape)
    fine = Grid.from_parts((64, 64, 64), image.GetSpacing())
    truth = Volume(array[middle], fine)
    thick = Volume(truth.array.reshape(16, 4, 64, 64).mean(1), fine.with_size((64, 64, 16)))
    metrics = super_resolve(thick, settings(), truth=truth).metrics
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + gain


# -- place -------------------------------------------------------------------------------------------------------------
def blobs_in(grid):
    """Blobs of 1.6 mm at places without any symmetry, in index space of the middle half of the grid."""
    rng = np.random.default_rng(5)
    index = (0.25 + 0.5 * rng.random((6, 3))) * (grid.size_ijk - 1)
    return Blobs(grid.index_to_world(index), np.array([60, 90, 70, 100, 50, 80.0]), 2.2)


@pytest.mark.parametrize("name", GRIDS)
def test_structures_are_where_they_were_on_every_grid(name):
    axis = int(np.argmax(np.round(GRIDS[name].spacing, 6) + 1e-6 * np.arange(3)))
    extent = np.array([26.0, 30.0, 34.0])
    shape = np.maximum(2, np.round(extent / GRIDS[name].spacing)).astype(int)[::-1]
    grid = Grid(tuple(shape), GRIDS[name].ijk_to_world)
    blobs = blobs_in(grid)
    result = super_resolve(acquired(blobs, grid, axis), settings(fit={"iterations": 40}))
    fine = result.volume.grid
    np.testing.assert_allclose(fine.spacing, grid.spacing.min())
    np.testing.assert_allclose(fine.center, grid.center, atol=1e-6)
    assert np.abs(fine.corners - grid.corners).max() < grid.spacing.min()
    truth = sampled(blobs, fine).array
    for output, limit in ((result.volume.array, 0.99), (result.baseline.array, 0.98)):
        agreement = np.corrcoef(output.ravel(), truth.ravel())[0, 1]
        assert agreement > limit
        for flipped in (0, 1, 2):
            assert np.corrcoef(np.flip(output, flipped).ravel(), truth.ravel())[0, 1] < agreement - 0.1
        for center in blobs.centers:
            near = np.linalg.norm(fine.points() - center, axis=1) < 2.5
            weights = [image.ravel()[near] for image in (output, truth)]
            places = [(w[:, None] * fine.points()[near]).sum(0) / w.sum() for w in weights]
            assert np.linalg.norm(places[0] - places[1]) < 0.2


def test_any_spacing_and_any_grid_show_the_same_reconstruction():
    stack = acquired(HEAD, thick_grid())
    result = super_resolve(stack, quick(spacing_mm=1.7))
    np.testing.assert_allclose(result.volume.grid.spacing, 1.7)
    np.testing.assert_allclose(result.volume.grid.center, FINE.center)
    again = result.sample(result.volume.grid)
    np.testing.assert_array_equal(again.array, result.volume.array)
    points = result.volume.grid.points(100, 140)
    np.testing.assert_array_equal(result.evaluate(points), result.volume.array.ravel()[100:140])
    oblique = Grid.from_parts((5, 6, 7), (2, 1, 1.5), (-3, 2, -4), rotation(10, 20, 30))
    np.testing.assert_allclose(result.sample(oblique).array.ravel(), result.evaluate(oblique.points()), atol=1e-3)


# -- several stacks ----------------------------------------------------------------------------------------------------
def test_three_stacks_are_better_than_one_and_than_their_mean(a_result):
    stacks = [acquired(HEAD, thick_grid(axis), axis) for axis in (2, 1, 0)]
    truth = sampled(HEAD, FINE)
    three = super_resolve(stacks, small(completion_iterations=10), truth=truth).metrics
    assert three["psnr_db"] > a_result.metrics["psnr_db"] + 3
    assert three["psnr_db"] > three["baseline_psnr_db"] + 3


def test_stacks_of_another_gain_are_matched_to_the_first():
    first, second = acquired(HEAD, thick_grid(2), 2), acquired(HEAD, thick_grid(1), 1)
    other = second.with_array(second.array * 3 + 40)
    plain, matched = (super_resolve([first, stack], quick()) for stack in (second, other))
    assert any("times" in note for note in matched.notes)
    assert np.abs(plain.volume.array - matched.volume.array).max() < 0.05 * np.ptp(first.array)


def test_stacks_that_do_not_belong_together_are_refused():
    first, second = acquired(HEAD, thick_grid(2), 2), acquired(HEAD, thick_grid(1), 1)
    apart = second.with_array(second.array, second.grid.transformed(np.diag([1, 1, 1, 1]) + np.eye(4, k=3) * 100))
    with pytest.raises(InputError, match="hardly overlap"):
        super_resolve([first, apart], quick())
    contrast = second.with_array(np.random.default_rng(0).normal(size=second.array.shape))
    with pytest.raises(InputError, match="one contrast"):
        super_resolve([first, contrast], quick())
    with pytest.raises(InputError, match="at least one stack"):
        super_resolve([], quick())


# -- odd input ---------------------------------------------------------------------------------------------------------
def test_a_constant_stack_stays_that_constant():
    stack = Volume(np.full((6, 16, 16), 37, np.int16), Grid.from_parts((6, 16, 16), (1, 1, 4)))
    result = super_resolve(stack, quick())
    np.testing.assert_allclose(result.volume.array, 37, atol=1e-4)
    assert result.metrics["consistency_rmse_relative"] < 1e-4


def test_voxels_that_are_not_numbers_take_no_part():
    thick = acquired(HEAD, thick_grid())
    holes = thick.array.copy()
    holes[3, 10:13, 10:13] = np.nan
    holes[5, 20, 20] = np.inf
    result = super_resolve(thick.with_array(holes), settings(fit={"iterations": 40}), truth=sampled(HEAD, FINE))
    assert any("10 voxels" in note for note in result.notes)
    assert np.isfinite(result.volume.array).all()
    assert result.metrics["psnr_db"] > result.metrics["baseline_psnr_db"]
    with pytest.raises(InputError, match="no finite voxel"):
        super_resolve(thick.with_array(np.full(thick.array.shape, np.nan, np.float32)), quick())


def test_what_cannot_be_super_resolved_is_said_before_the_fit():
    one_slice = Volume(np.ones((1, 8, 8), np.float32), Grid.from_parts((1, 8, 8), (1, 1, 5)))
    with pytest.raises(InputError, match="only one slice along k"):
        super_resolve(one_slice, quick())
    line = Volume(np.ones((8, 1, 1), np.float32), Grid.from_parts((8, 1, 1), (1, 1, 5)))
    with pytest.raises(InputError, match="single line"):
        super_resolve(line, quick())
    huge = Volume(np.full((4, 8, 8), 1e200), Grid.from_parts((4, 8, 8), (1, 1, 5)))
    with pytest.raises(InputError, match="rescale"):
        super_resolve(huge, quick())
    thick = acquired(HEAD, thick_grid())
    elsewhere = sampled(HEAD, FINE.transformed(np.eye(4) + np.eye(4, k=3) * 500))
    with pytest.raises(InputError, match="does not overlap the result"):
        next(super_resolve_steps(thick, quick(), truth=elsewhere))
    for changes in ({"profile": "triangle"}, {"spacing_mm": 0.0}, {"slice_axis": "z"}, {"samples": 0}):
        with pytest.raises(InputError):
            quick(**changes)


def test_a_picture_with_long_pixels_is_a_stack_of_lines():
    fine = Grid.from_parts((1, 48, 48), (1, 1, 1), (-23.5, -23.5, 0))
    head = BrainLike(radius=20)
    picture = acquired(head, fine.with_size((48, 12, 1)), slice_axis=1)
    result = super_resolve(picture, settings(), truth=sampled(head, fine))
    assert result.volume.grid.same_as(fine)
    assert result.metrics["psnr_db"] > result.metrics["baseline_psnr_db"] + 0.3


def test_an_isotropic_stack_is_left_nearly_alone_with_a_note():
    truth = sampled(HEAD, FINE)
    result = super_resolve(acquired(HEAD, FINE), quick(), truth=truth)
    assert any("little to gain" in note for note in result.notes)
    assert result.metrics["psnr_db"] > result.metrics["baseline_psnr_db"] > 35


# -- running -----------------------------------------------------------------------------------------------------------
def test_the_truth_is_measured_and_never_fitted():
    thick, truth = acquired(HEAD, thick_grid()), sampled(HEAD, FINE)
    with_truth, without = super_resolve(thick, quick(), truth=truth), super_resolve(thick, quick())
    np.testing.assert_array_equal(with_truth.volume.array, without.volume.array)
    assert "psnr_db" not in without.metrics
    # On another grid, with a part unknown, the numbers are those of the part that is known.
    part = sampled(HEAD, FINE.cropped((4, 5, 6), (28, 26, 27)))
    part.array[:5] = np.nan
    measured = super_resolve(thick, quick(), truth=part).metrics["psnr_db"]
    inner = (slice(11, 27), slice(5, 26), slice(4, 28))
    expected = psnr_db(truth.array[inner], without.volume.array[inner])
    assert measured == pytest.approx(expected, abs=0.05)


def test_progress_goes_through_all_stages_and_stopping_still_gives_a_good_result():
    control, stages = Control(), []

    def watch(progress):
        stages.append(progress.stage)
        if progress.stage == "fit":
            assert 3000 < progress.preview(4000).array.size <= 4000
            control.stop()

    thick = acquired(HEAD, thick_grid())
    result = super_resolve(thick, settings(), truth=sampled(HEAD, FINE), on_progress=watch, control=control)
    assert list(dict.fromkeys(stages)) == ["prepare", "fit", "complete", "sample"]
    assert result.stop_reason == "stopped"
    assert result.metrics["psnr_db"] > result.metrics["baseline_psnr_db"]


def test_memory_limits_and_chunks_change_nothing():
    thick = acquired(HEAD, thick_grid())
    plain = super_resolve(thick, quick())
    limited = super_resolve(thick, quick(fit={"max_memory_gb": 0.05}))
    np.testing.assert_allclose(plain.volume.array, limited.volume.array, atol=1e-3)


def test_the_input_is_left_alone_and_its_description_survives():
    thick = dataclasses.replace(acquired(HEAD, thick_grid()), units="HU", metadata={"modality": "CT"}, name="head")
    before = thick.array.copy()
    result = super_resolve(thick, quick())
    np.testing.assert_array_equal(thick.array, before)
    assert result.volume.units == "HU" and result.volume.metadata == {"modality": "CT"}
    assert result.volume.name == "head super-resolved" and result.volume.array.dtype == np.float32


def test_the_field_can_be_saved_and_loaded(tmp_path):
    result = super_resolve(acquired(HEAD, thick_grid()), quick())
    result.field.save(tmp_path / "field.safetensors")
    points = FINE.points(0, 50)
    np.testing.assert_array_equal(
        Field.load(tmp_path / "field.safetensors").evaluate(points), result.field.evaluate(points)
    )


@pytest.mark.parametrize("preset", PRESET_NAMES)
def test_presets_are_valid(preset):
    chosen = load_preset(SuperResolutionSettings, "reconstruction", preset)
    assert chosen.method == "lattice" and chosen.detail and chosen.fit.iterations >= 100
