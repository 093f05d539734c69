"""The part of a panel about the device: what will be used and why, whether the memory suffices, how to get PyTorch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from .process import JobProcess
from .words import in_panel_words
from .worker import Outcome, worker_program

_GB = 1 << 30


class DeviceProbe:
    """Asks a process of its own about devices, once for each name: Slicer itself never imports torch for this, and a
    torch that crashes takes nothing with it."""

    def __init__(self) -> None:
        self._answers: dict[str, Outcome] = {}
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        self._processes: dict[str, JobProcess] = {}
        slicer.app.connect("aboutToQuit()", self.end)

    def answer(self, name: str, when_known: Callable[[], None]) -> Outcome | None:
        """What is known about the device; None when it is being asked for, `when_known` is called then."""
        if name in self._answers:
            return self._answers[name]
        if name in self._waiting:
            self._waiting[name].append(when_known)
            return None
        self._waiting[name] = [when_known]
        self._processes[name] = JobProcess(lambda event: None, functools.partial(self._keep, name))
        self._processes[name].start([*worker_program(), "device", "--device", name, "--progress", "json"])
        return None

    def end(self) -> None:
        for process in list(self._processes.values()):
            process.cancel()

    def forget(self) -> None:
        """Something was installed, or went wrong: ask again."""
        self._answers.clear()

    def _keep(self, name: str, outcome: Outcome) -> None:
        self._answers[name] = outcome
        del self._processes[name]
        for tell in self._waiting.pop(name):
            tell()


@functools.cache
def shared_probe() -> DeviceProbe:
    """One for all panels."""
    return DeviceProbe()


def torch_is_broken(outcome: Outcome) -> bool:
    """Whether a process ended because torch is missing or cannot be imported (a device that cannot be used is told in
    one line, without a traceback)."""
    return outcome.report is None and "Traceback" in outcome.details and "torch" in outcome.details


class DeviceSection:
    def __init__(self, ui: Any, changed: Callable[[], None], without_torch: str) -> None:
        """`changed` is called when it becomes known whether torch is there; `without_torch` says what works without."""
        self.ui, self._changed = ui, changed
        self._without_torch = without_torch
        self._name, self._needed, self._needs_torch = "auto", 0, True
        self.lacksTorch, self._isOpen = False, True
        self._explanation = ""
        self.ui.installButton.connect("clicked(bool)", self.install)
        self.ui.torchFrame.setVisible(False)

    def show(self, name: str, needed_bytes: int, needs_torch: bool) -> None:
        """For the device of that name and a job that needs so much memory, and PyTorch or not."""
        self._name, self._needed, self._needs_torch = name, needed_bytes, needs_torch
        outcome = shared_probe().answer(name, self._refresh)
        if outcome is None:
            self.ui.deviceLabel.text = _("Looking for devices ...")
            return
        self.ui.deviceLabel.toolTip = outcome.report["reason"] if outcome.report else outcome.message
        lacks_torch = torch_is_broken(outcome)
        if not needs_torch:
            memory = self._memory(outcome) if outcome.report and outcome.report["device"] == "cpu" else []
            self.ui.deviceLabel.text = " ".join([_("Processor (CPU), which this method takes."), *memory])
        else:
            self.ui.deviceLabel.text = _("unknown without PyTorch") if lacks_torch else self._text(outcome)
        self.ui.torchFrame.setVisible(lacks_torch and needs_torch)
        if lacks_torch != self.lacksTorch:
            self.lacksTorch = lacks_torch
            told = _("This computation needs PyTorch, which is not installed or does not work here: {reason}.")
            reason = _last_line(outcome.details).rstrip(".")
            self._explanation = f"{told.format(reason=reason)} {self._without_torch}"
            self.ui.torchLabel.text = self._explanation
            self._changed()

    def close(self) -> None:
        """An answer that is still to come has no one to go to."""
        self._isOpen = False

    def askAgain(self) -> None:
        shared_probe().forget()
        self._refresh()

    def install(self) -> None:
        """Through the PyTorch extension, which picks the build that fits the computer and asks before it downloads."""
        try:
            import PyTorchUtils
        except ImportError:
            self.ui.torchLabel.text = _(
                "PyTorch comes with the extension 'PyTorch': open View / Extensions Manager, search for PyTorch, "
                "install it, restart Slicer and come back to this button."
            )
            return
        self.ui.torchLabel.text = _("Installing; this may take some minutes ...")
        try:
            installed = PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True)
        except Exception as error:  # it passes on whatever pip or the network said
            text = _("PyTorch could not be installed ({reason}). Check the network and the disk, then try again.")
            self.ui.torchLabel.text = text.format(reason=_last_line(str(error)))
            return
        self.ui.torchLabel.text = self._explanation
        if installed is not None:  # else the user has thought better of it
            self.askAgain()

    def _refresh(self) -> None:
        if self._isOpen:
            self.show(self._name, self._needed, self._needs_torch)

    def _choice(self, report: dict[str, Any]) -> str:
        """What will be used and why, in plain words."""
        if report["device"] == "cpu" and self._name == "auto":
            return _("Processor (CPU): no graphics card can be used here.")
        return _("Processor (CPU), as chosen.") if report["device"] == "cpu" else report["reason"] + "."

    def _text(self, outcome: Outcome) -> str:
        if outcome.report is None:
            return in_panel_words(outcome.message)
        return " ".join([self._choice(outcome.report), *self._memory(outcome)])

    def _memory(self, outcome: Outcome) -> list[str]:
        """The memory needed against what is free, as far as both are known."""
        free = outcome.report["free_bytes"] if outcome.report is not None else 0
        if not (self._needed and free):
            return []
        sizes = {"needed": f"{self._needed / _GB:.1f}", "free": f"{free / _GB:.1f}"}
        parts = [_("Needs about {needed} GB of {free} GB free.").format(**sizes)]
        if self._needed > free:
            parts.append(_("That may not fit: choose a region, a faster quality or a coarser spacing."))
        return parts


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
