"""Steps that show that no setting makes one formula equal to another: it would have to be two numbers at once."""

from collections.abc import Mapping

from sympy import Expr, Symbol, cancel, diff, expand, fraction, together

from .derivation import Step, equal, unequal


def no_setting(
    wanted: Expr,
    offered: Expr,
    setting: Symbol,
    here: Mapping[Symbol, Expr],
    there: Mapping[Symbol, Expr],
    needed: Expr,
) -> tuple[Step, ...]:
    """Return the steps for `offered`, a formula with a free `setting` that is asked to equal `wanted` here and there.

    `here` and `there` give values to the other symbols, `needed` is what the setting has to be there. Raises
    `ValueError` where the equation is not of first degree.
    """
    found = [(_numerator(wanted, offered, at), _name(at)) for at in (here, there)]
    values = [_only_root(numerator, setting) for numerator, _ in found]
    return (
        *(
            Step(
                f"with {place} both are equal for {setting} = {value} only", equal(numerator, slope * (setting - value))
            )
            for (numerator, place), (value, slope) in zip(found, values, strict=True)
        ),
        Step("which is not the same number", unequal(values[0][0], values[1][0])),
        Step(
            f"there {setting} = {needed} does make them equal",
            equal(offered.xreplace({**there, setting: needed}), wanted.xreplace(dict(there))),
        ),
    )


def _name(place: Mapping[Symbol, Expr]) -> str:
    return ", ".join(f"{symbol} = {value}" for symbol, value in place.items())


def _numerator(wanted: Expr, offered: Expr, at: Mapping[Symbol, Expr]) -> Expr:
    """What is zero where both are equal: the numerator of their difference."""
    return fraction(together((offered - wanted).xreplace(dict(at))))[0]


def _only_root(numerator: Expr, setting: Symbol) -> tuple[Expr, Expr]:
    """The only value for which the numerator is zero, and the slope with which it passes through it."""
    slope = expand(diff(numerator, setting))
    if slope.has(setting) or slope == 0:
        raise ValueError(f"{setting}: {numerator} must be of first degree in it; choose another setting or place")
    return cancel(-numerator.xreplace({setting: 0 * setting}) / slope), slope
