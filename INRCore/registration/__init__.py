"""Registration of two volumes by a displacement field (IDIR)."""

from .result import RegistrationResult
from .settings import RegistrationSettings
from .task import register, register_steps

__all__ = ["RegistrationResult", "RegistrationSettings", "register", "register_steps"]
