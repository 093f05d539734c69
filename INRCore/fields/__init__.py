"""Fields: encodings, networks and the `Field` made of them.

Only `Field` needs torch: settings, frames and stored fields (`NumpyField`) do not.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .description import Frame
    from .field import Field
    from .numpy_field import NumpyField
    from .settings import FieldSettings

_HOMES = {"Field": ".field", "FieldSettings": ".settings", "Frame": ".description", "NumpyField": ".numpy_field"}
__all__ = ["Field", "FieldSettings", "Frame", "NumpyField"]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
