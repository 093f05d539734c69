"""Compression: a field fitted to every voxel of a volume becomes a file."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..fitting import Control, Progress, run_to_end
from ..fitting.progress import Steps
from ..metrics.image import compare_images, max_abs_error, psnr_db
from ..settings import choose_settings, require
from ..volume import Volume, require_volumes
from .assembly import ASSEMBLY_BYTES
from .content import plain_content
from .decoding import physical_memory
from .files import inr_from_bytes, inr_to_bytes
from .inr_file import InrFile
from .mosaic import bytes_to_code, mosaic_steps, most_voxels_within
from .pyramid_task import pyramid_steps
from .region import Region, check_region, region_mask, require_region, step_of
from .result import CompressionResult
from .settings import CompressionSettings
from .stored_labels import StoredLabels

_SHARE_OF_MEMORY = 0.6  # of all there is, when nobody sets a limit


def compress(
    volume: Volume,
    settings: CompressionSettings | str | None = None,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    region: Volume | None = None,
    control: Control | None = None,
) -> CompressionResult:
    """Packs a volume into an .inr file, which is decoded again and measured, by the codec of the settings: 'pyramid'
    (wavelets in whole numbers, or slices predicted from slices), 'network' (a field fitted to every finite voxel:
    Sitzmann et al., NeurIPS 2020; COIN: Dupont et al., 2021) or another of `CompressionSettings.codec`.

    region: label map on any grid; where it is not 0 the settings `region_max_error` or `region_psnr_db` hold.

    Settings default to the preset 'balanced'. `control.stop()` ends the fit early; the result is then the best so far.
    Raises `InputError` when the volume or the settings cannot be used, `DeviceError` when memory does not suffice.
    """
    settings = choose_settings(CompressionSettings, "compression", settings)
    require_region(settings, region)
    return run_to_end(compress_steps(volume, settings, control, region), on_progress)


def compress_steps(
    volume: Volume,
    settings: CompressionSettings | str | None = None,
    control: Control | None = None,
    region: Volume | None = None,
) -> Steps[CompressionResult]:
    """`compress`, step by step: yields progress of the stages 'fit', 'residual' (with an error bound) and 'sample'."""
    settings = choose_settings(CompressionSettings, "compression", settings)
    require_volumes(volume, [] if region is None else region)
    started = time.perf_counter()
    most_voxels = _most_voxels(settings)
    is_large = settings.codec == "pyramid" and volume.array.size > most_voxels
    content = plain_content(volume, settings)
    mask = None
    if region is not None:
        check_region(settings)
        require(not is_large, _too_large_for_a_region(volume, most_voxels))
        mask = region_mask(region, volume.grid)
    record: dict[str, Any] = {"device": "the processor (CPU)"}
    if not content.intensity.scale:
        pass  # a constant: the intensity map says it all
    elif settings.codec == "labels":
        yield Progress("labels", 0, 1)
        content = replace(content, intensity=replace(content.intensity, scale=1.0, offset=0.0))
        content = replace(content, labels=StoredLabels.of(volume))
    elif settings.codec == "upsampled":
        from .network_task import upsampled_steps

        content, record = yield from upsampled_steps(volume, content, settings, control)
    elif settings.codec == "blocks":
        from .blocks.task import blocks_steps

        content, record = yield from blocks_steps(volume, content, settings, control)
    elif mask is not None:
        content = yield from _region_steps(volume, content, settings, mask, control)
    elif is_large:
        content = yield from mosaic_steps(volume, content, settings.within(volume.nbytes), most_voxels, control)
        count = len(content.mosaic or ())
        record["notes"] = (f"Coded in {count} boxes, one after another, because of the memory allowed.",)
    elif settings.codec == "pyramid":
        content = yield from pyramid_steps(volume, content, settings.within(volume.nbytes), control)
    else:
        from .network_task import network_steps

        fit = yield from network_steps(volume, content, settings.within(volume.nbytes), control)
        content, record = fit.content, fit.record
    data = inr_to_bytes(content)
    return (yield from _measure_steps(volume, data, settings, record, started, mask))


def _most_voxels(settings: CompressionSettings) -> float:
    """How many voxels the codec 'pyramid' may transform as a whole: of a larger volume it makes a mosaic."""
    limit = settings.fit.max_memory_gb
    allowed = limit * 2**30 if limit is not None else _SHARE_OF_MEMORY * physical_memory()
    return most_voxels_within(allowed)


def _too_large_for_a_region(volume: Volume, most_voxels: float) -> str:
    needed, allowed = (bytes_to_code(voxels) / 2**30 for voxels in (volume.array.size, most_voxels))
    return (
        f"{volume.label} takes about {needed:.2g} GB to compress with a region of interest, more than the "
        f"{allowed:.2g} GB allowed; allow more, or crop it."
    )


def _region_steps(
    volume: Volume, content: InrFile, settings: CompressionSettings, mask: np.ndarray, control: Control | None
) -> Steps[InrFile]:
    """The volume and its region, which is never coarser than the rest."""
    region = Region(volume, content, settings, mask)
    inner = yield from region.steps(control)
    for may_change in (True, False):
        aimed = settings.within(volume.nbytes, len(inr_to_bytes(inner)) + ASSEMBLY_BYTES)
        outer = yield from pyramid_steps(volume, content, aimed, control)
        if not may_change or step_of(inner) <= step_of(outer):
            break
        inner = region.at_step(step_of(outer))
        if settings.target_bytes is None:
            break
    return replace(outer, region=inner)


def _measure_steps(
    volume: Volume,
    data: bytes,
    settings: CompressionSettings,
    record: dict[str, Any],
    started: float,
    mask: np.ndarray | None,
) -> Steps[CompressionResult]:
    """Decodes the file's bytes and measures what comes out."""
    file = inr_from_bytes(data, volume.label)
    if file.upsampled is not None and settings.upsampler:
        folder = Path(settings.upsampler).expanduser().resolve().parent
        file = replace(file, upsampled=replace(file.upsampled, folders=(folder,)))
    decoded = yield from file.decompress_steps(device=settings.fit.device, max_memory_gb=settings.fit.max_memory_gb)
    metrics, notes = compare_images(volume.array, decoded.array)
    gzip_bytes = _gzip_bytes(volume)
    metrics |= {
        "compression_ratio": volume.nbytes / len(data),
        "bits_per_voxel": 8 * len(data) / volume.array.size,
        "gzip_ratio": volume.nbytes / gzip_bytes,
        "ratio_against_gzip_nrrd": gzip_bytes / len(data),
        "raw_bytes": float(volume.nbytes),
        "file_bytes": float(len(data)),
    }
    if mask is not None:
        metrics |= _region_metrics(volume, decoded, mask)
    notes += _missed_targets(settings, metrics)
    return CompressionResult(
        **{**record, "notes": (*record.get("notes", ()), *notes)},
        settings=settings,
        metrics=metrics,
        seconds=time.perf_counter() - started,
        data=data,
        file=file,
        volume=decoded,
    )


