"""Figures by program: rank correlation, regret, errors. The same as `metrics.rs`, on log speedups."""

from dataclasses import asdict, dataclass

import numpy as np


@dataclass
class Report:
    """Means over programs (the errors over schedules)."""

    programs: int
    schedules: int
    spearman: float
    top_one_regret: float
    top_five_regret: float
    relative_error: float
    log_error: float

    def as_dict(self) -> dict:
        return asdict(self)


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks in rising order; equal values share the mean of their ranks."""
    order = np.argsort(values, kind="stable")
    result = np.empty(len(values))
    result[order] = np.arange(len(values), dtype=float)
    for value in np.unique(values):
        same = values == value
        if same.sum() > 1:
            result[same] = result[same].mean()
    return result


def spearman(left: np.ndarray, right: np.ndarray) -> float | None:
    """Rank correlation, `None` when one side is constant."""
    left, right = ranks(left) - (len(left) - 1) / 2, ranks(right) - (len(right) - 1) / 2
    spread = np.sqrt((left**2).sum() * (right**2).sum())
    return float((left * right).sum() / spread) if spread > 0 else None


def report(pairs: list[tuple[np.ndarray, np.ndarray]]) -> Report:
    """Figures over (predicted, measured) log speedups of each program."""
    correlations, one, five, relative, log_errors = [], [], [], [], []
    for predicted, measured in pairs:
        correlation = spearman(predicted, measured)
        if correlation is not None:
            correlations.append(correlation)
        order = np.argsort(-predicted, kind="stable")
        best = np.exp(measured.max())
        one.append(1 - np.exp(measured[order[0]]) / best)
        five.append(1 - np.exp(measured[order[:5]].max()) / best)
        relative.append(np.abs(np.exp(predicted - measured) - 1))
        log_errors.append(np.abs(predicted - measured))
    relative, log_errors = np.concatenate(relative), np.concatenate(log_errors)
    return Report(
        programs=len(pairs),
        schedules=len(relative),
        spearman=float(np.mean(correlations)) if correlations else 0.0,
        top_one_regret=float(np.mean(one)),
        top_five_regret=float(np.mean(five)),
        relative_error=float(relative.mean()),
        log_error=float(log_errors.mean()),
    )
