"""Runs the four tasks one after the other, saves the scene and writes the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from .. import scene as bridge
from ..devices import choose_device
from ..errors import OutputError
from ..fitting import Progress
from ..jobs.run import versions
from .cases import load_input
from .report import write_report
from .showcase import Showcase, show_compression, show_registration, show_segmentation, show_super_resolution


def run_demo(
    path: str | None,
    folder: str,
    *,
    frame: int | None = None,
    device: str = "auto",
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Runs the demo on `path` (nibabel's small MR if None) and returns the path of `report.html` in `folder`.

    Raises `InputError`, `OutputError` or `DeviceError`.
    """
    started = time.perf_counter()
    output = Path(folder)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot make the folder '{folder}': {error.strerror}; choose another --output.") from error
    choice = choose_device(device)
    volume, second, note = load_input(path, frame)
    application = bridge.open_scene()
    source = bridge.volume_to_node(application.scene, volume, name=volume.name)
    showcase = Showcase(application, source, bridge.volume_from_node(source), output, device, seed, on_progress)

    sections = [
        show_compression(showcase),
        show_super_resolution(showcase),
        show_registration(showcase, second),
        show_segmentation(showcase),
    ]
    bridge.save_scene(application.scene, output / "scene.mrb", force=True)
    used = ", ".join(f"{name} {version}" for name, version in versions().items())
    seconds = time.perf_counter() - started
    text = (
        f"{volume.name}: {volume.grid.describe()}. {note} Device: {choice.reason}. "
        f"Whole demo: {seconds:.0f} s. Versions: {used}."
    )
    report = output / "report.html"
    write_report(report, "INR in 3D Slicer: four tasks on one volume", text, sections)
    return report
