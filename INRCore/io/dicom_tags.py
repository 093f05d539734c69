"""DICOM entries that the user asks for by name; nothing else of a patient's data leaves the source file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from .damage import damage_as_input_error
from .dicom_header import files_in

_LONGEST = 1024
_ABOUT_THE_PATIENT = ("Patient", "Institution", "Physician", "Operator", "Accession", "StudyID", "Date", "Time", "UID")


def read_dicom_tags(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Name -> text of the entries that the first DICOM image of a file or folder has, of those asked for by their
    keywords (DICOM PS3.6: "StudyDescription").

    Raises `InputError` for a keyword that does not exist, or a path that holds no DICOM.
    """
    import pydicom
    from pydicom.datadict import tag_for_keyword

    for name in names:
        if tag_for_keyword(name) is None:
            raise InputError(f"'{name}' is no DICOM keyword; write them as StudyDescription, ManufacturerModelName.")
    for file in sorted(files_in(path)) if path.is_dir() else [path]:
        with file.open("rb") as stream:
            if stream.read(132)[128:] != b"DICM":
                continue
        with damage_as_input_error(file):
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(names))
        found = {name: " ".join(str(header.get(name, "")).split())[:_LONGEST] for name in names}
        return {name: text for name, text in found.items() if text}
    raise InputError(f"'{path}' holds no DICOM, so no entries can be kept of it; leave keep_tags out.")


def about_the_patient(names: Sequence[str]) -> list[str]:
    """Those keywords that may tell who the patient is."""
    return [name for name in names if any(part in name for part in _ABOUT_THE_PATIENT)]
