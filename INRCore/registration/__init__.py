"""Registration of two volumes by a deformation that fields describe: a displacement, a flow, or a pair."""

from .field_file import RegistrationField, load_registration_field
from .guides import Guides
from .initial import matrix_of_transform_file
from .result import RegistrationResult
from .sampled import SampledMap
from .settings import RegistrationSettings
from .task import register, register_steps

__all__ = [
    "Guides",
    "RegistrationField",
    "RegistrationResult",
    "RegistrationSettings",
    "SampledMap",
    "load_registration_field",
    "matrix_of_transform_file",
    "register",
    "register_steps",
]
