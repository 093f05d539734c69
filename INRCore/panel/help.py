"""Where a module's help leads to."""

from __future__ import annotations

from slicer.i18n import tr as _

HOME = "https://github.com/inr-neural-fields/SlicerINRNeuralFields"
_TUTORIALS = {
    "INRCompression": "compress-a-volume",
    "INRReconstruction": "make-thick-slices-isotropic",
    "INRRegistration": "align-two-volumes",
    "INRSegmentation": "fill-and-smooth-contours",
}


def tutorial_link(module: str) -> str:
    """HTML to put after a module's help text."""
    text = _("Step-by-step tutorial with pictures")
    return f'<p><a href="{HOME}#{_TUTORIALS[module]}">{text}</a></p>'
