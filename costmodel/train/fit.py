"""Fitting one network: ranking and regression within programs, by epochs, stopped early.

Everything follows from the data and the seed: one thread, no clock.
"""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from data import Batches, Program
from layout import Layout
from metrics import Report, report
from network import Parameters, fit_scales, log_time, untrained

# Schedules that are slower than this are run once when they are labelled; how slow does not matter.
SLOWEST = -3.0


@dataclass(frozen=True)
class Options:
    """How to fit."""

    seed: int = 4
    epochs: int = 120
    patience: int = 30
    programs_per_batch: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    ranking_weight: float = 1.0
    speedup_weight: float = 0.5
    time_weight: float = 0.1


@functools.partial(jax.jit, static_argnums=1)
def predict(values, estimate_column, statements, accesses, whole):
    """Log times of [programs, schedules]."""
    shape = statements.shape[:2]
    flat = [part.reshape(-1, *part.shape[2:]) for part in (statements, accesses, whole)]
    return log_time(values, estimate_column, *flat).reshape(shape)


def predictions(members: list[Parameters], layout: Layout, batches: Batches) -> list[tuple[np.ndarray, np.ndarray]]:
    """(predicted, measured) log speedups of each program, by the mean of the members."""
    pairs = []
    for inputs, measured, valid in batches.all():
        log_times = np.mean([predict(values, layout.estimate, *inputs) for values in members], axis=0)
        for times, labels, rows in zip(log_times, measured, valid, strict=True):
            if rows.any():
                pairs.append(((times[0] - times)[rows], (labels[0] - labels)[rows]))
    return pairs


def evaluate(members: list[Parameters], layout: Layout, batches: Batches) -> Report:
    """Figures of networks on some programs."""
    return report(predictions(members, layout, batches))


def smooth(difference, beta: float):
    """Huber's loss, scaled as a square near zero."""
    size = jnp.abs(difference)
    return jnp.where(size < beta, 0.5 * size**2 / beta, size - 0.5 * beta)


def loss(values, options: Options, estimate_column: int, inputs, measured, valid, key):
    """Pairwise ranking within programs, Huber on log speedups, a little on log times.

    The first schedule of each program is its original.
    """
    shape = measured.shape
    flat = [part.reshape(-1, *part.shape[2:]) for part in inputs]
    predicted = log_time(values, estimate_column, *flat, key=key).reshape(shape)
    predicted_speedup = predicted[:, :1] - predicted
    speedup = jnp.maximum(measured[:, :1] - measured, SLOWEST)
    clipped = measured[:, :1] - speedup
    count = jnp.maximum(valid.sum(), 1)
    huber = jnp.where(valid, smooth(predicted_speedup - speedup, 0.3), 0.0).sum() / count
    absolute = jnp.where(valid, smooth(predicted - clipped, 0.5), 0.0).sum() / count
    difference = speedup[:, :, None] - speedup[:, None, :]
    better = valid[:, :, None] & valid[:, None, :] & (difference > 0.03)
    margin = predicted_speedup[:, :, None] - predicted_speedup[:, None, :]
    # A pair counts by how far apart it is, and more when it concerns the best of its program.
    best = jnp.where(valid, speedup, -jnp.inf).max(1, keepdims=True)
    best = jnp.where(jnp.isfinite(best), best, 0.0)
    near_best = jnp.exp(jnp.minimum(2.0 * (speedup - best), 0.0))[:, :, None]
    weight = better * jnp.minimum(difference, 1.0) * (0.3 + near_best)
    pairs = (weight * jax.nn.softplus(-3.0 * margin)).sum((1, 2))
    there = valid.any(1)
    ranking = (pairs / jnp.maximum(weight.sum((1, 2)), 1e-3)).sum() / jnp.maximum(there.sum(), 1)
    return (
        options.ranking_weight * ranking
        + options.speedup_weight * huber
        + options.time_weight * absolute
    )


@functools.partial(jax.jit, static_argnums=(2, 3))
def step(values, moments, options: Options, estimate_column: int, rate, number, inputs, measured, valid, key):
    """One step of Adam with decoupled decay of the weights, gradients clipped to length 1."""
    gradients = jax.grad(loss)(values, options, estimate_column, inputs, measured, valid, key)
    trained = [name for name in sorted(values) if name.startswith(("weight", "bias"))]
    length = jnp.sqrt(sum((gradients[name] ** 2).sum() for name in trained))
    shrink = jnp.minimum(1.0, 1.0 / jnp.maximum(length, 1e-12))
    values, moments = dict(values), dict(moments)
    for name in trained:
        gradient = gradients[name] * shrink
        first, second = moments[name]
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        moments[name] = (first, second)
        change = first / (1 - 0.9**number) / (jnp.sqrt(second / (1 - 0.999**number)) + 1e-8)
        values[name] = values[name] * (1 - rate * options.weight_decay) - rate * change
    return values, moments


def rate_at(progress: float, largest: float) -> float:
    """The learning rate rises for 30 % of the steps and falls to nothing, along cosines."""
    if progress < 0.3:
        return largest * (0.04 + 0.96 * 0.5 * (1 - np.cos(np.pi * progress / 0.3)))
    return largest * 0.5 * (1 + np.cos(np.pi * (progress - 0.3) / 0.7))


def fit(layout: Layout, training: list[Program], validation: list[Program], options: Options) -> Parameters:
    """The network that did best on the validation programs."""
    random = np.random.default_rng(options.seed)
    values = untrained(layout, options.seed)
    # One shape for all batches, so that they are compiled once.
    sizes = Batches.sizes(training + validation)
    batches = Batches(training, layout, options.programs_per_batch, sizes)
    checks = Batches(validation, layout, options.programs_per_batch, sizes)
    fit_scales(values, *Batches.rows(training))
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in values.items()}
    key = jax.random.key(options.seed)
    steps = options.epochs * batches.count()
    best, best_score, waited, number = dict(values), score(evaluate([values], layout, checks)), 0, 0
    for epoch in range(options.epochs):
        for inputs, measured, valid in batches.all(random.permutation(len(training))):
            number += 1
            rate = rate_at(number / steps, options.learning_rate)
            values, moments = step(
                values, moments, options, layout.estimate, rate, number, inputs, measured, valid,
                jax.random.fold_in(key, number),
            )
        result = evaluate([values], layout, checks)
        if score(result) > best_score:
            best, best_score, waited = dict(values), score(result), 0
        else:
            waited += 1
        if epoch % 10 == 0 or waited == 0:
            print(
                f"seed {options.seed} epoch {epoch:3} spearman {result.spearman:.3f} "
                f"regret {result.top_one_regret:.3f} log error {result.log_error:.3f}",
                flush=True,
            )
        if waited >= options.patience:
            break
    return {name: np.asarray(value) for name, value in best.items()}


def score(result: Report) -> float:
    """What early stopping maximises: order first, then what trusting it costs."""
    return result.spearman - result.top_one_regret - 0.2 * result.log_error
