"""What commands of LaTeX, characters and words mean to the reader of formulas."""

import unicodedata

GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
VARIANTS = {
    **{f"var{name}": name for name in ("epsilon", "theta", "phi", "rho", "sigma", "kappa")},
    **{name: name for name in ("ell", "infty", "top", "intercal", "star", "dagger", "hbar")},
    "prime": "'",
    "imath": "i",
    "jmath": "j",
}
STYLES = frozenset(
    "mathbf mathtt mathrm mathit mathsf mathcal mathbb mathscr mathfrak mathnormal boldsymbol bm pmb text texttt textbf textrm textit textsf textnormal operatorname mbox hbox emph underline boldmath bold bf rm it tt sf cal displaystyle textstyle scriptstyle limits nolimits mathop mathrel mathbin mathord mathopen mathclose blacktriangleright bullet nonumber notag boxed cancel bcancel smash ensuremath mathclap mathds mathbin displaylimits strut"
    " noindent centering mathstrut".split()
)
WORDY = frozenset(
    "text textrm textit textbf texttt textnormal textsf mathrm mathtt operatorname mbox hbox mathit mathsf emph".split()
)
SIZES = frozenset("left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr".split())
ACCENTS = {
    **{name: name for name in ("hat", "tilde", "bar", "dot", "ddot", "vec", "check", "breve")},
    "widehat": "hat",
    "widetilde": "tilde",
    "overline": "bar",
}
SPACES = frozenset([*",;:! >-/", "\n", "\t", *"quad qquad enspace thinspace medspace thickspace hfill".split()])
IGNORED = frozenset("hspace vspace color label tag textcolor phantom vphantom".split())  # with what they apply to
WRAPPERS = frozenset(
    "split aligned align equation gather gathered multline eqnarray displaymath math alignat flalign".split()
)
FUNCTIONS = frozenset(
    "exp log ln sin cos tan tanh sinh cosh max min sign sgn sigmoid softmax relu erf argmax argmin sqrt arctan clip softplus det tr diag sup inf abs".split()
)
RELATIONS = {
    **dict.fromkeys(("=", "triangleq", "equiv", "doteq", "==", "≡", "≜"), "="),
    **dict.fromkeys(
        (
            ":=",
            "≔",
            "⟵",
            "⇐",
            "↦",
            "longmapsto",
            "coloneq",
            "←",
            "<-",
            "leftarrow",
            "gets",
            "coloneqq",
            "Leftarrow",
            "mapsto",
            "longleftarrow",
            "to",
            "rightarrow",
            "longrightarrow",
            "→",
        ),
        ":=",
    ),
    **dict.fromkeys(("<", "lt", "ll", "≪"), "<"),
    **dict.fromkeys((">", "gt", "gg", "≫"), ">"),
    **dict.fromkeys(("<=", "≤", "⩽", "le", "leq", "leqslant", "leqq", "lesssim"), "<="),
    **dict.fromkeys((">=", "≥", "⩾", "ge", "geq", "geqslant", "geqq", "gtrsim"), ">="),
    **dict.fromkeys(("!=", "≠", "ne", "neq"), "!="),
    **{sign: sign for sign in ("+=", "-=", "*=", "/=")},
    "−=": "-=",
    **dict.fromkeys(("~", "∼", "sim"), "~"),
    **dict.fromkeys(("≈", "≃", "≅", "approx", "simeq", "cong", "approxeq"), "approx"),
    **dict.fromkeys(("∝", "propto"), "proportional"),
    **dict.fromkeys(("∈", "in"), "in"),
}
TIMES = frozenset([*"*·×⊙∘⊗∗⋅∙•⊛", *"cdot times odot circ otimes ast star bullet".split()])
QUOTIENTS = frozenset([*"/⊘÷∕⁄", "oslash", "div"])
MARKS = {
    "+": "PLUS",
    "-": "MINUS",
    "−": "MINUS",
    "–": "MINUS",
    "‑": "MINUS",
    "—": "MINUS",
    "^": "SUP",
    "_": "SUB",
    "{": "LBRACE",
    "}": "RBRACE",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LBRACKET",
    "]": "RBRACKET",
    ",": "COMMA",
    ";": "SEMI",
    "'": "PRIME",
    "′": "PRIME",
    "’": "PRIME",
    "⌊": "LFLOOR",
    "⌋": "RFLOOR",
    "⌈": "LFLOOR",
    "⌉": "RFLOOR",
    "⟨": "LPAR",
    "⟩": "RPAR",
    "&": "AMP",
    "∂": "PARTIAL",
    "∇": "NABLA",
    "∑": "SUM",
    "∏": "PROD",
    "!": "BANG",
    ":": "COLON",
    "…": "DOTS",
    "⋯": "DOTS",
}
COMMANDS = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), "FRAC"),
    **dict.fromkeys(("dots", "cdots", "ldots", "dotsc", "dotsb", "vdots"), "DOTS"),
    **dict.fromkeys(("{", "lbrace", "langle"), "LPAR"),
    "lbrack": "LBRACKET",
    "rbrack": "RBRACKET",
    **dict.fromkeys(("lfloor", "lceil"), "LFLOOR"),
    **dict.fromkeys(("rfloor", "rceil"), "RFLOOR"),
    **dict.fromkeys(("}", "rbrace", "rangle"), "RPAR"),
    "sqrt": "SQRT",
    "sum": "SUM",
    "prod": "PROD",
    "partial": "PARTIAL",
    **dict.fromkeys(("nabla", "triangledown", "bigtriangledown"), "NABLA"),
    "&": "AMP",
    "%": "PERCENT",
    "|": "BAR",
    "Vert": "BAR",
    "vert": "BAR",
    "mid": "BAR",
    "lVert": "LNORM",
    "rVert": "RNORM",
    "lvert": "LABS",
    "rvert": "RABS",
    **dict.fromkeys(("\\", "cr", "newline"), "ROWSEP"),
    **dict.fromkeys(("land", "wedge"), "AND"),
    **dict.fromkeys(("lor", "vee"), "OR"),
    "forall": "TEXT",
    "evaluated": "EVAL",  # a bar with a point below
}
NORMS = frozenset(["|", "Vert", "lVert", "rVert"])
UNICODE_GREEK = {
    c: unicodedata.name(c).split()[-1].lower().replace("lamda", "lambda") for c in "αβγδεζηθικλμνξπρστυφχψω"
} | {
    "ϵ": "epsilon",
    "ϑ": "theta",
    "ϕ": "phi",
    "ς": "sigma",
    "µ": "mu",
    "ℓ": "ell",
    "Δ": "Delta",
    "Θ": "Theta",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ω": "Omega",
    "Λ": "Lambda",
    "Γ": "Gamma",
    "Ψ": "Psi",
    "Π": "Pi",
}
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵗᵏʲˡᵐᵀ", "0123456789+-()nitkjlmT", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₜᵢⱼₖₙₘₗₚᵥₐₓ", "0123456789+-()tijknmlpvax", strict=True))
COMBINING = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar"}
# Words that are met without being set as words; the longer come first where one begins another.
KNOWN_WORDS = tuple(
    "LeakyReLU leakyrelu softmax sigmoid ReLU relu PReLU RReLU ELU SELU GELU Sigmoid Softmax otherwise Var var fan grad cache exp log tanh max min sign sgn lr loss next new old RMS MSE avg out erf clip in if else and for when std dw dx dW db BN".split()
)
