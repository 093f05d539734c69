"""Entry point: parses, runs, turns every ending into an exit code."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

from ..errors import InputError, INRError
from .parser import build_parser
from .show import JSONLines, Show, show_as

INTERRUPTED, UNEXPECTED = 130, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code (see `--help`)."""
    parsed = build_parser().parse_args(arguments)
    # A batch system ends jobs with SIGTERM: clean up half-written files then as after Ctrl-C.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    show = JSONLines(sys.stdout) if parsed.command == "job" else show_as(getattr(parsed, "progress", "none"))
    with show:
        return _guarded(parsed, show)


def _guarded(parsed: argparse.Namespace, show: Show) -> int:
    try:
        _run(parsed, show)
        sys.stdout.flush()
        return 0
    except BrokenPipeError:  # as after `... | head`: nobody reads any more, not even an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except INRError as error:
        show.error(error, " ".join(str(error).split()), error.exit_code)
        return error.exit_code
    except KeyboardInterrupt as error:
        show.error(error, "Interrupted; nothing was written half-way.", INTERRUPTED)
        return INTERRUPTED
    except Exception as error:
        # The last resort, so that a script sees one line and a code; the traceback goes to standard error for a report.
        traceback.print_exc()
        show.error(error, f"Unexpected failure ({type(error).__name__}: {error}).", UNEXPECTED)
        return UNEXPECTED


def _run(parsed: argparse.Namespace, show: Show) -> None:
    if parsed.command == "info":
        from .info import describe_file, format_description

        description = describe_file(parsed.input, parsed.frame, parsed.component)
        print(json.dumps(description, indent=2) if parsed.json else format_description(description))
    elif parsed.command == "device":
        from .device import describe_device
        from .info import format_description

        found = describe_device(parsed.device)
        show.result(found) if isinstance(show, JSONLines) else print(format_description(found))
    elif parsed.command == "demo":
        from ..demo import run_demo

        report = run_demo(
            parsed.input,
            parsed.output,
            frame=parsed.frame,
            device=parsed.device,
            seed=parsed.seed,
            on_progress=show.progress,
        )
        print(f"Report: {report}")
    elif parsed.command == "compress-folder":
        from .folder import table_text

        report = _run_job(parsed, show)
        rows = report["files"]
        show.result(report) if isinstance(show, JSONLines) else print(table_text(rows))
        failed = sum(1 for row in rows if row["problem"])
        if failed:
            raise InputError(f"{failed} of {len(rows)} volumes could not be compressed; the table says why.")
    else:
        show.result(_run_job(parsed, show))


def _run_job(parsed: argparse.Namespace, show: Show) -> dict[str, Any]:
    from ..jobs import run_job
    from .to_job import job_from_arguments

    if isinstance(show, JSONLines) and parsed.command == "job":
        return _run_watched(parsed.file, show)
    return run_job(job_from_arguments(parsed), show.progress)


def _run_watched(path: str, show: JSONLines) -> dict[str, Any]:
    """A job for a panel: it can be told to stop, and shows previews if the job names a file for them."""
    from ..fitting import Control, Progress
    from ..jobs import Job, PreviewWriter, run_job

    job, control = Job.from_file(path), Control()
    threading.Thread(target=_stop_on_request, args=(control,), daemon=True).start()
    preview = PreviewWriter(job.preview) if job.preview else None

    def on_progress(progress: Progress) -> None:
        show.progress(progress)
        if preview is not None and preview.write(progress):
            show.preview(str(preview.path))

    return run_job(job, on_progress, control)


def _stop_on_request(control: Any) -> None:
    """Waits for the line `stop` on standard input (which a program without a console does not have). For a panel the
    end of the input means that Slicer is gone, however it ended: nobody waits for the result any more."""
    for line in sys.stdin or ():
        if line.strip() == "stop":
            control.stop()
    if os.environ.get("INRCORE_ENDS_WITH_STDIN"):
        os._exit(INTERRUPTED)
