"""The optimizers of every vendor."""

from .row import Row, Rows, defaults

L2, DECOUPLED = {"weight_decay_form": "l2"}, {"weight_decay_form": "decoupled"}
TORCH_SGD = {
    "learning_rate": "lr",
    "momentum": "momentum",
    "dampening": "dampening",
    "weight_decay": "weight_decay",
}
KERAS_SGD = {"learning_rate": "learning_rate", "momentum": "momentum", "weight_decay": "weight_decay"}
KERAS_ADAM = {
    "learning_rate": "learning_rate", "beta1": "beta_1", "beta2": "beta_2", "epsilon": "epsilon",
    "amsgrad": "amsgrad", "weight_decay": "weight_decay",
}  # fmt: skip
TFJS_ADAM = {"learning_rate": "learningRate", "beta1": "beta1", "beta2": "beta2", "epsilon": "epsilon"}
INSIDE = {"learning_rate_place": "inside"}
OUTSIDE = {"learning_rate_place": "outside"}
PLAIN = {"gain": "one", "first_step": "zeros"}
STORED = {"nesterov_form": "stored_look_ahead"}

ROWS: Rows = {
    "torch": {
            "gradient_descent": Row(
                "SGD", L2, defaults(learning_rate="0.001"), {"learning_rate": "lr", "weight_decay": "weight_decay"},
                "torch/optim/sgd.py:322",
            ),
            "momentum": Row(
                "SGD", {**OUTSIDE, "gain": "one_minus_dampening", "first_step": "gradient", **L2},
                defaults(learning_rate="0.001", momentum="0"), TORCH_SGD, "torch/optim/sgd.py",
            ),
            "nesterov": Row(
                "SGD(nesterov=True)", {**STORED, **OUTSIDE, **L2}, defaults(learning_rate="0.001"),
                {k: v for k, v in TORCH_SGD.items() if k != "dampening"}, "torch/optim/sgd.py",
            ),
            "adagrad": Row(
                "Adagrad", {"epsilon_place": "outside", **L2},
                defaults(learning_rate="0.01", epsilon="1e-10", initial_accumulator_value="0", learning_rate_decay="0"),
                {"learning_rate": "lr", "epsilon": "eps", "learning_rate_decay": "lr_decay",
                 "initial_accumulator_value": "initial_accumulator_value", "weight_decay": "weight_decay"},
                "torch/optim/adagrad.py:402",
            ),
            "rmsprop": Row(
                "RMSprop", {"epsilon_place": "outside", **OUTSIDE, **L2},
                defaults(learning_rate="0.01", rho="0.99", epsilon="1e-8", momentum="0"),
                {"learning_rate": "lr", "rho": "alpha", "epsilon": "eps", "centered": "centered", "momentum": "momentum",
                 "weight_decay": "weight_decay"},
                "torch/optim/rmsprop.py:265",
            ),
            "adam": Row(
                "Adam", {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": "raw", **L2},
                defaults(learning_rate="0.001", beta1="0.9", beta2="0.999", epsilon="1e-8"),
                {"learning_rate": "lr", "beta1": "betas[0]", "beta2": "betas[1]", "epsilon": "eps", "amsgrad": "amsgrad",
                 "weight_decay": "weight_decay"},
                "torch/optim/adam.py:347",
            ),
    },
    "keras": {
            "gradient_descent": Row(
                "SGD", DECOUPLED, defaults(learning_rate="0.01"),
                {"learning_rate": "learning_rate", "weight_decay": "weight_decay"}, "keras/src/optimizers/sgd.py:95",
            ),
            "momentum": Row(
                "SGD", {**INSIDE, **PLAIN, **DECOUPLED}, defaults(learning_rate="0.01", momentum="0"), KERAS_SGD,
                "keras/src/optimizers/sgd.py",
            ),
            "nesterov": Row(
                "SGD(nesterov=True)", {**STORED, **INSIDE, **DECOUPLED}, defaults(learning_rate="0.01"), KERAS_SGD,
                "keras/src/optimizers/sgd.py",
            ),
            "adagrad": Row(
                "Adagrad", {"epsilon_place": "inside", **DECOUPLED},
                defaults(learning_rate="0.001", epsilon="1e-7", initial_accumulator_value="0.1"),
                {"learning_rate": "learning_rate", "epsilon": "epsilon", "weight_decay": "weight_decay",
                 "initial_accumulator_value": "initial_accumulator_value"},
                "keras/src/optimizers/adagrad.py:78",
            ),
            "rmsprop": Row(
                "RMSprop", {"epsilon_place": "inside", **INSIDE, **DECOUPLED},
                defaults(learning_rate="0.001", rho="0.9", epsilon="1e-7", momentum="0"),
                {"learning_rate": "learning_rate", "rho": "rho", "epsilon": "epsilon", "centered": "centered",
                 "momentum": "momentum", "weight_decay": "weight_decay"},
                "keras/src/optimizers/rmsprop.py:109",
            ),
            "adam": Row(
                "Adam", {"epsilon_place": "hat", "bias_correction": "both", "amsgrad_max": "raw", **DECOUPLED},
                defaults(learning_rate="0.001", beta1="0.9", beta2="0.999", epsilon="1e-7"), KERAS_ADAM,
                "keras/src/optimizers/adam.py:102",
            ),
    },
    "optax": {
            "gradient_descent": Row("sgd", {}, {}, {"learning_rate": "learning_rate"}, "optax/_src/alias.py:2049"),
            "momentum": Row(
                "sgd", {**OUTSIDE, **PLAIN}, {}, {"learning_rate": "learning_rate", "momentum": "momentum"},
                "optax/transforms/_accumulation.py:36",
            ),
            "nesterov": Row(
                "sgd(nesterov=True)", {**STORED, **OUTSIDE}, {}, {"learning_rate": "learning_rate", "momentum": "momentum"},
                "optax/transforms/_accumulation.py",
            ),
            "adagrad": Row(
                "adagrad", {"epsilon_place": "inside_guarded"}, defaults(epsilon="1e-7", initial_accumulator_value="0.1"),
                {"learning_rate": "learning_rate", "epsilon": "eps", "initial_accumulator_value": "initial_accumulator_value"},
                "optax/_src/transform.py:45",
            ),
            "rmsprop": Row(
                "rmsprop", {"epsilon_place": "inside", **INSIDE}, defaults(rho="0.9", epsilon="1e-8"),
                {"learning_rate": "learning_rate", "rho": "decay", "epsilon": "eps", "centered": "centered",
                 "momentum": "momentum", "nesterov": "nesterov", "bias_correction": "bias_correction",
                 "initial_accumulator_value": "initial_scale"},
                "optax/_src/transform.py:95,170",
            ),
            "adam": Row(
                "adam", {"epsilon_place": "root_plus_outside", "bias_correction": "both", "amsgrad_max": "corrected"},
                defaults(beta1="0.9", beta2="0.999", epsilon="1e-8", epsilon_root="0"),
                {"learning_rate": "learning_rate", "beta1": "b1", "beta2": "b2", "epsilon": "eps", "epsilon_root": "eps_root",
                 "nesterov": "nesterov"},
                "optax/_src/transform.py:246,321",
            ),
    },
    "sklearn": {
            "gradient_descent": Row("SGDOptimizer", {}, defaults(learning_rate="0.001"), {"learning_rate": "learning_rate_init"}),
            "momentum": Row(
                "SGDOptimizer(nesterov=False)", {**INSIDE, **PLAIN}, defaults(learning_rate="0.001", momentum="0.9"),
                {"learning_rate": "learning_rate_init", "momentum": "momentum"},
                "sklearn/neural_network/_stochastic_optimizers.py:182",
            ),
            "nesterov": Row(
                "SGDOptimizer", {**STORED, **INSIDE}, defaults(learning_rate="0.001", momentum="0.9"),
                {"learning_rate": "learning_rate_init", "momentum": "momentum"},
                "sklearn/neural_network/_stochastic_optimizers.py:182",
            ),
            "adam": Row(
                "AdamOptimizer", {"epsilon_place": "hat", "bias_correction": "both"},
                defaults(learning_rate="0.001", beta1="0.9", beta2="0.999", epsilon="1e-8"),
                {"learning_rate": "learning_rate_init", "beta1": "beta_1", "beta2": "beta_2", "epsilon": "epsilon"},
                "sklearn/neural_network/_stochastic_optimizers.py:255",
            ),
    },
    "tinygrad": {
            "gradient_descent": Row(
                "SGD", L2, defaults(learning_rate="0.001"), {"learning_rate": "lr", "weight_decay": "weight_decay"},
                "tinygrad/nn/optim.py:74",
            ),
            "momentum": Row(
                "SGD", {**OUTSIDE, **PLAIN, **L2}, defaults(learning_rate="0.001", momentum="0"),
                {"learning_rate": "lr", "momentum": "momentum", "weight_decay": "weight_decay"}, "tinygrad/nn/optim.py:119",
            ),
            "nesterov": Row(
                "SGD(nesterov=True)", {**STORED, **OUTSIDE, **L2}, defaults(learning_rate="0.001"),
                {"learning_rate": "lr", "momentum": "momentum", "weight_decay": "weight_decay"}, "tinygrad/nn/optim.py:119",
            ),
            "adam": Row(
                "Adam", {"epsilon_place": "outside", "bias_correction": "both"},
                defaults(learning_rate="0.001", beta1="0.9", beta2="0.999", epsilon="1e-8"),
                {"learning_rate": "lr", "beta1": "b1", "beta2": "b2", "epsilon": "eps"}, "tinygrad/nn/optim.py:161",
            ),
    },
    "tfjs": {
            "gradient_descent": Row("train.sgd", {}, {}, {"learning_rate": "learningRate"}, "tfjs-core optimizers/sgd_optimizer:50"),
            "momentum": Row(
                "train.momentum", {**OUTSIDE, **PLAIN}, {}, {"learning_rate": "learningRate", "momentum": "momentum"},
                "tfjs-core optimizers/momentum_optimizer:62",
            ),
            "nesterov": Row(
                "train.momentum(useNesterov=true)", {**STORED, **OUTSIDE}, {},
                {"learning_rate": "learningRate", "momentum": "momentum"}, "tfjs-core optimizers/momentum_optimizer",
            ),
            "adagrad": Row(
                "train.adagrad", {"epsilon_place": "inside"}, defaults(epsilon="1e-7", initial_accumulator_value="0.1"),
                {"learning_rate": "learningRate", "initial_accumulator_value": "initialAccumulatorValue"},
                "tfjs-core optimizers/adagrad_optimizer:62",
            ),
            "rmsprop": Row(
                "train.rmsprop", {"epsilon_place": "inside", **INSIDE}, defaults(rho="0.9", epsilon="1e-7", momentum="0"),
                {"learning_rate": "learningRate", "rho": "decay", "epsilon": "epsilon", "momentum": "momentum",
                 "centered": "centered"},
                "tfjs-core optimizers/rmsprop_optimizer:92",
            ),
            "adam": Row(
                "train.adam", {"epsilon_place": "outside", "bias_correction": "both"},
                defaults(learning_rate="0.001", beta1="0.9", beta2="0.999", epsilon="1e-7"), TFJS_ADAM,
                "tfjs-core optimizers/adam_optimizer:84",
            ),
    },
    "deck": {
            "gradient_descent": Row("gradient descent", {}, {}, {"learning_rate": "η"}, "line 290"),
            "momentum": Row("momentum", {**INSIDE, **PLAIN}, {}, {"learning_rate": "η", "momentum": "β"}, "line 637"),
            "nesterov": Row(
                "Nesterov momentum", {"nesterov_form": "look_ahead", **INSIDE}, {}, {"learning_rate": "η", "momentum": "β"},
                "line 671, with the sign of the point corrected",
            ),
            "adagrad": Row("AdaGrad", {"epsilon_place": "inside"}, {}, {"learning_rate": "η", "epsilon": "ε"}, "line 699"),
            "rmsprop": Row(
                "RMSProp", {"epsilon_place": "inside"}, defaults(rho="0.9"), {"learning_rate": "η", "rho": "β", "epsilon": "ε"},
                "lines 725-727",
            ),
            "adam": Row(
                "Adam", {"epsilon_place": "inside", "bias_correction": "both"}, defaults(beta1="0.9", beta2="0.999"),
                {"learning_rate": "η", "beta1": "β₁", "beta2": "β₂", "epsilon": "ε"},
                "lines 753-768, with the corrected moments kept apart",
            ),
    },
    "paper": {
            "gradient_descent": Row("Cauchy 1847", {}),
            "momentum": Row("Sutskever et al. 2013", {**INSIDE, **PLAIN}),
            "nesterov": Row("Sutskever et al. 2013", {"nesterov_form": "look_ahead", **INSIDE}),
            "adagrad": Row("Duchi, Hazan & Singer 2011", {"epsilon_place": "outside"}),
            "rmsprop": Row("Graves 2013, arXiv:1308.0850", {"epsilon_place": "inside", **INSIDE}, defaults(rho="0.95", epsilon="1e-4")),
            "adam": Row(
                "Kingma & Ba 2015, arXiv:1412.6980; AMSGrad: Reddi et al. 2018; decay: Loshchilov & Hutter 2019",
                {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": "raw",
                 "weight_decay_form": "decoupled_schedule"},
                defaults(learning_rate="0.001", beta1="0.9", beta2="0.999", epsilon="1e-8"),
            ),
    },
}  # fmt: skip
