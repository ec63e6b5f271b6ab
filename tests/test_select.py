"""What a command line can name: bundled implementations, files, modules, and nothing that is not there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gradspec.conformance import bundled, load, select
from gradspec.conformance.bundled import BUNDLED
from gradspec.conformance.select import CannotStart, NoSuchImplementation, Selection, load_all

ONE = "from gradspec.conformance import Implementation\n\nmylib = Implementation('mylib', version='1')\n"
TWO = ONE + "other = Implementation('other')\nagain = other\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder of a test; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def chosen(*wanted: str) -> Selection:
    return select.select(wanted)


def without_frameworks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No framework is installed."""
    bare = tuple(
        replace(row, requires=("no_such_framework",)) if "numpy" not in row.requires else row for row in select.BUNDLED
    )
    monkeypatch.setattr(select, "BUNDLED", bare)
    monkeypatch.setattr(bundled, "BUNDLED", bare)


# -- bundled names -----------------------------------------------------------------------------------------------------


def test_a_bundled_name_is_that_row() -> None:
    assert ["gradspec/numpy"] == [row.name for row in chosen("gradspec/numpy").bundled]


def test_a_bare_prefix_is_all_its_paths() -> None:
    assert ["torch", "torch/loop", "torch/foreach", "torch/fused"] == [row.name for row in chosen("torch").bundled]


def test_a_name_given_twice_is_judged_once() -> None:
    assert ["torch", "torch/loop", "torch/foreach", "torch/fused"] == [
        row.name for row in chosen("torch/fused", "torch", "torch/loop").bundled
    ]


def test_no_name_is_everything_bundled_with_what_is_absent_set_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    without_frameworks(monkeypatch)

    found = chosen()

    assert ["gradspec/numpy"] == [row.name for row in found.bundled]
    assert [row.name for row in BUNDLED if row.name != "gradspec/numpy"] == [row.name for row in found.absent]


def test_a_prefix_runs_what_can_and_names_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    without_frameworks(monkeypatch)

    found = chosen("gradspec")

    assert (["gradspec/numpy"], ["gradspec/torch"]) == (
        [row.name for row in found.bundled],
        [row.name for row in found.absent],
    )


