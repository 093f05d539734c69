"""Small DICOM files for tests: single slices and multi-frame files, placed as the test says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from grids import rotation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid

DIRECTIONS = rotation(20, -15, 40)
"""Columns: direction of the rows (i), of the columns (j), and the normal, in LPS."""
SPACING = (0.8, 1.3)
"""mm along (i, j); DICOM writes the other order."""
ORIGIN = np.array([-60.0, 25.5, 310.0])
ROWS, COLUMNS = 5, 7


def slice_values(k: int) -> np.ndarray:
    """(j, i) int16, different in every voxel."""
    return (1000 * k + np.arange(ROWS * COLUMNS)).reshape(ROWS, COLUMNS).astype(np.int16)


def write_slice(path: Path, position: np.ndarray, pixels: np.ndarray, series: str = "1.2.3", **entries: Any) -> None:
    """One CT slice at `position` (LPS mm of its first pixel); `entries` are DICOM keywords, None takes one away."""
    dataset = _dataset(CTImageStorage, pixels, series)
    dataset.ImagePositionPatient = [float(f"{value:.6f}") for value in position]
    dataset.ImageOrientationPatient = [float(f"{value:.9f}") for value in DIRECTIONS[:, :2].T.ravel()]
    dataset.PixelSpacing = [SPACING[1], SPACING[0]]
    for keyword, value in entries.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path, enforce_file_format=True)


def write_series(folder: Path, positions: np.ndarray, series: str = "1.2.3", **entries: Any) -> None:
    """Slices at the given positions; file names and instance numbers are in no helpful order."""
    folder.mkdir(exist_ok=True, parents=True)
    for k, position in enumerate(positions):
        name = f"IM{(k * 7 + 3) % 97:03d}.dcm"
        write_slice(folder / name, position, slice_values(k), series, InstanceNumber=len(positions) - k, **entries)


def straight(count: int, step: float = 2.5) -> np.ndarray:
    """Positions of slices stacked along the normal."""
    return ORIGIN + np.arange(count)[:, None] * step * DIRECTIONS[:, 2]


def write_enhanced(path: Path, positions: np.ndarray, values: list[np.ndarray], **entries: Any) -> None:
    """An enhanced (multi-frame) CT with a position for each frame."""
    dataset = _dataset(EnhancedCTImageStorage, np.stack(values), "1.2.3")
    dataset.NumberOfFrames = len(positions)
    del dataset.RescaleSlope, dataset.RescaleIntercept
    orientation, measures, scaling = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [float(f"{value:.9f}") for value in DIRECTIONS[:, :2].T.ravel()]
    measures.PixelSpacing = [SPACING[1], SPACING[0]]
    scaling.RescaleSlope, scaling.RescaleIntercept, scaling.RescaleType = 1, -1024, "HU"
    shared = Dataset()
    shared.PlaneOrientationSequence = [orientation]
    shared.PixelMeasuresSequence = [measures]
    shared.PixelValueTransformationSequence = [scaling]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for position in positions:
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = [float(f"{value:.6f}") for value in position]
        frame.PlanePositionSequence = [place]
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = frames
    for keyword, value in entries.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path, enforce_file_format=True)


def _dataset(kind: str, pixels: np.ndarray, series: str) -> pydicom.Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = kind
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = series, "1.2"
    dataset.PatientName, dataset.PatientID, dataset.Modality = "Secret^Name", "4711", "CT"
    dataset.ImageType, dataset.SeriesDescription, dataset.SeriesNumber = ["ORIGINAL", "PRIMARY"], f"series {series}", 4
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.PixelData = pixels.astype("<i2").tobytes()
    return dataset
