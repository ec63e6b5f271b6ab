"""The ledger of the deck: verdicts, proofs and witnesses, and that the examination can fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Eq, Integer, S
from sympy import Rational as R

from gradspec.conformance.reading.snippets import Outcomes, snippets
from gradspec.conformance.slides import Examined, Finding, find, item, separates, written
from gradspec.spec import Claim, rule
from gradspec.spec.ledger.deck import ledger
from gradspec.spec.ledger.entry import Entry, Form, Known, Run, Shown, Witness
from gradspec.spec.ledger.measures import value, watched
from gradspec.spec.monitoring import kept
from gradspec.spec.vendors import vendor

# The ids of an audit of the deck that was made by hand, by verdict.
AUDIT = {
    "correct": "fnn-code-1 reg-1 reg-2 l1-2 l1-code l2-code mn-1 mn-2 mn-3 mn-4 do-1 do-3 do-4 do-8 do-code vg-1 vg-2 vg-5 "
    "init-2 init-9 init-11 init-12 init-code act-1 act-5 act-6 act-7 act-code-1 act-code-2 bn-1 bn-5 bn-7 bn-11 clip-code "
    "clip-2 clip-3 clip-4 mom-2 mom-5 nest-4 ada-1 adam-1 adam-2 adam-8 adam-9 adam-10 ref-1",
    "assumption": "es-1 es-2 es-3 es-code-1 mn-code do-7 da-1 da-2 vg-0 init-3 init-5 init-6 init-10 act-2 act-3 act-4 act-9 "
    "bn-4 ada-2 rms-2 rms-3",
    "convention": "arch-1 fnn-opt-1 l2-2 do-2 do-5 init-4 bn-3 clip-1 mom-4 ada-4 rms-4 adam-5 adam-7",
    "slip": "l1-3 vg-3 init-7 mom-3 ada-3 adam-0 gd-1 bn-6 bn-8 bn-9 gd-2 gd-3 gd-4 adam-6 vg-4",
    "wrong": "es-code-2 l1-1 l2-1 do-6 vg-7 vg-8 init-1 init-8 bn-10 bn-code-1 lr-1 nest-1 nest-2 nest-3 lr-2 lr-3 rms-1b "
    "lr-4 adam-3 adam-4 lr-5",
    "empirical": "chal-1 vg-9 act-8 bn-2 mom-1 rms-1",
}
# Without a verdict there: what is only named or asked, what follows, what is said again.
NO_CLAIM = {"fnn-loss-1", "reg-3", "vg-6", "bn-12", "gd-code"}
BY_EXTRACTION = {"gd-1", "bn-6", "bn-8", "bn-9", "gd-2", "gd-3", "gd-4", "adam-6"}
VERDICT = {name: verdict for verdict, names in AUDIT.items() for name in names.split()}
ENTRIES = list(ledger().values())
WITNESSES = [(e.id, k, w) for e in ENTRIES for k, w in enumerate(e.evidence) if isinstance(w, Witness)]
NAMES = [f"{name}-{k}" for name, k, _ in WITNESSES]
SHOWN = [(e.id, shown) for e in ENTRIES for shown in e.evidence if isinstance(shown, Shown)]


def test_all_of_the_audit_is_there_and_verdicts_are_the_same() -> None:
    found = {entry.id: entry.verdict for entry in ENTRIES}

    assert 123 == len(VERDICT)
    assert VERDICT == {name: verdict for name, verdict in found.items() if name not in NO_CLAIM}
    assert set(found) >= NO_CLAIM
    assert {e.id for e in ENTRIES if e.suspect == "extraction"} == BY_EXTRACTION


def of_max_norm() -> str:
    dialect = {"epsilon_use": vendor("keras").rows["max_norm"].axes["epsilon_use"]}
    columns = ((Integer(3), R(3, 10)), (Integer(4), R(4, 10)))
    given = {"w": columns, "maximum": Integer(1), "epsilon": R(1, 10**7)}
    a, c, b, d = map(float, value(Form("max_norm", dialect).program(), given))
    return f"(3, 4) becomes ({a:.9f}, {b:.9f}), and (0.3, 0.4) becomes ({c:.8f}, {d:.8f})"


def of_dropout() -> str:
    row = vendor("keras").rows["dropout"]
    dialect = {name: choice for name, choice in row.axes.items() if name in ("scale_at", "rate_meaning")}
    training, afterwards = (Form("dropout", dialect, on).program() for on in ((), ("inference",)))
    given = {"x": Integer(1), "rate": R(1, 5)}
    dropped, kept = (float(value(training, {**given, "mask": Integer(one)})) for one in (0, 1))
    return f"of 1 it makes {dropped:g} or {kept:g} in training, {float(value(afterwards, given)):g} afterwards"


def of_a_penalty(name: str, strength: str) -> str:
    program = Form(name, {"factor": "one"} if name == "l2" else {}).program()
    cost = value(program, {"w": (R(1, 2),) * 300, "strength": R(strength)})
    return f"300 weights of 0.5 and 100 biases of 1 cost {float(cost):g}"


def of_early_stopping() -> str:
    dialect = vendor("keras").rows["early_stopping"].axes
    dialect = {name: choice for name, choice in dialect.items() if name != "baseline_rule"}
    curves = {
        "accuracy": tuple(R(k, 100) for k in (50, 54, 58, 62, 66, 70)),
        "val_loss": tuple(R(k, 10) for k in (10, 9, 8, 7, 8, 9)),
        "patience": Integer(1),
    }
    given = {**curves, "min_delta": R(1, 20)}, {**curves, "min_delta": Integer(0)}
    printed, _ = watched(Form("early_stopping", dialect, ("maximize",)).program(), given[0], "accuracy")
    repaired, state = watched(Form("early_stopping", dialect).program(), given[1], "val_loss")
    return (
        f"ends after epoch {printed} with the weights of epoch {printed}; with val_loss, and the best weights restored, after "
        f"epoch {repaired} with those of epoch {state[kept]}"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("max_norm", of_max_norm()),
        ("dropout", of_dropout()),
        ("l1", of_a_penalty("l1", "1/10")),
        ("l2", of_a_penalty("l2", "1/100")),
        ("early_stopping", of_early_stopping()),
    ],
)
def test_what_the_ledger_expects_of_a_layer_in_keras_is_what_the_specification_gives(name: str, expected: str) -> None:
    found = {one.outcome for entry in ENTRIES for one in entry.evidence if isinstance(one, Run) and one.name == name}

    assert {expected} == found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_what_is_wrong_has_a_witness_and_a_suggestion(entry: Entry) -> None:
    has = any(isinstance(one, Witness) for one in entry.evidence), entry.suggestion is not None

    assert entry.verdict != "wrong" or has == (True, True)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_printed_form_that_is_an_error_of_the_specification_is_no_other(entry: Entry) -> None:
    literal = entry.literal

    assert literal is None or literal.error is None or entry.verdict in ("wrong", "slip")
    assert literal is None or literal.program() is not None


@pytest.mark.parametrize(("name", "place", "witness"), WITNESSES, ids=NAMES)
def test_a_witness_separates(name: str, place: int, witness: Witness) -> None:
    finding = find(witness)

    assert finding.holds, f"{name}: {finding.shown}"


@pytest.mark.parametrize(("name", "place", "witness"), WITNESSES, ids=NAMES)
def test_the_examination_fails_if_what_is_canonical_is_what_is_printed(name: str, place: int, witness: Witness) -> None:
    entry = ledger()[name]
    finding = find(replace(witness, canonical=witness.printed))
    examined = Examined(entry, (finding,))

    assert finding.holds is False
    assert not examined.holds
    assert "no longer shown" in item(examined).verdict.message


@pytest.mark.parametrize(("name", "shown"), SHOWN, ids=[f"{name}-{shown.claim.name}" for name, shown in SHOWN])
def test_a_statement_of_the_ledger_is_proved(name: str, shown: Shown) -> None:
    finding = find(shown)

    assert finding.holds, f"{name}: {finding.shown}"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_claims_and_runs_that_are_named_exist(entry: Entry) -> None:
    known = [one for one in entry.evidence if isinstance(one, Known)]
    lacking = [one for one in known if one.claim not in {claim.name for claim in rule(one.rule).everything_claimed()}]
    lacking_runs = [one for one in entry.evidence if isinstance(one, Run) and one.name not in snippets()]

    assert [] == lacking
    assert [] == lacking_runs


def test_a_claim_that_turns_out_otherwise_fails() -> None:
    false = Claim("the parameter stays", lambda rule: Eq(rule.program().formula(rule.parameter), rule.parameter))
    finding = find(Shown("gradient_descent", false))

    assert (False, "refuted", "proved") == (finding.holds, finding.shown["verdict"], finding.shown["expects"])


@pytest.mark.parametrize(
    ("ran", "holds", "found"),
    [
        (Outcomes("Keras 3", {"sgd_lr": "refused"}), True, "refused"),
        (Outcomes("Keras 3", {"sgd_lr": "accepted"}), False, "accepted"),
        (Outcomes("", {}, "keras not installed"), None, "not run: keras not installed"),
    ],
)
def test_a_run_is_compared_and_one_that_was_not_made_is_called_so(
    ran: Outcomes, holds: bool | None, found: str
) -> None:
    finding = find(Run("sgd_lr", "refused"), ran)

    assert (holds, found) == (finding.holds, finding.shown["found"])


@pytest.mark.parametrize(
    ("printed", "canonical", "says", "expected"),
    [
        (Integer(1), Integer(2), "equal", True),
        (Integer(1), Integer(1), "equal", False),
        (Integer(1), Integer(2), "at most", True),
        (Integer(2), Integer(1), "at most", False),
        (Integer(1), Integer(1), "at most", False),
        (Integer(2), Integer(1), "at least", True),
        ((Integer(1), Integer(2)), (Integer(1), Integer(3)), "equal", True),
        ((Integer(1), Integer(2)), (Integer(1), Integer(2)), "equal", False),
        ("lr", "learning_rate", "equal", True),
        ("lr", "lr", "equal", False),
        (S.NaN, Integer(1), "equal", False),
    ],
)
def test_values_come_apart_only_if_it_is_certain(printed: object, canonical: object, says: str, expected: bool) -> None:
    assert expected == separates(printed, canonical, says)  # type: ignore[arg-type]


def test_numbers_are_written_exactly_as_long_as_they_are_short() -> None:
    third, root = Integer(1) / 3, Integer(2) ** S.Half / 97 + Integer(7)

    assert ("1/3", "(1/3, 1)", "7.01457952126…") == (written(third), written((third, Integer(1))), written(root))


def test_entries_that_contradict_themselves_are_refused() -> None:
    entry = ENTRIES[0]

    for change, message in (
        ({"verdict": "right"}, "verdict='right'"),
        ({"evidence": ()}, "what is empirical has no evidence"),
        ({"printed": "x"}, "a repair is of something that is not printed"),
    ):
        whole = next(e for e in ENTRIES if e.repairs) if "printed" in change else entry
        with pytest.raises(ValueError, match=message.replace("(", r"\(")):
            replace(whole, **change)  # type: ignore[arg-type]


def test_the_repaired_row_is_what_should_stand_there() -> None:
    entry = ledger()["gd-2"]

    assert r"w_{i}^{(next)} = w_{i} - \eta \frac{\partial J(w)}{\partial w_{i}}" == entry.repaired


def test_a_finding_without_anything_to_decide_fails_nothing() -> None:
    assert Examined(ENTRIES[0], (Finding("source", None, {"source": "a book"}),)).holds
