"""One rule on a page: text, LaTeX, MathML or JSON, all read off the rule."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from html import escape, unescape
from typing import Any

from sympy import Basic, Eq, Symbol, latex, mathml
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean
from sympy.printing.str import sstr

from gradspec.reference.identity import Same
from gradspec.spec import Array, Claim, Program, Rule
from gradspec.spec import rule as find_rule
from gradspec.spec.derivation import Derivation, Step
from gradspec.spec.rule import interval

from .programs import program_of

FORMATS = ("text", "latex", "mathml", "json")


def show(name: str, dialect: Sequence[str], format: str) -> str:
    """Return the page of rule `name` in a dialect given as `AXIS=VALUE`; options appear where an axis is visible under them."""
    rule = find_rule(name)
    if format not in FORMATS:
        near = get_close_matches(format, FORMATS, n=1, cutoff=0.0)[0]
        raise ValueError(f"--format {format!r}: must be one of {', '.join(FORMATS)}; did you mean {near!r}?")
    chosen = {}
    for part in dialect:
        axis, equals, value = part.partition("=")
        if not equals:
            raise ValueError(
                f"--dialect {part!r}: must be AXIS=VALUE; {rule.name} has: {', '.join(a.name for a in rule.axes)}"
            )
        if axis in chosen:
            raise ValueError(f"--dialect {part!r}: {axis} is given twice; choose one value")
        chosen[axis] = value
    complete = rule.complete(chosen)
    on = tuple(dict.fromkeys(a.under for a in rule.axes if a.name in chosen and a.under is not None))
    needed = frozenset(n for option in on for n in rule.switched_on(option))
    requires = {v.requires for a in rule.axes for v in a.values if v.requires and complete[a.name] == v.name}
    program = program_of(rule, complete, needed | requires)
    visible = {a.name: complete[a.name] for a in rule.visible_axes(needed)}
    writer = {"text": _text, "latex": _latex, "mathml": _mathml, "json": _json}[format]
    return writer(rule, program, visible)


def equations(program: Program) -> list[tuple[str, Any, Any]]:
    """(kind, left, right) of every equation that the program needs, in order of evaluation; updates last.

    The outputs of a function are what they are; what a step moves is the `next` value.
    """
    rows = [("let", symbol, program.let[symbol]) for symbol in program.needed()]
    moved = [(_kind(program, target), target, value) for target, value in program.update.items()]
    return rows + [
        row for row in moved if str(row[2]) != f"{row[1]}_next"
    ]  # `w_next` already says that it is the next w


def _kind(program: Program, target: Any) -> str:
    return "output" if program.arrays and target not in program.state else "next"


def gradients(rule: Rule, program: Program, dialect: dict[str, str]) -> list[tuple[str, Any, Any]]:
    """The equations of the gradients that the rule is asked for under an option, where the program is not they."""
    asked = next((o for o in rule.options if o.differentiates), None)
    if asked is None:
        return []
    derived = program_of(rule, dialect, frozenset(rule.switched_on(asked.name)))
    return [] if derived == program else [row for row in equations(derived) if row[1] not in program.update]


def _text(rule: Rule, program: Program, dialect: dict[str, str]) -> str:
    lines = [f"{rule.title} ({rule.name})", rule.doc, f"source: {rule.source}", ""]
    lines += [
        "dialect: " + (", ".join(f"{a}={v}" for a, v in dialect.items()) or "there is only one"),
        "",
        "defined:",
    ]
    lines += _equation_lines(equations(program))
    if derived := gradients(rule, program, dialect):
        lines += ["", "gradients, derived:", *_equation_lines(derived)]
    if program.arrays:
        lines += ["", "arrays:"]
        lines += [f"  {a.name}{_shape(a)}: {a.doc}" for a in program.arrays]
    if program.state:
        lines.append("  start: " + ", ".join(f"{s} = {v}" for s, v in program.state.items()))
    lines += ["", "hyperparameters:"] if rule.hyperparameters else []
    lines += [
        f"  {h.name} ({h.symbol}) in {interval(h.domain)}, default {h.default}: {h.doc}" for h in rule.hyperparameters
    ]
    if rule.options:
        lines += ["", "options:"]
        lines += [
            f"  {o.name}{f' ({o.symbol})' if o.symbol else ''}: {o.doc}{f' [{o.source}]' if o.source else ''}"
            for o in rule.options
        ]
    for axis in rule.axes:
        lines += ["", f"axis {axis.name}{f' (with {axis.under})' if axis.under else ''}: {axis.doc}"]
        lines += [
            f"  {v.name}: defined by {v.source}" + (f" (needs {v.requires})" if v.requires else "") for v in axis.values
        ]
    if rule.errors:
        lines += ["", "named errors:"]
        lines += [f"  {e.name}: {e.doc} [{e.source}]" for e in rule.errors]
    lines += ["", "derived:"]
    lines += [f"  {c.name}{f' (by {c.principle})' if c.principle else ''}" for c in rule.claims if _holds(c)]
    for derivation in rule.derivations:
        lines += [f"  {derivation.name}", f"    from: {derivation.principle}"]
        lines += [
            f"    {number}. {step.words}: {_statement(step.statement)}"
            for number, step in enumerate(_steps(rule, derivation), 1)
        ]
    for title, claims in _claims(rule).items():
        lines += ["", f"{title}:"]
        lines += [f"  {c.name}{f' (by {c.principle})' if c.principle else ''}" for c in claims]
    return "\n".join(lines)


def _holds(claim: Claim) -> bool:
    return claim.kind == "derived" and claim.expects != "refuted"


def _claims(rule: Rule) -> dict[str, list[Claim]]:
    """The claims that are no part of what is derived: definitions, and what is said and false."""
    titles = {
        "what definitions amount to": [c for c in rule.claims if c.kind == "defined"],
        "said of it, and refuted": [c for c in rule.claims if c.expects == "refuted"],
    }
    return {title: claims for title, claims in titles.items() if claims}


def _steps(rule: Rule, derivation: Derivation) -> tuple[Step, ...]:
    return _made(Same(rule), Same(derivation))


@lru_cache(maxsize=1024)
def _made(rule: Same[Rule], derivation: Same[Derivation]) -> tuple[Step, ...]:
    return derivation.value.steps(rule.value)


# To print a sum SymPy evaluates the numbers in it, integrals too; the pages of a rule have most of their formulas in common.
_typeset = lru_cache(maxsize=4096)(latex)


@lru_cache(maxsize=4096)
def _statement(statement: Boolean) -> str:
    """An equation with its sign between both sides; one that has come out the same on both sides has just one."""
    if not isinstance(statement, Relational):
        return str(sstr(statement))
    if isinstance(statement, Eq) and statement.lhs == statement.rhs:
        return str(sstr(statement.lhs))
    sign = "=" if isinstance(statement, Eq) else statement.rel_op
    return f"{sstr(statement.lhs)} {sign} {sstr(statement.rhs)}"


def _equation_lines(rows: list[tuple[str, Any, Any]]) -> list[str]:
    width = max(len(str(left)) for _, left, _ in rows) + 5 * any(kind == "next" for kind, _, _ in rows)
    named = [(f"next {left}" if kind == "next" else f"{left}", right) for kind, left, right in rows]
    return [f"  {name:<{width}} = {sstr(right)}" for name, right in named]


def _shape(array: Array) -> str:
    return f" ({', '.join(map(str, array.shape))})" if array.shape else ", of any shape"


def _latex(rule: Rule, program: Program, dialect: dict[str, str]) -> str:
    rows = [_typeset(_left(kind, left)) + " &= " + _typeset(right) for kind, left, right in equations(program)]
    parts = ["\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"]
    for derivation in rule.derivations:
        steps = [rf"&\text{{{_plain(s.words)}:}} && {_typeset(s.statement)}" for s in _steps(rule, derivation)]
        title = rf"&\textbf{{{_plain(derivation.name)}}}"
        origin = rf"&\text{{from: {_plain(derivation.principle)}}}"
        parts.append("\\begin{aligned}\n" + " \\\\\n".join([title, origin, *steps]) + "\n\\end{aligned}")
    return "\n\n".join(parts)


TEXT_MODE = {
    "\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "²": "$^2$", "−": "$-$", "σ": r"$\sigma$",
    "η": r"$\eta$", "μ": r"$\mu$", "ρ": r"$\rho$", "β": r"$\beta$", "ε": r"$\varepsilon$", "∂": r"$\partial$",
    **{sign: "\\" + sign for sign in "{}_#%&$"},
}  # fmt: skip


def _plain(words: str) -> str:
    """Words as LaTeX's text mode writes them."""
    return "".join(TEXT_MODE.get(letter, letter) for letter in words)


