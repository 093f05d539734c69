"""What the user decides about a compression."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

from ..fields import FieldSettings
from ..fitting import FitSettings
from ..settings import require, require_choice, require_range

CODECS = ("pyramid", "network", "labels", "upsampled", "blocks")


def _default_field() -> FieldSettings:
    return FieldSettings(network="finer", width=128, depth=4, omega_hidden=15.0)


def _default_fit() -> FitSettings:
    return FitSettings(iterations=2000, points=4096, learning_rate=2.5e-3)


@dataclass(frozen=True)
class CompressionSettings:
    """Settings of `compress`.

    codec: 'pyramid' (quantised lattices under a learned entropy model, the default; single volumes without holes whose
    slices repeat each other have these predicted from each other where a trial on a part of them says that it takes
    fewer bytes, which `estimate` does not foresee), 'network' (the volume as the weights of a network, COIN), 'labels'
    (whole numbers that are names, exactly; no target applies), 'upsampled' (slices four times smaller as the weights of
    a network, made large again by a trained one) or 'blocks' (boxes sized
    by their spectrum, a small sine network each, after SCI and TINC; there for comparison: files of the same size are
    worse than the default's). `field` is of the codecs 'network' and 'upsampled' alone, `fit` of these and 'blocks',
    whose `fit.points` are shared among its boxes and whose steps are 8 times `fit.learning_rate`.
    upsampler: file of the trained model (command `train-upsampler`); embed_upsampler: whether its bytes go into the
    file, which else names it by its SHA-256 and needs it to be opened.
    usual_ratio: what the codecs 'pyramid' and 'blocks' aim at when no target is given, not counting a file's head.

    field: the network. Without `target_ratio`, `field.width` (for the hash grid: `field.hash_log2_entries`) is the
    largest size used, and volumes too small for it get a smaller one, so that the file stays below an eighth of the raw
    voxels. `field.omega_first` is meant for 60^d weights in d dimensions and follows the d-th root of their number
    (networks with sines and no encoding).
    fit: `fit.learning_rate` is meant for a width of up to 64; wider networks are fitted with proportionally smaller
    steps, because sine networks diverge otherwise.

    target_ratio: raw bytes / file bytes to reach at least; the step of the quantisation is chosen, or the network grows
    or shrinks, to fill the file. Ratios that make a network much wider than 256 take long on a CPU.
    target_bytes: size of the file, in bytes, that is not exceeded; with `target_ratio` the smaller of the two counts.
    target_psnr_db: PSNR (against the volume's own range, dB) to reach with the smallest file, or at which the network's
    fit stops; where it is missed, because of `target_ratio` or at the end of the fit, the result's notes say so.
    target_max_error: bound on the error of EVERY voxel, in the volume's own units. What the codec misses is stored
    beside it as a quantised residual, so the bound always holds, at the cost of a larger file. 0: exact (integers
    only).

    region_max_error, region_psnr_db: of a region of interest given to `compress` (codec 'pyramid'): bound on the error
    of every voxel in it (volume's own units; 0: exact), or the PSNR over its voxels (against the whole volume's range,
    dB). The other targets then speak of the rest of the volume, except `target_bytes`, which holds for the whole file.

    keep_tags: DICOM keywords whose entries a job that reads DICOM keeps in the file, as `metadata["dicom"]`; none by
    default, since they may tell who the patient is.
    """

    field: FieldSettings = dataclass_field(default_factory=_default_field)
    fit: FitSettings = dataclass_field(default_factory=_default_fit)
    target_ratio: float | None = None
    target_bytes: int | None = None
    target_psnr_db: float | None = None
    target_max_error: float | None = None
    codec: str = "pyramid"
    usual_ratio: float = 32.0
    region_max_error: float | None = None
    region_psnr_db: float | None = None
    keep_tags: tuple[str, ...] = ()
    upsampler: str = ""
    embed_upsampler: bool = False

    def __post_init__(self) -> None:
        require_choice("The codec", self.codec, CODECS)
        require_range("The usual ratio", self.usual_ratio, 1, 1e6)
        require_range("The target ratio", self.target_ratio, 1, 1e6)
        require_range("The target size", self.target_bytes, 64, 1e15, "bytes")
        require_range("The target PSNR", self.target_psnr_db, 1, 200, "dB")
        require_range("The largest error allowed", self.target_max_error, 0, 1e300)
        require_range("The largest error allowed in the region", self.region_max_error, 0, 1e300)
        require_range("The region's PSNR", self.region_psnr_db, 1, 200, "dB")
        require(
            self.region_max_error is None or self.region_psnr_db is None,
            "The region has a largest error and a PSNR; choose one of them.",
        )

    def within(self, volume_bytes: int, used: int = 0) -> CompressionSettings:
        """The same with `target_bytes`, less the bytes `used` already, as a ratio. Raises `InputError` when nothing is
        left of them."""
        if self.target_bytes is None:
            return self
        left = self.target_bytes - used
        require(
            left > 0,
            f"The region of interest alone takes {used} bytes, more than the {self.target_bytes} of the whole file; "
            "allow a larger file, or a larger error in the region.",
        )
        ratio = max(volume_bytes / left, self.target_ratio or 1.0)
        return replace(self, target_bytes=None, target_ratio=min(max(ratio, 1.0), 1e6))
