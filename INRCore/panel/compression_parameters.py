"""The choices of the compression panel, as Slicer keeps them in a node of the scene."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Union

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from .parameters import RunParameters

_BYTES_PER_MEGABYTE = 1_000_000


class Codec(Enum):
    """How a volume is coded; the values are the names of the setting."""

    PYRAMID = "pyramid"
    NETWORK = "network"
    BLOCKS = "blocks"
    UPSAMPLED = "upsampled"

    def label(self) -> str:
        return {
            "pyramid": _("Wavelets with learned probabilities"),
            "network": _("Weights of a network (COIN), for comparison"),
            "blocks": _("Small networks of boxes (SCI, TINC), for comparison"),
            "upsampled": _("Smaller slices, a network and an upsampler, for comparison"),
        }[self.value]


_Volume = Union[  # noqa: UP007
    slicer.vtkMRMLScalarVolumeNode, slicer.vtkMRMLVectorVolumeNode, slicer.vtkMRMLSequenceNode, None
]
_Region = Union[  # noqa: UP007 - `A | B` would do in Slicer 5.10, but not in those before it
    slicer.vtkMRMLSegmentationNode, slicer.vtkMRMLLabelMapVolumeNode, slicer.vtkMRMLMarkupsROINode, None
]


@parameterNodeWrapper
class INRCompressionParameterNode(RunParameters):
    """ratio: raw bytes to file bytes, megabytes: of the file, psnr: dB; 0 leaves them to the preset. maximumError: in
    units of the volume, -1 no limit. keptRegion: where regionError (units of the volume) holds, or regionPsnr (dB) if
    that is not 0. upsampler: file of the model for the codec of this name, put into the compressed file where
    embedUpsampler. keptTags: DICOM keywords with commas between. sourceFolder, targetFolder, overwriteFiles: of a whole
    folder. openPath, openSpacing (mm, 0: as stored), openRegion: of a file to open."""

    inputVolume: _Volume
    region: slicer.vtkMRMLMarkupsROINode
    filePath: str = ""
    outputVolume: _Volume
    ratio: Annotated[float, WithinRange(0, 1000)] = 0.0
    megabytes: Annotated[float, WithinRange(0, 100_000)] = 0.0
    psnr: Annotated[float, WithinRange(0, 200)] = 0.0
    maximumError: Annotated[float, WithinRange(-1, 1e6)] = -1.0
    keptRegion: _Region
    regionError: Annotated[float, WithinRange(0, 1e6)] = 0.0
    regionPsnr: Annotated[float, WithinRange(0, 200)] = 0.0
    codec: Codec = Codec.PYRAMID
    upsampler: str = ""
    embedUpsampler: bool = False
    keptTags: str = ""
    sourceFolder: str = ""
    targetFolder: str = ""
    overwriteFiles: bool = False
    openPath: str = ""
    openSpacing: Annotated[float, WithinRange(0, 1000)] = 0.0
    openRegion: slicer.vtkMRMLMarkupsROINode

    def targets(self) -> dict[str, Any]:
        """What is asked for, by the names of the settings."""
        return (
            {
                "target_ratio": self.ratio or None,
                "target_bytes": int(self.megabytes * _BYTES_PER_MEGABYTE) or None,
                "target_psnr_db": self.psnr or None,
                "target_max_error": self.maximumError if self.maximumError >= 0 else None,
                "codec": self.codec.value if self.codec is not Codec.PYRAMID else None,
                "keep_tags": [word.strip() for word in self.keptTags.split(",") if word.strip()] or None,
            }
            | self._codec_settings()
            | (self._region_targets() if self.keptRegion is not None else {})
        )

    def _codec_settings(self) -> dict[str, Any]:
        if self.codec is not Codec.UPSAMPLED:
            return {}
        return {"upsampler": self.upsampler, "embed_upsampler": self.embedUpsampler or None}

    def _region_targets(self) -> dict[str, Any]:
        return {"region_psnr_db": self.regionPsnr} if self.regionPsnr else {"region_max_error": self.regionError}