def _region_metrics(volume: Volume, decoded: Volume, mask: np.ndarray) -> dict[str, float]:
    """Quality within the region, the peak being the whole volume's range, and the region's share of the voxels."""
    metrics = {
        "region_psnr_db": psnr_db(volume.array, decoded.array, mask=mask),
        "region_max_abs_error": max_abs_error(volume.array, decoded.array, mask=mask),
        "region_share": float(mask.mean()),
    }
    return {name: value for name, value in metrics.items() if np.isfinite(value)}


def _missed_targets(settings: CompressionSettings, metrics: dict[str, float]) -> list[str]:
    """Lines on what was asked for, or may be expected, and not reached."""
    notes = []
    target, reached = settings.target_psnr_db, metrics.get("psnr_db")
    if target is not None and reached is not None and reached < target:
        notes.append(
            f"The PSNR is {reached:.2f} dB, not the {target:g} dB asked for; allow more iterations, a wider network "
            "or a lower ratio."
        )
    ratio, got = settings.target_ratio, metrics["compression_ratio"]
    size, reached_size = settings.target_bytes, metrics["file_bytes"]
    if size is not None and reached_size > size:
        notes.append(
            f"The file has {reached_size:.0f} bytes, not the {size} asked for, because the error bound needs the room."
        )
    if ratio is not None and got < ratio and "region_share" not in metrics:
        notes.append(
            f"The ratio is {got:.3g}:1, not the {ratio:g}:1 asked for, because the error bound needs the room."
        )
    if metrics["ratio_against_gzip_nrrd"] < 1:
        notes.append(f"A gzip NRRD, which is exact, would be smaller ({metrics['gzip_ratio']:.3g}:1).")
    return notes


def _gzip_bytes(volume: Volume) -> int:
    """Bytes of the voxels gzipped at level 6, as in a gzip NRRD."""
    gzip, total = zlib.compressobj(6, zlib.DEFLATED, 31), 0
    for slab in volume.array:
        total += len(gzip.compress(slab.tobytes()))
    return total + len(gzip.flush())
