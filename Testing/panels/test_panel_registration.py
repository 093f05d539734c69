"""The registration panel: its many results in the scene, what it says, what it asks for."""

import re

import numpy as np
import pytest
import vtk
from panel_tools import (
    ROOT,
    SHIFT,
    a_grid,
    a_segmentation,
    a_volume,
    below,
    click_later,
    node_names,
    points,
    ready,
    run_to_end,
    start_long,
)

from INRCore.io import read_volume
from INRCore.registration import RegistrationSettings, load_registration_field
from INRCore.registration.settings import MODEL_NAMES, SIMILARITY_NAMES
from INRCore.settings import from_dict


def a_sphere(scene, name, center):
    from INRCore.scene import model_to_node

    sphere = vtk.vtkSphereSource()
    sphere.SetCenter(*center)
    sphere.SetRadius(5)
    sphere.Update()
    return model_to_node(scene, sphere.GetOutput(), name=name)


def choose(panel, scene, tmp_path):
    """All that can be carried over and given; what belongs to the moving volume lies with it below a transform."""
    from INRCore.scene.mrml import to_vtk_matrix

    away = np.eye(4)
    away[:3, :3], away[:3, 3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]], (200, -30, 15)
    start = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Start")
    start.SetMatrixTransformToParent(to_vtk_matrix(np.linalg.inv(away)))
    center = a_grid().center
    ui = panel.ui
    ui.fixedMaskSelector.setCurrentNode(a_segmentation(scene, "Mask", "where to compare", (0, 0, 1)))
    carried = {
        "Labels": a_segmentation(scene, "Organs", "liver", (0.8, 0.3, 0.1)),
        "Model": a_sphere(scene, "Vessel", center),
        "Points": points(scene, "Marks", [center, center + 4]),
    }
    carried["Points"].SetNthControlPointLabel(1, "apex")
    below(scene, [panel.parameters.movingVolume, *carried.values()], away)
    ui.initialTransformSelector.setCurrentNode(start)
    for name, node in carried.items():
        getattr(ui, f"carried{name}Selector").setCurrentNode(node)
    for name in ("inverseTransform", "jacobian", "logJacobian", "inverseError", "uncertainty", "difference"):
        getattr(ui, f"{name}Selector").addNode()
    ui.checkerboardSelector.addNode()
    ui.fieldPathLineEdit.currentPath = str(tmp_path / "field.safetensors")


def test_every_result_comes_into_the_scene_where_it_belongs_and_goes_again(open_panel, scene, slicer_app, tmp_path):
    from INRCore.scene import (
        labels_from_segmentation_node,
        labels_of,
        landmarks_from_node,
        surface_from_node,
        transform_to_displacement,
        volume_from_node,
    )
    from INRCore.scene.mrml import transform_points

    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    choose(panel, scene, tmp_path)
    before = node_names(scene)
    run_to_end(panel, slicer_app)
    assert "Done" in panel.ui.statusLabel.text, panel.ui.errorLabel.text
    assert "volume 'Moving' was brought onto the fixed volume 'Fixed'" in panel.ui.statusLabel.text
    made = {role: getattr(panel.parameters, parameter) for role, parameter in panel.outputs.items()}
    assert None not in made.values()

    fixed = volume_from_node(panel.parameters.fixedVolume)
    for role in ("volume", "jacobian", "log_jacobian", "inverse_error", "uncertainty", "difference", "checkerboard"):
        assert volume_from_node(made[role]).grid.same_as(fixed.grid), role
    warped, center = volume_from_node(made["volume"]), fixed.grid.center
    assert np.corrcoef(warped.array.ravel(), fixed.array.ravel())[0, 1] > 0.92  # 0.87 unmoved
    colors = {role: made[role].GetDisplayNode().GetColorNode().GetName() for role in ("uncertainty", "log_jacobian")}
    assert [colors[role].partition("_")[0] for role in ("uncertainty", "log_jacobian")] == ["Uncertainty", "Difference"]

    field = load_registration_field(tmp_path / "field.safetensors")
    there = transform_to_displacement(made["transform"], fixed.grid).reshape(-1, 3) + fixed.grid.points()
    np.testing.assert_allclose(there, field.transform_points(fixed.grid.points()), atol=0.2)
    again = transform_points(made["inverse_transform"].GetTransformFromParent(), there)
    assert np.linalg.norm(again - fixed.grid.points(), axis=1).max() < 0.02
    back = landmarks_from_node(made["points"])
    moved = landmarks_from_node(panel.parameters.carriedPoints)
    np.testing.assert_allclose(back, field.transform_points_back(moved), atol=1e-3)
    assert np.linalg.norm(back - moved, axis=1).min() > 50  # far away before
    assert labels_of(made["points"])[1] == "apex"
    np.testing.assert_allclose(surface_from_node(made["model"]).GetCenter(), back[0], atol=0.5)
    labels, names, segment_colors = labels_from_segmentation_node(made["labels"])
    assert names == {1: "liver"} and segment_colors[1] == pytest.approx((0.8, 0.3, 0.1), abs=0.01)
    middle = labels.grid.points()[labels.array.ravel() == 1].mean(0)
    np.testing.assert_allclose(middle, center, atol=2)

    panel.ui.undoButton.click()
    assert node_names(scene) == before


