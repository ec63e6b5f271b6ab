"""The symbols of the update rules, declared once so that one name has one set of assumptions everywhere."""

from sympy import Function, Interval, Symbol, oo, symbols

gradient = Function("gradient", real=True)  # the gradient of the cost, as a function of the point

w = Symbol("w", real=True)  # parameter
t = Symbol("t", integer=True, positive=True)  # step, counted from 1
eta = Symbol("eta", nonnegative=True)  # learning rate of this step

# Intermediates shared by every rule.
point = Symbol("point", real=True)  # where the gradient is evaluated
g = Symbol("g", real=True)  # what the rule takes for the gradient
displacement = Symbol("displacement", real=True)  # what is subtracted from the parameter
denominator = Symbol("denominator", real=True)
w_next, m_next, a_next, b_next = symbols("w_next m_next a_next b_next", real=True)
s_next = Symbol("s_next", nonnegative=True)

# State.
m, a, b = symbols("m a b", real=True)  # gradient average or sum; average for centring; momentum buffer
s, s_max = symbols("s s_max", nonnegative=True)  # squared gradients, averaged or summed; their running maximum

# Hyperparameters.
mu = Symbol("mu", nonnegative=True)
beta1, beta2, rho = symbols("beta1 beta2 rho", nonnegative=True)
epsilon = Symbol("epsilon", nonnegative=True)

UNIT_INTERVAL = Interval.Ropen(0, 1)
NON_NEGATIVE = Interval(0, oo)

# Arrays: positions, counted from 0; every function of arrays writes its equations at these.
POSITIONS = i, j, k, position = symbols("i j k position", integer=True, nonnegative=True)
