"""Super-resolution as a job and on the command line: masks, guide, uncertainty, the table of slices."""

import csv
import json

import numpy as np
import pytest
from phantoms import BrainLike, acquired

from INRCore.command_line.from_job import arguments_of_job
from INRCore.command_line.main import main
from INRCore.command_line.parser import build_parser
from INRCore.command_line.to_job import job_from_arguments
from INRCore.geometry import Grid
from INRCore.io import read_volume, write_volume
from INRCore.volume import Volume

FINE = Grid.from_parts((24, 24, 24), (1, 1, 1), (-11.5, -11.5, -11.5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place, head = tmp_path_factory.mktemp("stacks"), BrainLike(radius=11)
    for axis in (2, 1, 0):
        size = FINE.size_ijk.copy()
        size[axis] //= 4
        write_volume(acquired(head, FINE.with_size(size.tolist()), axis), place / f"stack_{axis}.nrrd")
    write_volume(Volume(np.ones(FINE.shape, np.uint8), FINE), place / "mask.nrrd")
    return place


def test_the_command_line_gives_uncertainty_and_a_table_of_the_slices(folder, tmp_path):
    stacks = [str(folder / f"stack_{axis}.nrrd") for axis in (2, 1, 0)]
    outputs = {name: str(tmp_path / name) for name in ("fine.nrrd", "wide.nrrd", "slices.csv", "report.json")}
    words = [
        "super-resolve", *stacks, "--output", outputs["fine.nrrd"], "--output-uncertainty", outputs["wide.nrrd"],
        "--output-slices", outputs["slices.csv"], "--report", outputs["report.json"],
        "--masks", str(folder / "mask.nrrd"), "--motion", "slices", "--set", "motion_rounds=1", "--preset", "fast",
        "--device", "cpu", "--progress", "none",
    ]  # fmt: skip
    assert main(words) == 0
    fine, wide = read_volume(outputs["fine.nrrd"]), read_volume(outputs["wide.nrrd"])
    assert fine.grid.same_as(FINE) and wide.grid.same_as(FINE) and wide.array.min() > 0
    with open(outputs["slices.csv"], encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18 and {row["rejected"] for row in rows} <= {"True", "False"}
    pose = np.array([[float(rows[7][f"m{i}{j}"]) for j in range(4)] for i in range(3)])
    np.testing.assert_allclose(pose[:, :3] @ pose[:, :3].T, np.eye(3), atol=1e-9)
    with open(outputs["report.json"], encoding="utf-8") as file:
        report = json.load(file)
    assert report["settings"]["motion"] == "slices" and report["metrics"]["consistency_rmse_relative"] < 0.2
    assert [row["rmse"] for row in report["slices"]] == pytest.approx([float(row["rmse"]) for row in rows])


def test_bias_fields_are_written_when_they_are_looked_for(folder, tmp_path, capsys):
    words = [
        "super-resolve", str(folder / "stack_2.nrrd"), str(folder / "stack_1.nrrd"),
        "--output", str(tmp_path / "a.nrrd"), "--output-bias-2", str(tmp_path / "b.nrrd"),
        "--preset", "fast", "--device", "cpu", "--progress", "none",
    ]  # fmt: skip
    assert main(words) != 0 and "--bias" in capsys.readouterr().err
    # The head of the phantom stands in air a little below 0, which no factor explains.
    for name in ("stack_2", "stack_1"):
        stack = read_volume(str(folder / f"{name}.nrrd"))
        write_volume(stack.with_array(np.maximum(stack.array, 0)), folder / f"{name}.nrrd", force=True)
    assert main([*words, "--bias", "stacks"]) == 0
    field = read_volume(str(tmp_path / "b.nrrd"))
    assert field.grid.same_as(read_volume(words[2]).grid) and 0.5 < field.array.min() < field.array.max() < 2


def test_a_job_and_its_command_line_are_the_same():
    words = [
        "super-resolve", "a.nrrd", "b.nrrd", "--output", "c.nrrd", "--masks", "m.nrrd", "n.nrrd", "--guide", "g.nrrd",
        "--motion", "stacks", "--profile", "gaussian", "--thickness", "5",
    ]  # fmt: skip
    job = job_from_arguments(build_parser().parse_args(words))
    assert job.inputs == {"volumes": ["a.nrrd", "b.nrrd"], "masks": ["m.nrrd", "n.nrrd"], "guide": "g.nrrd"}
    assert job.settings == {"motion": "stacks", "profile": "gaussian", "slice_thickness_mm": 5.0}
    again = job_from_arguments(build_parser().parse_args(arguments_of_job(job.to_dict())))
    assert again.inputs == job.inputs and again.settings == job.settings
