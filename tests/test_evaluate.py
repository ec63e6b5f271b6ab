"""The exact reference: runs worked by hand, precision, options, and what happens where a condition is undecided."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from flint import arb, ctx
from sympy import Piecewise, Rational

from gradspec.reference.arithmetic import FORMATS, arithmetic
from gradspec.reference.evaluate import MOST_WORLDS, PRECISION, Field, Prediction, Run, chosen, trajectory
from gradspec.spec import Rule, rule
from gradspec.spec.symbols import g, gradient, s_next, w

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
QUADRATIC = Field([1.0], [0.0])  # the gradient of w²/2
FLOAT32 = arithmetic("float32")


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    """What is compared here is compared with more digits than what was computed."""
    with ctx.workprec(8 * PRECISION):
        yield


def path(name: str, gradients: list[Any], rate: Any, start: Any = 1.0, **settings: Any) -> list[arb]:
    """Return the exact parameters of one coordinate at a constant learning rate."""
    rows = trajectory(rule(name), [start], gradients, [rate] * len(gradients), **settings)
    return [row[0] for row in rows]


def is_exactly(expected: Fraction | int, actual: arb) -> bool:
    """Whether a narrow ball contains the number."""
    return bool(
        actual.contains(arb(Fraction(expected).numerator) / Fraction(expected).denominator)
        and actual.rad() < arb(2) ** -100
    )


def exactly(expected: Sequence[Fraction | int], actual: list[arb]) -> bool:
    return len(expected) == len(actual) and all(map(is_exactly, expected, actual))


def test_gradient_descent_by_hand() -> None:
    assert exactly([Fraction(9, 10), Fraction(81, 100)], path("gradient_descent", [QUADRATIC] * 2, TENTH))


def test_momentum_by_hand() -> None:
    expected = [Fraction(9, 10), Fraction(18, 25), Fraction(243, 500)]

    assert exactly(expected, path("momentum", [QUADRATIC] * 3, TENTH, momentum=Fraction(9, 10)))


def test_dampening_by_hand() -> None:
    """Step lengths 1, 1.4, 1.76 where the buffer starts from the first gradient, and 0.5, 0.95, 1.355 from zero."""
    settings: dict[str, Any] = {"momentum": Fraction(9, 10), "dampening": HALF, "start": 0.0}
    dialect = {"gain": "one_minus_dampening", "learning_rate_place": "outside"}
    ones = [[1.0]] * 3
    first = path("momentum", ones, 1, dialect={**dialect, "first_step": "gradient"}, **settings)
    zeros = path("momentum", ones, 1, dialect={**dialect, "first_step": "zeros"}, **settings)

    assert exactly([-1, Fraction(-12, 5), Fraction(-104, 25)], first)
    assert exactly([-HALF, Fraction(-29, 20), Fraction(-561, 200)], zeros)


def test_nesterov_by_hand_on_the_witness_that_the_printed_sign_cycles() -> None:
    """J = w²/2, β = 1/2, η = 1: the printed rule goes 1, 0, −1, −1, 0, 1, 1 and never arrives; the corrected one is at 0."""
    settings = {"momentum": HALF}
    with ctx.workprec(PRECISION):
        program = rule("nesterov").program({"nesterov_form": "look_ahead"}, error="look_ahead_wrong_sign")
        run, at = Run(program, {"learning_rate": Fraction(1), **settings}, 1, gradient="field"), [arb(1)]
        printed = []
        for _ in range(6):
            at = run.exact(at, QUADRATIC, 1)
            printed += at

    assert exactly([0, -1, -1, 0, 1, 1], printed)
    assert exactly([0, 0, 0, 0, 0, 0], path("nesterov", [QUADRATIC] * 6, 1, **settings))


def test_nesterov_by_hand() -> None:
    expected = [HALF, Fraction(1, 40), Fraction(-161, 800)]

    assert exactly(expected, path("nesterov", [QUADRATIC] * 3, HALF, momentum=Fraction(9, 10)))


def test_adagrad_by_hand() -> None:
    actual = path("adagrad", [[3.0], [4.0], [12.0]], 1, 0.0, epsilon=0)

    assert exactly([-1, Fraction(-9, 5), Fraction(-177, 65)], actual)


def test_rmsprop_by_hand() -> None:
    """s = 1/4·4 = 1, then 3/4 + 13/4 = 4: the steps are 2 and √13/2."""
    first, second = path("rmsprop", [[2.0], [13.0**0.5]], 1, 0.0, rho=Fraction(3, 4), epsilon=0)
    with ctx.workprec(2 * PRECISION):
        root = arb(13.0**0.5)
        moved = root / (arb(3) / 4 + root * root / 4).sqrt()

    assert is_exactly(-2, first)
    assert (first - second - moved).contains(0)


def test_adam_by_hand() -> None:
    """Without ε every step of a constant gradient is the learning rate, whatever the gradient and the betas."""
    assert exactly([HALF, 0, -HALF, -1], path("adam", [[7.0]] * 4, HALF, epsilon=0))


def test_adam_by_hand_with_a_changing_gradient() -> None:
    """β₁ = β₂ = 1/2, g = 1, 0: m̂ = 1, then 1/3; ŝ = 1, then 1/3; with ε = 1 the steps are 1/2 and (1/3)/(1 + √(1/3))."""
    settings = {"beta1": HALF, "beta2": HALF, "epsilon": 1}
    first, second = path("adam", [[1.0], [0.0]], 1, 0.0, **settings)
    with ctx.workprec(2 * PRECISION):
        moved = arb(1) / 3 / (1 + (arb(1) / 3).sqrt())

    assert is_exactly(-HALF, first)
    assert (first - second - moved).contains(0)


def test_the_learning_rate_may_change_at_every_step() -> None:
    """The rate drops tenfold after two steps: inside the buffer goes on, outside it brakes at once."""
    rates = [TENTH, TENTH, TENTH**2, TENTH**2, TENTH**2]
    runs = {
        place: [
            row[0]
            for row in trajectory(
                rule("momentum"),
                [0.0],
                [[1.0]] * 5,
                rates,
                dialect={"learning_rate_place": place},
                momentum=Fraction(9, 10),
            )
        ]
        for place in ("inside", "outside")
    }

    assert ["-0.100", "-0.290", "-0.471", "-0.644", "-0.810"] == [f"{float(x):.3f}" for x in runs["inside"]]
    assert ["-0.100", "-0.290", "-0.317", "-0.351", "-0.392"] == [f"{float(x):.3f}" for x in runs["outside"]]


def test_coordinates_do_not_touch_each_other() -> None:
    together = trajectory(rule("adam"), [1.0, -2.0], [[1.0, 3.0], [0.5, -1.0]], [TENTH] * 2)
    apart = [trajectory(rule("adam"), [x], [[a], [b]], [TENTH] * 2) for x, a, b in ((1.0, 1.0, 0.5), (-2.0, 3.0, -1.0))]

    assert all((together[k][i] - apart[i][k][0]).contains(0) for i in range(2) for k in range(2))


def test_a_float_is_the_binary_fraction_that_it_is() -> None:
    as_float, as_fraction = (path("gradient_descent", [[1.0]], x, 0.0)[0] for x in (0.1, TENTH))

    assert is_exactly(-Fraction(0.1), as_float)
    assert is_exactly(-TENTH, as_fraction)
    assert not (as_float - as_fraction).contains(0)


# -- precision ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", [8, 53, PRECISION, 1000])
def test_whatever_precision_a_run_starts_with_it_ends_narrow(precision: int) -> None:
    rows = trajectory(rule("adam"), [1.0], [QUADRATIC] * 50, [TENTH] * 50, precision=precision)

    assert all(row[0].rad() < (abs(row[0]) + 1) * arb(2) ** -100 for row in rows)


def test_a_run_that_loses_digits_is_repeated_with_more() -> None:
    """β(1 + ηh) > 1 multiplies any width of a ball by more than 10^80 in 400 steps."""
    actual = path("nesterov", [QUADRATIC] * 400, Fraction(1, 5), momentum=Fraction(9, 10))

    assert actual[-1].rad() < arb(2) ** -100


def test_a_constant_that_is_no_binary_fraction_has_the_precision_of_the_call() -> None:
    """It is compiled once and used at every precision."""
    one = rule("gradient_descent")
    third = one.replaced(update={w: w - gradient(w) + Rational(1, 3)})
    rows = [trajectory(third, [0.0], [[1.0]], [0.5], precision=bits)[0][0] for bits in (8, 2000)]
    with ctx.workprec(3000):
        expected = arb(-2) / 3

        assert all((row - expected).contains(0) for row in rows)
        assert rows[1].rad() < arb(2) ** -1900


# -- keywords, domains and options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"momentun": 0.5}, LookupError, "did you mean 'momentum'"),
        ({"momentum": 1}, ValueError, r"momentum: momentum=1: must lie in \[0, 1\)"),
        ({"momentum": float("nan")}, ValueError, r"must lie in \[0, 1\)"),
        ({"dialect": {"gian": "one"}}, LookupError, "did you mean 'gain'"),
        ({"dialect": {"gain": "two"}}, LookupError, "no value of gain"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        path("momentum", [[1.0]], TENTH, **settings)


def test_a_learning_rate_outside_its_domain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"learning_rate=-1: must lie in \[0, infinity\)"):
        path("momentum", [[1.0]], -1)


def test_an_option_without_what_it_requires_is_refused() -> None:
    with pytest.raises(ValueError, match="rmsprop: nesterov=True: needs momentum; set it as well"):
        path("rmsprop", [[1.0]], TENTH, nesterov=True)


@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam"])
def test_an_option_at_its_neutral_value_is_as_good_as_absent(name: str) -> None:
    one = rule(name)
    neutral = {option.name: option.neutral for option in one.options}
    gradients = [[2.0], [-0.5], [0.0]]

    assert chosen(one, {}, {})[0] == chosen(one, {}, neutral)[0]
    assert [str(x) for x in path(name, gradients, TENTH)] == [str(x) for x in path(name, gradients, TENTH, **neutral)]


@pytest.mark.parametrize(
    ("name", "option"),
    [(n, o.name) for n in ("momentum", "adagrad", "rmsprop", "adam") for o in rule(n).options if o.symbol is not None],
)
def test_an_option_near_its_neutral_value_is_near_to_its_absence(name: str, option: str) -> None:
    """What an option does vanishes with its value: the difference is bounded by a multiple of it."""
    dialect = {"epsilon_place": "root_plus_outside"} if option == "epsilon_root" else {}
    dialect |= {"gain": "one_minus_dampening"} if option == "dampening" else {}
    without = path(name, [[1.0], [0.5]], TENTH, dialect=dialect)
    small = [path(name, [[1.0], [0.5]], TENTH, dialect=dialect, **{option: Fraction(1, 2**k)}) for k in (30, 60)]
    gaps = [abs(one[-1] - without[-1]) for one in small]

    assert gaps[0] > 0
    assert gaps[1] < gaps[0] / 2**29


# -- declared arithmetic ------------------------------------------------------------------------------------------------


def predict(program: Any, settings: dict[str, Any], gradients: list[float], how: Any = FLOAT32) -> list[Prediction]:
    """Return the predictions for one coordinate that is observed to stay at zero."""
    with ctx.workprec(PRECISION):
        run = Run(program, settings, 1, how=how)
        return [run.step([0.0], [x], 0.5)[0] for x in gradients]


GUARDED = rule("adagrad").program({"epsilon_place": "inside_guarded"})


def test_an_undecided_condition_gives_both_outcomes_and_nothing_between() -> None:
    """The square of 2^-75 may underflow to zero, and then the guarded step is zero; otherwise it is the learning rate."""
    (prediction,) = predict(GUARDED, {"epsilon": Fraction(1, 2**40), "learning_rate": HALF}, [2.0**-75])
    step = 2.0**-75 * 0.5 / (2.0**-150 + 2.0**-40) ** 0.5

    assert len(prediction.worlds) == 2
    assert prediction.score(0.0) == 0
    assert prediction.score(-step) <= 1
    assert prediction.score(-step / 2) > 1000


def test_without_epsilon_an_underflowing_square_tells_nothing() -> None:
    """Where 0/0 may come up nothing is accepted or refused, and the next step is judged again."""
    first, second = predict(GUARDED, {"epsilon": Fraction(0), "learning_rate": HALF}, [2.0**-75, 1.0])

    assert not first.informative
    assert second.informative


def test_a_zero_square_is_decided() -> None:
    (prediction,) = predict(GUARDED, {"epsilon": Fraction(0), "learning_rate": HALF}, [0.0])

    assert len(prediction.worlds) == 1
    assert (0.0, float("inf")) == (prediction.score(0.0), prediction.score(2.0**-149))


def splitting(one: Rule) -> Rule:
    """Return AdaGrad with a sum of squares that doubles where the square is positive: every step may go two ways."""
    return one.replaced(let={**one.let, s_next: Piecewise((2 * one.let[s_next], g**2 > 0), (one.let[s_next], True))})


def test_too_many_worlds_tell_nothing_from_then_on() -> None:
    program = splitting(rule("adagrad")).program()
    gradients = [1.0, *[2.0**-75] * 5, 1.0]
    predictions = predict(program, {"epsilon": Fraction(1), "learning_rate": HALF}, gradients)

    assert [1, 2, 4, 8, 0, 0, 0] == [len(prediction.worlds) for prediction in predictions]
    assert max(len(prediction.worlds) for prediction in predictions) == MOST_WORLDS
    assert not predictions[-1].informative


def test_a_hyperparameter_that_the_format_cannot_hold_widens_the_bound() -> None:
    program, wider = rule("momentum").program(), replace(FLOAT32, hyperparameters=FORMATS["float64"])
    bounds = {
        (mu, how): predict(program, {"momentum": mu, "learning_rate": HALF}, [1.0, 1.0], how)[-1].bound
        for mu in (Fraction(7, 8), Fraction(9, 10))
        for how in (FLOAT32, wider)
    }

    assert bounds[Fraction(7, 8), FLOAT32] == bounds[Fraction(7, 8), wider]
    assert bounds[Fraction(9, 10), FLOAT32] > bounds[Fraction(9, 10), wider]


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_the_prediction_is_centred_at_the_exact_value_of_the_unrounded_hyperparameters(name: str) -> None:
    program, settings = chosen(rule(name), {}, {"learning_rate": HALF})
    (first, second) = predict(program, settings, [1.0, -0.25])
    expected = trajectory(rule(name), [0.0], [[1.0]], [0.5])[0][0]
    with ctx.workprec(PRECISION):
        run = Run(program, settings, 1)
        run.exact([0.0], [1.0], 0.5)
        (anchored,) = run.exact([0.0], [-0.25], 0.5)

    assert (first.value - expected).contains(0)
    assert (second.value - anchored).contains(0)


def test_a_score_is_the_distance_in_bounds() -> None:
    prediction = Prediction(((arb(1), arb(2) ** -20, False),))

    assert [0.0, 1.0, 4.0] == [prediction.score(1 + k * 2.0**-20) for k in (0, 1, 4)]
    assert float("inf") == prediction.score(float("nan")) == prediction.score(float("inf"))
    assert Prediction(((arb(1), arb(1), True),)).score(float("nan")) == 0
