"""Evaluates functions of arrays: exactly, or with the bound of declared arithmetic around every element.

Inputs are exact, as they are floats of the judged format. What a condition leaves open is followed both ways, and every
form of the function adds what it allows: the accepted set of an element is a union, never a hull.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import TypeVar

from flint import arb, ctx
from sympy import Indexed, IndexedBase, Symbol

from gradspec.spec import Program

from .arithmetic import Arithmetic
from .evaluate import MOST_WORLDS, Imprecise, Prediction, Real, real, storage_error
from .generate import Compiled, UndecidedBranch, ball, compiled
from .tree import Sizes, Tree, build_arrays, element


@dataclass(frozen=True, slots=True)
class Values:
    """An array in row-major order, of any dtype, as the exact numbers that it holds."""

    shape: tuple[int, ...]
    numbers: tuple[float, ...]


Arrays = Sequence[Values]
T = TypeVar("T")
Row = list[Prediction]


def sizes_of(program: Program, arrays: Arrays) -> Sizes:
    """What the shapes of `arrays` make of the program's sizes; `ValueError` where they do not fit each other."""
    sizes: dict[Symbol, int] = {}
    labels = []
    for declared, given in zip(program.arrays, arrays, strict=True):
        if not isinstance(declared.symbol, IndexedBase):
            continue
        if len(declared.shape) != len(given.shape):
            raise ValueError(f"{declared.name}: shape {given.shape}: must have {len(declared.shape)} dimensions")
        for size, number in zip(declared.shape, given.shape, strict=True):
            expected = sizes.setdefault(size, number) if isinstance(size, Symbol) else int(size)
            if expected != number:
                raise ValueError(f"{declared.name}: shape {given.shape}: {size} is {expected} elsewhere")
        if declared.labels is not None:
            labels.append((declared.name, tuple(int(x) for x in given.numbers)))
    return Sizes(tuple(sizes.items()), tuple(labels))


@lru_cache(maxsize=1024)
def tree_of_arrays(program: Program, sizes: Sizes) -> Tree:
    """The tree of `program` for arrays of these sizes, built once for equal formulas."""
    return build_arrays(program, sizes)


def exactly(program: Program, arrays: Arrays, hyperparameters: Mapping[str, Real]) -> list[list[arb]]:
    """Return every output, in the order of the program, as balls of the working precision; NaN where it is undefined."""
    results = []
    for tree, inputs in _calls(program, arrays, hyperparameters):
        code = compiled(tree)
        try:
            results.append(code.exact(1, (), *inputs))
        except UndecidedBranch as undecided:
            raise Imprecise(f"branch {undecided.args[0]} is undecided at {ctx.prec} bits") from None
    return _rows(program, arrays, results)


def predict_arrays(program: Program, arrays: Arrays, hyperparameters: Mapping[str, Real], how: Arithmetic) -> list[Row]:
    """Return for every element of every output what the program and its other forms allow in arithmetic `how`."""
    rows = _predicted(program, arrays, hyperparameters, how)
    for form in program.forms:
        for row, others in zip(rows, _predicted(form, arrays, hyperparameters, how), strict=True):
            row[:] = [_either(a, b) for a, b in zip(row, others, strict=True)]
    return rows


def _either(one: Prediction, other: Prediction) -> Prediction:
    """What either form allows. A form whose bound is unbounded somewhere has nothing to say where another one does."""
    if one.informative and other.informative:
        return Prediction((*one.worlds, *other.worlds))
    return one if one.informative else other


def _predicted(program: Program, arrays: Arrays, hyperparameters: Mapping[str, Real], how: Arithmetic) -> list[Row]:
    results = []
    for tree, inputs in _calls(program, arrays, hyperparameters):
        errors = _errors(tree, inputs, hyperparameters, how)
        code = compiled(tree, frozenset(errors), how)
        worlds = _worlds(code, inputs, [errors[name] for name in tree.inputs if name in errors])
        outputs = zip(*worlds, strict=True) if worlds else [()] * len(tree.outputs)
        results.append([_prediction(output, how) for output in outputs])
    return _rows(program, arrays, results)


