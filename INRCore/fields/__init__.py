"""Fields: encodings, networks and the `Field` made of them.

`__all__` needs torch only when a field is built; settings do not.
"""

from .field import Field, Frame
from .settings import FieldSettings

__all__ = ["Field", "FieldSettings", "Frame"]
