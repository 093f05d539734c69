"""Slicer's module Sample Data, as far as other modules register data sets there and users click on them."""

from __future__ import annotations

import types
from typing import Any, ClassVar

_FIELDS = ("uris", "fileNames", "nodeNames", "loadFiles", "loadFileTypes", "checksums")


class SampleDataSource:
    """One data set; a single address may be given as text, then the other fields are single too."""

    def __init__(self, sampleName: str, customDownloader: Any, thumbnailFileName: str | None, **fields: Any) -> None:
        self.sampleName, self.customDownloader, self.thumbnailFileName = sampleName, customDownloader, thumbnailFileName
        for name in _FIELDS:
            value = fields[name]
            setattr(self, name, [value] if isinstance(fields["uris"], str) else value)
        if len({len(getattr(self, name)) for name in _FIELDS}) != 1:
            raise ValueError("All fields of sample data source must have the same length")


class SampleDataLogic:
    sources: ClassVar[dict[str, list[SampleDataSource]]] = {}

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Any = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFiles: Any = None,
        loadFileProperties: Any = None,
        checksums: Any = None,
    ) -> None:
        source = SampleDataSource(
            sampleName or "",
            customDownloader,
            thumbnailFileName,
            uris=uris,
            fileNames=fileNames,
            nodeNames=nodeNames,
            loadFiles=loadFiles,
            loadFileTypes=loadFileTypes,
            checksums=checksums,
        )
        SampleDataLogic.sources.setdefault(category, []).append(source)


def sample_data_module() -> types.ModuleType:
    SampleDataLogic.sources = {}
    module = types.ModuleType("SampleData")
    module.SampleDataLogic = SampleDataLogic  # type: ignore[attr-defined]
    return module
