"""How a panel and its worker talk: the command, one JSON object per line, an outcome; no Qt here.

The worker is `PYTHON -m INRCore job JOB.json`. It writes events to stdout, takes the line `stop` on stdin as "stop and
keep the best so far", and ends with 0 or with the exit code of the error it reported.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STOP_LINE = b"stop\n"
_DETAILS_LIMIT = 8000


@dataclass(frozen=True)
class Outcome:
    """How a job ended: with a `report`, `cancelled`, or with a `message` of one line and `details` to unfold."""

    report: dict[str, Any] | None = None
    message: str = ""
    details: str = ""
    cancelled: bool = False


def worker_program() -> list[str]:
    """In Slicer the PythonSlicer launcher, which sets the library path; elsewhere the Python that runs now."""
    return [shutil.which("PythonSlicer") or sys.executable, "-m", "INRCore"]


def worker_command(job_file: str | os.PathLike[str]) -> list[str]:
    return [*worker_program(), "job", str(job_file)]


def worker_environment() -> dict[str, str]:
    """What to add to the environment so that the worker finds this very INRCore and its lines arrive at once."""
    home = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return {
        "PYTHONPATH": os.pathsep.join([home, inherited] if inherited else [home]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "INRCORE_ENDS_WITH_STDIN": "1",  # when Slicer crashes, its end of the worker's stdin is closed
    }


@dataclass
class Conversation:
    """What the worker has said so far; feed it bytes as they come, in any portions."""

    report: dict[str, Any] | None = None
    error: str = ""
    _rest: bytes = b""
    _other: list[str] = field(default_factory=list)

    def hear(self, portion: bytes) -> list[dict[str, Any]]:
        """The events completed by this portion of stdout; lines that are no event are kept as details."""
        *lines, self._rest = (self._rest + portion).split(b"\n")
        return [event for event in map(self._understand, lines) if event]

    def hear_stderr(self, portion: bytes) -> None:
        self._other.append(portion.decode("utf-8", "replace"))

    def outcome(self, exit_code: int | None) -> Outcome:
        """`exit_code` None: the process crashed or was killed from outside."""
        if exit_code == 0 and self.report is not None:
            return Outcome(report=self.report)
        details = "".join(self._other)[-_DETAILS_LIMIT:].strip()
        if self.error:
            return Outcome(message=self.error, details=details)
        how = "was ended from outside or crashed" if exit_code is None else f"ended with code {exit_code}"
        last_line = details.splitlines()[-1] if details else ""
        advice = last_line or "it may have run out of memory: try the fast preview, or set a memory limit."
        return Outcome(message=f"The computation {how}: {advice}", details=details)

    def _understand(self, line: bytes) -> dict[str, Any] | None:
        text = line.decode("utf-8", "replace").strip()
        try:
            event = json.loads(text)
        except json.JSONDecodeError:
            event = None
        if not isinstance(event, dict) or "event" not in event:
            self._other.append(text + "\n" if text else "")
            return None
        if event["event"] == "result":
            self.report = event.get("report")
        elif event["event"] == "error":
            self.error = str(event.get("message", ""))
        return event


def run_and_wait(command: list[str], log: Path, on_event: Callable[[dict[str, Any]], None] | None) -> Outcome:
    """Runs a worker to its end without a panel. log: a file for its stderr; a pipe that nobody reads would stop the
    worker when it is full."""
    conversation = Conversation()
    with log.open("wb") as errors:
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # the worker listens there for `stop`; it must not take what is typed in a terminal
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | worker_environment(),
        ) as process:
            for line in process.stdout or ():
                for event in conversation.hear(line):
                    if on_event is not None:
                        on_event(event)
        exit_code = process.returncode
    conversation.hear_stderr(log.read_bytes())
    return conversation.outcome(exit_code if exit_code >= 0 else None)


def end_process_tree(pid: int) -> None:
    """Ends a process and all its descendants at once: killing only a launcher would leave the fit running."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/PID", str(pid), "/T", "/F"], capture_output=True, check=False)
        return
    for victim in [pid, *descendants(pid)]:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended by itself meanwhile


def descendants(pid: int) -> list[int]:
    """Children, grandchildren, ... of a process (Linux and macOS)."""
    children: dict[int, list[int]] = {}
    for child, parent in _child_parent_pairs():
        children.setdefault(parent, []).append(child)
    found = list(children.get(pid, []))
    for child in found:  # grows while it is walked
        found.extend(children.get(child, []))
    return found


def _child_parent_pairs() -> list[tuple[int, int]]:
    if not Path("/proc/self/stat").exists():
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        return [(int(pid), int(parent)) for pid, parent in (line.split() for line in table.splitlines())]
    pairs = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
            except OSError:
                continue  # it ended between listing and reading
            pairs.append((int(entry.name), int(status.rpartition(")")[2].split()[1])))
    return pairs
