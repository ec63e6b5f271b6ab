"""Imports point one way, `spec <- reference <- conformance`, and `fast` stands alone.

Checked twice: in a fresh interpreter, for what an import really loads; and in the source, for
imports that only run later.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ["spec", "reference", "fast", "conformance"]
FRAMEWORKS = ["flax", "jax", "keras", "kornia", "optax", "sklearn", "tinygrad", "torch", "torchvision"]

MAY_NOT_LOAD = {
    "gradspec": [f"gradspec.{layer}" for layer in LAYERS] + ["flint", "numpy", "sympy", *FRAMEWORKS],
    "gradspec.spec": [
        "gradspec.reference",
        "gradspec.fast",
        "gradspec.conformance",
        "flint",
        "hypothesis",
        "numpy",
        *FRAMEWORKS,
    ],
    "gradspec.reference": ["gradspec.fast", "gradspec.conformance", "hypothesis", *FRAMEWORKS],
    "gradspec.fast.numpy": [
        "gradspec.spec",
        "gradspec.reference",
        "gradspec.conformance",
        "gradspec.fast.torch",
        "flint",
        "hypothesis",
        "sympy",
        *FRAMEWORKS,
    ],
    # Not sympy: some versions of torch load it themselves. The source test sees to gradspec's own imports.
    "gradspec.fast.torch": [
        "gradspec.spec",
        "gradspec.reference",
        "gradspec.conformance",
        "gradspec.fast.numpy",
        "flint",
        "hypothesis",
        "jax",
        "keras",
    ],
    "gradspec.conformance": ["hypothesis", "numpy", "pytest", *FRAMEWORKS],
}
HELP_MAY_NOT_LOAD = ["flint", "hypothesis", "matplotlib", "numpy", "sympy", *FRAMEWORKS]

# The only packages outside the standard library that the source of a layer may name at all.
MAY_NAME = {
    "spec": {"sympy", "gradspec.spec"},
    "reference": {"flint", "mpmath", "numpy", "sympy", "gradspec.spec", "gradspec.reference"},
    "fast": {"numpy", "torch", "gradspec.fast"},
}

IMPORT = """
import importlib
importlib.import_module({module!r})
"""
# With every module below it, since a rule is only loaded when somebody asks for the catalogue.
IMPORT_ALL = """
import importlib, pkgutil
package = importlib.import_module({module!r})
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
"""
HELP = """
import runpy
sys.argv = ["gradspec", "--help"]
runpy.run_module("gradspec.conformance", run_name="__main__", alter_sys=True)
"""
REPORT = """
import atexit, json, sys
from pathlib import Path
atexit.register(lambda: Path({report!r}).write_text(json.dumps([*sys.modules])))
"""


def loaded_by(program: str, folder: Path) -> set[str]:
    """Run the program in a fresh interpreter, outside the checkout; return what it has loaded at its end."""
    report = folder / "modules.json"
    # SymPy loads python-flint for its own integers, unless told otherwise.
    environment = {**os.environ, "SYMPY_GROUND_TYPES": "python"}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", REPORT.format(report=str(report)) + program],
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return set(json.loads(report.read_text()))


def parts(name: str) -> list[str]:
    """Return the module and its parents: "a.b.c" gives "a", "a.b", "a.b.c"."""
    words = name.split(".")
    return [".".join(words[: n + 1]) for n in range(len(words))]


def sources(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute name of everything a source file imports, wherever in the file it does."""
    module = ("gradspec", *path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the folder of the file, each further dot its parent.
            folder = ".".join(module[: len(module) - node.level]) if node.level else ""
            source = ".".join(filter(None, [folder, node.module]))
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0].value
            if called in {"import_module", "__import__"} and isinstance(name, str) and not name.startswith("."):
                yield name


@pytest.mark.parametrize("module", MAY_NOT_LOAD)
def test_an_import_loads_only_what_its_layer_may_use(module: str, tmp_path: Path) -> None:
    program = IMPORT_ALL if module in {"gradspec.spec", "gradspec.reference"} else IMPORT
    loaded = loaded_by(program.format(module=module), tmp_path)

    assert module in loaded
    assert set() == loaded & set(MAY_NOT_LOAD[module])


def test_help_is_printed_without_loading_mathematics_or_frameworks(tmp_path: Path) -> None:
    loaded = loaded_by(HELP, tmp_path)

    assert set() == loaded & set(HELP_MAY_NOT_LOAD)


@pytest.mark.parametrize("layer", MAY_NAME)
def test_the_source_of_a_layer_names_only_what_it_may_use(layer: str) -> None:
    allowed = MAY_NAME[layer]
    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(layer)
        for name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names and allowed.isdisjoint(parts(name))
    }

    assert set() == strays


@pytest.mark.parametrize(("library", "other"), [("numpy", "torch"), ("torch", "numpy")])
def test_the_fast_backends_never_name_each_other(library: str, other: str) -> None:
    forbidden = {f"gradspec.fast.{other}"} | ({"torch"} if library == "numpy" else set())
    paths = [path for path in sources("fast") if library in path.relative_to(ROOT).with_suffix("").parts]
    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in imports(path)
        if not forbidden.isdisjoint(parts(name))
    }

    assert paths
    assert set() == strays


@pytest.mark.parametrize("folder", [*LAYERS, "tests"])
def test_nothing_imports_a_layer_by_its_folder_name(folder: str) -> None:
    """`import spec` would make a second copy of every rule, unequal to the first."""
    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(folder)
        for name in imports(path)
        if name.partition(".")[0] in LAYERS
    }

    assert set() == strays


def test_no_layer_imports_the_tests() -> None:
    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for layer in LAYERS
        for path in sources(layer)
        for name in imports(path)
        if name.partition(".")[0] == "tests"
    }

    assert set() == strays
