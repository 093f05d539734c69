"""Writes Resources/Formats/read_inr.py, a reader of .inr files in one file that needs NumPy alone.

Its front is Testing/tools/lean_reader_front.py; behind it comes what that uses of INRCore's own decoder, without
annotations and docstrings, so that the two cannot differ. Run it again whenever the decoder changes (a test says so):

python Testing/tools/make_lean_reader.py
"""

from __future__ import annotations

import ast
import base64
import json
import textwrap
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "INRCore" / "compression"
FRONT = Path(__file__).with_name("lean_reader_front.py")
TARGET = ROOT / "Resources" / "Formats" / "read_inr.py"
MODULES = (
    *("container", "short_numbers", "parts", "label_coding", "intensity", "pyramid_head", "stored_slices"),
    *(f"{folder}/{path.stem}" for folder in ("pyramid", "slices") for path in sorted((CODE / folder).glob("*.py"))),
)
HEADER = '''"""Reads .inr files (versions 2 to 4, codecs `pyramid`, `labels`) with NumPy alone: copy it anywhere.

    python read_inr.py scan.inr scan.npy

    from read_inr import read_inr
    array, ijk_to_ras, about = read_inr("scan.inr")        # (k, j, i), 4 x 4 to RAS mm, name and so on

Generated from INRCore by Testing/tools/make_lean_reader.py; licence: Apache 2.0.
"""
# ruff: noqa
# fmt: off
'''


class Stripped(ast.NodeTransformer):
    """Without annotations, docstrings and compiled loops; fields of dataclasses keep a meaningless annotation."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return node.orelse if _asks_for_loops(node.test) else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return node.orelse if _asks_for_loops(node.test) else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        self.generic_visit(node)
        return None if _is_call(node.value, "prepare_loops") else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        self.generic_visit(node)
        if any(isinstance(part, ast.ImportFrom) and part.level == 3 for part in node.body):
            return None  # only called where there are compiled loops
        node.returns = None
        arguments = node.args
        for argument in (*arguments.args, *arguments.kwonlyargs, *arguments.posonlyargs):
            argument.annotation = None
        for argument in (arguments.vararg, arguments.kwarg):
            if argument is not None:
                argument.annotation = None
        node.body = _without_docstring(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.bases = [base for base in node.bases if not isinstance(base, ast.Subscript)]
        node.body = _without_docstring(node.body)
        for number, item in enumerate(node.body):
            if isinstance(item, ast.AnnAssign):
                item.annotation = ast.Name("object")
                node.body[number] = item
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.Pass()


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _asks_for_loops(test: ast.expr) -> bool:
    """Whether a condition cannot hold without compiled loops."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return any(_is_call(part, "use_loops") for part in parts)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    kept = [item for item in body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
    return kept or [ast.Pass()]


def definitions(path: Path) -> dict[str, ast.stmt]:
    """Name -> what defines it at the top of a module."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            for name in _names_of(node.targets[0]):
                found[name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = ast.Assign([node.target], node.value, lineno=0)
    return found


def _names_of(target: ast.expr) -> list[str]:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [part.id for part in parts if isinstance(part, ast.Name)]


def aliases(path: Path) -> dict[str, tuple[str, str]]:
    """Local name -> (module, name there), of what a module imports from its neighbours."""
    found = {}
    here = path.relative_to(CODE)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            folder = here.parent if node.level == 1 else here.parent.parent
            module = (
                (folder / node.module.replace(".", "/")).as_posix() if node.level <= len(here.parts) else node.module
            )
            for alias in node.names:
                found[alias.asname or alias.name] = (module, alias.name)
    return found


class Collector:
    """What is reachable from some names, under names that differ between modules."""

    def __init__(self) -> None:
        self.defined = {name: definitions(CODE / f"{name}.py") for name in MODULES}
        self.imported = {name: aliases(CODE / f"{name}.py") for name in MODULES}
        self.pieces: dict[tuple[str, str], ast.stmt] = {}
        owners: dict[str, set[str]] = {}
        for module, names in self.defined.items():
            for name in names:
                owners.setdefault(name, set()).add(module)
        self.shared = {name for name, modules in owners.items() if len(modules) > 1}

    def final(self, module: str, name: str) -> str:
        return f"{name}_of_{module.rpartition('/')[2]}" if name in self.shared else name

    def need(self, module: str, name: str) -> str | None:
        """Takes a definition in, and what it needs first; its name in the result, None when it is of no module here."""
        if name not in self.defined.get(module, {}):
            if module in self.imported and name in self.imported[module]:
                return self.need(*self.imported[module][name])
            return None
        key = (module, name)
        if key not in self.pieces:
            node = Stripped().visit(self.defined[module][name])
            self.pieces[key] = node  # before what it needs: functions may need each other
            self._rename(module, node)
            self.pieces[key] = self.pieces.pop(key)
        return self.final(module, name)

    def _rename(self, module: str, node: ast.stmt) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                part.id = self.need(module, part.id) or part.id
            elif isinstance(part, (ast.FunctionDef, ast.ClassDef)) and part is node:
                part.name = self.final(module, part.name)


def lean_reader() -> str:
    """The text of the reader."""
    collector = Collector()
    front = ast.parse(FRONT.read_text(encoding="utf-8"))
    body = [node for node in front.body if not isinstance(node, ast.Expr)]
    for node in list(body):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("INRCore"):
            module = (node.module or "").removeprefix("INRCore.compression.").replace(".", "/")
            body.remove(node)
            if not (CODE / f"{module}.py").exists():
                continue  # what files of a later version need
            for alias in node.names:
                assert collector.need(module, alias.name) == alias.name, alias.name
    models = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted((CODE / "pyramid").glob("*.json"))
    }
    model = zlib.compress(json.dumps(models, separators=(",", ":")).encode(), 9)
    packed = "\n".join(textwrap.wrap(base64.b85encode(model).decode(), 118))
    imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    classes = [node for node in body if isinstance(node, ast.ClassDef)]  # pieces are derived from them
    rest = [node for node in body if node not in imports and node not in classes]
    seen: dict[str, None] = {}
    for node in (*classes, *collector.pieces.values(), *rest):
        seen.setdefault(ast.unparse(node))
    text = "\n".join([HEADER, "\n".join(ast.unparse(node) for node in imports), f'MODEL = """{packed}"""', *seen])
    return text + "\n"


if __name__ == "__main__":
    TARGET.write_text(lean_reader(), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(TARGET.read_text(encoding='utf-8').splitlines())} lines")
