"""Machine code kept from an older version of the compiled loops is not used."""

from pathlib import Path

import pytest

pytest.importorskip("numba")


def test_machine_code_of_other_sources_is_deleted(tmp_path):
    from INRCore.compiled.build import forget_outdated

    (tmp_path / "a.nbi").write_bytes(b"old")
    (tmp_path / "kept.txt").write_bytes(b"")
    forget_outdated(tmp_path)
    assert not (tmp_path / "a.nbi").exists() and (tmp_path / "kept.txt").exists()
    (tmp_path / "a.nbi").write_bytes(b"new")
    forget_outdated.cache_clear()  # as in the next process
    forget_outdated(tmp_path)
    assert (tmp_path / "a.nbi").exists()
    (tmp_path / "sources.sha256").write_text("of another version")
    forget_outdated.cache_clear()
    forget_outdated(tmp_path)
    assert not (tmp_path / "a.nbi").exists()


def test_every_loop_looks_where_its_machine_code_is_kept():
    from INRCore.compiled.networks import layer

    assert (Path(layer.stats.cache_path) / "sources.sha256").is_file()
