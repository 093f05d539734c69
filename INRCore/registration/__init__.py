"""Registration of two volumes by a deformation that fields describe: a displacement, a flow, or a pair."""

from .guides import Guides
from .initial import matrix_of_transform_file
from .result import RegistrationResult
from .sampled import SampledMap
from .settings import RegistrationSettings
from .task import register, register_steps

__all__ = [
    "Guides",
    "RegistrationResult",
    "RegistrationSettings",
    "SampledMap",
    "matrix_of_transform_file",
    "register",
    "register_steps",
]
