"""The network: per-statement log times that add up to the log time of a loop tree.

Each statement is read by a shared network; a second shared network reads its access groups, whose
order carries no meaning, and sums them. Every statement then sees the pooled state of all, and gives
a bounded correction to the analytical estimate of its own log time. Times add: the result is the
logarithm of the sum of the exponentials. A network whose last layer is zero is thus the analytical
estimate itself.
"""

import math

import torch
from torch import Tensor, nn

from layout import Layout

CYCLES_PER_MILLISECOND = 3.4e6
ABSENT = -60.0
LARGEST_CORRECTION = 5.0


class ScaledLinear(nn.Linear):
    """A linear layer on inputs that are brought to mean 0 and deviation 1.

    The scaling is put into the weights, so that the exported file does nothing for it.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs)
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))

    def fit(self, values: Tensor) -> None:
        """Takes mean and deviation from examples, one a row."""
        self.mean.copy_(values.mean(0))
        self.scale.copy_(1.0 / values.std(0).clamp_min(0.05))

    def forward(self, values: Tensor) -> Tensor:
        weight = self.weight * self.scale
        return nn.functional.linear(values, weight, self.bias - weight @ self.mean)


class Network(nn.Module):
    """Log running time in milliseconds of a batch of loop trees."""

    def __init__(self, layout: Layout, hidden: int = 48, access_hidden: int = 16, dropout: float = 0.25):
        super().__init__()
        self.estimate_column = layout.estimate
        self.access_input = ScaledLinear(layout.access_width, access_hidden)
        self.access_output = nn.Linear(access_hidden, hidden)
        self.row_input = ScaledLinear(layout.row_width, hidden)
        self.global_input = ScaledLinear(layout.global_width, hidden)
        self.hidden = nn.Linear(hidden, hidden)
        self.pooled = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def fit_scales(self, statements: Tensor, accesses: Tensor, global_values: Tensor) -> None:
        """Takes the scales of the inputs from the present statements of the training set."""
        self.row_input.fit(statements[statements[..., 0] > 0])
        self.access_input.fit(accesses[accesses[..., 0] > 0])
        self.global_input.fit(global_values)

    def forward(self, statements: Tensor, accesses: Tensor, global_values: Tensor) -> Tensor:
        present = statements[..., 0:1]
        estimate = statements[..., self.estimate_column : self.estimate_column + 1]
        estimate = estimate * math.log(2.0) - math.log(CYCLES_PER_MILLISECOND)
        # An absent access adds the same as any other absent access; there are always as many slots.
        access = torch.relu(self.access_input(accesses)).sum(2)
        state = self.row_input(statements) + self.access_output(access)
        state = torch.relu(state + self.global_input(global_values).unsqueeze(1))
        state = torch.relu(self.hidden(self.dropout(state)))
        share = present / present.sum(1, keepdim=True).clamp_min(1.0)
        pooled = self.pooled((state * share).sum(1, keepdim=True))
        correction = self.last(self.dropout(torch.relu(self.head(state) + pooled)))
        correction = LARGEST_CORRECTION * torch.tanh(correction / LARGEST_CORRECTION)
        times = (estimate + correction) * present + ABSENT * (1.0 - present)
        largest = times.amax(1, keepdim=True)
        total = (times - largest).exp().sum(1, keepdim=True).log() + largest
        return total.squeeze(-1).squeeze(-1)


class Ensemble(nn.Module):
    """The mean of several networks."""

    def __init__(self, members: list[Network]):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, statements: Tensor, accesses: Tensor, global_values: Tensor) -> Tensor:
        total = self.members[0](statements, accesses, global_values)
        for member in self.members[1:]:
            total = total + member(statements, accesses, global_values)
        return total / len(self.members)
