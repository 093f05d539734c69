""".inr files <-> nodes: volumes, label maps, segmentations, colours and vectors, time sequences."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..compression import CompressionSettings, InrFile, InrSeries, read_inr_series
from ..compression.container import MAGIC
from ..fitting import Progress, run_to_end
from ..geometry import Grid
from ..settings import require
from ..volume import Volume
from .mrml import Node, Scene
from .regions import crop_to_region, grid_in_region
from .segmentation_labels import labels_from_segmentation_node
from .segmentations import segmentation_to_node
from .sequences import series_to_node
from .volumes import volume_from_node, volume_to_node

_NAMES = "labels"
_IS_SEGMENTATION = "segmentation"
Watcher = Callable[[Progress], None]


def inr_file_to_node(
    scene: Scene,
    path: str | os.PathLike[str],
    name: str | None = None,
    on_progress: Watcher | None = None,
    spacing: float | None = None,
    region: Node | None = None,
    node: Node | None = None,
) -> Node:
    """A new node with what an .inr file holds, called `name` or like the file: a scalar volume, a label map, a
    segmentation, a vector volume, or a sequence with its browser (the sequence node is returned). With `spacing` (mm) a
    single volume is decoded as coarse as that, and with the ROI node `region` only that box, from no more of the file
    than this needs. `node`: a scalar volume to update, where the file holds one.

    Decoded with torch where it is there and with NumPy where it is not. Raises `InputError` when the file is missing,
    no .inr file, damaged or too large for the memory.
    """
    series, name = read_inr_series(path), name or Path(path).stem
    file = series.files[0]
    if len(series) > 1:
        require(spacing is None, f"'{path}' holds {len(series)} {series.kind}, which open on their own voxels only.")
        volumes = _volumes(series, on_progress)
        cropped = volumes if region is None else [crop_to_region(volume, region) for volume in volumes]
        return series_to_node(scene, series.kind, cropped, name=name)
    assert file is not None
    grid = file.grid if spacing is None else file.grid.with_spacing(spacing)
    if region is not None:
        grid = grid_in_region(grid, region, f"'{path}'")
    volume = run_to_end(file.decompress_steps(grid), on_progress)
    if file.labels is not None:
        return _label_node(scene, file, volume, name)
    return volume_to_node(scene, volume, node, name=name)


def plain_grid(path: str | os.PathLike[str]) -> Grid | None:
    """The grid of a file with one scalar volume, from its head alone; None for labels and series. Raises `InputError`
    as `inr_file_to_node` does."""
    series = read_inr_series(path)
    file = series.files[0] if len(series) == 1 else None
    return file.grid if file is not None and file.labels is None else None


def node_to_label_file(node: Node, path: str | os.PathLike[str], on_progress: Watcher | None = None) -> None:
    """Writes a label map or segmentation node without loss, with the names and colours of its segments. Raises
    `InputError` when segments overlap or there are none, `OutputError` when the file cannot be written."""
    from ..compression import compress  # needs torch, which reading does without

    about: dict[str, Any] = {}
    if node.IsA("vtkMRMLSegmentationNode"):
        volume, names, colors = labels_from_segmentation_node(node)
        about = {
            _IS_SEGMENTATION: True,
            _NAMES: {str(value): {"name": names[value], "color": list(colors[value])} for value in names},
        }
    else:
        volume = volume_from_node(node)
    volume = Volume(volume.array, volume.grid, node.GetName() or "labels", metadata=about)
    compress(volume, CompressionSettings(codec="labels"), on_progress=on_progress).save(path, force=True)


def looks_like_inr(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as ours do; other programs write `.inr` files of another kind (INRimage)."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _label_node(scene: Scene, file: InrFile, volume: Volume, name: str) -> Node:
    if volume.array.dtype.kind == "f":
        volume = volume.with_array(volume.array.astype(np.int32))
    if not file.metadata.get(_IS_SEGMENTATION):
        return volume_to_node(scene, volume, name=name, label=True)
    names, colors = _named(file.metadata.get(_NAMES))
    return segmentation_to_node(scene, volume, None, names=names, colors=colors, name=name)


def _named(entries: Any) -> tuple[dict[int, str], dict[int, tuple[float, float, float]]]:
    """Names and colours by value; what a strange file says wrongly is left out."""
    names, colors = dict[int, str](), dict[int, tuple[float, float, float]]()
    for key, entry in entries.items() if isinstance(entries, dict) else ():
        if str(key).isdigit() and isinstance(entry, dict):
            names[int(key)] = str(entry.get("name", key))
            color = entry.get("color")
            if isinstance(color, list) and len(color) == 3 and all(isinstance(part, (int, float)) for part in color):
                colors[int(key)] = (float(color[0]), float(color[1]), float(color[2]))
    return names, colors


def _volumes(series: InrSeries, on_progress: Watcher | None) -> list[Volume]:
    found = []
    for number in range(len(series)):
        if on_progress is not None:
            on_progress(Progress("open", number, len(series)))
        found.append(series.volume(number))
    return found
