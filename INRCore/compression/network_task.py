"""Compression by the codecs 'network' and 'upsampled': a field fitted to every voxel. These need torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..fields import Field, Frame
from ..fitting import Control, FitLoop, Progress
from ..fitting.progress import Steps
from ..results import loop_record
from ..volume import Volume
from .content import plain_content
from .files import pack_field, unpack_field
from .inr_file import InrFile
from .lattice import sample_values
from .plan import learning_rate_for, plan_field
from .problem import CompressionProblem
from .residual import Residual, code_residual, empty_codes, narrowest, step_for_bound
from .settings import CompressionSettings
from .upsampling.coding import Upsampled, check_upsampling, small_settings, small_volume
from .upsampling.model import UpsamplerModel

_TARGET_MARGIN_DB = 0.1  # the fit's PSNR comes from a sample of voxels and float32 weights


@dataclass(frozen=True)
class NetworkFit:
    content: InrFile
    record: dict[str, Any]


def network_steps(
    volume: Volume, content: InrFile, settings: CompressionSettings, control: Control | None
) -> Steps[NetworkFit]:
    """The file's content with its field (and residual), and what the fit loop has to say."""
    bound = settings.target_max_error
    step = None if bound is None else step_for_bound(bound, volume, content.intensity)
    planned = plan_field(volume, content, settings)
    target = settings.target_psnr_db
    fit = replace(
        settings.fit,
        learning_rate=learning_rate_for(planned.width, settings.fit.learning_rate),
        target_psnr_db=settings.fit.target_psnr_db if target is None else min(target + _TARGET_MARGIN_DB, 200),
    )
    field = Field(planned, Frame.of_grid(volume.grid), seed=fit.seed)
    loop = FitLoop(CompressionProblem(volume, field, content.intensity, fit.seed, fit.max_memory_gb), fit, control)
    yield from loop.run()
    # What is stored is what counts from here on: float16 weights, as a reader will find them.
    content = replace(content, field=unpack_field(pack_field(field), volume.label))
    if step is not None:
        content = replace(content, residual=(yield from _residual_steps(volume, content, step, loop)))
    return NetworkFit(content, loop_record(loop))


def _residual_steps(volume: Volume, content: InrFile, step: float, loop: FitLoop) -> Steps[Residual | None]:
    """What the field misses in steps of `step`; None when it misses nothing."""
    assert isinstance(content.field, Field)
    flat = volume.array.reshape(-1)
    codes, reported = empty_codes(flat.size, step, content.intensity), 0
    memory = loop.settings.max_memory_gb
    for part, values in sample_values(content.field, content.grid, loop.device, True, memory):
        with np.errstate(invalid="ignore"):
            difference = flat[part].astype(np.float64) - content.intensity.to_intensities(values)
        codes[part] = code_residual(difference, step)
        if (part.stop - reported) * 100 >= flat.size:
            reported = part.stop
            yield Progress("residual", part.stop, flat.size)
    return Residual(step, narrowest(codes)) if codes.any() else None


def upsampled_steps(
    volume: Volume, content: InrFile, settings: CompressionSettings, control: Control | None
) -> Steps[tuple[InrFile, dict[str, Any]]]:
    """The small volume's network, and which model makes it large again."""
    check_upsampling(volume, settings)
    model = UpsamplerModel.of_file(settings.upsampler)
    small = small_volume(volume, content.intensity.low, content.intensity.high)
    own = small_settings(settings, volume, small, len(model.data) if settings.embed_upsampler else 0)
    fit = yield from network_steps(small, plain_content(small, own), own, control)
    folder = (Path(settings.upsampler).expanduser().resolve().parent,)
    data = model.data if settings.embed_upsampler else None
    upsampled = Upsampled(fit.content, model.name, model.checksum, data, folder)
    return replace(content, upsampled=upsampled), fit.record
