"""Slices predicted from slices: files, parts of them, damage."""

import base64
import hashlib
import warnings

import numpy as np
import pytest
from compression_cases import moving_shapes, noise
from damaged_files import survivors_of

from INRCore.compression import CompressionSettings, compress, inr_from_bytes
from INRCore.compression.slices import encoder as slice_encoder
from INRCore.compression.slices.sequence import decode_slices
from INRCore.compression.stored_pyramid import LOW_KEY
from INRCore.compression.stored_slices import StoredSlices
from INRCore.metrics.image import max_abs_error, psnr_db


@pytest.fixture(scope="module")
def shapes():
    return moving_shapes((11, 64, 64))


@pytest.fixture(scope="module")
def compressed(shapes):
    return compress(shapes, CompressionSettings(target_ratio=60))


def test_moving_shapes_are_predicted_and_gain_much(shapes, compressed, monkeypatch):
    assert compressed.file.describe()["field"] == "slices predicted from each other"
    assert 60 <= compressed.metrics["compression_ratio"] < 63
    assert np.array_equal(inr_from_bytes(compressed.data).decompress().array, compressed.volume.array)
    monkeypatch.setattr("INRCore.compression.pyramid_encoder.SMALLEST", 1 << 30)
    plain = compress(shapes, CompressionSettings(target_ratio=60))
    assert plain.file.describe()["field"].startswith("pyramid")
    assert compressed.metrics["psnr_db"] > plain.metrics["psnr_db"] + 2


def test_single_slices_are_predicted_from_themselves_where_that_gains(monkeypatch):
    one = moving_shapes((1, 128, 128))
    result = compress(one, CompressionSettings(target_ratio=20))
    assert result.file.describe()["field"] == "slices predicted from each other"
    assert np.array_equal(inr_from_bytes(result.data).decompress().array, result.volume.array)
    monkeypatch.setattr("INRCore.compression.pyramid_encoder.SMALLEST", 1 << 30)
    plain = compress(one, CompressionSettings(target_ratio=20))
    assert result.metrics["psnr_db"] > plain.metrics["psnr_db"] + 1


def test_noise_and_holes_are_left_to_the_pyramid(shapes):
    result = compress(shapes.with_array(noise("int16", shapes.array.shape)), CompressionSettings(target_ratio=8))
    assert result.file.describe()["field"].startswith("pyramid")
    holed = shapes.array.astype(np.float32)
    holed[3, 5:9, 5:9] = np.nan
    result = compress(shapes.with_array(holed), CompressionSettings(target_ratio=30))
    assert result.file.describe()["field"].startswith("pyramid")


@pytest.mark.parametrize("bound", [0, pytest.param(7, marks=pytest.mark.slow)])
def test_error_bounds_hold(shapes, bound):
    result = compress(shapes, CompressionSettings(target_max_error=bound))
    assert isinstance(result.file.pyramid, StoredSlices)
    assert max_abs_error(shapes.array, result.volume.array) <= bound


@pytest.mark.slow
def test_a_psnr_is_reached(shapes):
    result = compress(shapes, CompressionSettings(target_psnr_db=40))
    assert isinstance(result.file.pyramid, StoredSlices) and 40 <= result.metrics["psnr_db"] < 41


def test_a_coarser_volume_lies_at_its_place(shapes, compressed):
    coarse = compressed.file.decompress(spacing=3)
    assert coarse.array.size < shapes.array.size / 15
    centers = []
    for volume in (shapes, coarse):
        weights = volume.array.astype(float).reshape(-1)
        centers.append((volume.grid.points() * weights[:, None]).sum(0) / weights.sum())
    assert np.abs(centers[0] - centers[1]).max() < 0.4


def test_a_few_slices_need_their_spans_alone(monkeypatch):
    monkeypatch.setattr(slice_encoder, "_SPAN_VOXELS", 1)
    values = moving_shapes((26, 64, 64)).array
    coded = slice_encoder.SliceEncoder(values, 900.0).sliced(1.0, 400.0, (-400, 600), 64)
    sequence, streams = coded.sequence, coded.streams()
    assert sequence.span == 8
    wanted = sequence.needed(2, 7)
    assert wanted == {(0, 0), (0, 1), (1, 0), (2, 0), (3, 0)}
    found = decode_slices(sequence, {place: streams[place] for place in wanted}.get, (-400, 600))
    assert np.array_equal(found[:9], coded.samples(0)[:9]) and not np.array_equal(found[9:], coded.samples(0)[9:])
    stored = StoredSlices((26, 64, 64), (), 0, {LOW_KEY: sequence.to_bytes()})
    assert stored.tiles_around(np.zeros(3), np.full(3, 3.0)) == wanted


