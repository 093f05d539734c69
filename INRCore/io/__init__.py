"""Files in and out: volumes, DICOM series, landmarks; world coordinates are RAS mm on this side of the border."""

from .atomic import atomic_path, check_writable
from .landmarks import check_landmarks_path, read_landmarks, write_landmark_errors, write_landmarks
from .nrrd_series import write_volumes
from .reading import read_volume, read_volumes
from .writing import check_volume_path, write_volume

__all__ = [
    "atomic_path",
    "check_landmarks_path",
    "check_volume_path",
    "check_writable",
    "read_landmarks",
    "read_volume",
    "read_volumes",
    "write_landmark_errors",
    "write_landmarks",
    "write_volume",
    "write_volumes",
]
