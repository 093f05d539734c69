"""The codecs, and how the search finds the quality that gives a size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..options import parse_options
from .codecs.ours import presets


@dataclass(frozen=True)
class Codec:
    """module: of `codecs`; options: what it is called with; peer: whether it runs in the peers' environment.

    Files shrink as the quality grows. at_64: a first guess of the quality at 64:1; per_halving: how much more quality
    halves a file, about; limits: least and largest quality; finest: the least step that changes anything; probes: how
    many files may be tried for one size; 0: the codec has no quality.
    """

    name: str
    module: str
    options: dict[str, Any]
    at_64: float = 6.0
    per_halving: float = 1.0
    limits: tuple[float, float] = (-30.0, 30.0)
    finest: float = 1e-3
    probes: int = 8
    peer: bool = True


def _ours(preset: str) -> Codec:
    # It is asked for a ratio, so that a second try would only spend time.
    return Codec(f"ours-{preset}", "ours", {"preset": preset}, limits=(0.0, 20.0), probes=1, peer=False)


_PEERS = (
    Codec("jpeg2000", "jpeg2000", {}, limits=(0.0, 20.0)),
    Codec("jpeg2000-3d", "jpeg2000", {"across_slices": True}, limits=(0.0, 20.0)),
    Codec("jpegxl", "jpegxl", {}, at_64=3.0, limits=(-5.0, 4.643)),
    Codec("hevc", "hevc", {}, at_64=24.0, per_halving=5.0, limits=(-8.0, 51.0), finest=0.05),
    Codec("sperr", "sperr", {}, at_64=2.0, limits=(-4.0, 12.0)),
    Codec("sz3", "sz3", {}, at_64=-5.0, limits=(-20.0, -0.5)),
    Codec("zfp", "zfp", {}, at_64=0.0, limits=(-20.0, 6.0), finest=1.0),
    Codec("tinc", "tinc", {}, limits=(0.0, 20.0), probes=1),
    Codec("gzip-nrrd", "gzip_nrrd", {}, probes=0, peer=False),
)
CODECS = {codec.name: codec for codec in (*map(_ours, presets()), *_PEERS)}
QUICK_CODECS = ("ours-fast", "jpeg2000", "hevc", "sperr")


def find_codec(text: str) -> Codec:
    """'NAME' or 'NAME:option=value,option=value', such as 'hevc:preset=medium' or 'ours-best:fit.iterations=500'.
    Raises `ValueError` for an unknown name."""
    name, options = parse_options(text)
    if name not in CODECS:
        raise ValueError(f"There is no codec '{name}'; there are: {', '.join(CODECS)}.")
    return replace(CODECS[name], name=text, options={**CODECS[name].options, **options})
