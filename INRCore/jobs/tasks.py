"""What each task of a job does with its files: read, run the task's steps, write. One function per task."""

from __future__ import annotations

from collections.abc import Callable

from ..fitting import Control
from ..fitting.progress import Steps
from .compression import compress, decompress, estimate, train_upsampler
from .folder import compress_folder
from .job import Job
from .parts import Outcome
from .reconstruction import super_resolve
from .registration import map_points, register
from .segmentation import segment

TASKS: dict[str, Callable[[Job, Control], Steps[Outcome]]] = {
    "compress": compress,
    "compress-folder": compress_folder,
    "estimate": estimate,
    "train-upsampler": train_upsampler,
    "decompress": decompress,
    "super-resolve": super_resolve,
    "register": register,
    "map-points": map_points,
    "segment": segment,
}
