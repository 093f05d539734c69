"""One description of a job for the panels' worker, the Python console and batch scripts."""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .job import Job
    from .preview import PreviewWriter
    from .run import job_steps, run_job

_HOMES = {"Job": ".job", "PreviewWriter": ".preview", "job_steps": ".run", "run_job": ".run"}
__all__ = ["Job", "PreviewWriter", "job_steps", "run_job"]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
