"""The network: per-statement log times that add up to the log time of a loop tree.

Each statement is read by a shared network; a second shared network reads its access groups, whose
order carries no meaning, and sums them. Every statement then sees the pooled state of all, and gives
a bounded correction to the analytical estimate of its own log time. Times add: the result is the
logarithm of the sum of the exponentials. A network whose last layer is zero is thus the analytical
estimate itself.

Parameters are a dictionary of arrays; inputs are scaled by `mean_*` and `scale_*`, which training
leaves as they are.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from layout import Layout

CYCLES_PER_MILLISECOND = 3.4e6
ABSENT = -60.0
LARGEST_CORRECTION = 5.0
HIDDEN = 48
ACCESS_HIDDEN = 16
DROPOUT = 0.25

Parameters = dict[str, np.ndarray]


def layers(layout: Layout) -> dict[str, tuple[int, int]]:
    """Inputs and outputs of each linear layer."""
    return {
        "access_input": (layout.access_width, ACCESS_HIDDEN),
        "access_output": (ACCESS_HIDDEN, HIDDEN),
        "row_input": (layout.row_width, HIDDEN),
        "global_input": (layout.global_width, HIDDEN),
        "hidden": (HIDDEN, HIDDEN),
        "pooled": (HIDDEN, HIDDEN),
        "head": (HIDDEN, HIDDEN),
        "last": (HIDDEN, 1),
    }


def untrained(layout: Layout, seed: int = 0) -> Parameters:
    """Random layers, of which the last is zero: the analytical estimate."""
    random = np.random.default_rng(seed)
    values: Parameters = {}
    for name, (inputs, outputs) in layers(layout).items():
        bound = 0.0 if name == "last" else 1.0 / math.sqrt(inputs)
        values[f"weight_{name}"] = random.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
        values[f"bias_{name}"] = random.uniform(-bound, bound, outputs).astype(np.float32)
    for name in ("access_input", "row_input", "global_input"):
        inputs = layers(layout)[name][0]
        values[f"mean_{name}"] = np.zeros(inputs, np.float32)
        values[f"scale_{name}"] = np.ones(inputs, np.float32)
    return values


def fit_scales(values: Parameters, statements: np.ndarray, accesses: np.ndarray, whole: np.ndarray) -> None:
    """Takes the scales of the inputs from what is present in the training set."""
    present = {
        "row_input": statements[statements[..., 0] > 0],
        "access_input": accesses[accesses[..., 0] > 0],
        "global_input": whole,
    }
    for name, rows in present.items():
        if len(rows):
            values[f"mean_{name}"] = rows.mean(0, dtype=np.float64).astype(np.float32)
            deviation = np.maximum(rows.std(0, dtype=np.float64), 0.05)
            values[f"scale_{name}"] = (1.0 / deviation).astype(np.float32)


def folded(values: Parameters) -> Parameters:
    """Weights and biases alone, with the scales of the inputs inside."""
    result = {name: value for name, value in values.items() if name.startswith(("weight", "bias"))}
    for name in ("access_input", "row_input", "global_input"):
        weight = values[f"weight_{name}"] * values[f"scale_{name}"][:, None]
        result[f"weight_{name}"] = weight
        result[f"bias_{name}"] = values[f"bias_{name}"] - values[f"mean_{name}"] @ weight
    return result


def log_time(values, estimate_column: int, statements, accesses, whole, key=None):
    """Log milliseconds of a batch of trees; with a key, units are dropped as in training."""
    values = folded(values)

    def linear(name, inputs):
        return inputs @ values[f"weight_{name}"] + values[f"bias_{name}"]

    def dropped(state, number):
        if key is None:
            return state
        kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1.0 - DROPOUT, state.shape)
        return jnp.where(kept, state / (1.0 - DROPOUT), 0.0)

    present = statements[..., 0:1]
    estimate = statements[..., estimate_column : estimate_column + 1]
    estimate = estimate * math.log(2.0) - math.log(CYCLES_PER_MILLISECOND)
    # An absent access adds the same as any other absent access; there are always as many slots.
    access = jax.nn.relu(linear("access_input", accesses)).sum(2)
    state = linear("row_input", statements) + linear("access_output", access)
    state = jax.nn.relu(state + linear("global_input", whole)[:, None])
    state = jax.nn.relu(linear("hidden", dropped(state, 0)))
    share = present / jnp.maximum(present.sum(1, keepdims=True), 1.0)
    pooled = linear("pooled", (state * share).sum(1, keepdims=True))
    correction = linear("last", dropped(jax.nn.relu(linear("head", state) + pooled), 1))
    correction = LARGEST_CORRECTION * jnp.tanh(correction / LARGEST_CORRECTION)
    times = (estimate + correction) * present + ABSENT * (1.0 - present)
    largest = times.max(1, keepdims=True)
    total = jnp.log(jnp.exp(times - largest).sum(1, keepdims=True)) + largest
    return total[:, 0, 0]
