"""The demo: the four tasks on one real volume in a real MRML scene, with pictures and a report."""

from ..lazy import lazy_names

_HOMES = {"run_demo": ".pipeline"}
__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
