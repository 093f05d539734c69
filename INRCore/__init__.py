"""Implicit neural representations of medical volumes.

A field is a function from a point in patient space (RAS mm) to a value. It is fitted to data through a forward model
and sampled onto what the user wants: `compress`, `super_resolve`, `register` and `segment` are the short doors; the
command line is `python -m INRCore`.

Names are loaded when they are first used, so that importing the package needs neither torch nor any other library.
"""

import os as _os

from .lazy import lazy_names

# Before torch is loaded: its idle threads then sleep instead of spinning, which on a busy machine makes a fit on two
# threads about eight times faster (120 s to 13 s; a user's own value is kept).
_os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

_HOMES = {
    "Grid": ".geometry",
    "Volume": ".volume",
    "INRError": ".errors",
    "InputError": ".errors",
    "read_volume": ".io",
    "write_volume": ".io",
    "Field": ".fields",
    "FieldSettings": ".fields",
    "compress": ".compression",
    "decompress": ".compression",
    "CompressionSettings": ".compression",
    "super_resolve": ".reconstruction",
    "SuperResolutionSettings": ".reconstruction",
    "load_registration_field": ".registration",
    "register": ".registration",
    "RegistrationSettings": ".registration",
    "segment": ".segmentation",
    "segment_contours": ".segmentation",
    "segment_points": ".segmentation",
    "segment_tubes": ".segmentation",
    "SegmentationSettings": ".segmentation",
}
__all__ = ["__version__", *sorted(_HOMES)]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
