"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch.optim import Optimizer

OPTIMIZERS: dict[str, Callable[[Iterable[torch.nn.Parameter], float], Optimizer]] = {
    "adam": lambda parameters, rate: torch.optim.Adam(parameters, lr=rate),
    "adamw": lambda parameters, rate: torch.optim.AdamW(parameters, lr=rate, weight_decay=1e-2),
    "sgd": lambda parameters, rate: torch.optim.SGD(parameters, lr=rate, momentum=0.9),
    "lbfgs": lambda parameters, rate: torch.optim.LBFGS(parameters, lr=rate, max_iter=4, line_search_fn="strong_wolfe"),
}
