"""A rule checks what it is made of, and answers a wrong name with the nearest right one."""

import re
from fractions import Fraction
from typing import Any

import pytest
from sympy import Float, Rational, Symbol

from gradspec.spec import NamedError, Option, Rule, Source, catalogue, rule
from gradspec.spec.rule import interval
from gradspec.spec.symbols import displacement, eta, g, gradient, point, s, t, w

ENTRIES: list[tuple[str, Any]] = [
    (one.name, entry) for one in catalogue().values() for entry in (*one.hyperparameters, *one.options)
]
NUMBERS = [(name, entry) for name, entry in ENTRIES if entry.domain is not None]
SWITCHES = [(name, entry.name) for name, entry in ENTRIES if entry.domain is None]
HERE = Source("this test")


def plain(**changes: Any) -> Rule:
    """Return gradient descent without anything around it, with some fields changed."""
    fields: dict[str, Any] = {
        "name": "plain",
        "title": "Plain",
        "doc": "",
        "parameter": w,
        "inputs": {t: "", eta: ""},
        "hyperparameters": (),
        "state": {},
        "let": {point: w, g: gradient(point), displacement: eta * g},
        "update": {w: w - displacement},
        "source": HERE,
    }
    return Rule(**{**fields, **changes})


def test_a_complete_rule_is_accepted() -> None:
    assert plain().program().formula(w) == w - eta * gradient(w)


def test_an_update_without_the_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="plain: update lacks the parameter w"):
        plain(update={s: s}, state={s: 0})


def test_an_undeclared_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="plain, rule: w uses undeclared zeta"):
        plain(update={w: w - Symbol("zeta")})


def test_a_float_is_refused() -> None:
    with pytest.raises(ValueError, match="plain, rule: displacement contains a float"):
        plain(let={point: w, g: gradient(point), displacement: Float(0.1) * g})


def test_a_float_in_an_option_or_an_error_is_refused() -> None:
    with pytest.raises(ValueError, match="plain, option half: displacement contains a float"):
        plain(options=(Option("half", "", equations={displacement: Float(0.5) * g}),))
    with pytest.raises(ValueError, match="plain, error half: displacement contains a float"):
        plain(errors=(NamedError("half", "", HERE, {displacement: Float(0.5) * g}),))


def test_a_symbol_defined_by_itself_is_refused() -> None:
    looping = plain(let={point: w, g: gradient(point) + displacement, displacement: eta * g})

    with pytest.raises(ValueError, match="is defined by itself"):
        looping.program().needed()


@pytest.mark.parametrize(
    "changes",
    [
        {"options": (Option("twice", ""), Option("twice", ""))},
        {"axes": (rule("adam").axes[0], rule("adam").axes[0])},
        {"errors": (NamedError("twice", "", HERE), NamedError("twice", "", HERE))},
    ],
    ids=["options", "axes", "errors"],
)
def test_a_name_that_is_used_twice_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a name is used twice"):
        plain(**changes)


def test_a_rule_cannot_be_changed_in_place() -> None:
    with pytest.raises(TypeError):
        rule("adam").update[w] = w  # type: ignore[index]


@pytest.mark.parametrize(("name", "entry"), NUMBERS, ids=[f"{name}-{entry.name}" for name, entry in NUMBERS])
@pytest.mark.parametrize("value", [-1, -0.5, float("nan"), float("inf"), True, "many", None])
def test_what_is_no_number_of_its_domain_is_refused(name: str, entry: Any, value: Any) -> None:
    if value in (-1, -0.5) and value is not True and Rational(str(value)) in entry.domain:
        rule(name).check_domain(entry.name, value)
        return
    with pytest.raises(
        ValueError, match=re.escape(f"must lie in {interval(entry.domain)}; choose a value there")
    ) as caught:
        rule(name).check_domain(entry.name, value)

    assert f"{name}: {entry.name}={value!r}: " in str(caught.value)