def _mathml(rule: Rule, program: Program, dialect: dict[str, str]) -> str:
    rows = [_presented(Eq(_left(kind, left), right, evaluate=False)) for kind, left, right in equations(program)]
    for derivation in rule.derivations:
        rows += [_words(derivation.name), _words(f"from: {derivation.principle}")]
        rows += [f"{_words(f'{step.words}: ')}{_presented(step.statement)}" for step in _steps(rule, derivation)]
    body = "".join(f"<mtr><mtd>{row}</mtd></mtr>" for row in rows)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mtable>{body}</mtable></math>'


@lru_cache(maxsize=4096)
def _presented(statement: Basic) -> str:
    return _well_formed(mathml(statement, printer="presentation"))


def _words(text: str) -> str:
    return f"<mtext>{escape(text)}</mtext>"


def _well_formed(markup: str) -> str:
    """SymPy writes HTML's names for characters, which XML does not know, and a bare sign for less than."""
    numbered = re.sub(r"&(\w+);", lambda name: "".join(f"&#{ord(c)};" for c in unescape(name[0])), markup)
    return re.sub(r"<mo><(=?)</mo>", r"<mo>&lt;\1</mo>", numbered)


def _left(kind: str, symbol: Symbol) -> Symbol:
    return symbol if kind != "next" else Symbol(f"{symbol}^next")


