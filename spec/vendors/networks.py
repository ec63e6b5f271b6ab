"""Dense layers and networks of every vendor; a network that a vendor's layers make is listed with how it is made."""

from .row import Row, Rows

FROM_LOGITS, CLIPPED = {"clip": "none"}, {"clip": "both"}

ROWS: Rows = {
    "torch": {
        "dense": Row("nn.functional.linear(x, weights.T, bias)"),
        "feedforward_network": Row("nn.Linear, relu, nn.Linear, nn.functional.cross_entropy", FROM_LOGITS),
        "sigmoid_chain": Row("torch.sigmoid(w * a + b) for every neuron"),
    },
    "keras": {
        "dense": Row("layers.Dense"),
        "feedforward_network": Row(
            "layers.Dense(activation='relu'), layers.Dense(activation='softmax'), losses.sparse_categorical_crossentropy",
            CLIPPED, arguments={"epsilon": "keras.config.epsilon()"}, place="keras/src/backend/torch/nn.py; keras/src/backend/jax/nn.py",
        ),
        "sigmoid_chain": Row("ops.sigmoid(w * a + b) for every neuron"),
    },
    "jax": {
        "dense": Row("jax.numpy.dot(x, weights) + bias"),
        "feedforward_network": Row("jax.nn.relu, jax.nn.log_softmax", FROM_LOGITS),
        "sigmoid_chain": Row("jax.nn.sigmoid(w * a + b) for every neuron"),
    },
    "flax": {
        "dense": Row("linen.Dense"),
        "feedforward_network": Row("linen.Dense, jax.nn.relu, linen.Dense, jax.nn.log_softmax", FROM_LOGITS),
        "sigmoid_chain": Row("jax.nn.sigmoid(w * a + b) for every neuron"),
    },
    "deck": {
        "dense": Row("keras.layers.Dense", place="lines 40-42"),
        "feedforward_network": Row("the sequential model", CLIPPED, place="lines 36-45"),
        "sigmoid_chain": Row("a_j = σ(z_j)", place="lines 307-338"),
    },
}  # fmt: skip
