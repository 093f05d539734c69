"""What a panel says is in its own words, and what it shows fits beside the views."""

import pytest
from panel_tools import MODULES

WIDEST = 420
"""Pixels; Slicer gives a module's panel about 400 to 500."""


@pytest.fixture
def in_panel_words(modules):
    from INRCore.panel.words import in_panel_words

    return in_panel_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The device 'cuda' cannot be used.", "The device 'NVIDIA GPU (CUDA)' cannot be used."),
        ("Choose 'auto' or 'cpu'.", "Choose 'Automatic' or 'Processor (CPU)'."),
        ("or allow overwriting (command line: --force).", "or allow overwriting."),
        (
            "say so (in the panel under Slices; elsewhere sparse = 'dense' or, for some of them, empty_slices).",
            "say so (under Slices).",
        ),
        ("Give a stack of slices, or set slice_axis to another axis.", "Give a stack of slices."),
        ("or set sparse to 'dense' if", "or tick 'Empty slices are background' if"),
        ("'rigid' and 'model' are segments", "'rigid' and 'model' are segments"),
    ],
)  # fmt: skip
def test_settings_are_called_as_on_the_screen(text, words, in_panel_words):
    assert in_panel_words(text) == words


@pytest.mark.parametrize("name", MODULES)
def test_a_panel_with_everything_unfolded_is_no_wider_than_slicers(name, open_panel, slicer_app):
    panel = open_panel(name)
    for widget in vars(panel.ui).values():
        if widget.className() == "ctkCollapsibleButton":
            widget.collapsed = False
            widget.setVisible(True)
    panel.parent.setVisible(True)
    slicer_app.wait_until(lambda: True)
    assert panel.parent.minimumSizeHint.width() <= WIDEST
