"""How a panel and its worker talk: events, stopping, cancelling, and workers that fail. The worker here is a few lines
of script that keeps to the protocol, so that every ending can be had at will."""

import json
import os
import sys
import time

import pytest
import slicer_double

from INRCore.panel.worker import Conversation, worker_environment

PROGRESS = {"event": "progress", "stage": "fit", "iteration": 1, "iterations": 2, "losses": {}, "metrics": {}}
REPORT = {"event": "result", "report": {"task": "compress", "seconds": 1.0, "metrics": {"psnr_db": 30.0}}}
SAY = "import json, subprocess, sys, time\ndef say(event): print(json.dumps(event), flush=True)\n"
CHILD = "import time; time.sleep(60)"


@pytest.fixture(scope="module")
def slicer_app():
    with slicer_double.installed() as double:
        yield double


@pytest.fixture
def start(slicer_app):
    """Starts a script as worker; gives the job process, its events and its outcomes."""
    from INRCore.panel.process import JobProcess

    jobs = []

    def run(script, program=sys.executable):
        events, outcomes = [], []
        job = JobProcess(events.append, outcomes.append)
        job.start([program, "-c", SAY + script])
        jobs.append(job)
        return job, events, outcomes

    yield run
    for job in jobs:
        job.cancel()
    assert not slicer_app.slot_errors


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_events_are_understood_in_any_portions():
    events = ({"event": "note", "text": "ä"}, PROGRESS, REPORT)
    stream = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events).encode()
    for size in (1, 7, len(stream)):
        conversation, heard = Conversation(), []
        for start in range(0, len(stream), size):
            heard += conversation.hear(stream[start : start + size])
        assert [event["event"] for event in heard] == ["note", "progress", "result"]
        assert heard[0]["text"] == "ä"
        assert conversation.outcome(0).report == REPORT["report"]


def test_a_worker_reports_progress_and_a_result(start, slicer_app):
    _, events, outcomes = start(f"say({PROGRESS!r}); say({REPORT!r})")
    slicer_app.wait_until(lambda: outcomes)
    assert events == [PROGRESS, REPORT]
    assert [outcome.report for outcome in outcomes] == [REPORT["report"]]
    assert not outcomes[0].message


def test_starting_returns_at_once(start, slicer_app):
    begun = time.monotonic()
    start("time.sleep(5)")
    assert time.monotonic() - begun < 0.2


def test_stop_and_keep_reaches_the_worker_which_answers_with_its_result(start, slicer_app):
    job, events, outcomes = start(f"say({PROGRESS!r})\nif sys.stdin.readline() == 'stop\\n': say({REPORT!r})")
    slicer_app.wait_until(lambda: events)
    assert not outcomes
    job.stop_and_keep()
    slicer_app.wait_until(lambda: outcomes)
    assert outcomes[0].report == REPORT["report"]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes through /proc")
def test_cancel_ends_the_whole_process_tree_within_two_seconds(start, slicer_app):
    family = (
        f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}])\n"
        "say({'event': 'note', 'text': str(child.pid)}); time.sleep(60)"
    )
    launcher = f"child = subprocess.Popen([sys.executable, '-c', {SAY + family!r}]); child.wait()"
    job, events, outcomes = start(launcher)
    slicer_app.wait_until(lambda: events)
    grandchild, launcher_pid = int(events[0]["text"]), job.pid
    assert is_alive(grandchild)
    begun = time.monotonic()
    job.cancel()
    assert [outcome.cancelled for outcome in outcomes] == [True]
    slicer_app.wait_until(lambda: not is_alive(grandchild) and not is_alive(launcher_pid), 2)
    assert time.monotonic() - begun < 2
    assert not job.running


def test_a_worker_killed_from_outside_gives_a_message_with_advice(start, slicer_app):
    job, events, outcomes = start(f"say({PROGRESS!r}); time.sleep(60)")
    slicer_app.wait_until(lambda: events)
    os.kill(job.pid, 9)
    slicer_app.wait_until(lambda: outcomes)
    assert outcomes[0].report is None
    assert not outcomes[0].cancelled
    assert "memory" in outcomes[0].message
    assert "\n" not in outcomes[0].message


def test_an_error_of_the_worker_is_shown_as_it_said_it(start, slicer_app):
    error = {"event": "error", "kind": "InputError", "message": "'a.nrrd' is empty; choose another.", "exit_code": 3}
    _, _, outcomes = start(f"print('Traceback', file=sys.stderr); say({error!r}); sys.exit(3)")
    slicer_app.wait_until(lambda: outcomes)
    assert outcomes[0].message == "'a.nrrd' is empty; choose another."
    assert "Traceback" in outcomes[0].details


def test_a_crash_before_the_first_event_shows_its_last_line(start, slicer_app):
    _, _, outcomes = start("print('not an event'); import no_such_module")
    slicer_app.wait_until(lambda: outcomes)
    assert "No module named 'no_such_module'" in outcomes[0].message
    assert "ended with code 1" in outcomes[0].message
    assert "not an event" in outcomes[0].details


def test_a_program_that_does_not_exist_gives_a_message(start, slicer_app):
    _, _, outcomes = start("", program="/no/such/python")
    slicer_app.wait_until(lambda: outcomes)
    assert "could not be started" in outcomes[0].message


def test_a_result_without_a_good_exit_code_does_not_count(start, slicer_app):
    _, _, outcomes = start(f"say({REPORT!r}); sys.exit(4)")
    slicer_app.wait_until(lambda: outcomes)
    assert outcomes[0].report is None
    assert outcomes[0].message


def test_the_worker_finds_this_library_from_any_folder(slicer_app, tmp_path):
    import subprocess

    import INRCore

    code = "import INRCore; print(INRCore.__file__)"
    environment = {"PATH": os.environ["PATH"], **worker_environment()}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == INRCore.__file__
