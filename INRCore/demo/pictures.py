"""Pictures of slices and surfaces, drawn off screen by Slicer's own displayable managers (through trame-slicer)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from vtkmodules.vtkIOImage import vtkPNGWriter
from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

from ..errors import InputError, OutputError
from ..io.atomic import atomic_path
from ..io.vtk_messages import quiet_vtk

Orientation = Literal["Axial", "Coronal", "Sagittal"]
Direction = Literal["ANTERIOR", "POSTERIOR", "LEFT", "RIGHT", "SUPERIOR", "INFERIOR"]
_VIEW_NAMES = {
    "Axial": "Red",
    "Coronal": "Green",
    "Sagittal": "Yellow",
}  # Slicer's own, so a saved scene opens with them
_OVERLAYS = ("Segmentation", "Model", "Markups", "Transform")
_VIEWS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
_SLICER_BACKGROUND = ("#7478be", "#c1c3e8")


def slice_picture(
    app: Any,
    volume_node: Any,
    path: str | os.PathLike[str],
    *,
    orientation: Orientation = "Axial",
    position: np.ndarray | None = None,
    foreground: Any = None,
    opacity: float = 0.5,
    segmentation: Any = None,
    transform: Any = None,
    size: tuple[int, int] = (512, 512),
) -> None:
    """PNG of the slice of `volume_node` through `position` (RAS mm; its middle if not given), along the volume's own
    axes nearest to `orientation`, patient's right on the left as in Slicer.

    `foreground` is a volume blended over it with `opacity`; of everything else in the scene only `segmentation` and
    the grid of `transform` are drawn. `app` is what `open_scene` returns, `size` (width, height) in pixels. A file at
    `path` is replaced. Raises `InputError` for another orientation, `OutputError` when the picture cannot be written.
    """
    if orientation not in _VIEW_NAMES:
        raise InputError(f"'{orientation}' is no orientation; choose one of {', '.join(_VIEW_NAMES)}.")
    if transform is not None:
        _prepare_grid(transform)
    with quiet_vtk(), _only(app.scene, [segmentation, transform]):
        view = _slice_view(app, orientation)
        _resize(view, size)
        view.set_background_volume_id(volume_node.GetID())
        view.set_foreground_volume_id(foreground.GetID() if foreground is not None else None)
        view.set_foreground_opacity(opacity if foreground is not None else 0.0)
        node = view.get_view_node()
        node.SetOrientation(orientation)
        node.RotateToVolumePlane(volume_node)
        view.fit_view_to_content()
        if position is not None:
            node.JumpSliceByOffsetting(*np.asarray(position, float).tolist())
        _save(view, path)


def threed_picture(
    app: Any,
    path: str | os.PathLike[str],
    *,
    nodes: Collection[Any] | None = None,
    direction: Direction = "ANTERIOR",
    size: tuple[int, int] = (640, 640),
) -> None:
    """PNG of the surfaces of the scene (only of `nodes` if given), seen from `direction` and fitted to the picture.

    A file at `path` is replaced. Raises `OutputError` when the picture cannot be written.
    """
    from trame_slicer.views import ViewDirection

    with quiet_vtk(), _only(app.scene, nodes):
        view = _threed_view(app)
        _resize(view, size)
        view.rotate_to_view_direction(ViewDirection[direction])
        view.reset_focal_point()
        view.reset_camera()
        _save(view, path)


def _slice_view(app: Any, orientation: Orientation) -> Any:
    from trame_slicer.views import SliceView

    return _view(app, SliceView, _VIEW_NAMES[orientation])


def _threed_view(app: Any) -> Any:
    from trame_slicer.views import ThreeDView

    view = _view(app, ThreeDView, "1")
    view.set_background_color_from_string(_SLICER_BACKGROUND)
    view.set_box_visible(False)
    view.render_window().SetMultiSamples(0)  # with them, software rendering drops translucent surfaces
    view.renderer().SetUseFXAA(True)
    view.renderer().SetUseDepthPeeling(True)  # surfaces one inside the other are blended in the right order
    return view


def _view(app: Any, kind: Any, name: str) -> Any:
    """A view of the scene that draws only when it is told to: left to itself it draws after each change of any node,
    and without a graphics card that takes minutes in all."""
    from trame_slicer.views import NoScheduleRendering

    views = _VIEWS.setdefault(app, {})
    if name not in views:
        views[name] = kind(app.scene, app.app_logic, name, scheduled_render_strategy=NoScheduleRendering())
    return views[name]


def _resize(view: Any, size: tuple[int, int]) -> None:
    view.render_window().SetSize(*size)
    view.update_size(*size)


@contextlib.contextmanager
def _only(scene: Any, shown: Collection[Any] | None) -> Iterator[None]:
    """Hides segmentations, models, points and transforms other than `shown` (None: hides nothing) for a while."""
    before = []
    for kind in _OVERLAYS if shown is not None else ():
        for number in range(scene.GetNumberOfNodesByClass(f"vtkMRML{kind}DisplayNode")):
            display = scene.GetNthNodeByClass(number, f"vtkMRML{kind}DisplayNode")
            before.append((display, display.GetVisibility()))
            display.SetVisibility(display.GetDisplayableNode() in (shown or ()))
    try:
        yield
    finally:
        for display, visibility in before:
            display.SetVisibility(visibility)


def _prepare_grid(transform: Any) -> None:
    """Chooses the warped grid as a transform's look in slices; it stays hidden as transforms are unless asked for."""
    transform.CreateDefaultDisplayNodes()
    display = transform.GetDisplayNode()
    display.SetVisualizationMode(display.VIS_MODE_GRID)
    display.SetVisibility2D(True)


def _save(view: Any, path: str | os.PathLike[str]) -> None:
    view.render()
    capture = vtkWindowToImageFilter()
    capture.SetInput(view.render_window())
    capture.ReadFrontBufferOff()
    capture.ShouldRerenderOff()
    capture.Update()
    with atomic_path(path, force=True) as temporary:
        writer = vtkPNGWriter()
        writer.SetFileName(str(temporary))
        writer.SetInputConnection(capture.GetOutputPort())
        writer.Write()
        if writer.GetErrorCode():
            raise OutputError(f"'{path}': the picture could not be written; is the disk full?")
