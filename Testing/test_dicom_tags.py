"""DICOM entries in a compressed file: those asked for, and no others."""

from dicom_maker import straight, write_series

from INRCore.compression import read_inr
from INRCore.jobs import Job, run_job

SETTINGS = {"target_max_error": 0}


def test_only_the_tags_asked_for_are_kept_and_patient_data_is_said(tmp_path):
    write_series(tmp_path / "ct", straight(4), PatientName="Meyer^Anna", StudyDescription="Thorax", PatientID="123")
    _compressed(tmp_path, "a.inr", {})
    assert "Meyer" not in str(read_inr(tmp_path / "a.inr").describe())
    report = _compressed(tmp_path, "b.inr", {"keep_tags": ["StudyDescription", "PatientID", "StationName"]})
    kept = read_inr(tmp_path / "b.inr").metadata["dicom"]
    assert kept == {"StudyDescription": "Thorax", "PatientID": "123"}
    assert report["notes"][-1] == "The file tells about the patient: PatientID."


def test_a_keyword_that_does_not_exist_and_an_input_without_dicom_are_said(tmp_path):
    import pytest
    from command_tools import write_head

    from INRCore.errors import InputError

    write_series(tmp_path / "ct", straight(3))
    with pytest.raises(InputError, match="'Studydescription' is no DICOM keyword"):
        _compressed(tmp_path, "a.inr", {"keep_tags": ["Studydescription"]})
    write_head(tmp_path / "head.nrrd")
    job = Job("compress", {"volume": str(tmp_path / "head.nrrd")}, {"file": str(tmp_path / "b.inr")})
    with pytest.raises(InputError, match="holds no DICOM"):
        run_job(Job(**{**job.to_dict(), "settings": {"keep_tags": ["StudyDescription"]}}))


def _compressed(folder, name, settings):
    paths = {"volume": str(folder / "ct")}, {"file": str(folder / name)}
    return run_job(Job("compress", *paths, settings={**SETTINGS, **settings}))