@pytest.mark.parametrize(("name", "entry"), NUMBERS, ids=[f"{name}-{entry.name}" for name, entry in NUMBERS])
@pytest.mark.parametrize("value", [0, 1, 0.5, Fraction(1, 3), Rational(1, 3), 1e30])
def test_a_number_is_accepted_just_if_it_lies_in_its_domain(name: str, entry: Any, value: Any) -> None:
    inside = (
        Rational(*value.as_integer_ratio()) in entry.domain
        if not isinstance(value, Rational)
        else value in entry.domain
    )
    if inside:
        rule(name).check_domain(entry.name, value)
    else:
        with pytest.raises(ValueError, match="must lie in"):
            rule(name).check_domain(entry.name, value)


def test_a_share_stays_below_one_and_dampening_may_reach_it() -> None:
    rule("momentum").check_domain("dampening", 1)
    with pytest.raises(ValueError, match=r"dampening=1.5: must lie in \[0, 1\]; choose a value there"):
        rule("momentum").check_domain("dampening", 1.5)
    with pytest.raises(ValueError, match=r"beta1=1: must lie in \[0, 1\); choose a value there"):
        rule("adam").check_domain("beta1", 1)


@pytest.mark.parametrize(("name", "switch"), SWITCHES)
@pytest.mark.parametrize("value", [0, 1, 0.5, None, "yes"])
def test_a_switch_is_true_or_false_and_nothing_else(name: str, switch: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name}: {switch}={value!r}: must be True or False; it is a switch"):
        rule(name).check_domain(switch, value)


@pytest.mark.parametrize("one", catalogue().values(), ids=list(catalogue()))
def test_every_default_and_every_neutral_value_lies_in_its_domain(one: Rule) -> None:
    for hyperparameter in one.hyperparameters:
        one.check_domain(hyperparameter.name, hyperparameter.default)
    for option in one.options:
        if option.neutral is not None:  # None is no value: the option is off
            one.check_domain(option.name, option.neutral)


def test_a_misspelt_name_is_answered_with_the_nearest_one() -> None:
    adam = rule("adam")

    with pytest.raises(LookupError, match="no rule is called 'adan'; did you mean 'adam'"):
        rule("adan")
    with pytest.raises(LookupError, match="no axis of adam is called 'epsilon_palce'; did you mean 'epsilon_place'"):
        adam.complete({"epsilon_palce": "hat"})
    with pytest.raises(LookupError, match="no value of epsilon_place is called 'inwards'; did you mean 'inside'"):
        adam.complete({"epsilon_place": "inwards"})
    with pytest.raises(LookupError, match="no option of adam is called 'amsgrab'; did you mean 'amsgrad'"):
        adam.program(options=("amsgrab",))
    with pytest.raises(LookupError, match="no named error of adam is called 'swapped_betas'"):
        adam.program(error="swapped_betas")
    with pytest.raises(LookupError, match="hyperparameter or option of adam is called 'beta_1'; did you mean 'beta1'"):
        adam.check_domain("beta_1", 0.5)


@pytest.mark.parametrize("one", catalogue().values(), ids=list(catalogue()))
def test_completing_a_dialect_gives_every_axis_its_first_value(one: Rule) -> None:
    assert {axis.name: axis.names[0] for axis in one.axes} == one.complete({})


@pytest.mark.parametrize("one", catalogue().values(), ids=list(catalogue()))
def test_completing_keeps_what_was_chosen(one: Rule) -> None:
    chosen = {axis.name: axis.names[-1] for axis in one.axes}

    assert chosen == one.complete(chosen)


def test_options_that_are_off_leave_no_trace() -> None:
    for one in catalogue().values():
        optional = {option.symbol for option in one.options if option.symbol is not None}
        program = one.program()
        used = {symbol for target in program.update for symbol in program.formula(target).free_symbols}

        assert set() == used & optional


def test_every_dialect_names_only_visible_axes() -> None:
    adam = rule("adam")
    plainly, with_maximum = frozenset[str](), frozenset({"amsgrad"})

    assert 3 * 2 == len(list(adam.dialects(plainly)))
    assert 3 * 2 * 2 == len(list(adam.dialects(with_maximum)))
    assert 4 * 2 == len(list(adam.dialects(plainly, frozenset({"epsilon_root"}))))
