"""The demo: the four tasks on one real volume in a real MRML scene, with pictures and a report."""

from .pipeline import run_demo

__all__ = ["run_demo"]
