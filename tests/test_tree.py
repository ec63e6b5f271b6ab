"""The tree that is bounded is the formula as the specification states it, with nothing rewritten."""

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from sympy import Function, Max, Piecewise, Rational, Symbol, Xor, gamma, sqrt, tan

from gradspec.reference.tree import FIELD, Node, Tree, build
from gradspec.spec import Program, of_kind, rule
from gradspec.spec.symbols import gradient, t, w

x, y, z = (Symbol(name, positive=True) for name in "xyz")


def tree(expression: Any, **let: Any) -> Tree:
    symbols = {Symbol(name, positive=True): value for name, value in let.items()}
    return build(Program("a rule", w, symbols, {w: expression}, {}, {}))


def kinds(made: Tree) -> Counter[str]:
    return Counter(node.kind for node in made.nodes if node.kind not in ("input", "constant", "step"))


def last(made: Tree) -> Node:
    return made.nodes[made.outputs["w"]]


def test_a_subexpression_that_occurs_twice_is_one_node() -> None:
    made = tree((x + y) * sqrt(x + y + z) + z / (x + y))

    assert Counter({"sum": 3, "product": 2, "root": 1}) == kinds(made)


def test_intermediates_with_equal_formulas_are_one_node() -> None:
    u, v = Symbol("u", positive=True), Symbol("v", positive=True)

    assert Counter({"sum": 1, "product": 1}) == kinds(tree(u / v, u=x + y, v=x + y))


def test_an_intermediate_is_not_substituted_into_the_formula_around_it() -> None:
    u = Symbol("u", positive=True)

    assert Counter({"sum": 2}) == kinds(tree(u + z, u=x + y))
    assert Counter({"sum": 1}) == kinds(tree(x + y + z))


@pytest.mark.parametrize("expression", [x / y, x * y, x / 3, Rational(2) * x, 1 / x, x**-2 * y**0])
def test_a_quotient_or_a_product_of_two_is_one_node(expression: Any) -> None:
    assert kinds(tree(expression))["product"] == 1


def test_a_quotient_divides_once_whatever_its_numerator() -> None:
    node = last(tree(x * y / z))

    assert (3, 2) == (len(node.args), node.extra)


def test_a_rational_factor_multiplies_and_divides_by_integers() -> None:
    made = tree(Rational(2, 3) * x)
    constants = {node.extra for node in made.nodes if node.kind == "constant"}

    assert {Fraction(1), Fraction(2), Fraction(3)} >= constants
    assert (3, 2) == (len(last(made).args), last(made).extra)


def test_a_difference_is_a_sum_with_a_sign_and_negates_nothing() -> None:
    node = last(tree(x - y - z))

    assert Counter({1: 1, -1: 2}) == Counter(node.extra)
    assert Counter({"sum": 1}) == kinds(tree(x - y - z))


def test_powers_of_the_step_keep_their_exponent() -> None:
    exponents = [last(tree(x**e)).extra for e in (t, t + 1)]

    assert [(1, 0), (1, 1)] == exponents


def test_the_inverse_of_a_root_is_a_quotient_by_a_root() -> None:
    assert Counter({"root": 1, "product": 1}) == kinds(tree(1 / sqrt(x)))


def test_a_maximum_takes_two_at_a_time() -> None:
    assert Counter({"maximum": 2}) == kinds(tree(Max(x, y, z)))


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        (tan(x), "tan"),
        (gamma(x) + y, "gamma"),
        (Function("f")(x), "f"),
        (x**y, r"x\*\*y"),
        (x ** Rational(1, 3), "1/3"),
        (x ** (t**2), r"x\*\*"),
        (Piecewise((x, Xor(y < z, x < z)), (y, True)), "condition"),
    ],
)
def test_what_has_no_error_weight_is_refused_loudly(expression: Any, named: str) -> None:
    with pytest.raises((NotImplementedError, ValueError), match=named):
        tree(expression)


def test_a_gradient_given_as_data_is_an_input_and_a_field_is_evaluated_where_the_rule_asks() -> None:
    program = rule("nesterov").program({"nesterov_form": "look_ahead"})

    assert "gradient" in build(program).inputs
    assert {"gradient_slope", "gradient_offset"} <= set(build(program, FIELD).inputs)
    assert len(build(program).nodes) < len(build(program, FIELD).nodes)


@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_every_tree_of_every_rule_is_in_order_without_duplicates_and_shows_its_inputs(name: str) -> None:
    one = rule(name)
    options = frozenset(option.name for option in one.options)
    for dialect in one.dialects(options):
        made = build(one.program(dialect, options))

        assert len(set(made.nodes)) == len(made.nodes)
        assert all(a < i for i, node in enumerate(made.nodes) for a in node.args)
        assert made.inputs == tuple(node.extra for node in made.nodes if node.kind == "input")
        assert made.parameter == "w"
        assert {"w", *made.state} == set(made.outputs)


def test_two_gradients_of_one_program_are_two_evaluations_of_the_field() -> None:
    program = Program("a rule", w, {}, {w: gradient(w) + gradient(2 * w)}, {}, {})

    assert Counter({"product": 3, "sum": 3}) == kinds(build(program, FIELD))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (x * sqrt(x), {"product": 1, "root": 1}),
        (x**2 * sqrt(x), {"product": 1, "power": 1, "root": 1}),
        (sqrt(sqrt(x)), {"root": 2}),
        (1 / (x * sqrt(x)), {"product": 2, "root": 1}),
    ],
)
def test_powers_that_sympy_merges_are_roots_and_products(formula: Any, expected: dict[str, int]) -> None:
    assert Counter(expected) == kinds(tree(formula))
