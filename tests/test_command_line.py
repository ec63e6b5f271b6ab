"""`gradspec` as its users meet it: arguments, exit codes, messages, tables and JSON, in processes of their own."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from . import forked

PEERS = ("torch", "keras", "jax", "optax", "flax", "kornia", "scipy", "sklearn")

GOOD = """
import numpy
from gradspec.conformance import Implementation

mylib = Implementation("mylib", version="1.2", claims={"adagrad": "torch"})

@mylib.optimizer("adagrad")
def adagrad(w, *, epsilon):
    s = numpy.zeros_like(w)
    def step(gradient, learning_rate):
        nonlocal w, s
        s = s + gradient * gradient
        w = w - learning_rate * gradient / (numpy.sqrt(s) + epsilon)
        return w
    return step
"""
INSIDE = GOOD.replace("(numpy.sqrt(s) + epsilon)", "numpy.sqrt(s + epsilon)")
UNCLAIMED = INSIDE.replace(', claims={"adagrad": "torch"}', "")

WRONG = """
import torch
from gradspec.conformance import Implementation, torch_optimizer

class Adam(torch.optim.Optimizer):  # with the paper's epsilon hat
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (b1, b2), lr, eps = group["betas"], group["lr"], group["eps"]
            for p in group["params"]:
                s = self.state[p]
                if not s:
                    s.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                s["t"] += 1
                s["m"].mul_(b1).add_(p.grad, alpha=1 - b1)
                s["v"].mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                rate = lr * (1 - b2 ** s["t"]) ** 0.5 / (1 - b1 ** s["t"])
                p.add_(s["m"] / (s["v"].sqrt() + eps), alpha=-rate)

mylib = Implementation("mylib", version="1.2", arrays="torch", claims={"adam": "torch"})
mylib.optimizer("adam")(torch_optimizer(Adam))
"""

EVIL = "[red]evil[/red]\x1b[31m\x07\x9b2J\u202e\udc80\n999 results: 999 identified as claimed"

RESULT_KEYS = [
    "rule", "dtype", "verdict", "dialect", "claimed", "agrees", "expected", "named_error", "worst", "cases",
    "uninformative", "counterexample", "message",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a few libraries in it."""
    for name, text in {"good": GOOD, "inside": INSIDE}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    dropped = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PY_COLORS")
    return {k: v for k, v in os.environ.items() if k not in dropped} | {"TERM": "xterm-256color"} | more


def command(lacking: Sequence[str] = ()) -> list[str]:
    """The command line; with `lacking`, in a process to which these modules seem not to be installed."""
    if not lacking:
        return [sys.executable, "-m", "gradspec.conformance"]
    hide = f"import sys; sys.modules.update(dict.fromkeys({list(lacking)!r}))"
    return [sys.executable, "-c", f"{hide}; from gradspec.conformance.__main__ import main; main()"]