def test_what_looks_wrong_is_told_in_the_panels_words_as_long_as_the_fit_runs(open_panel, scene, slicer_app, tmp_path):
    from INRCore.scene import volume_from_node, volume_to_node

    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    moving = volume_from_node(panel.parameters.movingVolume)
    noise = np.random.default_rng(0).integers(0, 1000, moving.grid.shape).astype(np.int16)
    panel.ui.movingSelector.setCurrentNode(volume_to_node(scene, moving.with_array(noise), name="Noise"))
    start_long(panel, slicer_app)
    slicer_app.wait_until(lambda: "Fit " in panel.ui.statusLabel.text)
    told = panel.ui.statusLabel.text
    assert "hardly look alike" in told and "'Initial alignment: Rigid' / 'Affine'" in told and "initial =" not in told
    click_later(panel)
    slicer_app.wait_until(lambda: panel.ui.applyButton.text == "Apply")
    assert "alike" not in panel.ui.statusLabel.text


def test_registration_says_what_does_not_go_together(open_panel, scene, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    ui = panel.ui

    def said():
        return ui.applyButton.text

    ui.neverFoldCheckBox.checked = True
    assert said() == "Apply" and panel.request().settings["model"] == "velocity"
    ui.modelComboBox.currentIndex = 1
    assert said() == "Only a flow never folds"
    ui.neverFoldCheckBox.checked = False
    ui.uncertaintySelector.addNode()
    assert said() == "An uncertainty map takes the model of two maps"
    ui.modelComboBox.currentIndex = 0
    assert said() == "Apply" and panel.request().settings["model"] == "cycle"
    ui.fieldPathLineEdit.currentPath = str(tmp_path / "field.h5")
    assert said() == "Let the field file end with .safetensors"
    ui.fieldPathLineEdit.currentPath = ""
    ui.outputModelSelector.addNode()
    assert said() == "Choose what to carry over"
    ui.carriedModelSelector.setCurrentNode(a_sphere(scene, "Vessel", (0, 0, 0)))
    assert said() == "Apply"
    parent = below(scene, [panel.parameters.movingVolume], np.eye(4))
    ui.initialTransformSelector.setCurrentNode(parent)
    assert said() == "The moving volume is below the start transform already"


def test_choices_become_settings_that_the_registration_knows(open_panel, scene, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    ui = panel.ui
    assert panel.request().settings == {"initial": "none"}
    ui.kindComboBox.currentIndex = 1
    assert panel.request().settings["similarity"] == "lncc_squared"
    for index in range(1, ui.similarityComboBox.count):
        ui.similarityComboBox.currentIndex = index
        from_dict(RegistrationSettings, panel.request().settings)
    ui.elasticSpinBox.value, ui.bendingSpinBox.value = 0, 12.5
    settings = from_dict(RegistrationSettings, panel.request().settings)
    assert (settings.hyperelastic_weight, settings.bending_weight) == (0, 12.5)
    assert panel.request().settings["choose_stiffness"] is False  # a weight that is given is taken as it is
    names = {"labelsWeight": "labels_weight", "curvesWeight": "curves_weight", "rigidityWeight": "rigidity_weight"}
    for number, (widget, name) in enumerate({**names, "gridSpacing": "grid_spacing_mm"}.items()):
        getattr(ui, f"{widget}SpinBox").value = number + 2
        assert panel.request().settings[name] == number + 2
    ui.otherSettingsLineEdit.text = "symmetric"
    assert ui.applyButton.text == "Write other settings as name=value; name=value"
    ui.otherSettingsLineEdit.text = "label_interpolation=nearest; fit.points=512;"
    assert ui.applyButton.text == "Apply"
    settings = from_dict(RegistrationSettings, panel.request().settings)
    assert (settings.label_interpolation, settings.fit.points, settings.rigidity_weight) == ("nearest", 512, 4)
    job = panel.logic.job_in(tmp_path, panel.request())
    assert job["settings"]["fit"] == {"points": 512, "iterations": panel.parameters.iterations}


def test_every_similarity_and_model_can_be_chosen(open_panel, scene, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    for name, names in (("similarity", SIMILARITY_NAMES), ("model", MODEL_NAMES)):
        box, found = getattr(panel.ui, f"{name}ComboBox"), set()
        for index in range(1, box.count):
            box.currentIndex = index
            found.add(panel.request().settings[name])
        assert found == set(names)
        box.currentIndex = 0


def test_a_sliding_region_calls_for_its_model(open_panel, scene, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    panel.ui.slidingSelector.setCurrentNode(a_segmentation(scene, "Inside the ribs", "inside", (1, 1, 1)))
    assert panel.request().settings["model"] == "sliding"
    job = panel.logic.job_in(tmp_path, panel.request())
    assert read_volume(job["inputs"]["sliding"]).array.any()


def test_the_lines_for_slicers_console_in_the_readme_run(slicer_app, modules, scene):
    import slicer

    a_volume(scene, "Before"), a_volume(scene, "After", shift=3)
    points(scene, "Points in After", [a_grid().center + SHIFT])
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"```py\n(.*?)```", text, re.DOTALL)
    assert lines
    for block in lines:
        names = {"slicer": slicer}
        exec(block, names)
        assert set(names["nodes"]) == set(names["outputs"]) and None not in names["nodes"].values()