@pytest.mark.parametrize("name", ["torch", "torch/fused", "keras", "optax"])
def test_a_framework_that_is_not_installed_cannot_start_and_the_line_that_installs_it_is_given(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_frameworks(monkeypatch)

    (reason,) = chosen(name, "gradspec/numpy").broken

    assert reason.startswith(f"{name}: needs no_such_framework, which is not installed; pip install ")
    with pytest.raises(CannotStart, match="needs no_such_framework, which is not installed; pip install "):
        load(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [("troch", "torch"), ("torch/fusd", "torch/fused"), ("gradspec/nunpy", "gradspec/numpy"), ("optaxx", "optax")],
)
def test_a_name_that_does_not_exist_is_refused_with_the_nearest_one(name: str, near: str) -> None:
    with pytest.raises(NoSuchImplementation, match=rf"called '{name}'; did you mean '{near}'\?"):
        chosen(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "mylib.", "-x", "/etc", "x\x1b[31m"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(NoSuchImplementation):
        chosen(name)


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_is_all_its_implementations_each_once(folder: Path) -> None:
    (folder / "two.py").write_text(TWO)

    assert ["mylib", "other"] == [made.name for made in chosen("two.py").loaded]


def test_a_file_may_be_named_by_a_path_from_the_root_or_from_here(folder: Path) -> None:
    (folder / "deeper").mkdir()
    (folder / "deeper" / "one.py").write_text(ONE)

    for path in ("deeper/one.py", "./deeper/one.py", str(folder / "deeper" / "one.py")):
        assert ("mylib", path) == (load(path).name, load(path).origin)


def test_a_name_after_a_colon_is_one_of_them_and_leads_back_to_it(folder: Path) -> None:
    (folder / "two.py").write_text(TWO)

    made = load("two.py:other")

    assert ("other", "two.py:other") == (made.name, made.origin)
    assert "other" == load(made.origin).name


def test_every_origin_leads_back_to_its_implementation(folder: Path) -> None:
    (folder / "two.py").write_text(TWO)

    made = load_all("two.py")

    assert [each.name for each in made] == [load(each.origin).name for each in made]


def test_a_name_after_a_colon_that_is_not_there_is_refused_with_the_nearest_one(folder: Path) -> None:
    (folder / "two.py").write_text(TWO)

    with pytest.raises(
        NoSuchImplementation, match=r"two\.py: no Implementation is called 'mylob'; did you mean 'mylib'\?"
    ):
        load("two.py:mylob")


def test_one_of_several_has_to_be_chosen(folder: Path) -> None:
    (folder / "two.py").write_text(TWO)

    with pytest.raises(NoSuchImplementation, match=r"two\.py: holds mylib, other; add :NAME"):
        load("two.py")


def test_a_file_that_does_not_exist_is_refused_with_the_nearest_one(folder: Path) -> None:
    (folder / "mylib.py").write_text(ONE)

    with pytest.raises(NoSuchImplementation, match=r"mylub\.py: no such file; did you mean 'mylib\.py'\?"):
        chosen("mylub.py")


def test_a_folder_is_no_file(folder: Path) -> None:
    (folder / "mylib.py").mkdir()

    with pytest.raises(NoSuchImplementation, match=r"mylib\.py: no such file"):
        chosen("mylib.py")


def test_a_file_without_an_implementation_is_refused(folder: Path) -> None:
    (folder / "empty.py").write_text("")

    with pytest.raises(NoSuchImplementation, match=r"empty\.py: holds no Implementation; make one: "):
        chosen("empty.py")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_framework", "ModuleNotFoundError: No module named 'no_such_framework'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def (", "SyntaxError: "),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("from gradspec.conformance import Implementation\nImplementation('x', arrays='nunpy')", "'numpy'"),
    ],
)
@pytest.mark.parametrize("name", ["broken.py", "broken"])
def test_what_exists_and_fails_to_import_cannot_start(folder: Path, name: str, text: str, message: str) -> None:
    (folder / "broken.py").write_text(text)

    (reason,) = chosen(name, "gradspec/numpy").broken

    assert reason.startswith(f"{name}: fails to import: ")
    assert message in reason
    with pytest.raises(CannotStart, match=f"{name}: fails to import: "):
        load(name)


def test_a_file_may_import_its_neighbour_and_leaves_no_trace_in_front_of_the_path(folder: Path) -> None:
    (folder / "deeper").mkdir()
    (folder / "deeper" / "neighbour.py").write_text("NAME = 'mylib'\n")
    (folder / "deeper" / "one.py").write_text("import neighbour\n" + ONE)
    before = list(sys.path)

    assert "mylib" == load("deeper/one.py").name
    assert before == sys.path[: len(before)]


# -- modules -----------------------------------------------------------------------------------------------------------


def test_a_module_of_the_current_folder_is_found(folder: Path) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "adapters.py").write_text(TWO)

    assert ["mylib", "other"] == [made.name for made in chosen("pack.adapters").loaded]
    assert ("other", "pack.adapters:other") == (load("pack.adapters:other").name, load("pack.adapters:other").origin)


def test_a_module_without_an_implementation_is_refused() -> None:
    with pytest.raises(NoSuchImplementation, match="json: holds no Implementation"):
        chosen("json")


@pytest.mark.parametrize("name", ["pack.adaptrs", "pack.adapters.deeper", "no_such_package.adapters"])
def test_a_module_that_does_not_exist_is_refused(folder: Path, name: str) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "adapters.py").write_text(TWO)

    with pytest.raises(NoSuchImplementation, match=f"called '{name}'"):
        chosen(name)


def test_bundled_names_files_and_modules_go_together(folder: Path) -> None:
    (folder / "two.py").write_text(TWO)

    found = chosen("gradspec/numpy", "two.py:mylib", "two:other")

    assert (["gradspec/numpy"], ["mylib", "other"]) == (
        [row.name for row in found.bundled],
        [made.name for made in found.loaded],
    )
