"""Each task on its demo case: run it, push the result into the scene, take pictures, collect the numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .. import scene as bridge
from ..comparison import difference
from ..compression import CompressionSettings, compress
from ..fitting import Progress
from ..io import write_volume
from ..io.surfaces import write_surface
from ..io.transforms import write_displacement_transform
from ..metrics.image import psnr_db
from ..reconstruction import SuperResolutionSettings, super_resolve
from ..registration import RegistrationSettings, register
from ..results import TaskResult
from ..segmentation import SegmentationSettings, segment
from ..settings import from_dict, load_preset
from ..volume import Volume
from .cases import foreground, known_warp, sample, thick_slices, tissue_labels
from .pictures import slice_picture, threed_picture
from .report import Section, metric_rows

T = TypeVar("T")
_OUTER_OPACITY = 0.4


@dataclass(frozen=True)
class Showcase:
    """The scene, the input's node and volume, and where and how to work."""

    application: Any
    source: Any
    volume: Volume
    folder: Path
    device: str
    seed: int
    on_progress: Callable[[Progress], None] | None

    @property
    def scene(self) -> Any:
        return self.application.scene

    def settings(self, cls: type[T], task: str, **changes: Any) -> T:
        """The preset 'fast' with the demo's device and seed."""
        common = {"fit": {"device": self.device, "seed": self.seed}}
        return from_dict(cls, {**changes, **common}, load_preset(cls, task, "fast"))

    def progress(self, title: str) -> Callable[[Progress], None] | None:
        """Progress reports with the task's name before the stage."""
        if self.on_progress is None:
            return None
        report = self.on_progress
        return lambda progress: report(dataclasses.replace(progress, stage=f"{title}: {progress.stage}"))

    def put(self, volume: Volume, name: str, **display: Any) -> Any:
        """The volume as a node beside the input, and as a file; `display`: how `volume_to_node` shows what is not of
        the input's kind."""
        write_volume(volume, self.folder / f"{name}.nrrd", force=True)
        return bridge.volume_to_node(self.scene, volume, name=name, reference=self.source, **display)

    def put_difference(self, a: Volume, b: Volume, name: str) -> Any:
        """a - b as a node, blue below and red above 0; the range is a tenth of the input's, alike for all."""
        low, high = self.volume.finite_range()
        reach = 0.1 * (high - low)
        return self.put(difference(a, b), name, quantity="difference", display_range=(-reach, reach))

    def picture(self, node: Any, name: str, caption: str, **how: Any) -> tuple[Path, str]:
        """A slice through a node as Slicer draws it."""
        path = self.folder / f"{name}.png"
        slice_picture(self.application, node, path, **how)
        return path, caption


def _rows(result: TaskResult) -> list[tuple[str, str]]:
    return [*metric_rows(result.metrics), ("seconds", f"{result.seconds:.1f}"), ("device", result.device)]


def show_compression(case: Showcase) -> Section:
    """The volume as an .inr file and back."""
    settings = case.settings(CompressionSettings, "compression")
    result = compress(case.volume, settings, on_progress=case.progress("compress"))
    result.save(case.folder / "compressed.inr", force=True)
    decompressed = case.put(result.volume, "decompressed")
    change = case.put_difference(result.volume, case.volume, "compression_difference")
    return Section(
        "Compression",
        "Wavelets in whole numbers, coded by learned probabilities. All numbers come from the file as written.",
        _rows(result),
        [
            case.picture(case.source, "compression_before", "Input"),
            case.picture(decompressed, "compression_after", "Opened from the .inr file"),
            case.picture(change, "compression_difference", "Difference"),
        ],
        result.loss_history,
        "mean squared error",
    )


