"""A double of Slicer's Qt layer for tests outside Slicer: real Qt (PySide6, offscreen) and a real MRML scene.

`slicer` itself is the genuine slicer-core package; inside `installed()` the parts that only the application has are
added to it (`slicer.app`, `slicer.mrmlScene`, the base classes of scripted modules, the modules `qt` and `ctk`), and
taken away at the end. The genuine `slicer.util` then runs on top of them.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from .mrml_widgets import MRML_CLASSES
from .parameter_node import parameter_node_module
from .pythonqt import QtModule
from .sample_data import sample_data_module
from .scripted_module import Application, ModuleFrame, ModuleParent, scripted_loadable_module, translation_module
from .segment_editor import segment_editor_classes, segment_editor_modules
from .ui_loader import UiLoader
from .widgets import CTK_CLASSES

_HOLDING = ("INRCore.panel", "SegmentEditorNeuralFillLib")  # our modules that hold on to `slicer.app` and the like


class SlicerDouble:
    """A running "Slicer": its scene, its modules, its event loop."""

    def __init__(self, scene: Any, modules: types.SimpleNamespace) -> None:
        self.scene, self.modules = scene, modules
        self.slot_errors: list[str] = []
        self.loaded: list[str] = []

    def load_module(self, path: Path) -> Any:
        """Loads `path` (Name/Name.py) as Slicer does: folder and parent at the end of sys.path, class instantiated."""
        import slicer

        for folder in (path.parent, path.parent.parent):
            if str(folder) not in sys.path:
                sys.path.append(str(folder))
        name = path.stem
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        parent = ModuleParent(path)
        setattr(self.modules, name.lower(), parent)
        getattr(module, name)(parent)
        slicer.app.coreIOManager().register(module)
        self.loaded.append(name)
        return module

    def finish_startup(self) -> None:
        """What Slicer says when all modules are loaded."""
        import slicer

        slicer.app.startupCompleted.emit()

    def open_panel(self, module: Any) -> Any:
        """The module's widget, set up in a frame of its own."""
        return ModuleFrame(module.__name__).reload()

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Runs the event loop until `condition()` holds."""
        from PySide6.QtWidgets import QApplication

        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not reached within {seconds} s"
            QApplication.processEvents()
            time.sleep(0.002)


@contextlib.contextmanager
def installed() -> Iterator[SlicerDouble]:
    """Makes this process look like Slicer's Python to the code that is imported inside the block."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication(["slicer_double"])
    application.setOrganizationName("slicer_double")

    import slicer
    import slicer.util
    from trame_slicer.core import SlicerApp

    core = SlicerApp()
    double = SlicerDouble(core.scene, types.SimpleNamespace())
    qt, ctk = QtModule("qt"), types.ModuleType("ctk")
    qt.QUiLoader = UiLoader
    for cls in CTK_CLASSES:
        setattr(ctk, cls.__name__, cls)
    new_modules = {
        "qt": qt,
        "ctk": ctk,
        "slicer.i18n": translation_module(),
        "slicer.parameterNodeWrapper": parameter_node_module(),
        "slicer.ScriptedLoadableModule": scripted_loadable_module(),
        "SampleData": sample_data_module(),
        **segment_editor_modules(),
    }
    additions = {
        "app": Application(core.app_logic),
        "mrmlScene": core.scene,
        "modules": double.modules,
        "qSlicerScriptedLoadableModuleWidget": ModuleFrame,
        **{cls.__name__: cls for cls in MRML_CLASSES},
        **segment_editor_classes(),
        **{name.removeprefix("slicer."): m for name, m in new_modules.items() if name.startswith("slicer.")},
    }
    previous_hook, previous_path = sys.excepthook, list(sys.path)

    def remember(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        double.slot_errors.append("".join(traceback.format_exception(kind, error, trace)))
        previous_hook(kind, error, trace)

    sys.excepthook = remember  # PySide6 reports exceptions in slots here, as PythonQt prints them
    previous_modules = {name: sys.modules[name] for name in new_modules if name in sys.modules}
    sys.modules.update(new_modules)
    try:
        with mock.patch.multiple(slicer, create=True, **additions):
            yield double
    finally:
        additions["app"].aboutToQuit.emit()
        for name in [*new_modules, *double.loaded, *[n for n in sys.modules if n.startswith(_HOLDING)]]:
            sys.modules.pop(name, None)  # they hold on to this double
        sys.modules.update(previous_modules)
        sys.excepthook, sys.path[:] = previous_hook, previous_path
        shutil.rmtree(additions["app"].temporaryPath, ignore_errors=True)