def _prediction(worlds: Sequence[tuple[arb, arb, bool]], how: Arithmetic) -> Prediction:
    """The accepted set of one element; empty where it leaves the format, as an overflow may then have happened."""
    found = tuple((value, _stored(value, error, how).abs_upper(), nan) for value, error, nan in worlds)
    largest = ball(how.storage.largest)
    return Prediction(found if all((abs(value) + bound).upper() <= largest for value, bound, _ in found) else ())


def _errors(tree: Tree, inputs: Sequence[arb], hyperparameters: Mapping[str, Real], how: Arithmetic) -> dict[str, arb]:
    """Inputs that carry an error: hyperparameters that their format cannot hold; with flushing, subnormals."""
    smallest = ball(how.operations.smallest_normal)
    flushed = [x != 0 and abs(x) < smallest for x in inputs] if how.flush else []
    errors = {name: how.underflow for name, is_small in zip(tree.inputs, flushed, strict=False) if is_small}
    for keyword, name in tree.hyperparameters.items():
        if keyword in hyperparameters and (error := storage_error(hyperparameters[keyword], how)):
            errors[name] = errors.get(name, 0) + error
    return {name: arb(0, ball(error)) for name, error in errors.items()}


def _stored(value: arb, error: arb, how: Arithmetic) -> arb:
    """The error after the result has been rounded to the format in which it is returned."""
    if how.storage is how.operations:
        return error
    return error + (value + error) * arb(0, ball(how.storage.unit)) + arb(0, ball(how.storage.smallest_subnormal / 2))


def _worlds(code: Compiled, inputs: Sequence[arb], errors: Sequence[arb]) -> list[Sequence[tuple[arb, arb, bool]]]:
    """All outputs, once for each way in which the open branches may go; none if there are too many to follow."""
    assert code.bounded is not None
    waiting: list[tuple[bool | None, ...]] = [code.open]
    found: list[Sequence[tuple[arb, arb, bool]]] = []
    while waiting:
        choices = waiting.pop()
        try:
            found.append(code.bounded(1, choices, *inputs, *errors))
        except UndecidedBranch as undecided:
            number = undecided.args[0]
            waiting += [(*choices[:number], side, *choices[number + 1 :]) for side in (False, True)]
        if len(found) + len(waiting) > MOST_WORLDS:
            return []
    return found


def _calls(program: Program, arrays: Arrays, hyperparameters: Mapping[str, Real]) -> Iterator[tuple[Tree, list[arb]]]:
    """A tree and its inputs: one for the whole where arrays have positions, else one for each element."""
    numbers = {
        str(symbol): ball(real(hyperparameters[keyword]))
        for keyword, symbol in program.symbols.items()
        if keyword in hyperparameters
    }
    tree = tree_of_arrays(program, sizes_of(program, arrays))
    if not elementwise(program):
        known = dict(numbers)
        for declared, given in zip(program.arrays, arrays, strict=True):
            if isinstance(declared.symbol, IndexedBase):
                places = product(*map(range, given.shape))
                known |= {element(declared.name, p): arb(x) for p, x in zip(places, given.numbers, strict=True)}
            else:
                known[declared.name] = arb(given.numbers[0])
        yield tree, [known[name] for name in tree.inputs]
        return
    for row in zip(*(given.numbers for given in arrays), strict=True):
        known = {**numbers, **{a.name: arb(x) for a, x in zip(program.arrays, row, strict=True)}}
        yield tree, [known[name] for name in tree.inputs]


def elementwise(program: Program) -> bool:
    """Whether the program speaks of single elements, and so is applied to each."""
    return not any(isinstance(a.symbol, IndexedBase) for a in program.arrays)


def _rows(program: Program, arrays: Arrays, results: Sequence[Sequence[T]]) -> list[list[T]]:
    """The results as one list for each output array."""
    if elementwise(program):
        return [[result[k] for result in results] for k in range(len(program.update))]
    rows, flat = [], list(results[0])
    for shape in output_shapes(program, arrays):
        rows.append(flat[: prod(shape)])
        del flat[: prod(shape)]
    return rows


def output_shapes(program: Program, arrays: Arrays) -> list[tuple[int, ...]]:
    """The shape of every output, from those of the inputs."""
    if elementwise(program):
        return [arrays[0].shape] * len(program.update)
    number = dict(sizes_of(program, arrays).sizes)
    return [
        tuple(int(size.xreplace(number)) for size in target.base.shape) if isinstance(target, Indexed) else ()
        for target in program.update
    ]
