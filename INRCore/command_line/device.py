"""Which device would compute, for people and for the panels (which never import torch themselves)."""

from __future__ import annotations

from typing import Any

import torch

from ..devices import choose_device
from ..memory import free_memory_bytes


def describe_device(name: str) -> dict[str, Any]:
    """Kind of the device, why it was chosen, its free memory in bytes. Raises `DeviceError` when it does not work."""
    choice = choose_device(name)
    return {
        "device": choice.device.type,
        "reason": choice.reason,
        "free_bytes": free_memory_bytes(choice.device),
        "torch": torch.__version__,
    }
