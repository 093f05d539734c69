"""Files in and out: volumes, DICOM series, landmarks; world coordinates are RAS mm on this side of the border."""

from .atomic import atomic_path, check_writable

__all__ = ["atomic_path", "check_writable"]
