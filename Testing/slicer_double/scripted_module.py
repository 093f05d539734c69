"""What Slicer offers a scripted module: its base classes, `slicer.app`, `slicer.modules`, translation."""

from __future__ import annotations

import sys
import tempfile
import types
import unittest
from pathlib import Path
from typing import Any, ClassVar

from PySide6 import QtCore, QtGui, QtWidgets

from .file_plugins import CoreIOManager
from .mrml_widgets import qMRMLWidget
from .pythonqt import PythonQtRules


class ModuleParent:
    """The C++ side of a scripted module: only these attributes exist, as in qSlicerScriptedLoadableModule."""

    __slots__ = (
        "_frame",
        "acknowledgementText",
        "associatedNodeTypes",
        "categories",
        "contributors",
        "dependencies",
        "helpText",
        "hidden",
        "icon",
        "index",
        "path",
        "title",
    )

    def __init__(self, path: Path) -> None:
        self.path = str(path)

        self._frame: ModuleFrame | None = None

    def widgetRepresentation(self) -> ModuleFrame:
        """The module's panel, made when it is first asked for."""
        if not self._frame:
            ModuleFrame(Path(self.path).stem).reload()
        return self._frame


class ScriptedLoadableModule:
    def __init__(self, parent: ModuleParent) -> None:
        self.parent = parent
        self.moduleName = type(self).__name__


class ScriptedLoadableModuleWidget:
    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        import slicer

        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.parent = parent or ModuleFrame(self.moduleName)
        self.layout = self.parent.layout()
        if parent is None:
            self.setup()
        slicer.app.moduleManager().connect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)

    def resourcePath(self, filename: str) -> str:
        import slicer

        return str(Path(slicer.util.modulePath(self.moduleName)).parent / "Resources" / filename)

    def setup(self) -> None:
        """Slicer adds its developer section here; the double has none."""

    def cleanup(self) -> None:
        pass

    def _onModuleAboutToBeUnloaded(self, name: str) -> None:
        import slicer

        if name == self.moduleName:
            self.cleanup()
            slicer.app.moduleManager().disconnect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)


class ScriptedLoadableModuleLogic:
    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self) -> Any:
        import slicer

        scene = slicer.mrmlScene
        node = scene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag(self.moduleName)
            node.SetName(scene.GenerateUniqueName(self.moduleName))
            scene.AddNode(node)
        node.SetAttribute("ModuleName", self.moduleName)  # closing the scene may have removed it
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    def delayDisplay(self, message: str, requestedDelay: int | None = None, msec: int | None = None) -> None:
        """Slicer shows the message and lets the event loop run."""
        QtWidgets.QApplication.processEvents()


class ModuleManager(PythonQtRules, QtCore.QObject):
    _is_cpp_class = True
    moduleAboutToBeUnloaded = QtCore.Signal(str)

    def module(self, name: str) -> ModuleParent:
        import slicer

        return getattr(slicer.modules, name.lower())


class Application(PythonQtRules, QtCore.QObject):
    """`slicer.app`: the few parts that panels and the genuine `slicer.util` ask for, with no main window."""

    aboutToQuit = QtCore.Signal()
    startupCompleted = QtCore.Signal()
    _python_signals: ClassVar = {"aboutToQuit()": "aboutToQuit", "startupCompleted()": "startupCompleted"}

    def __init__(self, application_logic: Any) -> None:
        super().__init__()
        self.temporaryPath = tempfile.mkdtemp(prefix="slicer_double_")
        self.defaultScenePath = self.temporaryPath
        self._logic, self._manager, self._files = application_logic, ModuleManager(), CoreIOManager()

    def applicationLogic(self) -> Any:
        return self._logic

    def moduleManager(self) -> ModuleManager:
        return self._manager

    def coreIOManager(self) -> CoreIOManager:
        return self._files

    def processEvents(self, flags: Any = QtCore.QEventLoop.ProcessEventsFlag.AllEvents) -> None:
        QtWidgets.QApplication.processEvents(flags)

    def topLevelWidgets(self) -> tuple[Any, ...]:
        return ()

    def clipboard(self) -> QtGui.QClipboard:
        return QtGui.QGuiApplication.clipboard()

    def testingEnabled(self) -> bool:
        return True

    def translate(self, context: str, text: str) -> str:
        return text


class ModuleFrame(qMRMLWidget):
    """The empty frame that Slicer gives a module's widget to fill (qSlicerScriptedLoadableModuleWidget)."""

    def __init__(self, module_name: str) -> None:
        import slicer

        super().__init__()
        self._module_name = module_name
        self.setLayout(QtWidgets.QVBoxLayout())
        self.setMRMLScene(slicer.mrmlScene)

    def self(self) -> Any:
        """The Python object."""
        return self._widget

    def reload(self) -> Any:
        """Makes the module's widget, anew after its code was loaded again."""
        import slicer

        widget = getattr(sys.modules[self._module_name], f"{self._module_name}Widget")(self)
        widget.setup()
        self._widget = widget
        setattr(slicer.modules, f"{self._module_name}Widget", widget)
        getattr(slicer.modules, self._module_name.lower())._frame = self
        return widget


def translation_module() -> types.ModuleType:
    module = types.ModuleType("slicer.i18n")
    module.tr = lambda text: text  # type: ignore[attr-defined]
    module.translate = lambda context, text: text  # type: ignore[attr-defined]
    return module


def scripted_loadable_module() -> types.ModuleType:
    module = types.ModuleType("slicer.ScriptedLoadableModule")
    exported = (
        ScriptedLoadableModule,
        ScriptedLoadableModuleWidget,
        ScriptedLoadableModuleLogic,
        ScriptedLoadableModuleTest,
    )
    for cls in exported:
        setattr(module, cls.__name__, cls)
    module.__all__ = [cls.__name__ for cls in exported]  # type: ignore[attr-defined]
    return module