def gradspec(
    folder: Path, *arguments: str, lacking: Sequence[str] = (), fresh: bool = False, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line; in a fresh process if that is asked for, or if it starts differently."""
    if hasattr(os, "fork") and not (fresh or lacking or more):
        return forked.run(arguments, folder, environment())
    return subprocess.run(
        [*command(lacking), *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


def strict(text: str) -> Any:
    """Parse JSON that holds no NaN and no Infinity."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def judged(folder: Path, *arguments: str, code: int = 0, **more: str) -> list[dict[str, Any]]:
    """The results of a single implementation, by way of JSON."""
    done = gradspec(folder, "judge", *arguments, "--json", "-", **more)

    assert (code, "") == (done.returncode, done.stderr)
    (run,) = strict(done.stdout)["runs"]
    results: list[dict[str, Any]] = run["results"]
    return results


def fake(folder: Path, module: str, text: str) -> dict[str, str]:
    """An environment in which `module` is this text."""
    (folder / "fakes").mkdir(exist_ok=True)
    (folder / "fakes" / f"{module}.py").write_text(text)
    paths = [str(folder / "fakes"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


# -- 0 and 1 -----------------------------------------------------------------------------------------------------


def test_a_library_that_does_what_it_claims_passes(folder: Path) -> None:
    done = gradspec(folder, "judge", "good.py", fresh=True)

    assert (0, "") == (done.returncode, done.stderr)
    assert "epsilon_place=outside" in done.stdout
    assert "2 results: 2 identified as claimed" in done.stdout


@pytest.mark.parametrize("arguments", ["judge inside.py --json -", "judge nofile.py", "show adam"])
def test_a_forked_process_does_what_a_fresh_one_does(folder: Path, arguments: str) -> None:
    expected, done = (gradspec(folder, *arguments.split(), fresh=fresh) for fresh in (True, False))

    assert (expected.returncode, expected.stdout, expected.stderr) == (done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder and the page of a library that claims another dialect than it has; o.json is there too."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "wrong.py").write_text(WRONG)
    return folder, gradspec(folder, "judge", "./wrong.py", "--json", "o.json", fresh=True)


Wrong = tuple[Path, subprocess.CompletedProcess[str]]


def run_code(folder: Path, code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment(), capture_output=True, text=True)

    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout.strip()


def test_a_false_claim_names_axis_step_and_values_and_fails(wrong: Wrong) -> None:
    _, done = wrong

    assert (1, "") == (done.returncode, done.stderr)
    assert "epsilon_place: claimed outside, measured hat; step 1: got -0.1236" in done.stdout
    assert "exact -0.1248" in done.stdout
    assert "2 results: 2 failed" in done.stdout


def test_the_code_in_json_shows_the_value_that_is_stated(wrong: Wrong) -> None:
    folder, _ = wrong
    *_, result = strict((folder / "o.json").read_text())["runs"][0]["results"]
    found = result["counterexample"]

    assert "float32" == result["dtype"]
    assert found["got"] == float(run_code(folder, found["snippet"]))
    assert found["got"] != float(found["exact"])


def test_the_code_on_the_page_can_be_pasted(wrong: Wrong) -> None:
    folder, done = wrong
    code = done.stdout[done.stdout.index("import torch") : done.stdout.index("\n\nmylib, adam, float32")]

    assert f"got {run_code(folder, code)}" in done.stdout


@pytest.mark.parametrize("text", [WRONG.replace(', claims={"adam": "torch"}', ""), UNCLAIMED])
def test_without_a_claim_a_rule_is_identified_and_nothing_claimed(folder: Path, text: str) -> None:
    (folder / "mine.py").write_text(text)
    done = gradspec(folder, "judge", "mine.py")

    assert (0, "") == (done.returncode, done.stderr)
    assert "2 results: 2 identified, nothing claimed" in done.stdout


def test_a_rule_that_is_no_dialect_fails_with_code(folder: Path) -> None:
    (folder / "odd.py").write_text(UNCLAIMED.replace("s + gradient * gradient", "s + abs(gradient)"))
    done = gradspec(folder, "judge", "odd.py")

    assert (1, "") == (done.returncode, done.stderr)
    assert "none: no dialect explains every case; step 1: got" in done.stdout
    assert "load('odd.py')" in done.stdout


# -- 2 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("ruels", "Did you mean 'rules'?"),
        ("rules extra", "extra"),
        ("rules --jsn x", "--json"),
        ("show", "Missing argument"),
        ("show adma", "'adma'; did you mean 'adam'?"),
        ("show adam --format latx", "did you mean 'latex'?"),
        ("show adam --dialect epsilon_place", "must be AXIS=VALUE; adam has: epsilon_place"),
        ("show adam --dialect epsilon_plce=hat", "did you mean 'epsilon_place'?"),
        ("show adam --dialect epsilon_place=hta", "did you mean 'hat'?"),
        ("show momentum --dialect epsilon_place=hat", "no axis of momentum is called 'epsilon_place'"),
        ("judge torhc", "did you mean 'torch'?"),
        ("judge torch/lop", "did you mean 'torch/loop'?"),
        ("judge nofile.py", "nofile.py: no such file"),
        ("judge god.py", "did you mean 'good.py'?"),
        ("judge ./good", "did you mean './good.py'?"),
        ("judge .", "no implementation, file or module is called '.'"),
        ("judge good:mylb", "did you mean 'mylib'?"),
        ("judge good.py:mylb", "did you mean 'mylib'?"),
        ("judge good.nothing", "no implementation, file or module is called 'good.nothing'"),
        ("judge empty.py", "empty.py: holds no Implementation"),
        ("judge good.py nosuch", "'nosuch'; did you mean"),
        ("judge broken.py nosuch", "'nosuch'; did you mean"),
        ("judge good.py --rule adma", "'adma'; did you mean 'adam'?"),
        ("judge good.py --rule adagrad --rule adma", "'adma'; did you mean 'adam'?"),
        ("judge good.py --dtype flaot32", "'flaot32'; did you mean 'float32'?"),
        ("judge good.py --level 7", "--level"),
        ("judge good.py --level -1", "--level"),
        ("judge good.py --level two", "--level"),
        ("judge good.py --seed 1.5", "--seed"),
        ("judge good.py --like kears", "'kears'; did you mean 'keras'?"),
        ("judge good.py --like epsilon_plac=hat", "'epsilon_plac'; did you mean 'epsilon_place'?"),
        ("judge good.py --like epsilon_place=hatt", "'hatt'; did you mean 'hat'?"),
        ("judge good.py --rule adagrad --like epsilon_place=hat", "'hat'; did you mean"),
        ("judge good.py --like epsilon_place=hat,gain", "'gain': must be a vendor or AXIS=VALUE"),
        ("judge good.py --like epsilon_place=hat,epsilon_place=outside", "epsilon_place is given twice"),
        ("judge good.py --json nowhere/x.json", "the folder nowhere does not exist"),
        ("judge good.py --json good.py/x.json", "the folder good.py does not exist"),
        ("judge good.py --json .", "is a folder"),
        ("rules --json nowhere/x.json", "the folder nowhere does not exist"),
        ("judge good.py --jsn x", "--json"),
        ("judge good.py --json", "--json"),
    ],
)
def test_bad_input_is_told_in_one_line_with_the_nearest_name(folder: Path, arguments: str, said: str) -> None:
    (folder / "empty.py").touch()
    (folder / "broken.py").write_text("raise RuntimeError('no')")
    done = gradspec(folder, *arguments.split())

    assert (2, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n")
    assert done.stderr.startswith("gradspec: ")
    assert said in done.stderr


def test_without_arguments_the_help_is_shown(folder: Path) -> None:
    done = gradspec(folder, fresh=True)

    assert (2, "") == (done.returncode, done.stderr)
    assert gradspec(folder, "--help").stdout == done.stdout
    assert all(name in done.stdout for name in ("rules", "show", "judge"))


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which even root cannot write")
def test_a_place_that_cannot_be_written_is_refused_before_any_work(folder: Path) -> None:
    (folder / "good.py").write_text(GOOD + "\nopen('ran', 'w')\n")
    done = gradspec(folder, "judge", "good.py", "--json", "/proc/x.json")

    assert (2, "") == (done.returncode, done.stdout)
    assert "cannot be written" in done.stderr
    assert not (folder / "ran").exists()


# -- 3 -----------------------------------------------------------------------------------------------------------


MISSING = ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'")


@pytest.mark.parametrize(
    ("target", "text", "said"),
    [
        ("broken.py", *MISSING),
        ("broken", *MISSING),
        ("broken:mylib", *MISSING),
        ("package.inner", *MISSING),
        ("package.inner:mylib", "raise RuntimeError", "RuntimeError"),
        ("broken", "import sys\nsys.exit(0)", "SystemExit: 0"),
        ("broken.py", "raise RuntimeError('no\\nway')", "RuntimeError: no\\nway"),
        ("broken.py", "import sys\nsys.exit(0)", "SystemExit: 0"),
        ("broken.py", "x = ", "SyntaxError"),
        ("broken.py", GOOD.replace('"torch"', '"trch"'), "did you mean 'torch'?"),
        ("broken.py", GOOD.replace('"adagrad"', '"adgrad"'), "did you mean 'adagrad'?"),
        ("broken.py", GOOD.replace("epsilon):", "epsilonn):"), "did you mean 'epsilon'?"),
    ],
)
def test_what_exists_but_fails_to_import_cannot_start(folder: Path, target: str, text: str, said: str) -> None:
    (folder / "broken.py").write_text(text)
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text(text)
    (folder / "package" / "inner.py").write_text(GOOD)
    done = gradspec(folder, "judge", target, "--json", "o.json")

    assert (3, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n")
    assert "fails to import: " in done.stderr
    assert said in done.stderr
    assert not (folder / "o.json").exists()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("torch", "pip install torch"),
        ("torch/fused", "pip install torch"),
        ("keras", "pip install keras torch"),
        ("optax", "pip install optax jax"),
    ],
)
def test_a_framework_that_is_missing_gives_the_line_that_installs_it(folder: Path, name: str, line: str) -> None:
    done = gradspec(folder, "judge", name, lacking=PEERS)

    assert (3, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n")
    assert "not installed; " + line in done.stderr


def test_what_can_start_is_judged_all_the_same(folder: Path) -> None:
    done = gradspec(folder, "judge", "torch", "good.py", "inside.py", "--json", "o.json", lacking=PEERS)

    assert 3 == done.returncode
    assert "torch: needs torch" in done.stderr
    assert "4 results: 2 identified as claimed, 2 failed" in done.stdout
    assert 2 == len(strict((folder / "o.json").read_text())["runs"])


FAILURES = [
    ("raise RuntimeError('\\x1b[31m[red]\\n')", r"fails to start: RuntimeError: \x1b[31m[red]\n"),
    ("import os\nos._exit(7)", "its process died"),
    ("import sys\nsys.exit(0)", "fails to start: SystemExit: 0"),
]


@pytest.mark.parametrize(("text", "said"), FAILURES)
def test_a_bundled_framework_that_fails_to_start_is_named(folder: Path, text: str, said: str) -> None:
    done = gradspec(folder, "judge", "torch/loop", **fake(folder, "torch", text))

    assert (3, "") == (done.returncode, done.stdout)
    assert said in done.stderr
    assert 1 == done.stderr.count("\n")


@pytest.mark.parametrize(  # the way in which one failed is told by the test above
    ("text", "said"),
    [pytest.param(*failure, marks=[pytest.mark.deep] * (number != 1)) for number, failure in enumerate(FAILURES)],
)
def test_where_nobody_has_named_what_fails_to_start_the_others_decide(folder: Path, text: str, said: str) -> None:
    done = gradspec(folder, "judge", "--rule", "adagrad", lacking=PEERS[1:], **fake(folder, "torch", text))

    assert (0, "") == (done.returncode, done.stderr)
    assert said in done.stdout
    assert "2 results: 2 identified as claimed" in done.stdout


def test_without_any_framework_the_own_backends_are_judged_and_said_to_be(folder: Path) -> None:
    done = gradspec(folder, "judge", "--rule", "adagrad", "--rule", "relu", lacking=PEERS)

    assert (0, "") == (done.returncode, done.stderr)
    assert "4 results: 4 identified as claimed" in done.stdout
    assert "these are gradspec's own backends" in done.stdout
    assert "pip install flax jax keras kornia optax scikit-learn scipy torch" in done.stdout


# -- 4 -----------------------------------------------------------------------------------------------------------

SLEEP = "import os, time\nopen('started', 'w').write(str(os.getpid()))\ntime.sleep(60)\n"


@pytest.mark.skipif(os.name != "posix", reason="interrupts are sent as signals")
@pytest.mark.parametrize("whom", ["process", "group"])
@pytest.mark.parametrize("where", ["import", "adapter", "worker"])
def test_an_interruption_leaves_no_file_and_no_process(folder: Path, where: str, whom: str) -> None:
    inner = SLEEP.strip().replace("\n", "\n        ")
    (folder / "slow.py").write_text(
        SLEEP if where == "import" else GOOD.replace("        nonlocal w, s", f"        nonlocal w, s\n        {inner}")
    )
    names = ["torch/loop", "torch/foreach"] if where == "worker" else ["slow.py"]
    more = fake(folder, "torch", SLEEP) if where == "worker" else {}
    process = subprocess.Popen(
        [*command(), "judge", *names, "--json", "o.json"],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: (folder / "started").exists() and (folder / "started").read_text() != "")
    (os.kill if whom == "process" else os.killpg)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (4, "") == (process.returncode, out)
    assert "gradspec: interrupted; nothing was written\n" == err
    assert [] == [path.name for path in folder.iterdir() if "json" in path.name]
    wait_for(lambda: not alive(int((folder / "started").read_text())))


def wait_for(happened: Any) -> None:
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():  # a zombie is dead, though nobody may have asked
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_reader_who_leaves_is_no_error_message(folder: Path) -> None:
    with subprocess.Popen(
        [*command(), "show", "adam"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()

        assert b"" == process.stderr.read()
        assert 4 == process.wait(timeout=30)


# -- 5 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--dtype", "bfloat16"], ["--rule", "adam"]])
def test_where_nothing_could_be_judged_the_reason_is_told(folder: Path, arguments: list[str]) -> None:
    done = gradspec(folder, "judge", "good.py", *arguments)

    assert (5, "") == (done.returncode, done.stderr)
    assert f"unsupported: mylib: mylib does not offer {arguments[1]}" in done.stdout


def test_something_unsupported_is_no_failure(folder: Path) -> None:
    results = judged(folder, "good.py", "--rule", "adam", "--rule", "adagrad", "--dtype", "float64")

    assert [("adam", "unsupported"), ("adagrad", "unique")] == [(r["rule"], r["verdict"]) for r in results]


# -- JSON --------------------------------------------------------------------------------------------------------


def test_json_has_exactly_the_keys_of_the_contract(wrong: Wrong) -> None:
    data = strict((wrong[0] / "o.json").read_text())
    (run,) = data["runs"]
    result, _ = run["results"]

    assert ["spec", "runs"] == list(data)
    assert ["implementation", "version", "results"] == list(run)
    assert ("mylib", "1.2") == (run["implementation"], run["version"])
    assert RESULT_KEYS == list(result)
    assert {"inputs", "steps", "got", "exact", "snippet"} <= result["counterexample"].keys()
    expected = {
        "rule": "adam", "dtype": "float64", "verdict": "unique", "agrees": False, "expected": False, "named_error": None,
        "claimed": {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": "raw", "weight_decay_form": "l2"},
        "dialect": {"epsilon_place": "hat", "bias_correction": "both", "amsgrad_max": None, "weight_decay_form": None},
    }  # fmt: skip
    assert expected == {key: result[key] for key in expected}
    assert 0 < result["worst"] < 1


def test_json_goes_to_a_file_in_one_move_beside_the_table(folder: Path) -> None:
    (folder / "o.json").write_text("old")
    (folder / "link.json").symlink_to("o.json")
    done = gradspec(folder, "judge", "good.py", "--json", "link.json")

    assert (0, "") == (done.returncode, done.stderr)
    assert "2 results" in done.stdout
    assert (folder / "link.json").is_symlink()
    assert ["float64", "float32"] == [r["dtype"] for r in strict((folder / "o.json").read_text())["runs"][0]["results"]]
    assert [] == [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_to_and_not_replaced(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((folder / "pipe").read_text()), daemon=True)
    reader.start()
    done = gradspec(folder, "judge", "good.py", "--json", "pipe", fresh=True)
    reader.join(timeout=10)

    assert 0 == done.returncode
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    assert "mylib" == strict(read[0])["runs"][0]["implementation"]


def test_what_an_adapter_prints_stays_out_of_the_json(folder: Path) -> None:
    (folder / "loud.py").write_text("print('loading')\n" + GOOD.replace("nonlocal", "print('step'); nonlocal"))
    done = gradspec(folder, "judge", "loud.py", "--json", "-")

    assert 0 == done.returncode
    assert "mylib" == strict(done.stdout)["runs"][0]["implementation"]
    assert "loading" in done.stderr


def test_results_that_are_no_numbers_are_still_strict_json(folder: Path) -> None:
    (folder / "nan.py").write_text(GOOD.replace("w = w - learning_rate *", "w = w - numpy.nan *"))
    results = judged(folder, "nan.py", code=1)

    assert {"none"} == {result["verdict"] for result in results}
    assert {"nan"} == {result["counterexample"]["got"] for result in results}


def test_notes_do_not_mix_with_json_on_standard_output(folder: Path) -> None:
    done = gradspec(folder, "judge", "--rule", "adagrad", "--json", "-", lacking=PEERS)

    assert 0 == done.returncode
    assert ["gradspec/numpy"] == [run["implementation"] for run in strict(done.stdout)["runs"]]
    assert "gradspec's own backends" in done.stderr


# -- what is judged ----------------------------------------------------------------------------------------------


def test_a_module_is_searched_for_in_the_current_folder(folder: Path) -> None:
    (folder / "package").mkdir()
    text = GOOD.replace("mylib", "first") + GOOD.replace("mylib", "second")
    (folder / "package" / "module.py").write_text("import helper\n" + text)
    (folder / "helper.py").touch()
    one = gradspec(folder, "judge", "package.module:second", "--json", "-")
    both = gradspec(folder, "judge", "package.module", "--json", "-")

    assert ["second"] == [run["implementation"] for run in strict(one.stdout)["runs"]]
    assert ["first", "second"] == [run["implementation"] for run in strict(both.stdout)["runs"]]


@pytest.mark.parametrize("target", ["inner/lazy.py", "lazy"])
def test_an_adapter_may_import_its_neighbours_when_it_runs(folder: Path, target: str) -> None:
    (folder / "inner").mkdir()
    for place in (folder, folder / "inner"):
        (place / "lazy.py").write_text(GOOD.replace("    s = numpy", "    import neighbour\n    s = numpy"))
        (place / "neighbour.py").touch()

    assert {"unique"} == {result["verdict"] for result in judged(folder, target)}


def test_the_same_name_twice_is_judged_once(folder: Path) -> None:
    assert 2 == len(judged(folder, "good.py", "good.py"))


def test_an_adapter_that_ends_the_process_does_not_end_the_judge(folder: Path) -> None:
    (folder / "exits.py").write_text(GOOD.replace("nonlocal w, s", "import sys; sys.exit(0)"))
    results = judged(folder, "exits.py", code=1)

    assert {"error"} == {result["verdict"] for result in results}
    assert "the adapter called sys.exit(0)" in results[0]["message"]


def test_rules_and_dtypes_can_be_repeated(folder: Path) -> None:
    arguments = ["--rule", "adagrad", "--rule", "momentum", "--dtype", "float32", "--dtype", "float64"]
    results = judged(folder, "gradspec/numpy", *arguments)

    assert [
        ("adagrad", "float32"),
        ("adagrad", "float64"),
        ("momentum", "float32"),
        ("momentum", "float64"),
    ] == [(r["rule"], r["dtype"]) for r in results]


def test_a_higher_level_never_asks_less(folder: Path) -> None:
    cases = [judged(folder, "good.py", "--level", str(level), "--dtype", "float64")[0]["cases"] for level in range(7)]

    assert sorted(cases) == cases
    assert cases[0] < cases[2] < cases[6]


def test_a_seed_gives_the_same_cases_again(folder: Path) -> None:
    arguments = ["good.py", "--level", "6", "--dtype", "float32", "--seed"]
    first, again, other = (judged(folder, *arguments, seed) for seed in ("0", "0", "7"))

    assert first == again
    assert first != other
    assert [r["dialect"] for r in first] == [r["dialect"] for r in other]


# -- --like ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("like", "claimed", "agrees"),
    [
        ("torch", {"epsilon_place": "outside", "weight_decay_form": "l2"}, True),  # the second is not on offer
        ("keras", {"epsilon_place": "inside", "weight_decay_form": "decoupled"}, False),
        ("deck", {"epsilon_place": "inside"}, False),
        ("paper", {"epsilon_place": "outside"}, True),
        ("sklearn", None, None),  # has no AdaGrad
        ("epsilon_place=outside", {"epsilon_place": "outside"}, True),
        ("epsilon_place=inside_guarded", {"epsilon_place": "inside_guarded"}, False),
        (
            "weight_decay_form=decoupled, epsilon_place=outside",
            {"weight_decay_form": "decoupled", "epsilon_place": "outside"},
            True,
        ),
        ("weight_decay_form=decoupled", {"weight_decay_form": "decoupled"}, True),
        ("gain=one", None, None),  # no axis of AdaGrad
        ("epsilon_place=hat", None, None),  # no value of AdaGrad's
    ],
)
def test_like_replaces_the_claim(folder: Path, like: str, claimed: dict[str, str] | None, agrees: bool | None) -> None:
    (result,) = judged(folder, "good.py", "--dtype", "float64", "--like", like, code=1 if agrees is False else 0)

    assert (claimed, agrees) == (result["claimed"], result["agrees"])
    assert {"epsilon_place": "outside", "weight_decay_form": None} == result["dialect"]


def test_a_list_agrees_if_it_contains_the_value_claimed(folder: Path) -> None:
    for value in ("inside", "inside_guarded"):
        (result,) = judged(folder, "inside.py", "--dtype", "float64", "--like", f"epsilon_place={value}")

        assert ["inside", "inside_guarded"] == result["dialect"]["epsilon_place"]
        assert result["agrees"]


@pytest.mark.parametrize("like", ["torch", "keras", "optax", "epsilon_place=hat"])
def test_gradspecs_own_backends_run_in_the_dialect_that_like_chooses(folder: Path, like: str) -> None:
    (result,) = judged(folder, "gradspec/numpy", "--rule", "adam", "--dtype", "float64", "--like", like)

    assert result["agrees"]


# -- what is printed ---------------------------------------------------------------------------------------------


def test_nothing_but_text_is_written_to_a_pipe(folder: Path) -> None:
    for arguments in (["judge", "inside.py"], ["rules"], ["show", "adam"], ["--help"]):
        done = gradspec(folder, *arguments, fresh=True)

        assert "" == done.stderr
        assert "\x1b" not in done.stdout
        assert "\r" not in done.stdout


def test_texts_of_an_adapter_are_shown_as_text(folder: Path) -> None:
    text = GOOD.replace('"mylib", version="1.2"', f"{EVIL!r}, version={EVIL!r}")
    (folder / "evil.py").write_text(text.replace("nonlocal w, s", f"raise ValueError({EVIL!r})"))
    page = gradspec(folder, "judge", "evil.py").stdout
    data = gradspec(folder, "judge", "evil.py", "--json", "-").stdout
    (folder / "fails.py").write_text(f"raise ValueError({EVIL!r})")
    failing = gradspec(folder, "judge", "fails.py").stderr
    (result, _) = strict(data)["runs"][0]["results"]

    shown = r"[red]evil[/red]\x1b[31m\x07\x9b2J\u202e\udc80\n999 results"
    assert 3 <= page.count(shown)  # in the table and in both messages
    assert shown in failing
    assert 1 == failing.count("\n")
    assert not re.search(r"[^\n -~–]", page + failing + data)
    assert not re.search("^ *999 results", page, re.MULTILINE)
    assert "error" == result["verdict"]
    assert EVIL == strict(data)["runs"][0]["implementation"]
    assert EVIL in result["message"]


def test_a_terminal_without_the_letters_of_the_subject_gets_escapes(folder: Path) -> None:
    for arguments in (["judge", "good.py", "--dtype", "bfloat16"], ["show", "adam"], ["rules"]):
        done = gradspec(folder, *arguments, PYTHONIOENCODING="ascii")

        assert done.returncode in (0, 5)
        assert "" == done.stderr


# -- on a terminal -----------------------------------------------------------------------------------------------


def on_terminal(folder: Path, *arguments: str, width: int = 100, **more: str) -> str:
    """Everything that a terminal of this width would be sent."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    outside, inside = pty.openpty()
    termios.tcsetwinsize(inside, (50, width))
    process = subprocess.Popen(
        [*command(), *arguments],
        cwd=folder,
        env=environment(**more),
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    received = bytearray()
    while True:
        try:
            part = os.read(outside, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        received += part
    os.close(outside)
    process.wait(timeout=60)
    return received.decode()


def plain(text: str) -> list[str]:
    """The lines that stay, without colours."""
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n").split("\n")
    return [line.rpartition("\r")[2] for line in lines]


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_the_table_fits_the_terminal_and_stays_readable(folder: Path, width: int) -> None:
    rules = [word for rule in ("momentum", "nesterov", "adam") for word in ("--rule", rule)]
    lines = plain(on_terminal(folder, "judge", "gradspec/numpy", "--dtype", "float32", *rules, width=width))
    table = lines[: next(n for n, line in enumerate(lines) if line.startswith("3 results"))]
    words = " ".join(" ".join(table).split())

    assert all(len(line) <= width for line in table)
    for whole in ("learning_rate_place=outside", "nesterov_form=stored_look_ahead", "gain=one_minus_dampening"):
        assert any(whole in line for line in table)
    assert re.search(r" adam +float32 +unique +agrees +0\.\d\d +\d+ +\d+", words)


def test_the_code_is_never_wrapped(folder: Path) -> None:
    lines = plain(on_terminal(folder, "judge", "inside.py", "--dtype", "float64", width=80))
    (snippet,) = (
        result["counterexample"]["snippet"] for result in judged(folder, "inside.py", "--dtype", "float64", code=1)
    )

    assert snippet in "\n".join(lines)


def test_a_terminal_shows_progress_and_colours(folder: Path) -> None:
    coloured = on_terminal(folder, "judge", "good.py", "gradspec/numpy", "--rule", "adagrad")
    colourless = on_terminal(folder, "judge", "good.py", "gradspec/numpy", "--rule", "adagrad", NO_COLOR="1")

    for text in (coloured, colourless):
        assert "judging gradspec/numpy" in text
    assert re.search(r"\x1b\[32m", coloured)
    assert not re.search(r"\x1b\[(3[0-7]|38|9[0-7])", colourless)


def test_progress_shows_the_texts_of_an_adapter_as_text(folder: Path) -> None:
    (folder / "evil.py").write_text(GOOD.replace('"mylib", ', f"{EVIL!r}, "))
    text = on_terminal(folder, "judge", "evil.py", width=200)

    assert r"[red]evil[/red]\x1b[31m\x07" in text
    assert "\x07" not in text
    assert "\x1b[31m\x1b" not in text
    assert "\u202e" not in text


# -- speed -------------------------------------------------------------------------------------------------------


@pytest.mark.benchmark
def test_help_comes_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        gradspec(folder, "--help", fresh=True)
        times.append(time.perf_counter() - started)
    with capsys.disabled():
        print(f"\ngradspec --help: {min(times):.3f} s, the best of five")

    assert min(times) < 0.3
