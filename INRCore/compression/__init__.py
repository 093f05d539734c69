"""Compression: a volume as the weights of a small network, in an .inr file. Files open without torch."""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .estimating import estimate
    from .files import decompress, inr_from_bytes, inr_to_bytes, read_inr, write_inr
    from .inr_file import InrFile
    from .intensity import IntensityMap
    from .rate_curve import RateEstimate
    from .result import CompressionResult
    from .series import SeriesResult, compress_series
    from .series_file import InrSeries, read_inr_series
    from .settings import CompressionSettings
    from .task import compress, compress_steps

_HOMES = {
    "CompressionResult": ".result",
    "CompressionSettings": ".settings",
    "RateEstimate": ".rate_curve",
    "InrFile": ".inr_file",
    "IntensityMap": ".intensity",
    "InrSeries": ".series_file",
    "SeriesResult": ".series",
    "compress": ".task",
    "compress_series": ".series",
    "read_inr_series": ".series_file",
    "compress_steps": ".task",
    "decompress": ".files",
    "estimate": ".estimating",
    "inr_from_bytes": ".files",
    "inr_to_bytes": ".files",
    "read_inr": ".files",
    "write_inr": ".files",
}
__all__ = [
    "CompressionResult",
    "CompressionSettings",
    "InrFile",
    "InrSeries",
    "IntensityMap",
    "RateEstimate",
    "SeriesResult",
    "compress",
    "compress_series",
    "compress_steps",
    "decompress",
    "estimate",
    "inr_from_bytes",
    "inr_to_bytes",
    "read_inr",
    "read_inr_series",
    "write_inr",
]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
