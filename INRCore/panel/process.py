"""One job in a process of its own, watched by Qt's event loop so that the panel stays alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from .worker import STOP_LINE, Conversation, Outcome, end_process_tree, worker_environment

_CANCEL_WAIT_MS = 2000


class JobProcess:
    """Runs one command; `on_event` gets each event of the worker, `on_finished` the outcome, exactly once."""

    def __init__(self, on_event: Callable[[dict[str, Any]], None], on_finished: Callable[[Outcome], None]) -> None:
        self._on_event, self._on_finished = on_event, on_finished
        self._conversation = Conversation()
        self._cancelled = False
        self._process: Any = None

    def start(self, command: list[str]) -> None:
        """Returns at once; also when the program cannot be started, which `on_finished` then tells."""
        self._process = qt.QProcess()
        environment = qt.QProcessEnvironment.systemEnvironment()
        for name, value in worker_environment().items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        self._process.connect("readyReadStandardOutput()", self._read_output)
        self._process.connect("readyReadStandardError()", self._read_errors)
        self._process.connect("finished(int,QProcess::ExitStatus)", self._process_finished)
        self._process.connect("errorOccurred(QProcess::ProcessError)", self._error_occurred)
        self._process.start(command[0], command[1:])

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        return int(self._process.processId())

    def stop_and_keep(self) -> None:
        """Asks the worker to stop; it answers with the best result so far."""
        self._process.write(STOP_LINE)

    def cancel(self) -> None:
        """Ends the worker and all its children; `on_finished` has been called when this returns."""
        if self.running:
            self._cancelled = True
            process = self._process
            if self.pid > 0:
                end_process_tree(self.pid)
            process.waitForFinished(_CANCEL_WAIT_MS)

    def _read_output(self) -> None:
        for event in self._conversation.hear(_bytes(self._process.readAllStandardOutput())):
            self._on_event(event)

    def _read_errors(self) -> None:
        self._conversation.hear_stderr(_bytes(self._process.readAllStandardError()))

    def _process_finished(self, exit_code: int, exit_status: int) -> None:
        self._read_output()
        self._read_errors()
        crashed = exit_status != qt.QProcess.NormalExit
        self._finish(
            Outcome(cancelled=True) if self._cancelled else self._conversation.outcome(None if crashed else exit_code)
        )

    def _error_occurred(self, error: int) -> None:
        if error == qt.QProcess.FailedToStart:  # the only error after which `finished` does not come
            self._finish(Outcome(message=f"Python could not be started: {self._process.errorString()}."))

    def _finish(self, outcome: Outcome) -> None:
        process, self._process = self._process, None
        process.deleteLater()
        self._on_finished(outcome)


def _bytes(array: Any) -> bytes:
    """QByteArray to bytes; PythonQt gives None for an empty one."""
    return bytes(array.data() or b"")
