"""What the extension ships, checked as Slicer's build and the extensions index would check it."""

import ast
import json
import re
import struct
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "tools"))
from update_file_lists import FOLDERS, ROOT, files_listed, files_on_disk

MODULES = [folder for folder in FOLDERS if folder != "INRCore"]
IN_SLICER = {"slicer", "vtk", "qt", "ctk", "INRCore"}
# From the schema of the catalogue, v1.0.2, and the list of accepted categories in Slicer/ExtensionsIndex.
CATALOGUE_KEYS = {
    "$schema", "category", "scm_url", "scm_revision", "scm_type", "build_dependencies", "dicom_support_rule",
    "build_subdirectory", "enabled", "tier",
}  # fmt: skip
CATEGORIES = {"Analysis", "Filtering", "Image Synthesis", "Registration", "Segmentation", "Utilities"}

_DECLARATIONS = (ast.ClassDef, ast.FunctionDef, ast.Assign, ast.AnnAssign, ast.Expr, ast.ImportFrom)


@pytest.fixture(scope="module")
def cmake() -> str:
    return (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def catalogue_file() -> Path:
    files = list((ROOT / "Resources/Catalogue").glob("*.json"))
    assert len(files) == 1
    return files[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_is_listed_in_its_cmake_list(folder):
    listed, found = files_listed(ROOT / folder), files_on_disk(ROOT / folder)
    for variable, names in found.items():
        unlisted, gone = sorted(set(names) - set(listed[variable])), sorted(set(listed[variable]) - set(names))
        assert listed[variable] == names, (
            f"{folder}/CMakeLists.txt, {variable}: add {unlisted}, remove {gone}; "
            "`python Testing/tools/update_file_lists.py` does it"
        )


def test_every_folder_is_part_of_the_build(cmake):
    assert re.findall(r"add_subdirectory\((\w+)\)", cmake) == list(FOLDERS)


def test_the_packaged_library_needs_no_python_package_data_beyond_its_lists():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    patterns = re.search(r"\[tool\.setuptools\.package-data\]\nINRCore = \[(.*?)\]", text, re.S)[1]
    resources = files_on_disk(ROOT / "INRCore")["MODULE_PYTHON_RESOURCES"]
    for name in resources:
        if not name.startswith("panel/"):  # panels run in Slicer only, where CMake packages them
            assert any(Path(name).match(pattern) for pattern in re.findall(r'"(.*?)"', patterns)), (
                f"pip would leave out INRCore/{name}; add it to [tool.setuptools.package-data] in pyproject.toml"
            )


@pytest.mark.parametrize("module", MODULES)
def test_a_module_folder_holds_no_other_python_file_than_the_module(module):
    assert [path.name for path in (ROOT / module).glob("*.py")] == [f"{module}.py"]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_file_imports_only_what_slicer_has(module):
    tree = ast.parse((ROOT / module / f"{module}.py").read_text(encoding="utf-8"))
    assert _imported_at_file_scope(tree) <= IN_SLICER | set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", sorted((ROOT / "INRCore/panel").glob("*.py")), ids=lambda path: path.name)
def test_the_panels_shared_files_import_no_other_package_at_file_scope(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert _imported_at_file_scope(tree) <= IN_SLICER | set(sys.stdlib_module_names)


def test_only_the_widget_side_knows_qt_and_nobody_knows_torch():
    with_qt = {
        "file_plugins.py",
        "folder_section.py",
        "open_section.py",
        "process.py",
        "queue.py",
        "rate_picture.py",
        "rate_section.py",
        "result_section.py",
    }
    for path in (ROOT / "INRCore/panel").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert ("import qt" in text) == (path.name in with_qt), path.name
        assert not re.search(r"^\s*(import|from) torch", text, re.M), path.name


def test_nothing_else_in_the_library_imports_the_panels():
    for path in (ROOT / "INRCore").rglob("*.py"):
        if path.parent.name != "panel":
            assert not re.search(r"^\s*(from|import)\s+\S*\bpanel\b", path.read_text(encoding="utf-8"), re.M), path


@pytest.mark.parametrize("module", MODULES)
def test_each_module_runs_the_generic_and_its_own_tests_in_slicer(module):
    text = (ROOT / module / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "WITH_GENERIC_TESTS" in text
    assert "slicer_add_python_unittest(SCRIPT ${MODULE_NAME}.py)" in text
    source = (ROOT / module / f"{module}.py").read_text(encoding="utf-8")
    for part in ("", "Widget", "Logic", "Test"):
        assert re.search(rf"^class {module}{part}\(", source, re.M)


def test_resource_names_are_unique_across_the_modules():
    names = [Path(name).name for module in MODULES for name in files_listed(ROOT / module)["MODULE_PYTHON_RESOURCES"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("icon", sorted([*ROOT.glob("*/Resources/Icons/*.png"), *ROOT.glob("Resources/Icons/*.png")]))
def test_icons_are_png_of_128_pixels(icon):
    start = icon.read_bytes()[:24]
    assert start[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", start[16:]) == (128, 128)


def test_the_catalogue_entry_is_what_the_index_accepts(catalogue_file, cmake):
    raw = catalogue_file.read_bytes()
    entry = json.loads(raw)
    assert b"\r" not in raw
    assert set(entry) <= CATALOGUE_KEYS
    assert entry["$schema"].endswith("/slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert entry["category"] in CATEGORIES
    assert entry["build_dependencies"] == ["PyTorch"]
    assert re.fullmatch(r"https://\S+/Slicer\w+\.git", entry["scm_url"])
    assert entry["tier"] in range(1, 6)
    assert re.search(r"set\(EXTENSION_DEPENDS \"PyTorch\"\)", cmake)


def test_the_catalogue_entry_has_the_projects_name(catalogue_file, cmake):
    name = re.search(r"project\s*\(\s*([^\s)]+)", cmake)[1]
    assert name == catalogue_file.stem
    assert not name.lower().startswith("slicer")


def test_picture_urls_are_literals_of_files_in_the_repository(catalogue_file, cmake):
    repository = json.loads(catalogue_file.read_text(encoding="utf-8"))["scm_url"].removesuffix(".git")
    raw = repository.replace("github.com", "raw.githubusercontent.com") + "/main/"
    for variable in ("EXTENSION_ICONURL", "EXTENSION_SCREENSHOTURLS"):
        urls = re.search(rf'set\({variable} "([^"$]+)"\)', cmake)[1].split()
        for url in urls:
            assert url.endswith((".png", ".jpg", ".gif"))
            assert url.startswith(raw)
            assert (ROOT / url.removeprefix(raw)).is_file(), url


def test_the_repository_has_a_licence_at_its_top():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def _imported_at_file_scope(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0:
            names.add(str(statement.module).partition(".")[0])
        elif not isinstance(statement, _DECLARATIONS):
            raise AssertionError(f"code runs at import, line {statement.lineno}")
    return names