def test_a_file_cut_short_has_slices_between_those_it_has(shapes, compressed):
    psnrs = []
    for share in (0.75, 0.88, 0.97):
        file = inr_from_bytes(compressed.data[: int(len(compressed.data) * share)])
        with pytest.warns(UserWarning, match="ends too early"):
            psnrs.append(psnr_db(shapes.array, file.decompress().array))
    assert 15 < psnrs[0] <= psnrs[1] <= psnrs[2] < compressed.metrics["psnr_db"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inr_from_bytes(compressed.data).decompress()


@pytest.fixture(scope="module")
def small_file():
    data = compress(moving_shapes((9, 64, 64)), CompressionSettings(target_ratio=40)).data
    assert isinstance(inr_from_bytes(data).pyramid, StoredSlices)
    return data


OLD_FILE = (
    "iUlOUg0KGgoCAAAACAAAAMcEAAAAAAAArNr1+UgAAADST/5yogAAAAAAAAAJAAAAQAAAAEAAAACamZmZmZnpPwAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAA+QAAAAAAAAAAAzczMzMzM7D8AAAAAAAAAAAAAAAAAADTAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPg/AAAAAAAALkA7/21a52MBQAAAAAAA"
    "qIJAAAAAAAAAAAAAAAAAAKiSQAAAAAAAAAAAAgQAEwAABgcGBgAAAABM/wAAqmlBjwsAAAAAAAAAAAMEQABTAGAAcwBNAAAASWHv70YAAAAAAA"
    "AAOgAAAAAAAAB42qtWykvMTVWyUirOSCxILVbSUSrNyywpBgok6pXqAbnJRamJJflFQAFPvyDn/KJUBQM9Qz0DpVoAHYoRkFcAAADpn+GFGgAA"
    "AAAAAAAAAQEJPStVER0D4wkRIwH2Iu369+sA9evy+FAAAAC01n/KawEAAAAAAAAIBAIBAABDAgAAAOgXf/fMrzj9f85cZmP/KGmh9DOkGtyd6G"
    "o7/7+0xmSF6eH1cWHYRDZakNCvqjG8pJGP012viyYk/xAG4ZIDjH8urwgLG6cy0TW/v//+f/8/VrmpSyZ9ADOYMKElHKIPll2MtIoTTQ7O9KsL"
    "EP8f+dA5DX0BjlGcEM0oXuNOW8xoASWud/z7////PnlAf6vwOBwMs/NZlJAHPSlJ8dhatvQBvdBhkHSZ9ssEjrCwV8qJBioUyaFcCEXSQ2T7ra"
    "N0pNW/KIs2z50Dsr3TsvAMfYpPhO0lYbUYw71Qpny++UVRY5nnB/vwRUyOIxwf37PRXc9//3//////P8enhP//////uzffdCSORSh04n4cNuNH"
    "s2fHY6e0qqCzyc81bMCcWUtObD/+fvdtBYG0ho7GzU5ZJDWh6B7oyaO6OMYgAyQYEonpKBXex84YGgw7jfxSMXe18olrK4unsxVTaistAABQAQ"
    "AASqQSyHEAAAAAAAAACAQCAQCUaQEA733/foCsVQDk6NRwN0z7o++WosmffOBh/vv2UQR3f//3l0f8WYwpWC6O/LWsYMJI7g7JvoejbzIxScRN"
    "A5JaWIRq///S9KvgVr6g/wD8wiRurxC3NzJM9opOwGCN3VpiIkv6wyu0AIBQAgAATcELPqkAAAAAAAAACAQCAQC5KYAedm+/////78MAFP8WFY"
    "CAovkgGD1iB8uIjj5RUayM9ydp9lWxBpUNfDzUhm5ay2S2Bsm5q8eu9+fu7827//6fpGTk2k/qBSqwHuLKEX8PMOf4GrJiu7iIouWRQfBPkXrh"
    "5pBv7BIH8hPiw3bIXxD/V////7k89VX8mfdiHSPgQy7Z/zKBAP5zI17WBE1QjRxuf/DrjW//xX3suyJUqrc+k1ADAABsPpU/mQAAAAAAAAAIBA"
    "IBAIB/CACbvrXv//f////vqv/VJvqzW2vvvvfHfDmDzeuhU/fT+484qBr8j//XUc6fBwB0WbEGlfRHDI/70HvBm7b9XB9nPCuAP4Lh93+Pxvbq"
    "hLejSv//n7r9+riGqQd/DhW5BWbHy6oVQ/F1AjzeSiAR443K9DMZDynTJQPvfw8Zr9yRzOZUnes7dLDGwhg6ikvjjNA="
)
OLD_ARRAY = "b3ab114c105f3e50cebe53f8276bec0fbb20aecb70a20cf3b403af76eb3e63e6"


def test_files_of_earlier_programs_open_as_they_did():
    """Written by commit b0b56c6."""
    data = base64.b64decode(OLD_FILE)
    file = inr_from_bytes(data)
    assert not file.pyramid.sequence.refined
    array = np.ascontiguousarray(file.decompress().array)
    assert hashlib.sha256(array.tobytes()).hexdigest() == OLD_ARRAY
    assert survivors_of([data], 9, 3) < 4


def test_damaged_files_give_a_line_and_never_a_crash(small_file):
    assert survivors_of([small_file], 30, 1) < 12


@pytest.mark.slow
def test_six_thousand_damaged_files_give_a_line_and_never_a_crash(small_file):
    assert survivors_of([small_file], 6000, 2) < 2000
