"""The table of vendors names only what exists, and says what the survey of the frameworks found."""

from fractions import Fraction

import pytest

from gradspec.spec import rule
from gradspec.spec.vendors import VENDORS, Row, vendor

ROWS = [(name, one, row) for name, made in VENDORS.items() for one, row in made.rows.items()]
IDS = [f"{name}-{one}" for name, one, _ in ROWS]

# What the frameworks were seen to do, one line for a trait, typed from the survey; None: not provided, or left open.
COLUMNS = ["deck", "torch", "keras", "optax", "tinygrad", "sklearn", "tfjs"]
SURVEY: dict[tuple[str, str], list[str | None]] = {
    ("gradient_descent", "weight_decay_form"): [None, "l2", "decoupled", None, "l2", None, None],
    ("momentum", "learning_rate_place"): ["inside", "outside", "inside", "outside", "outside", "inside", "outside"],
    ("momentum", "gain"): ["one", "one_minus_dampening", "one", "one", "one", "one", "one"],
    ("momentum", "first_step"): ["zeros", "gradient", "zeros", "zeros", "zeros", "zeros", "zeros"],
    ("nesterov", "nesterov_form"): ["look_ahead", *["stored_look_ahead"] * 6],
    ("adagrad", "epsilon_place"): ["inside", "outside", "inside", "inside_guarded", None, None, "inside"],
    ("rmsprop", "epsilon_place"): ["inside", "outside", "inside", "inside", None, None, "inside"],
    ("rmsprop", "learning_rate_place"): [None, "outside", "inside", "inside", None, None, "inside"],
    ("adam", "epsilon_place"): ["inside", "outside", "hat", "root_plus_outside", "outside", "hat", "outside"],
    ("adam", "bias_correction"): ["both"] * 7,
    ("adam", "amsgrad_max"): [None, "raw", "raw", "corrected", None, None, None],
    ("adam", "weight_decay_form"): [None, "l2", "decoupled", None, None, None, None],
}
CONSTANTS: dict[tuple[str, str], list[str | None]] = {
    ("adagrad", "initial_accumulator_value"): [None, "0", "0.1", "0.1", None, None, "0.1"],
    ("adagrad", "learning_rate_decay"): [None, "0", None, None, None, None, None],
    ("adagrad", "epsilon"): [None, "1e-10", "1e-7", "1e-7", None, None, "1e-7"],
    ("rmsprop", "rho"): ["0.9", "0.99", "0.9", "0.9", None, None, "0.9"],
    ("rmsprop", "epsilon"): [None, "1e-8", "1e-7", "1e-8", None, None, "1e-7"],
    ("adam", "epsilon"): [None, "1e-8", "1e-7", "1e-8", "1e-8", "1e-8", "1e-7"],
    ("adam", "epsilon_root"): [None, None, None, "0", None, None, None],
    ("gradient_descent", "learning_rate"): [None, "0.001", "0.01", None, "0.001", "0.001", None],
    ("adagrad", "learning_rate"): [None, "0.01", "0.001", None, None, None, None],
    ("rmsprop", "learning_rate"): [None, "0.01", "0.001", None, None, None, None],
}
CELLS = [(one, axis, name, x) for (one, axis), xs in SURVEY.items() for name, x in zip(COLUMNS, xs, strict=True)]
NUMBERS = [(one, k, name, x) for (one, k), xs in CONSTANTS.items() for name, x in zip(COLUMNS, xs, strict=True)]


@pytest.mark.parametrize(("one", "axis", "name", "expected"), CELLS)
def test_every_axis_value_is_the_one_of_the_survey(one: str, axis: str, name: str, expected: str | None) -> None:
    row = vendor(name).rows.get(one)

    assert expected == (row.axes.get(axis) if row else None)


@pytest.mark.parametrize(("one", "keyword", "name", "expected"), NUMBERS)
def test_every_default_constant_is_the_one_of_the_survey(
    one: str, keyword: str, name: str, expected: str | None
) -> None:
    row = vendor(name).rows.get(one)
    found = row.defaults.get(keyword) if row else None

    assert (None if expected is None else Fraction(expected)) == (None if found is None else Fraction(str(found)))


@pytest.mark.parametrize(("name", "one", "row"), ROWS, ids=IDS)
def test_every_row_names_existing_rules_axes_values_and_keywords(name: str, one: str, row: Row) -> None:
    made = rule(one)
    keywords = {h.name for h in made.hyperparameters} | {option.name for option in made.options}

    assert made.complete(row.axes).items() >= row.axes.items()
    assert set() == (row.defaults.keys() | row.arguments.keys()) - keywords


@pytest.mark.parametrize(("name", "one", "row"), ROWS, ids=IDS)
def test_every_default_of_a_vendor_lies_in_its_domain(name: str, one: str, row: Row) -> None:
    for keyword, value in row.defaults.items():
        rule(one).check_domain(keyword, value)


@pytest.mark.parametrize(("name", "one", "row"), ROWS, ids=IDS)
def test_a_framework_takes_an_argument_for_every_default_that_it_has(name: str, one: str, row: Row) -> None:
    settable = set(row.arguments) if row.arguments else set(row.defaults)
    fixed = {"epsilon"} if (name, one) == ("tfjs", "adagrad") else set()  # from the backend

    assert set() == set(row.defaults) - settable - fixed


@pytest.mark.parametrize(("name", "one", "row"), ROWS, ids=IDS)
def test_a_value_that_needs_an_option_belongs_to_a_vendor_that_offers_it(name: str, one: str, row: Row) -> None:
    needed = {rule(one).axis(axis).value(value).requires for axis, value in row.axes.items()} - {None}

    assert set() == needed - (set(row.arguments) | set(row.defaults))


@pytest.mark.parametrize(("name", "one", "row"), ROWS, ids=IDS)
def test_no_two_arguments_of_a_call_have_one_name(name: str, one: str, row: Row) -> None:
    assert len(set(row.arguments.values())) == len(row.arguments)


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_states_what_version_its_rows_are_of(name: str) -> None:
    made = VENDORS[name]

    assert name == made.name
    assert made.version
    assert made.rows


def test_an_unknown_vendor_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(LookupError, match="no vendor is called 'pytorch'; did you mean 'torch'"):
        vendor("pytorch")
