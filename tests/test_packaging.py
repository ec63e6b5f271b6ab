"""The four folders reach the user as one package: from a checkout, from a wheel, and with the links lost."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

import gradspec

ROOT = Path(__file__).parents[1]
LAYERS = ["spec", "reference", "fast", "conformance"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_SHIPPED = {".md"}  # documents for readers of the source

SHOW_ORIGIN = """
import gradspec.spec, gradspec.reference, gradspec.fast, gradspec.conformance
for layer in (gradspec, gradspec.spec, gradspec.reference, gradspec.fast, gradspec.conformance):
    print(layer.__file__)
"""


def run(program: str, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program in a fresh interpreter that looks for modules in `path` first."""
    environment = dict(os.environ)
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what makes the package, links as links, without anything built before."""
    target = tmp_path_factory.mktemp("checkout")
    for name in ["pyproject.toml", "README.md", "LICENSE", ".src", *LAYERS]:
        if (ROOT / name).is_dir():
            skip = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, target / name, symlinks=True, ignore=skip)
        else:
            shutil.copy(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def wheel(copy: Path) -> Path:
    """Return a wheel built from the copy, without the network."""
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, "dist"], cwd=copy, check=True, capture_output=True)
    (found,) = (copy / "dist").glob("*.whl")
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_the_link_of_a_layer_leads_to_its_folder(layer: str) -> None:
    link = ROOT / ".src" / "gradspec" / layer

    assert link.is_symlink()
    assert Path("../..", layer) == link.readlink()
    assert (ROOT / layer).is_dir()


def test_the_links_are_all_there_is_beside_two_files() -> None:
    found = {path.name for path in (ROOT / ".src" / "gradspec").iterdir()} - {"__pycache__"}

    assert {"__init__.py", "py.typed", *LAYERS} == found


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_refuses_to_be_imported_by_its_folder_name(layer: str) -> None:
    result = run(f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {layer}", cwd=ROOT)

    assert result.returncode == 1
    assert f"ImportError: import gradspec.{layer}" in result.stderr


def test_every_file_of_the_layers_is_in_the_wheel(wheel: Path) -> None:
    expected = {
        f"gradspec/{path.relative_to(ROOT).as_posix()}"
        for layer in LAYERS
        for path in (ROOT / layer).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in NOT_SHIPPED
    } | {"gradspec/__init__.py", "gradspec/py.typed"}
    actual = {name for name in zipfile.ZipFile(wheel).namelist() if not re.match(r"gradspec-[^/]+\.dist-info/", name)}

    assert expected == actual


def test_every_folder_with_python_in_it_is_a_package() -> None:
    strays = {
        path.parent.relative_to(ROOT)
        for layer in LAYERS
        for path in (ROOT / layer).rglob("*.py")
        if not (path.parent / "__init__.py").is_file()
    }

    assert set() == strays


def test_the_wheel_can_be_imported_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    result = run(SHOW_ORIGIN, cwd=tmp_path, path=site)

    assert result.returncode == 0, result.stderr
    assert [str(site / "gradspec" / "__init__.py")] + [
        str(site / "gradspec" / layer / "__init__.py") for layer in LAYERS
    ] == result.stdout.split()


def test_the_wheel_names_its_licence_and_its_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = f"gradspec-{PROJECT['version']}.dist-info"

    assert "License-Expression: Apache-2.0" in archive.read(f"{info}/METADATA").decode()
    assert f"{info}/licenses/LICENSE" in archive.namelist()
    assert "gradspec = gradspec.conformance.__main__:main" in archive.read(f"{info}/entry_points.txt").decode()


def test_a_checkout_with_lost_links_can_still_be_imported(copy: Path, tmp_path: Path) -> None:
    """A zip archive, or Windows without the right to make links, leaves text files in their place."""
    checkout = shutil.copytree(copy, tmp_path / "checkout", symlinks=True)
    for layer in LAYERS:
        link = checkout / ".src" / "gradspec" / layer
        link.unlink()
        link.write_text(f"../../{layer}")
    result = run(SHOW_ORIGIN, cwd=tmp_path, path=checkout / ".src")

    assert result.returncode == 0, result.stderr
    assert [str(checkout / ".src" / "gradspec" / "__init__.py")] + [
        str(checkout / layer / "__init__.py") for layer in LAYERS
    ] == result.stdout.split()


def test_the_command_exists() -> None:
    module, _, function = PROJECT["scripts"]["gradspec"].partition(":")

    assert callable(getattr(import_module(module), function))


def test_the_version_is_the_one_of_the_project_and_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert PROJECT["version"] == gradspec.__version__
    assert PROJECT["version"] == re.search(r"^## (\S+)", changelog, re.MULTILINE)[1]


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'gradspec' has no attribute 'adam'"):
        gradspec.adam  # noqa: B018 -- reading the attribute is the test


@pytest.mark.parametrize("extra", ["test", "peers"])
def test_what_the_tests_use_is_pinned(extra: str) -> None:
    loose = [wanted for wanted in PROJECT["optional-dependencies"][extra] if "==" not in wanted]

    assert [] == loose


@pytest.mark.parametrize("command", ["pip install -e '.[test]' && pytest", "pip install . && gradspec judge"])
def test_what_the_readme_tells_users_to_run_is_what_ci_runs(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
