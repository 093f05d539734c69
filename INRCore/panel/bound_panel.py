"""A panel that is bound to the scene: its .ui file, its parameter node, what it does when scenes come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import slicer
import vtk
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

from .files import Node
from .logic import PanelLogic

RUN_SECTION = Path(__file__).parent / "Resources" / "UI" / "INRRunSection.ui"


class BoundPanel(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """A module's widget names the parameters that hold its nodes.

    The widgets of the .ui files are bound to the parameter node by their property SlicerParameterName; everything else
    looks at the parameters only.
    """

    inputs: ClassVar[dict[str, str]] = {}
    """Input role of the task -> parameter with its node."""
    outputs: ClassVar[dict[str, str]] = {}
    """Output role of the task -> parameter with its node."""
    alwaysMade: ClassVar[tuple[str, ...]] = ()
    """Output roles that are computed even when no node is chosen for them."""
    defaults: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Parameter -> classes of the node to start with: the first one in the scene."""
    regionAround = ""
    """Parameter of the volume that a new region of interest surrounds, in panels that have one."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)

    def createLogic(self) -> PanelLogic:
        raise NotImplementedError

    def onParametersChanged(self, caller: Any = None, event: str = "") -> None:
        """A choice was made, here or elsewhere."""
        raise NotImplementedError

    # -- life of the panel -------------------------------------------------------------------------------------------
    def setup(self) -> None:
        """Builds the panel; needs neither torch nor a main window. `watchScene` comes when it is complete."""
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = self.createLogic()
        self.parameters: Any = None
        self._guiTag: int | None = None
        self._isEntered = False
        self.title = getattr(slicer.modules, self.moduleName.lower()).title
        self._frame = self._loadUI()
        self.ui = slicer.util.childWidgetVariables(self._frame)
        self.layout.addStretch(1)
        self._frame.setMRMLScene(slicer.mrmlScene)
        if self.regionAround:
            self.ui.regionSelector.connect("nodeAddedByUser(vtkMRMLNode*)", self.onRegionAdded)

    def _loadUI(self) -> Any:
        """The module's own .ui with the part that all panels share at its end."""
        frame = slicer.util.loadUI(self.resourcePath(f"UI/{self.moduleName}.ui"))
        frame.layout().addWidget(slicer.util.loadUI(str(RUN_SECTION)))
        self.layout.addWidget(frame)
        return frame

    def watchScene(self) -> None:
        """From now on the panel follows the scene."""
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        for event in (scene.StartImportEvent, scene.StartRestoreEvent):
            self.addObserver(scene, event, self.onSceneStartImport)
        # Slicer's wrapper has read the choices of a scene view before the nodes were there to refer to: bind it anew
        for event in (scene.EndCloseEvent, scene.EndImportEvent, scene.EndRestoreEvent):
            self.addObserver(scene, event, self.onSceneChanged)
        self.bindParameters()

    def enter(self) -> None:
        self._isEntered = True
        self.bindParameters()

    def exit(self) -> None:
        """Another module is shown; a running job goes on and its results still reach the parameters."""
        self._isEntered = False
        self.releaseWidgets()

    def cleanup(self) -> None:
        """Slicer quits or the module is reloaded."""
        self.releaseWidgets()
        self.removeObservers()
        self.parameters = None
        self._frame.setMRMLScene(None)  # after a reload the old widgets live on, hidden

    def onSceneStartClose(self, caller: Any, event: str) -> None:
        self.releaseWidgets()
        self.parameters = None

    def onSceneStartImport(self, caller: Any, event: str) -> None:
        """While nodes come in one by one, selectors without their node must not overwrite what the scene had saved."""
        self.releaseWidgets()

    def onSceneChanged(self, caller: Any, event: str) -> None:
        if self._isEntered:
            self.bindParameters()

    # -- parameters --------------------------------------------------------------------------------------------------
    def bindParameters(self) -> None:
        """Connects the scene's parameter node and the widgets."""
        self.releaseWidgets()
        self.parameters = self.logic.getParameterNode()
        self._chooseDefaults()
        self._guiTag = self.parameters.connectGui(self.ui)
        self.addObserver(self.parameters.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)
        self.onParametersChanged()

    def releaseWidgets(self) -> None:
        if self._guiTag is not None:
            self.parameters.disconnectGui(self._guiTag)
            self.removeObserver(self.parameters.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)
            self._guiTag = None

    def _chooseDefaults(self) -> None:
        """Saves the user some clicks."""
        for parameter, classNames in self.defaults.items():
            if getattr(self.parameters, parameter) is None:
                nodes = [node for name in classNames for node in slicer.util.getNodesByClass(name)]
                fitting = [
                    node for node in nodes if node.GetClassName() in classNames and not node.GetHideFromEditors()
                ]
                if fitting:
                    setattr(self.parameters, parameter, fitting[0])

    def chosenInputs(self) -> dict[str, Node]:
        """The chosen input nodes by role."""
        chosen = {role: getattr(self.parameters, name) for role, name in self.inputs.items()}
        return {role: node for role, node in chosen.items() if node is not None}

    def chosenOutputs(self) -> dict[str, Node]:
        """Output nodes by role: those that are chosen and those that are always made (None: a new node)."""
        chosen = {role: getattr(self.parameters, name) for role, name in self.outputs.items()}
        return {role: node for role, node in chosen.items() if node is not None or role in self.alwaysMade}

    def onRegionAdded(self, region: Node) -> None:
        """A new region starts around the whole volume, to be made smaller by its handles."""
        from ..scene import fit_region, shown_volume

        volume = shown_volume(getattr(self.parameters, self.regionAround))
        if volume is not None and volume.GetImageData() is not None:
            fit_region(region, volume)
