"""Something to try each module on: in its panel ("Try it") and in Slicer's module Sample Data.

`add_sample(moduleName)` adds the nodes to the scene and returns them by the parameter of the module that takes them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from .files import Node

Sample = tuple[dict[str, Node], Node]
"""Nodes by parameter, and the volume to show."""

CATEGORY = "Neural Fields"
_PICTURES = Path(__file__).parent / "Resources" / "Samples"
_SLICER_DATA = "https://github.com/Slicer/SlicerTestingData/releases/download/SHA256/"
# Slicer's own sample: "donated ... to be used without any restrictions" (acknowledgements of its module Sample Data).
_MR_HEAD_SHA256 = "cc211f0dfd9a05ca3841ce1141b292898b2dd2d3f08286affadf823a7e58df93"


def add_sample(module: str) -> dict[str, Node]:
    """Adds the module's sample, a synthetic head, to the scene: parameter of the module -> node that belongs there."""
    from ..scene import show_in_slice_views

    nodes, background = _MAKERS[module]()
    show_in_slice_views(slicer.mrmlScene, background, application_logic=slicer.app.applicationLogic())
    return nodes


def offer_sample(module: str) -> None:
    """Lists the module's sample in Sample Data as soon as Slicer has started up; call it when the module is loaded."""
    slicer.app.connect("startupCompleted()", lambda: _register(module))


def _register(module: str) -> None:
    from SampleData import SampleDataLogic

    SampleDataLogic.registerCustomSampleDataSource(
        category=CATEGORY,
        sampleName=_titles()[module],  # what its button says
        uris=f"made-on-this-computer:{module}",  # Sample Data asks for an address, though nothing is downloaded
        fileNames=None,
        customDownloader=lambda source: add_sample(module),
        thumbnailFileName=str(_PICTURES / f"{module}.png"),
    )
    if module == "INRCompression":
        SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=_("MR head (compression)"),
            uris=_SLICER_DATA + _MR_HEAD_SHA256,
            fileNames="MR-head.nrrd",
            nodeNames="MRHead",
            checksums=f"SHA256:{_MR_HEAD_SHA256}",
        )


def _titles() -> dict[str, str]:
    return {
        "INRCompression": _("Synthetic head (compression)"),
        "INRReconstruction": _("Synthetic thick slices (reconstruction)"),
        "INRRegistration": _("Synthetic pair of heads (registration)"),
        "INRSegmentation": _("Synthetic contours (segmentation)"),
    }


def _compression() -> Sample:
    from ..samples import head_volume

    volume = _add(head_volume())
    return {"inputVolume": volume}, volume


def _reconstruction() -> Sample:
    from ..samples import thick_slices

    volume = _add(thick_slices())
    return {"inputVolume": volume}, volume


def _registration() -> Sample:
    from ..samples import LANDMARKS, head_pair, warp
    from ..scene import landmarks_to_node

    fixed, moving = head_pair()
    scene, nodes = slicer.mrmlScene, {"fixedVolume": _add(fixed), "movingVolume": _add(moving)}
    landmarks = {
        "fixedLandmarks": landmarks_to_node(scene, LANDMARKS, name=_("Sample fixed landmarks")),
        "movingLandmarks": landmarks_to_node(scene, warp(LANDMARKS), name=_("Sample moving landmarks")),
    }
    return nodes | landmarks, nodes["fixedVolume"]


def _segmentation() -> Sample:
    from ..samples import drawn_labels, head_volume
    from ..scene import segmentation_to_node

    volume = head_volume()
    head, drawn = _add(volume), drawn_labels(volume)
    scene = slicer.mrmlScene
    contours = segmentation_to_node(
        scene, drawn.labels, None, names=drawn.names, reference=head, name=drawn.labels.name
    )
    return {"inputLabels": contours}, head


def _add(volume: Any) -> Node:
    from ..scene import volume_to_node

    return volume_to_node(slicer.mrmlScene, volume)


_MAKERS: dict[str, Callable[[], Sample]] = {
    "INRCompression": _compression,
    "INRReconstruction": _reconstruction,
    "INRRegistration": _registration,
    "INRSegmentation": _segmentation,
}
