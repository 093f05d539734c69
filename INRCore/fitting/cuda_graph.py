"""A fit step as a CUDA graph: hundreds of small kernels started by one call instead of one by one from Python.

Written from PyTorch's documentation ("CUDA semantics", section "CUDA Graphs": whole-network capture); it has NOT been
run yet, for want of a GPU. The fit loop does not use it so far.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

Step = Callable[[], dict[str, Tensor]]
_WARM_UP = 3
"""Steps before the capture, on its stream: libraries make their handles and optimisers their state then."""


def graphed(step: Step, device: torch.device, generator: torch.Generator) -> Step:
    """`step` itself, or on a CUDA GPU one whose calls each do one step by a graph from the fourth call on.

    step: loss, backward pass and optimiser step, giving the terms of the loss. It must do the same work at every call
    on tensors that stay where they are, without waiting for the GPU: an optimiser with `capturable=True` whose learning
    rate is a tensor, random numbers from `generator` alone, nothing that depends on the iteration's number. The terms
    given back are overwritten by the next call. After anything that replaces tensors (other points a step, a cleared
    optimiser state) a new one is to be made.
    """
    return _GraphedStep(step, device, generator) if device.type == "cuda" else step


class _GraphedStep:
    def __init__(self, step: Step, device: torch.device, generator: torch.Generator) -> None:
        self._step, self._device, self._generator = step, device, generator
        self._stream = torch.cuda.Stream(device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._terms: dict[str, Tensor] = {}
        self._calls = 0

    def __call__(self) -> dict[str, Tensor]:
        self._calls += 1
        if self._calls <= _WARM_UP:
            return self._beside()
        if self._calls == _WARM_UP + 1:
            self._capture()
        if self._graph is None:
            return self._step()
        self._graph.replay()
        return self._terms

    @property
    def captured(self) -> bool:
        """Whether steps come from the graph by now."""
        return self._graph is not None

    def _beside(self) -> dict[str, Tensor]:
        """One ordinary step on the stream of the capture."""
        present = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(present)
        with torch.cuda.stream(self._stream):
            terms = self._step()
        present.wait_stream(self._stream)
        return terms

    def _capture(self) -> None:
        """Records a step without doing it; where that is not possible, steps go on one by one."""
        graph = torch.cuda.CUDAGraph()
        try:
            graph.register_generator_state(self._generator)
            with torch.cuda.device(self._device), torch.cuda.graph(graph, stream=self._stream):
                terms = self._step()
        except torch.OutOfMemoryError:
            raise  # the fit loop takes fewer points then
        except RuntimeError as error:
            torch.cuda.synchronize(self._device)
            logging.getLogger(__name__).warning("No CUDA graph of the fit step: %s", error)
            return
        self._graph, self._terms = graph, {name: term.detach() for name, term in terms.items()}
