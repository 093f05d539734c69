"""One queue for the jobs of all panels: fits share one machine's memory, so they run one after the other."""

from __future__ import annotations

import functools
import itertools
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from ..errors import INRError
from .process import JobProcess
from .temporary import remove_leftovers
from .worker import Outcome


@dataclass(eq=False)
class QueuedJob:
    """What a panel asks for. `prepare` writes the inputs and returns the worker's command; `on_waiting` hears the title
    of the job in front, and "" when the job starts; `on_finished` the outcome, exactly once."""

    title: str
    prepare: Callable[[], list[str]]
    on_event: Callable[[dict[str, Any]], None]
    on_waiting: Callable[[str], None]
    on_finished: Callable[[Outcome], None]
    command: list[str] | None = None
    process: JobProcess | None = None


class JobQueue:
    """Inputs are written right after a job was asked for, also when it has to wait: it works on what was on the screen
    then, whatever is changed, deleted or closed before its turn comes."""

    def __init__(self) -> None:
        self._jobs: list[QueuedJob] = []
        remove_leftovers()
        slicer.app.connect("aboutToQuit()", self.cancel_all)

    def add(self, job: QueuedJob) -> None:
        """Returns at once; writing large volumes comes after the click has been answered on the screen."""
        self._jobs.append(job)
        qt.QTimer.singleShot(0, functools.partial(self._prepare, job))

    def cancel(self, job: QueuedJob) -> None:
        """The job's `on_finished` has been called when this returns."""
        if job.process is not None:
            job.process.cancel()
        elif job in self._jobs:
            self._end(job, Outcome(cancelled=True))

    def cancel_all(self) -> None:
        for job in reversed(self._jobs[:]):  # from the end, so that none starts only to be ended
            self.cancel(job)

    def stop_and_keep(self, job: QueuedJob) -> None:
        """Ends a running fit early and keeps the best so far."""
        if job.process is not None:
            job.process.stop_and_keep()

    def _prepare(self, job: QueuedJob) -> None:
        if job not in self._jobs:  # cancelled meanwhile
            return
        try:
            job.command = job.prepare()
        except Exception as error:  # whatever it is, the panel has to hear of it
            self._end(job, failure(error))
        else:
            self._advance()

    def _advance(self) -> None:
        first = self._jobs[0] if self._jobs else None
        if first is not None and first.command is not None and first.process is None:
            first.process = JobProcess(first.on_event, functools.partial(self._end, first))
            first.on_waiting("")
            first.process.start(first.command)
        for ahead, waiting in itertools.pairwise(self._jobs):
            waiting.on_waiting(ahead.title)

    def _end(self, job: QueuedJob, outcome: Outcome) -> None:
        self._jobs.remove(job)
        try:
            job.on_finished(outcome)
        finally:
            self._advance()


@functools.cache
def shared_queue() -> JobQueue:
    """The queue of this Slicer; reloading a module leaves it as it is."""
    return JobQueue()


def failure(error: BaseException) -> Outcome:
    """An exception as the panel shows it: our own messages as they are, anything else with the details to report."""
    if isinstance(error, INRError):
        return Outcome(message=str(error))
    details = "".join(traceback.format_exception(error))
    text = _("Unexpected failure ({reason}). Please report it with the details below.")
    return Outcome(message=text.format(reason=f"{type(error).__name__}: {error}"), details=details)
