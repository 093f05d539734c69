"""How progress and results are shown: a bar for people, JSON lines for programs, nothing for quiet scripts."""

from __future__ import annotations

import json
import math
import sys
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any, TextIO

from ..fitting import Progress


def _finite(numbers: dict[str, float]) -> dict[str, float | None]:
    """JSON has no NaN and no infinity."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


class JSONLines(AbstractContextManager):
    """One JSON object a line on `stream`: events `progress`, `note`, `preview`, `result`, `error`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self._last_note = stream, ""

    def __exit__(self, *_: object) -> None:
        self.stream.flush()

    def progress(self, progress: Progress) -> None:
        self._write(
            event="progress",
            stage=progress.stage,
            iteration=progress.iteration,
            iterations=progress.iterations,
            losses=_finite(progress.losses),
            metrics=_finite(progress.metrics),
            elapsed_seconds=round(progress.elapsed_seconds, 3),
            eta_seconds=None if progress.eta_seconds is None else round(progress.eta_seconds, 3),
        )
        if progress.note and progress.note != self._last_note:
            self._last_note = progress.note
            self._write(event="note", text=progress.note)

    def preview(self, path: str) -> None:
        """There is a new preview of the result in the file."""
        self._write(event="preview", file=path)

    def result(self, report: dict[str, Any]) -> None:
        self._write(event="result", report=report)

    def error(self, error: BaseException, message: str, exit_code: int) -> None:
        self._write(event="error", kind=type(error).__name__, message=message, exit_code=exit_code)

    def _write(self, **event: Any) -> None:
        print(json.dumps(event, allow_nan=False), file=self.stream, flush=True)


class Bar(AbstractContextManager):
    """A progress bar and a table of metrics on the terminal (rich, on standard error)."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self.console = Console(stderr=True)
        self._bar = RichProgress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(),
            TimeRemainingColumn(), TextColumn("{task.fields[numbers]}"), console=self.console,
        )  # fmt: skip
        self._tasks: dict[str, Any] = {}
        self._last_note = ""

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def progress(self, progress: Progress) -> None:
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bar.add_task(progress.stage, numbers="")
        numbers = {**progress.losses, **progress.metrics}
        text = "  ".join(f"{name} {value:.4g}" for name, value in numbers.items())
        self._bar.update(
            self._tasks[progress.stage], completed=progress.iteration, total=progress.iterations, numbers=text
        )
        if progress.note and progress.note != self._last_note:
            self._last_note = progress.note
            self._say(progress.note)

    def result(self, report: dict[str, Any]) -> None:
        from rich.table import Table

        self._bar.stop()
        if report["metrics"]:
            table = Table("metric", "value", title=report["task"])
            for name, value in report["metrics"].items():
                table.add_row(name, f"{value:.5g}")
            self.console.print(table)
        self._say(f"{report['seconds']:.1f} s on {report['device']}")
        if report.get("direction"):
            self._say(report["direction"])
        for note in report["notes"]:
            self._say(f"note: {note}")
        for role, path in report["outputs"].items():
            self._say(f"{role}: {path}")

    def _say(self, text: str) -> None:
        """As it is: brackets in a name are no markup, and a path is not cut in two."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def error(self, error: BaseException, message: str, exit_code: int) -> None:
        self._bar.stop()
        print(f"error: {message}", file=sys.stderr)


class Silence(AbstractContextManager):
    """Shows errors only."""

    def __exit__(self, *_: object) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def result(self, report: dict[str, Any]) -> None: ...

    def error(self, error: BaseException, message: str, exit_code: int) -> None:
        print(f"error: {message}", file=sys.stderr)


class Lines(Silence):
    """What has to be read, without a bar."""

    def __init__(self) -> None:
        self._last_note = ""

    def progress(self, progress: Progress) -> None:
        if progress.note and progress.note != self._last_note:
            self._last_note = progress.note
            print(progress.note, file=sys.stderr)

    def result(self, report: dict[str, Any]) -> None:
        for line in filter(None, (report.get("direction"), *(f"note: {note}" for note in report.get("notes", ())))):
            print(line, file=sys.stderr)


Show = JSONLines | Bar | Silence


def show_as(name: str) -> Show:
    """'bar', 'json' or 'none'. Slicer does not bundle rich: there a bar becomes a line that says so and the notes."""
    if name == "json":
        return JSONLines(sys.stdout)
    if name == "bar" and find_spec("rich") is None:
        print("No progress bar: the package 'rich' is not installed.", file=sys.stderr)
        return Lines()
    return Bar() if name == "bar" else Silence()