def _step_as_json(step: Step) -> dict[str, str]:
    return {"words": step.words, "statement": _statement(step.statement), "latex": _typeset(step.statement)}


def _json(rule: Rule, program: Program, dialect: dict[str, str]) -> str:
    data = {
        "name": rule.name, "title": rule.title, "doc": rule.doc, "source": str(rule.source), "dialect": dialect,
        "equations": [
            {"kind": kind, "left": str(left), "right": sstr(right), "latex": _typeset(right)}
            for kind, left, right in equations(program)
        ],
        "state": {str(s): sstr(v) for s, v in program.state.items()},
        "hyperparameters": [
            {"name": h.name, "symbol": str(h.symbol), "domain": interval(h.domain), "default": str(h.default), "doc": h.doc}
            for h in rule.hyperparameters
        ],
        "options": [{"name": o.name, "symbol": str(o.symbol) if o.symbol else None, "doc": o.doc} for o in rule.options],
        "axes": [
            {"name": a.name, "under": a.under, "doc": a.doc,
             "values": [{"name": v.name, "source": str(v.source), "requires": v.requires} for v in a.values]}
            for a in rule.axes
        ],
        "errors": [{"name": e.name, "doc": e.doc, "source": str(e.source)} for e in rule.errors],
        "claims": [{"name": c.name, "principle": c.principle, "kind": c.kind, "expects": c.expects} for c in rule.claims],
        "derivations": [
            {"name": d.name, "principle": d.principle,
             "steps": [_step_as_json(step) for step in _steps(rule, d)]}
            for d in rule.derivations
        ],
    }  # fmt: skip
    return json.dumps(data, indent=2)