def show_super_resolution(case: Showcase) -> Section:
    """Thick slices made from the volume, back to its own spacing; the volume is the truth and used only to measure."""
    thick, truth = thick_slices(case.volume)
    settings = case.settings(SuperResolutionSettings, "reconstruction")
    result = super_resolve(thick, settings, on_progress=case.progress("super-resolve"))
    inside = foreground(truth)
    metrics = dict(result.metrics)
    for name, volume in (("psnr_db", result.volume), ("baseline_psnr_db", result.baseline)):
        metrics[name] = psnr_db(truth.as_float32(), sample(volume.as_float32(), volume.grid, truth.grid), mask=inside)
    thick_node = case.put(thick, "thick_slices")
    fine = case.put(result.volume, "super_resolved")
    baseline = case.put(result.baseline, "super_resolution_baseline")
    return Section(
        "Super-resolution",
        f"Slices of {thick.grid.spacing.max():.3g} mm, averaged from the input, brought to"
        f" {result.volume.grid.spacing.min():.3g} mm. PSNR against the input, which no fit saw, inside the object.",
        [*metric_rows(metrics), ("seconds", f"{result.seconds:.1f}"), ("device", result.device)],
        [
            case.picture(thick_node, "super_resolution_before", "Thick slices"),
            case.picture(baseline, "super_resolution_baseline", "Cubic B-spline"),
            case.picture(fine, "super_resolution_after", "With slice profile and learned detail"),
        ],
        result.loss_history,
    )


def show_registration(case: Showcase, second: Volume | None) -> Section:
    """A known smooth warp, recovered; the error is measured at points that the fit never saw."""
    known = known_warp(case.volume, second, case.seed)
    settings = case.settings(RegistrationSettings, "registration")
    result = register(
        known.fixed,
        known.moving,
        settings,
        fixed_landmarks=known.fixed_points,
        moving_landmarks=known.moving_points,
        on_progress=case.progress("register"),
    )
    moving = case.put(known.moving, "registration_moving")
    warped = case.put(result.warped, "registration_warped")
    change = case.put_difference(result.warped, known.fixed, "registration_difference")
    before = case.put_difference(known.moving, known.fixed, "registration_difference_before")
    case.put(result.jacobian, "registration_jacobian", quantity="jacobian")
    write_displacement_transform(
        case.folder / "registration_transform.h5",
        result.displacement,
        result.displacement_grid,
        result.affine,
        force=True,
    )
    bridge.displacement_to_transform_node(
        case.scene, result.displacement, result.displacement_grid, name="registration_transform", affine=result.affine,
        reference=case.source,
    )  # fmt: skip
    shift = np.linalg.norm(known.moving_points - known.fixed_points, axis=1)
    return Section(
        "Registration",
        f"The object seen through a known warp (mean {shift.mean():.2f} mm, largest {shift.max():.2f} mm), recovered by"
        " a displacement field. TRE is the distance to the known warp at 400 random points in the object.",
        _rows(result),
        [
            case.picture(moving, "registration_moving", "Moving"),
            case.picture(warped, "registration_warped", "Warped to the fixed volume"),
            case.picture(before, "registration_difference_before", "Moving - fixed, before"),
            case.picture(change, "registration_difference", "Warped - fixed, after"),
        ],
        result.loss_history,
    )


def show_segmentation(case: Showcase) -> Section:
    """A label map as smooth signed distance fields."""
    labels = tissue_labels(case.volume)
    settings = case.settings(SegmentationSettings, "segmentation")
    result = segment(labels, settings, on_progress=case.progress("segment"))
    names = {1: "object", 2: "bright part inside"}
    surfaces = {value: result.surface(value) for value in result.label_values}
    write_volume(result.labels, case.folder / "segmentation_labels.nrrd", force=True)
    write_surface(result.combined_surface(), case.folder / "segmentation_model.vtp", force=True)
    node = bridge.segmentation_to_node(
        case.scene, result.labels, surfaces, name="segmentation", names=names, reference=case.source
    )
    display = node.GetDisplayNode()
    display.SetPreferredDisplayRepresentationName2D(display.GetPreferredDisplayRepresentationName3D())
    display.SetVisibility2DFill(False)
    display.SetSegmentOpacity3D(node.GetSegmentation().GetNthSegmentID(0), _OUTER_OPACITY)
    slice_png = case.picture(case.source, "segmentation_slice", "Contours of the fields", segmentation=node)
    path = case.folder / "segmentation_3d.png"
    threed_picture(case.application, path)
    return Section(
        "Segmentation",
        "Two labels found by thresholds, each made into a signed distance. Agreement is with the label map given.",
        _rows(result),
        [slice_png, (path, "Zero sets as closed surfaces")],
        result.loss_history,
    )
