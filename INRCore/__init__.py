"""Implicit neural representations of medical volumes.

A field is a function from a point in patient space (RAS mm) to a value. It is fitted to data through a forward model
and sampled onto what the user wants: `compress`, `super_resolve`, `register` and `segment` are the short doors; the
command line is `python -m INRCore`.

Names are loaded when they are first used, so that importing the package needs neither torch nor any other library.
"""

from importlib import import_module
from typing import Any

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
    "register": ".registration",
    "RegistrationSettings": ".registration",
    "segment": ".segmentation",
    "SegmentationSettings": ".segmentation",
}
__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return __all__
