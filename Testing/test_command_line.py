"""The command line: what scripts rely on - words, exit codes, reports, atomic output."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_tools import QUICK, run, write_head
from grids import GRIDS

import INRCore
from INRCore.command_line.main import main
from INRCore.compression import CompressionSettings
from INRCore.io import read_landmarks, read_volume, write_landmarks, write_volume
from INRCore.memory import free_memory_in_vm_stat
from INRCore.settings import from_dict, load_preset, to_dict
from INRCore.volume import Volume

REPOSITORY = Path(__file__).resolve().parents[1]
REPORT_KEYS = {
    "task", "inputs", "outputs", "settings", "seed", "device", "versions", "seconds", "peak_memory_bytes", "metrics",
}  # fmt: skip


@pytest.fixture
def head(tmp_path):
    return write_head(tmp_path / "head.nrrd")


@pytest.fixture
def labels(tmp_path):
    grid = GRIDS["left-handed oblique"].with_size([24, 20, 16])
    distance = np.linalg.norm(grid.points() - grid.center, axis=1).reshape(grid.shape)
    path = tmp_path / "labels.nrrd"
    write_volume(Volume((distance < 5).astype(np.uint8), grid, name="labels"), path)
    return path


def child(*arguments, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "INRCore", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, env=environment, text=True, **options)


@pytest.mark.parametrize(
    "command",
    [
        *("compress", "compress-folder", "estimate", "train-upsampler", "decompress", "super-resolve", "register"),
        *("map-points", "segment", "info", "demo", "job"),
    ],
)
def test_help_shows_an_example_and_the_exit_codes(command, capsys):
    with pytest.raises(SystemExit) as ended:
        run(command, "--help")
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"python -m INRCore {command}" in text and "exit codes" in text


def test_a_wrong_option_ends_with_2(capsys):
    with pytest.raises(SystemExit) as ended:
        run("compress", "a", "b", "--ration", "3")
    assert ended.value.code == 2


def test_compress_and_decompress_give_the_same_as_python(head, tmp_path):
    file, back, report = tmp_path / "head.inr", tmp_path / "back.nrrd", tmp_path / "report.json"
    assert run("compress", head, file, *QUICK, "--seed", 3, "--report", report, "--progress", "none") == 0
    assert run("decompress", file, back, "--device", "cpu", "--progress", "none") == 0
    changes = {"fit": {"iterations": 20, "points": 512, "device": "cpu", "seed": 3}, "field": {"width": 16}}
    settings = from_dict(CompressionSettings, changes, load_preset(CompressionSettings, "compression", "balanced"))
    result = INRCore.compress(read_volume(head), settings)
    decoded = read_volume(back)
    np.testing.assert_array_equal(decoded.array, result.volume.array)
    assert decoded.grid.same_as(read_volume(head).grid)
    assert decoded.array.dtype == np.int16
    written = json.loads(report.read_text())
    assert set(written) >= REPORT_KEYS
    assert written["settings"] == to_dict(settings)
    assert written["metrics"]["psnr_db"] == pytest.approx(result.metrics["psnr_db"])
    assert written["metrics"]["compression_ratio"] == pytest.approx(read_volume(head).nbytes / file.stat().st_size)


def test_decompress_at_another_spacing_and_on_another_grid(head, tmp_path):
    assert run("compress", head, tmp_path / "h.inr", *QUICK, "--progress", "none") == 0
    assert run("decompress", tmp_path / "h.inr", tmp_path / "fine.nrrd", "--spacing", 0.8, "--progress", "none") == 0
    np.testing.assert_allclose(read_volume(tmp_path / "fine.nrrd").grid.spacing, 0.8, atol=1e-6)
    onto_the_head = np.eye(4)
    onto_the_head[:3, 3] = read_volume(head).grid.center - GRIDS["sheared"].center
    other = GRIDS["sheared"].transformed(onto_the_head)
    write_volume(Volume(np.zeros(other.shape, np.uint8), other), tmp_path / "like.nrrd")
    arguments = ("decompress", tmp_path / "h.inr", tmp_path / "like_it.nrrd", "--like", tmp_path / "like.nrrd")
    assert run(*arguments, "--progress", "none") == 0
    assert read_volume(tmp_path / "like_it.nrrd").grid.same_as(other)


def test_the_other_tasks_write_what_they_are_asked_for(head, labels, tmp_path):
    names = ("fine", "baseline", "gain", "warped", "jacobian", "change", "smooth", "distance")
    out = {name: tmp_path / f"{name}.nrrd" for name in names}
    outputs = ("--output", out["fine"], "--output-baseline", out["baseline"], "--output-difference", out["gain"])
    assert run("super-resolve", head, *outputs, *QUICK, "--progress", "none") == 0
    fine, baseline, gain = (read_volume(out[name]).array for name in ("fine", "baseline", "gain"))
    np.testing.assert_allclose(gain, fine - baseline, atol=1e-3)
    transform, model, report = tmp_path / "warp.h5", tmp_path / "model.vtp", tmp_path / "report.json"
    outputs = ("--output-volume", out["warped"], "--output-transform", transform, "--output-jacobian", out["jacobian"])
    outputs += ("--output-difference", out["change"])
    assert run("register", head, head, *outputs, *QUICK, "--report", report, "--progress", "none") == 0
    assert {"similarity_before", "similarity_after", "folding_fraction"} <= set(
        json.loads(report.read_text())["metrics"]
    )
    outputs = ("--output-labels", out["smooth"], "--output-model", model, "--output-distance", out["distance"])
    assert run("segment", labels, *outputs, *QUICK, "--report", report, "--progress", "none", "--force") == 0
    assert {"dice", "hd95_mm", "assd_mm"} <= set(json.loads(report.read_text())["metrics"])
    for path in (*out.values(), transform, model):
        assert path.stat().st_size > 0, path
    grid = read_volume(head).grid
    for name in ("warped", "jacobian", "change", "smooth", "distance"):
        assert read_volume(out[name]).grid.same_as(grid), name
    np.testing.assert_allclose(read_volume(out["fine"]).grid.spacing, grid.spacing.min(), atol=1e-5)
    change = read_volume(out["warped"]).as_float32() - read_volume(head).as_float32()
    np.testing.assert_allclose(read_volume(out["change"]).array, change, atol=1e-3)


def test_compression_writes_what_the_file_changes(head, tmp_path):
    outputs = ("--output-volume", tmp_path / "v.nrrd", "--output-difference", tmp_path / "d.nrrd")
    assert run("compress", head, tmp_path / "a.inr", *outputs, *QUICK, "--progress", "none") == 0
    change = read_volume(tmp_path / "v.nrrd").as_float32() - read_volume(head).as_float32()
    np.testing.assert_allclose(read_volume(tmp_path / "d.nrrd").array, change, atol=1e-3)


def test_landmarks_are_carried_over_and_their_errors_reported_one_by_one(head, tmp_path, capsys):
    fixed = read_volume(head).grid.center + np.array([[0, 0, 0], [5, -3, 2], [-6, 4, 1]])
    write_landmarks(fixed, tmp_path / "f.csv")
    write_landmarks(fixed + np.array([3, 4, 0]), tmp_path / "m.csv")
    given = ("--fixed-landmarks", tmp_path / "f.csv", "--moving-landmarks", tmp_path / "m.csv")
    wanted = ("--output-landmarks", tmp_path / "carried.csv", "--report", tmp_path / "report.json")
    assert run("register", head, head, *wanted, *given, *QUICK, "--progress", "none") == 0
    report = json.loads((tmp_path / "report.json").read_text())
    np.testing.assert_allclose(report["tre_before_per_point_mm"], 5)
    errors = np.linalg.norm(read_landmarks(tmp_path / "carried.csv") - fixed - np.array([3, 4, 0]), axis=1)
    np.testing.assert_allclose(report["tre_per_point_mm"], errors, atol=1e-4)
    assert run("register", head, head, "--output-landmarks", tmp_path / "n.csv", *QUICK, "--progress", "none") == 3
    assert "no fixed landmarks" in capsys.readouterr().err


def test_an_input_that_is_missing_is_one_line_and_3(tmp_path, capsys):
    assert run("compress", tmp_path / "nothing.nrrd", tmp_path / "a.inr", "--progress", "none") == 3
    error = capsys.readouterr().err
    assert "nothing.nrrd" in error and error.count("\n") == 1


def test_an_output_that_is_there_is_kept_unless_forced(head, tmp_path, capsys):
    precious = tmp_path / "precious.inr"
    precious.write_text("do not lose me")
    assert run("compress", head, precious, *QUICK, "--progress", "none") == 4
    assert precious.read_text() == "do not lose me"
    assert "--force" in capsys.readouterr().err
    assert run("compress", head, precious, *QUICK, "--progress", "none", "--force") == 0
    assert precious.read_bytes()[:6] != b"do not"


def test_an_output_may_not_fall_on_an_input(head, capsys):
    before = head.read_bytes()
    assert run("super-resolve", head, "--output", head, *QUICK, "--force", "--progress", "none") == 3
    assert head.read_bytes() == before
    assert "choose another name" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["fit.iteratons=3", "fit.iterations=many", "fit.iterations=-1", "nonsense"])
def test_a_wrong_setting_is_named(head, tmp_path, change, capsys):
    assert run("compress", head, tmp_path / "a.inr", "--set", change, "--progress", "none") == 3
    assert change.split("=")[0].split(".")[-1] in capsys.readouterr().err


def test_nothing_to_write_is_said_before_any_work(head, capsys):
    assert run("register", head, head, "--progress", "none") == 3
    assert "--output-transform" in capsys.readouterr().err


def test_info_tells_where_a_volume_lies(head, capsys):
    assert run("info", head, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["size_ijk"] == [24, 20, 16]
    assert told["left_handed"] is True
    np.testing.assert_allclose(told["ijk_to_ras"], read_volume(head).grid.ijk_to_world, atol=1e-5)
    assert run("info", head) == 0
    assert "size_ijk" in capsys.readouterr().out


def test_progress_as_json_is_one_object_a_line(head, tmp_path, capsys):
    network = ("--set", "codec=network")
    assert run("compress", head, tmp_path / "a.inr", *QUICK, *network, "--progress", "json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "result" and set(events[-1]["report"]) >= REPORT_KEYS
    fit = [e for e in events if e["event"] == "progress" and e["stage"] == "fit"]
    assert fit[-1]["iteration"] == fit[-1]["iterations"] == 20


def job_file(tmp_path, head, **changes):
    job = {
        "task": "compress", "inputs": {"volume": str(head)}, "outputs": {"file": str(tmp_path / "job.inr")},
        "settings": {
            "codec": "network",
            "fit": {"iterations": 100_000, "points": 512, "report_every": 5},
            "field": {"width": 16},
        },
        "device": "cpu", **changes,
    }  # fmt: skip
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))
    return path


def test_stop_on_standard_input_keeps_the_best_so_far(head, tmp_path):
    process = child("job", job_file(tmp_path, head), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for line in process.stdout:
        if json.loads(line).get("stage") == "fit":
            break
    process.stdin.write("stop\n")
    process.stdin.flush()
    events = [json.loads(line) for line in process.stdout]
    assert process.wait(60) == 0
    assert events[-1]["report"]["stop_reason"] == "stopped"
    assert (tmp_path / "job.inr").exists()


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_job_ends_with_130_and_leaves_no_file(head, tmp_path, how):
    before = set(tmp_path.iterdir())
    # Where the tests run in the background, SIGINT is ignored, and children take that over.
    heard = {"preexec_fn": lambda: signal.signal(how, signal.SIG_DFL)}
    process = child("job", job_file(tmp_path, head), stdin=subprocess.PIPE, stdout=subprocess.PIPE, **heard)
    for line in process.stdout:
        if json.loads(line).get("stage") == "fit":
            break
    time.sleep(0.2)
    process.send_signal(how)
    process.communicate(timeout=60)  # reads on: a full pipe would keep the process from its last word
    assert process.returncode == 130
    assert set(tmp_path.iterdir()) - before == {tmp_path / "job.json"}


def test_a_job_file_with_unknown_entries_is_refused(head, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run("job", job_file(tmp_path, head, colour="red")) == 3
    event = json.loads(capsys.readouterr().out)
    assert event["event"] == "error" and "colour" in event["message"] and event["exit_code"] == 3


def test_importing_the_package_needs_no_torch():
    code = "import sys, INRCore; sys.exit('torch' in sys.modules or 'SimpleITK' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


def test_the_device_and_its_free_memory_can_be_asked_for(capsys):
    assert main(["device", "--device", "cpu", "--progress", "json"]) == 0
    report = json.loads(capsys.readouterr().out)["report"]
    assert report["device"] == "cpu"
    assert "as asked" in report["reason"]
    assert report["free_bytes"] > 1 << 20


def test_what_macos_says_about_its_memory_is_understood():
    table = (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\n"
        "Pages free:                               10000.\n"
        "Pages active:                            400000.\n"
        "Pages inactive:                           20000.\n"
        'Translation faults:                   123456789.\n"'
    )
    assert free_memory_in_vm_stat(table) == 30000 * 16384
