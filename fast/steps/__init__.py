"""One module per rule, written once for every array library.

Each has two functions. `initial_state(settings)` names the arrays that the rule remembers, with the value
that fills them. `step(arrays, w, gradient, state, *, step_count, ...)` returns the new parameter and the
new state; it changes nothing and branches on no element, so it works on a slice, on a whole tensor and
under a tracer.

In formulas: w parameter, g gradient, η learning rate, t step counted from 1; a prime marks a new value.
"""

from types import ModuleType

from . import adagrad, adam, gradient_descent, momentum, nesterov, rmsprop

RULES: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (gradient_descent, momentum, nesterov, adagrad, rmsprop, adam)
}
