"""From the rows of a program to a machine: which value of a name is read, and where the gradient is taken.

A row is read in one of two ways. As declared: a name with a time is that value, whatever the order of the rows. In
order: every name is what the rows above made of it, as in code. Decks mean one or the other without saying which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .assignments import GRADIENTS, PARAMETERS, Assignment, change, differential, reads
from .machine import BEFORE, START, Machine, Unsupported, names_in
from .naming import Named, Time, named
from .tree import Call, Name, Number, Tree, walk

STEP = "@step"
COUNTERS = frozenset({"t", "T", "step", "steps", "iteration", "iter"})
OLDER = "@older"  # what a name was when the step before began
POINT_HEADS = frozenset({"+", "*", "/", "neg", "^"})


class Compiler:
    """What is known about a program while its rows are turned into lines."""

    def __init__(self, rows: Sequence[Assignment], parameter: str, letters: frozenset[str], in_order: bool) -> None:
        self.rows, self.parameter, self.letters, self.in_order = rows, parameter, letters, in_order
        self.times: dict[str, Time | None] = {row.target.key: row.target.time for row in rows}
        self.counts = Counter(row.target.key for row in rows)
        self.fixed = self._fixed()
        everything = [one for row in rows for one in walk(row.expression)]
        self.other_gradients = any(
            one.base in GRADIENTS - {"G"} if isinstance(one, Name) else isinstance(one, Call) and one.head == "grad"
            for one in everything
        )
        self.before: set[str] = set()
        self.older: set[str] = set()

    def _fixed(self) -> frozenset[str]:
        """Names that are read without a time in a row that gives the name at a time, as α in α_t = α √…: another number."""
        timed = [row for row in self.rows if row.target.time is not None and row.target.time.letter]
        if not timed:
            return frozenset()
        everything = [read for row in self.rows for read in reads(row.expression, self.letters)]
        return frozenset(
            row.target.key
            for row in timed
            if Named(row.target.key, None) in reads(row.expression, self.letters)
            and not any(read.key == row.target.key and read.time not in (None, row.target.time) for read in everything)
        )

    # -- names -----------------------------------------------------------------------------------------------

    def name(self, name: Name, done: frozenset[str], own: str) -> Name:
        """Return the name of the value that is read, in the row that gives `own`, when `done` have been given."""
        read = named(name, self.letters)
        key, time = read.key, read.time
        if key not in self.times:
            counts = key in COUNTERS or (key in self.letters and key != "tau")
            return Name(STEP) if counts and not name.index else Name(key)
        given = self.times[key]
        if key in self.fixed and time is None:
            return Name(f"{key}@fixed")
        if time is None:
            return self._unmarked(key, given, done)
        if not time.letter:  # next or old
            return Name(key) if time.shift else self._earlier(key)
        if given is None or not given.letter:
            return self._earlier(key) if time.shift <= 0 else Name(key)
        shift = time.shift - given.shift
        if shift == 0 and key == own and self.counts[key] == 1:
            raise Unsupported(f"{key} is given by itself at the same step")
        if shift == -2:
            self.older.add(key)
            self.before.add(key)
            return Name(key + OLDER)
        if shift not in (0, -1):
            raise Unsupported(f"{key} is read {abs(shift)} steps away")
        return Name(key) if shift == 0 else self._earlier(key)

    def _unmarked(self, key: str, given: Time | None, done: frozenset[str]) -> Name:
        if given is not None and not given.letter:
            return self._earlier(key)  # w^{(next)} = w - ...: the other w is the one before
        return Name(key) if key in done else self._earlier(key)

    def _earlier(self, key: str) -> Name:
        self.before.add(key)
        return Name(key + BEFORE)

    # -- trees -----------------------------------------------------------------------------------------------

    def tree(self, tree: Tree, done: frozenset[str], own: str) -> Tree:
        """Return the tree with values for names and points for gradients. Raises `Unsupported`."""
        if isinstance(tree, Number):
            return tree
        if isinstance(tree, Name):
            if self._is_gradient(tree):
                return self._gradient(None, done, own)
            if (of := differential(tree)) is not None and tree.base not in self.times:
                key = named(of, self.letters).key
                if key in self.times:
                    return Call("gradient", (self.name(of, done, own) if key != self.parameter else self._here(done),))
                if self._looks_like_the_parameter(key):
                    return self._gradient(None, done, own)
            return self.name(tree, done, own)
        if (whole := change(tree)) is not None:
            return self.name(whole, done, own)
        if (of := differential(tree)) is not None:
            return self._gradient(None, done, own)
        if self._is_upside_down(tree):
            return Call("/", (Number(Fraction(1)), self._gradient(None, done, own)))
        if tree.head in ("grad", "partial"):
            return self._gradient(tree.args[0] if tree.args else None, done, own)
        if tree.head == "apply":
            return self._applied(tree, done, own)
        if tree.head == "*" and (mean := _mean_gradient(tree)) is not None:
            tree = mean
            if isinstance(tree, Call) and tree.head in ("grad", "partial"):
                return self.tree(tree, done, own)
        assert isinstance(tree, Call)
        if tree.head == "^":
            return Call("^", (self.tree(tree.args[0], done, own), self._exponent(tree.args[1], done, own)))
        return Call(tree.head, tuple(self.tree(arg, done, own) for arg in tree.args))

    def _exponent(self, tree: Tree, done: frozenset[str], own: str) -> Tree:
        """An exponent, in which a name that nothing gives a value to counts the steps."""
        if isinstance(tree, Name) and named(tree, self.letters).key not in self.times and not tree.index:
            return Name(STEP)
        if isinstance(tree, Call):
            return Call(tree.head, tuple(self._exponent(arg, done, own) for arg in tree.args))
        return self.tree(tree, done, own)

    def _looks_like_the_parameter(self, key: str) -> bool:
        return key.split("_")[0] in PARAMETERS or key.lower() == self.parameter.lower()

    def _is_gradient(self, name: Name) -> bool:
        key = named(name, self.letters).key
        if key == "G" and self.other_gradients:
            return False  # it holds the squares of g
        return key not in self.times and key.split("_")[0] in GRADIENTS and not name.accents

    def _is_upside_down(self, tree: Tree) -> bool:
        """Whether this is ∂w/∂C: the parameter is differentiated, and not by itself."""
        if not (isinstance(tree, Call) and tree.head == "partial" and len(tree.args) == 2):
            return False
        of, by = tree.args
        if not isinstance(of, Name) or named(of, self.letters).key != self.parameter:
            return False
        return all(read.key != self.parameter for read in reads(by, self.letters))

    def _applied(self, tree: Call, done: frozenset[str], own: str) -> Tree:
        function, *args = tree.args
        if isinstance(function, Name) and self._is_gradient(function):
            return self._gradient(Call("apply", tree.args), done, own)
        if len(args) != 1 or not isinstance(function, Name):
            raise Unsupported("a function that is not known")
        return Call("*", (self.tree(function, done, own), self.tree(args[0], done, own)))

    # -- gradients -------------------------------------------------------------------------------------------

    def _here(self, done: frozenset[str]) -> Name:
        return Name(self.parameter) if self.parameter in done and self.in_order else self._earlier(self.parameter)

    def _gradient(self, of: Tree | None, done: frozenset[str], own: str) -> Tree:
        point = self._point(of) if of is not None else None
        if point is None:
            return Call("gradient", (self._here(done),))
        return Call("gradient", (self.tree(point, done, own),))

    def _point(self, of: Tree) -> Tree | None:
        """The part of a cost that says where: w + βm of J(w + βm), θ of L(f(x; θ), y)."""
        if not any(read.key == self.parameter for read in reads(of, self.letters)):
            return self._other_point(of)
        if isinstance(of, Name):
            return of
        if (
            isinstance(of, Call)
            and of.head in POINT_HEADS
            and not any(isinstance(one, Call) and one.head not in POINT_HEADS for one in walk(of))
        ):
            return of
        if isinstance(of, Call):
            places = of.args[1:] if of.head == "apply" else of.args
            return next((found for arg in places if (found := self._point(arg)) is not None), None)
        return None

    def _other_point(self, of: Tree) -> Tree | None:
        """A point that has a name of its own: θ̃ = θ + αv, then ∇J(θ̃)."""
        if isinstance(of, Name):
            return of if named(of, self.letters).key in self.times else None
        if isinstance(of, Call):
            places = of.args[1:] if of.head == "apply" else of.args
            return next((found for arg in places if (found := self._other_point(arg)) is not None), None)
        return None


def _mean_gradient(tree: Call) -> Tree | None:
    """The gradient of a mean over examples without its 1/m, as one gradient, or None if there is no sum to average."""
    sums = [k for k, arg in enumerate(tree.args) if _holds_sum_of_gradients(arg)]
    if len(sums) != 1:
        return None
    rest = [
        arg for k, arg in enumerate(tree.args)
        if k != sums[0] and not (isinstance(arg, Call) and arg.head == "/" and arg.args[0] == Number(Fraction(1)))
    ]  # fmt: skip
    inner = tree.args[sums[0]]
    if isinstance(inner, Call) and inner.head == "sum":
        inner = inner.args[0]
    if len(rest) == len(tree.args) - 1:
        return None
    return Call("*", (*rest, inner)) if rest else inner


def _holds_sum_of_gradients(tree: Tree) -> bool:
    if not isinstance(tree, Call):
        return False
    inside = [one for one in walk(tree) if isinstance(one, Call)]
    return (tree.head in ("grad", "partial") and any(one.head == "sum" for one in inside)) or (
        tree.head == "sum" and any(one.head in ("grad", "partial") for one in inside)
    )


def compiled(rows: Sequence[Assignment], parameter: str, letters: frozenset[str], in_order: bool) -> list[Machine]:
    """Return the machines that a program may mean. Raises `Unsupported` for what is no arithmetic on single numbers.

    There are two where a name beside the parameter holds a point: it may start from 0 or from where the parameter does.
    """
    compiler = Compiler(rows, parameter, letters, in_order)
    done: frozenset[str] = frozenset()
    lines = []
    for row in rows if in_order else _by_need(rows, letters):
        key = row.target.key
        lines.append((key, compiler.tree(row.expression, done, key)))
        done |= {key}
    if parameter not in compiler.times:
        raise Unsupported(f"{parameter} gets no value")
    states = compiler.before | {parameter}
    zero, start = Number(Fraction(0)), Name(START)
    carry = {key: key for key in states} | {key + OLDER: key + BEFORE for key in compiler.older}
    initial: dict[str, Tree] = {key: zero for key in states if key != parameter}
    initial |= {key + OLDER: start if key == parameter else zero for key in compiler.older}
    counts_itself = any(key in letters for key in states)
    counter = ("@counted" if counts_itself else STEP, 1 - _shift(compiler))
    machine = _without_what_nothing_reads(Machine(parameter, tuple(lines), carry, initial, counter))
    points = {
        key for key, tree in machine.lines if key in initial and Name(parameter + BEFORE) in _outside_gradients(tree)
    }
    moved = {key: start for name in points for key in (name, name + OLDER) if key in machine.initial}
    return [machine, *([replace(machine, initial={**machine.initial, **moved})] if moved else [])]


def _without_what_nothing_reads(machine: Machine) -> Machine:
    """The machine with those lines and states only that the parameter depends on."""
    needed: set[str] = set()
    wanted = [machine.parameter]
    while wanted:
        name = wanted.pop()
        if name in needed:
            continue
        needed.add(name)
        wanted += [read for target, tree in machine.lines if target == name for read in names_in(tree)]
        wanted += [name.removesuffix(BEFORE)] if name.endswith(BEFORE) else []
        wanted += [machine.carry[name]] if name in machine.carry else []
    return replace(
        machine,
        lines=tuple((target, tree) for target, tree in machine.lines if target in needed),
        carry={key: source for key, source in machine.carry.items() if key in needed},
        initial={key: tree for key, tree in machine.initial.items() if key in needed},
    )


def _shift(compiler: Compiler) -> int:
    """How far from t the names are that are given at a step: 1 where m_{t+1} is computed from m_t."""
    given = {key: time for key, time in compiler.times.items() if key != compiler.parameter and time and time.letter}
    states = [time.shift for key, time in given.items() if key in compiler.before]
    own = compiler.times[compiler.parameter]
    return next(iter(states or (time.shift for time in given.values())), min(own.shift, 0) if own and own.letter else 0)


def _outside_gradients(tree: Tree) -> list[Tree]:
    if isinstance(tree, Call):
        return [] if tree.head == "gradient" else [one for arg in tree.args for one in _outside_gradients(arg)]
    return [tree]


def _by_need(rows: Sequence[Assignment], letters: frozenset[str]) -> list[Assignment]:
    """The rows with each after those whose new values it reads, where that is asked for; otherwise as they stand."""
    counts = Counter(row.target.key for row in rows)
    at = {row.target.key: row for row in rows if counts[row.target.key] == 1}
    ordered: list[Assignment] = []
    open_ones: set[str] = set()

    def visit(row: Assignment) -> None:
        if row in ordered or row.target.key in open_ones:
            return
        open_ones.add(row.target.key)
        for read in reads(row.expression, letters):
            giver = at.get(read.key)
            if giver is None or giver is row:
                continue
            if _is_needed(read, giver, row, letters):
                visit(giver)
        open_ones.discard(row.target.key)
        ordered.append(row)

    for row in rows:
        visit(row)
    return ordered


def _is_needed(read: Named, giver: Assignment, row: Assignment, letters: frozenset[str]) -> bool:
    """Whether `row` reads what `giver` gives at the same step, and not what was there before."""
    if read.time is not None:
        return read.time == giver.target.time
    defined_below = giver.place > row.place and not row.code and giver.target.time is None
    return defined_below and not _is_state(giver, letters)


def _is_state(row: Assignment, letters: frozenset[str]) -> bool:
    return any(read.key == row.target.key for read in reads(row.expression, letters))
