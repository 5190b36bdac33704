"""Fitting one network: ranking and regression within programs, stopped early."""

import copy
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from data import Program, batch
from layout import Layout
from metrics import Report, report
from network import Network

# Schedules that are slower than this are run once when they are labelled; how slow does not matter.
SLOWEST = -3.0


@dataclass(frozen=True)
class Options:
    """How to fit; the defaults made the shipped model."""

    seed: int = 4
    epochs: int = 120
    patience: int = 30
    programs_per_batch: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    ranking_weight: float = 1.0
    speedup_weight: float = 0.5
    time_weight: float = 0.1
    seconds: float = 600.0


def predictions(model: nn.Module, programs: list[Program]) -> list[tuple[np.ndarray, np.ndarray]]:
    """(predicted, measured) log speedups of each program."""
    model.eval()
    pairs = []
    with torch.no_grad():
        for program in programs:
            time_ = model(*program.inputs)
            pairs.append(((time_[0] - time_).numpy(), program.log_speedup.numpy()))
    return pairs


def evaluate(model: nn.Module, programs: list[Program]) -> Report:
    """Figures of a model on some programs."""
    return report(predictions(model, programs))


def loss(predicted: Tensor, measured: Tensor, owner: Tensor, options: Options) -> Tensor:
    """Pairwise ranking within programs, Huber on log speedups, a little on log times.

    `owner` numbers the program of each schedule; the first schedule of each is its original.
    """
    first = torch.searchsorted(owner, torch.arange(int(owner.max()) + 1))
    predicted_speedup = predicted[first][owner] - predicted
    speedup = (measured[first][owner] - measured).clamp_min(SLOWEST)
    measured = measured[first][owner] - speedup
    huber = nn.functional.smooth_l1_loss(predicted_speedup, speedup, beta=0.3)
    absolute = nn.functional.smooth_l1_loss(predicted, measured, beta=0.5)
    difference = speedup[:, None] - speedup[None, :]
    better = (owner[:, None] == owner[None, :]) & (difference > 0.03)
    margin = predicted_speedup[:, None] - predicted_speedup[None, :]
    # A pair counts by how far apart it is, and more when it concerns the best of its program.
    best = torch.full((int(owner.max()) + 1,), -1e9).scatter_reduce(0, owner, speedup, "amax")[owner]
    near_best = torch.exp(2.0 * (speedup - best))[:, None]
    weight = better * difference.clamp(max=1.0) * (0.3 + near_best)
    pairs = torch.zeros(len(first)).scatter_add(0, owner, (weight * nn.functional.softplus(-3.0 * margin)).sum(1))
    weights = torch.zeros(len(first)).scatter_add(0, owner, weight.sum(1))
    ranking = (pairs / weights.clamp_min(1e-3)).mean()
    return (
        options.ranking_weight * ranking
        + options.speedup_weight * huber
        + options.time_weight * absolute
    )


def fit(layout: Layout, training: list[Program], validation: list[Program], options: Options) -> Network:
    """The network that did best on the validation programs."""
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    model = Network(layout)
    model.fit_scales(*batch(training)[0])
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
    )
    steps = options.epochs * (len(training) // options.programs_per_batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.learning_rate, total_steps=steps)
    best, best_score, waited = copy.deepcopy(model.state_dict()), score(evaluate(model, validation)), 0
    started = time.monotonic()
    for epoch in range(options.epochs):
        model.train()
        order = torch.randperm(len(training), generator=generator).tolist()
        for begin in range(0, len(order), options.programs_per_batch):
            chosen = [training[number] for number in order[begin : begin + options.programs_per_batch]]
            inputs, log_time, owner = batch(chosen)
            value = loss(model(*inputs), log_time, owner, options)
            optimizer.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        result = evaluate(model, validation)
        if score(result) > best_score:
            best, best_score, waited = copy.deepcopy(model.state_dict()), score(result), 0
        else:
            waited += 1
        if epoch % 10 == 0 or waited == 0:
            print(
                f"seed {options.seed} epoch {epoch:3} spearman {result.spearman:.3f} "
                f"regret {result.top_one_regret:.3f} log error {result.log_error:.3f}",
                flush=True,
            )
        if waited >= options.patience or time.monotonic() - started > options.seconds:
            break
    model.load_state_dict(best)
    return model


def score(result: Report) -> float:
    """What early stopping maximises: order first, then what trusting it costs."""
    return result.spearman - result.top_one_regret - 0.2 * result.log_error
