"""Turning slice views to a slice of somebody's choice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .mrml import Node, Scene, to_array

_CLASS = "vtkMRMLSliceNode"


def jump_to_slice(scene: Scene, center: Sequence[float], normal: Sequence[float]) -> Node | None:
    """Shows the plane through `center` (RAS mm) across `normal` in the slice view that is nearest to it in direction,
    turned so that it shows exactly that plane; the other views go through the centre. Returns the view's node; None
    without any slice view."""
    views = [scene.GetNthNodeByClass(n, _CLASS) for n in range(scene.GetNumberOfNodesByClass(_CLASS))]
    if not views:
        return None
    across = np.asarray(normal, float) / np.linalg.norm(normal)
    axes = [to_array(view.GetSliceToRAS())[:3, :3] for view in views]
    likeness = [abs(float(axis[:, 2] @ across)) for axis in axes]
    best = int(np.argmax(likeness))
    for view in views:
        view.JumpSliceByCentering(*center)
    right = axes[best][:, 0]
    across = across if axes[best][:, 2] @ across >= 0 else -across
    right = right - (right @ across) * across
    views[best].SetSliceToRASByNTP(*across, *(right / np.linalg.norm(right)), *center, 0)
    return views[best]
