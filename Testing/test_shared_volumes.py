"""The four tasks through the command line on real CT and MR volumes, resampled as a laptop user would. Slow: each job
is a real fit with the preset 'fast'. The volumes lie beside the project and are not part of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from INRCore import scene as bridge
from INRCore.command_line.main import main
from INRCore.demo.cases import coarser, foreground, known_warp, sample, thick_slices, tissue_labels
from INRCore.io import read_volume, write_landmarks, write_volume
from INRCore.metrics.image import psnr_db
from INRCore.scene.resampling import resample
from INRCore.volume import Volume

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the folder ../shared/data with real volumes is not here"),
]
SOURCES = {
    "chest_ct": ("ct_chest.nrrd", 4.0),
    "submm_t1": ("mr_t1_submm_oblique.nrrd", 2.0),
    "ms_t1": ("ms_patient26/T1.nii.gz", 2.0),
    "abdomen_ct": ("ct_abdomen/ct.nii.gz", 4.0),
}
ORIENTATIONS = ("RAS", "LAS", "LPS", "RPI", "ASR", "PIR", "IAL", "SLP")


def source(name: str) -> Volume:
    file, spacing = SOURCES[name]
    return coarser(read_volume(SHARED / file), spacing)


def run(folder: Path, *arguments) -> dict:
    """Runs the command line and returns its report."""
    report = folder / "report.json"
    words = [*map(str, arguments), "--preset", "fast", "--report", str(report), "--progress", "none", "--force"]
    assert main(words) == 0
    return json.loads(report.read_text())["metrics"]


@pytest.mark.parametrize("name", SOURCES)
def test_compression_of_real_volumes(name, tmp_path):
    volume = source(name)
    write_volume(volume, tmp_path / "in.nrrd")
    metrics = run(tmp_path, "compress", tmp_path / "in.nrrd", tmp_path / "out.inr", "--ratio", 10)
    assert main(["decompress", str(tmp_path / "out.inr"), str(tmp_path / "out.nrrd"), "--progress", "none"]) == 0
    back = read_volume(tmp_path / "out.nrrd")
    assert back.grid.same_as(volume.grid, 1e-3)
    assert metrics["compression_ratio"] >= 10
    assert psnr_db(volume.array, back.array) == pytest.approx(metrics["psnr_db"], abs=1e-3)
    assert metrics["psnr_db"] > 24


@pytest.mark.parametrize("name", SOURCES)
def test_super_resolution_of_real_volumes(name, tmp_path):
    thick, truth = thick_slices(source(name))
    write_volume(thick, tmp_path / "in.nrrd")
    outputs = ("--output", tmp_path / "out.nrrd", "--output-baseline", tmp_path / "baseline.nrrd")
    run(tmp_path, "super-resolve", tmp_path / "in.nrrd", *outputs)
    inside = foreground(truth)
    quality = []
    for file in ("out.nrrd", "baseline.nrrd"):
        result = read_volume(tmp_path / file)
        on_truth = sample(result.as_float32(), result.grid, truth.grid)
        quality.append(psnr_db(truth.as_float32(), on_truth, mask=inside))
    assert quality[0] >= quality[1] - 0.1, quality


@pytest.mark.parametrize("name", SOURCES)
def test_registration_of_real_volumes_and_its_transform_in_the_scene(name, tmp_path, scene):
    case = known_warp(source(name), None, seed=1)
    write_volume(case.fixed, tmp_path / "fixed.nrrd")
    write_volume(case.moving, tmp_path / "moving.nrrd")
    write_landmarks(case.fixed_points, tmp_path / "fixed.csv")
    write_landmarks(case.moving_points, tmp_path / "moving.csv")
    outputs = ("--output-volume", tmp_path / "warped.nrrd", "--output-transform", tmp_path / "warp.h5")
    points = ("--fixed-landmarks", tmp_path / "fixed.csv", "--moving-landmarks", tmp_path / "moving.csv")
    metrics = run(tmp_path, "register", tmp_path / "fixed.nrrd", tmp_path / "moving.nrrd", *outputs, *points)
    assert metrics["tre_after_mm"] < metrics["tre_before_mm"] / 2
    assert metrics["folding_fraction"] < 0.001
    # Slicer's own resampling through the saved transform gives our warped volume.
    warped = read_volume(tmp_path / "warped.nrrd")
    node = bridge.volume_to_node(scene, read_volume(tmp_path / "moving.nrrd"))
    transform = bridge.transform_node_from_file(scene, tmp_path / "warp.h5")
    moving = bridge.volume_from_node(node)
    general = vtkGeneralTransform()
    transform.GetTransformToWorld(general)
    background = float(moving.finite_range()[0])
    resliced = resample(node.GetImageData(), moving.grid, general, warped.grid, nearest=False, background=background)
    looked_at = warped.grid.points() + bridge.transform_to_displacement(transform, warped.grid).reshape(-1, 3)
    index = moving.grid.world_to_index(looked_at)
    inside = ((index >= 0.1) & (index <= moving.grid.size_ijk - 1.1)).all(1)
    difference = np.abs(resliced.astype(float) - warped.as_float32()).ravel()[inside]
    assert difference.max() <= 1, difference.max()  # both are rounded to whole numbers


def test_registration_between_two_patients(tmp_path):
    for role, file in (("fixed", "ms_patient26/T1.nii.gz"), ("moving", "ms_patient07_T1.nii.gz")):
        write_volume(coarser(read_volume(SHARED / file), 2.0), tmp_path / f"{role}.nrrd")
    out = ("--output-volume", tmp_path / "warped.nrrd", "--initial", "affine")
    metrics = run(tmp_path, "register", tmp_path / "fixed.nrrd", tmp_path / "moving.nrrd", *out)
    assert metrics["similarity_after"] > metrics["similarity_before"] + 0.05
    assert metrics["folding_fraction"] < 0.005


@pytest.mark.parametrize("name", ["organs", "chest_ct", "submm_t1", "ms_t1"])
def test_segmentation_of_real_label_maps(name, tmp_path):
    if name == "organs":
        labels = read_volume(SHARED / "ct_abdomen/ct_ts_example_seg.nii.gz")
    else:
        labels = tissue_labels(source(name))
    write_volume(labels, tmp_path / "labels.nrrd")
    out = ("--output-labels", tmp_path / "smooth.nrrd", "--output-model", tmp_path / "model.vtp")
    metrics = run(tmp_path, "segment", tmp_path / "labels.nrrd", *out)
    smooth = read_volume(tmp_path / "smooth.nrrd")
    assert smooth.grid.same_as(labels.grid)
    assert metrics["dice"] > 0.9
    assert metrics["assd_mm"] < labels.grid.spacing.max()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_results_land_at_the_same_place_for_every_orientation_of_the_array(orientation, tmp_path):
    """The same brain in eight axis orders: the decompressed volume's centre of mass is the input's within 0.1 mm, and
    its values at common world points are those of the RAS file's result."""
    path = SHARED / f"odd/orientations/{orientation}.nii.gz"
    volume, reference = read_volume(path), read_volume(SHARED / "odd/orientations/RAS.nii.gz")
    run(tmp_path, "compress", path, tmp_path / "out.inr", "--set", "fit.iterations=400", "--max-error", 5)
    assert main(["decompress", str(tmp_path / "out.inr"), str(tmp_path / "out.nrrd"), "--progress", "none"]) == 0
    back = read_volume(tmp_path / "out.nrrd")

    def centre(v: Volume) -> np.ndarray:
        weights = np.clip(v.as_float32(), 0, None).ravel()
        return (v.grid.points() * weights[:, None]).sum(0) / weights.sum()

    np.testing.assert_allclose(centre(back), centre(reference), atol=0.1)
    np.testing.assert_allclose(centre(back), centre(volume), atol=0.1)
    at = sample(back.as_float32(), back.grid, reference.grid)
    assert np.abs(at - reference.as_float32()).max() <= 5.5
