"""Compression: a volume as the weights of a small network, in an .inr file."""

from .files import decompress, inr_from_bytes, inr_to_bytes, read_inr, write_inr
from .inr_file import InrFile
from .intensity import IntensityMap
from .result import CompressionResult
from .settings import CompressionSettings
from .task import compress, compress_steps

__all__ = [
    "CompressionResult",
    "CompressionSettings",
    "InrFile",
    "IntensityMap",
    "compress",
    "compress_steps",
    "decompress",
    "inr_from_bytes",
    "inr_to_bytes",
    "read_inr",
    "write_inr",
]
