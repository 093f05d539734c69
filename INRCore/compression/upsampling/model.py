"""A trained upsampler as a file (safetensors), named by its contents wherever it is needed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...settings import from_dict
from ...storage import pack_tensors, unpack_tensors
from .settings import UpsamplerSettings

ENDING = ".safetensors"
_FORMAT = "INRCore upsampler 1"
_SHARED = Path.home() / ".inrcore" / "models"
_LARGEST = 1 << 28


@dataclass(frozen=True)
class UpsamplerModel:
    """name: of its file; data: its bytes; settings: of the network; tensors: float16 weights by name."""

    name: str
    data: bytes
    settings: UpsamplerSettings
    tensors: dict[str, np.ndarray]

    @property
    def checksum(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.data).hexdigest()

    @classmethod
    def of_tensors(cls, name: str, settings: UpsamplerSettings, tensors: dict[str, np.ndarray]) -> UpsamplerModel:
        """Weights of any floating type become float16."""
        halves = {key: np.asarray(value).astype(np.float16) for key, value in tensors.items()}
        about = {"format": _FORMAT, "settings": json.dumps(asdict(settings))}
        return cls(name, pack_tensors(halves, about), settings, halves)

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> UpsamplerModel:
        """Raises `InputError` when the bytes are no upsampler."""
        tensors, about = unpack_tensors(data, f"'{name}'")
        if about.get("format") != _FORMAT:
            raise InputError(f"'{name}' is no upsampler; make one with the command train-upsampler.")
        try:
            settings = from_dict(UpsamplerSettings, json.loads(about["settings"]))
        except (ValueError, KeyError) as error:
            raise InputError(f"'{name}' is damaged: the settings of its network make no sense.") from error
        return cls(name, data, settings, tensors)

    @classmethod
    def of_file(cls, path: str | os.PathLike[str]) -> UpsamplerModel:
        """Raises `InputError` when the file is missing, too large or no upsampler."""
        file = Path(path).expanduser()
        try:
            if file.stat().st_size > _LARGEST:
                raise InputError(f"'{path}' is too large for an upsampler.")
            return cls.of_bytes(file.name, file.read_bytes())
        except OSError as error:
            raise InputError(f"Cannot read the upsampler '{path}': {error.strerror}.") from error


def find_model(name: str, checksum: str, folders: Iterable[Path] = ()) -> UpsamplerModel:
    """The shared model of that name and SHA-256, from the folders, the current one or ~/.inrcore/models. Raises
    `InputError` when it is nowhere."""
    if Path(name).name != name:
        raise InputError(f"'{name}' is no name of an upsampler; use an intact copy of the file.")
    places = [*folders, Path.cwd(), _SHARED]
    for folder in places:
        if (folder / name).is_file():
            model = UpsamplerModel.of_file(folder / name)
            if model.checksum == checksum:
                return model
    raise InputError(
        f"The file needs the upsampler '{name}' (SHA-256 {checksum[:12]}...); put it beside the file or into {_SHARED}."
    )
