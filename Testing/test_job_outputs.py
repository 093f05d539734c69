"""What is wrong with the names of results and folders is said in a line, before anything is read or computed."""

import subprocess
import sys
from pathlib import Path

import pytest
from command_tools import run, write_head

from INRCore.command_line.info import describe_file
from INRCore.compression import CompressionSettings, compress
from INRCore.errors import InputError, OutputError
from INRCore.io import read_volume, write_landmarks
from INRCore.jobs import Job, run_job
from INRCore.jobs.folder import volumes_in
from INRCore.settings import from_dict

IN = "not there.nrrd"  # reading it would say so


@pytest.mark.parametrize(
    ("task", "inputs", "outputs"),
    [
        ("compress", {"volume": IN}, {"file": "small.nrrd"}),
        ("compress", {"volume": IN}, {"file": "small.inr", "volume": "back.doc"}),
        ("decompress", {"file": IN}, {"volume": "back.doc"}),
        ("super-resolve", {"volumes": [IN]}, {"volume": "fine"}),
        ("super-resolve", {"volumes": [IN]}, {"volume": "fine.nrrd", "aligned_1": "there.txt"}),
        ("register", {"fixed": IN, "moving": "moving.nrrd"}, {"jacobian": "jacobian.png"}),
        ("register", {"fixed": IN, "moving": "m.nrrd", "carried_points": "p.csv"}, {"points": "carried.fcsv"}),
        ("map-points", {"field": "f.safetensors", "points": "p.csv"}, {"points": "mapped.mrk.json"}),
        ("segment", {"labels": IN}, {"labels": "smooth.vtp"}),
    ],
)
def test_a_result_of_an_unknown_format_is_refused_before_the_work(task, inputs, outputs, tmp_path):
    there = {role: str(tmp_path / name) for role, name in outputs.items()}
    with pytest.raises(OutputError, match=r"extension says no format|ends? with \."):
        run_job(Job(task, inputs, there))
    assert list(tmp_path.iterdir()) == []


def test_landmarks_are_not_written_under_the_name_of_a_format_with_other_coordinates(tmp_path):
    with pytest.raises(OutputError, match=r"end with \.csv"):
        write_landmarks([[1, 2, 3]], tmp_path / "points.fcsv")
    assert list(tmp_path.iterdir()) == []


def test_an_endless_size_is_a_wrong_command_line(capsys):
    with pytest.raises(SystemExit) as ended:
        run("estimate", IN, "--size", "inf")
    assert ended.value.code == 2 and "'inf' is no size" in capsys.readouterr().err


def test_a_setting_of_the_wrong_kind_is_told_without_names_of_python():
    with pytest.raises(InputError, match=r"cannot be 'many'; it must be a whole number\.$"):
        from_dict(CompressionSettings, {"fit": {"iterations": "many"}})
    with pytest.raises(InputError, match=r"cannot be 'much'; it must be a number or null\.$"):
        from_dict(CompressionSettings, {"target_ratio": "much"})


def test_a_file_is_known_by_its_extension_in_capitals(tmp_path):
    volume = read_volume(write_head(tmp_path / "head.nrrd"))
    compress(volume, CompressionSettings(target_max_error=9)).save(tmp_path / "HEAD.INR")
    assert describe_file(str(tmp_path / "HEAD.INR"))["size_ijk"] == volume.grid.size_ijk.tolist()


def test_hidden_files_and_the_folder_of_the_results_are_no_volumes(tmp_path):
    for name in ("scan.nii", "._scan.nii", "notes.txt"):
        (tmp_path / name).touch()
    for name in (".git", "series", "packed"):
        (tmp_path / name).mkdir()
    assert [path.name for path in volumes_in(tmp_path)] == ["packed", "scan.nii", "series"]
    report = run_job(Job("compress-folder", {"folder": str(tmp_path)}, {"folder": str(tmp_path / "packed")}))
    assert [row["input"] for row in report["files"]] == ["scan.nii", "series"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path, capsys):
    head = write_head(tmp_path / "head.nrrd")
    assert run("compress-folder", tmp_path, head / "packed", "--progress", "none") == 4
    assert "cannot be made" in capsys.readouterr().err


def test_a_command_without_measures_prints_no_empty_table(tmp_path, capsys):
    pytest.importorskip("rich")
    volume = read_volume(write_head(tmp_path / "head.nrrd"))
    compress(volume, CompressionSettings(target_max_error=9)).save(tmp_path / "head.inr")
    assert run("decompress", tmp_path / "head.inr", tmp_path / "back [red].nrrd") == 0
    told = capsys.readouterr().err
    assert str(tmp_path / "back [red].nrrd") in told and "metric" not in told


def test_a_reader_that_goes_away_gets_no_complaint(tmp_path):
    """As after `... info head.nrrd | true`."""
    command = [sys.executable, "-m", "INRCore", "info", str(write_head(tmp_path / "head.nrrd"))]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 130)
