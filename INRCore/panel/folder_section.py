"""The part of the compression panel that compresses all volumes of a folder."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _

from ..errors import InputError
from .display import updated_node
from .logic import PanelLogic, Request
from .queue import QueuedJob, shared_queue
from .results import waiting_text
from .temporary import temporary_folder
from .words import in_panel_words
from .worker import Outcome, worker_command

_COLUMNS = ("input", "bytes", "ratio", "psnr_db", "max_abs_error")
_TABLE = "table.csv"


class FolderLogic(PanelLogic):
    """Writes the job; its inputs are files, so no node is exported."""

    task = "compress-folder"

    def prepare_folder(self, source: str, target: str, request: Request, overwrite: bool) -> tuple[Path, Path]:
        """(folder of the job, its file); the table is written to that folder after each volume."""
        with temporary_folder() as folder:
            outputs = {"folder": target, "table": str(folder / _TABLE)}
            job = self._job({"folder": source}, outputs, request) | {"force": overwrite}
            path = folder / "job.json"
            path.write_text(json.dumps(job, indent=2), encoding="utf-8")
            return folder, path


class FolderSection:
    """Two folders, a button that starts or cancels, and a list of what became of each volume. `request` gives the
    settings that Apply would take."""

    def __init__(self, ui: Any, title: str, parameters: Callable[[], Any]) -> None:
        """parameters: gives the panel's choices, or None."""
        self.ui, self._title, self._parameters = ui, title, parameters
        self._logic, self._job, self._folder = FolderLogic(), None, None
        for edit in (self.ui.sourceFolderLineEdit, self.ui.targetFolderLineEdit):
            edit.filters = ctk.ctkPathLineEdit.Dirs | ctk.ctkPathLineEdit.Readable
        self.ui.folderTable.setVisible(False)
        self.ui.folderTable.setHorizontalHeaderLabels(
            [_("Volume"), _("Bytes"), _("Ratio"), _("PSNR (dB)"), _("Largest error")]
        )
        self.ui.folderTable.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.Stretch)
        self.ui.folderButton.connect("clicked(bool)", self.onButton)

    def offer(self) -> None:
        """The button's text says what it does, or what it waits for."""
        if self._job is not None:
            return
        missing = self._missing()
        self.ui.folderButton.text = missing or _("Compress folder")
        self.ui.folderButton.enabled = not missing

    def cancel(self) -> None:
        if self._job is not None:
            shared_queue().cancel(self._job)

    def onButton(self) -> None:
        if self._job is not None:
            self.cancel()
            return
        chosen = self._parameters()
        targets = {name: value for name, value in chosen.targets().items() if value is not None}
        settings = {name: value for name, value in targets.items() if not name.startswith("region_")}
        request = Request({}, {}, settings, options=chosen.runOptions())
        source, target, overwrite = chosen.sourceFolder, chosen.targetFolder, chosen.overwriteFiles
        self._rows: list[dict[str, str]] = []
        self._source, self._target = source, target
        self._job = QueuedJob(
            title=_("Compress folder"),
            prepare=lambda: self._prepare(source, target, request, overwrite),
            on_event=self._hear,
            on_waiting=self._wait,
            on_finished=self._finish,
        )
        self.ui.folderButton.text = _("Cancel")
        self._list()
        self._say(_("Starting ..."))
        shared_queue().add(self._job)

    def _missing(self) -> str:
        chosen = self._parameters()
        if chosen is None:
            return _("The scene is being closed")
        if not chosen.sourceFolder or not Path(chosen.sourceFolder).is_dir():
            return _("Choose a folder of volumes")
        return "" if chosen.targetFolder else _("Choose a folder for the .inr files")

    def _prepare(self, source: str, target: str, request: Request, overwrite: bool) -> list[str]:
        if Path(target).is_file():
            raise InputError(_("'{target}' is a file; choose a folder.").format(target=target))
        self._folder, job = self._logic.prepare_folder(source, target, request, overwrite)
        return worker_command(job)

    def _wait(self, title: str) -> None:
        self._say(waiting_text(title))

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            self._say(event["stage"])
        elif event["event"] == "note":
            self._read()

    def _finish(self, outcome: Outcome) -> None:
        self._job = None
        self._read()
        done = sum(not row["problem"] for row in self._rows)
        counts = _("{done} of {count} volumes compressed").format(done=done, count=len(self._rows))
        if outcome.report is not None:
            self._say(f"{counts}.")
        elif outcome.cancelled:
            self._say(
                _("Cancelled; {counts} before, which stay in {folder}.").format(counts=counts, folder=self._target)
            )
        else:
            self._say(_("Error: {text}").format(text=in_panel_words(outcome.message)))
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        if self._rows:
            self._show_in_scene()
        self.offer()

    def _read(self) -> None:
        """What the worker has written of its table so far."""
        path = self._folder / _TABLE if self._folder is not None else None
        if path is not None and path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                self._rows = [row | {"problem": self._shorter(row["problem"])} for row in csv.DictReader(file)]
            self._list()

    def _shorter(self, problem: str) -> str:
        """Without the folders, which are known, and what is for others."""
        for folder in (self._source, self._target, os.path.realpath(self._source), os.path.realpath(self._target)):
            problem = problem.replace(os.path.join(folder, ""), "")
        return in_panel_words(problem)

    def _list(self) -> None:
        """Numbers take the width that they need, names what is left; problems go over the columns of the numbers."""
        table = self.ui.folderTable
        table.setVisible(bool(self._rows))
        table.clearSpans()
        table.setRowCount(0)
        table.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            if not row["problem"]:
                self._fill(number, [_cell(row, name) for name in _COLUMNS])
        for column in range(1, len(_COLUMNS)):
            table.resizeColumnToContents(column)
        for number, row in enumerate(self._rows):
            if row["problem"]:
                self._fill(number, [row["input"], row["problem"], "", "", ""])
                table.setSpan(number, 1, 1, len(_COLUMNS) - 1)

    def _fill(self, number: int, texts: list[str]) -> None:
        for column, text in enumerate(texts):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(text)
            self.ui.folderTable.setItem(number, column, item)

    def _show_in_scene(self) -> None:
        from ..scene import table_to_node

        rows, name = self._rows, _("{module}: files").format(module=self._title)
        columns = {title: [row[key] or "" for row in rows] for key, title in _titles().items()}
        updated_node(
            slicer.mrmlScene,
            "vtkMRMLTableNode",
            f"{self._title}/files",
            lambda node: table_to_node(slicer.mrmlScene, columns, node, name=name),
        )

    def _say(self, text: str) -> None:
        self.ui.folderLabel.text = text


def _titles() -> dict[str, str]:
    return {
        "input": _("Volume"),
        "output": _("File"),
        "bytes": _("Bytes"),
        "ratio": _("Ratio"),
        "psnr_db": _("PSNR (dB)"),
        "max_abs_error": _("Largest error"),
        "problem": _("Problem"),
    }


def _cell(row: dict[str, str], name: str) -> str:
    if name == "input":
        return row[name]
    if name == "psnr_db" and not row[name]:
        return _("exact")
    form = {"bytes": "{:,.0f}", "ratio": "{:.1f} : 1", "psnr_db": "{:.2f}", "max_abs_error": "{:.4g}"}[name]
    return form.format(float(row[name]))
