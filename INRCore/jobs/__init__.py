"""One description of a job for the panels' worker, the Python console and batch scripts."""

from .job import Job
from .preview import PreviewWriter
from .run import job_steps, run_job

__all__ = ["Job", "PreviewWriter", "job_steps", "run_job"]
