"""Several processes that train one network: torchrun starts them, each has an equal run of every batch.

Features and labels are gathered before any loss, so that each process computes the loss of the whole batch,
pairs across processes included. `DistributedDataParallel` averages the gradients of the processes' parts;
`gather` scales what flows back so that this average is the gradient of the whole batch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from reid_core.models.cbdb import CBDBOutput


@dataclass(frozen=True, slots=True)
class World:
    """This process among all.

    Attributes:
        rank: 0 for the one that writes.
        size: How many there are.
        local_rank: On this computer; the number of its GPU.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process writes checkpoints and logs."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """Whether any process says so; all of them have to ask."""
        if self.size == 1:
            return flag
        votes = gather_plain(torch.tensor([int(flag)]), self)
        return bool(votes.any())

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            torch.distributed.barrier()


ALONE = World()


@contextmanager
def open_world(device: str) -> Iterator[World]:
    """The processes that torchrun started, or this one alone.

    Args:
        device: ``cpu`` talks by gloo, ``cuda`` by nccl (and gloo for what lies on the CPU).
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    world = World(int(os.environ["RANK"]), size, int(os.environ.get("LOCAL_RANK", "0")))
    if device == "cuda":
        torch.cuda.set_device(world.local_rank)
    torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if device == "cuda" else "gloo")
    try:
        yield world
    finally:
        torch.distributed.destroy_process_group()


class _Gather(torch.autograd.Function):
    """All processes' rows, one after another; the loss behind it must be the same in all of them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, world: World) -> Tensor:
        """``(b, ...)`` to ``(size * b, ...)``."""
        ctx.world, ctx.n_rows = world, len(x)
        return gather_plain(x, world)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """This process's rows, times the number of processes, for the average that follows."""
        world: World = ctx.world
        mine = gradients[0][world.rank * ctx.n_rows : (world.rank + 1) * ctx.n_rows]
        return mine * world.size, None


def gather_plain(x: Tensor, world: World) -> Tensor:
    """All processes' rows ``(size * b, ...)`` of ``(b, ...)``, without a gradient; the same b everywhere."""
    parts = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in range(world.size)]
    torch.distributed.all_gather(parts, x.detach().contiguous())
    return torch.cat(parts)


def gather(x: Tensor, world: World, axis: int = 0) -> Tensor:
    """As `gather_plain`, along the axis of the batch, with the gradient."""
    if world.size == 1:
        return x
    gathered: Tensor = _Gather.apply(x.transpose(0, axis), world)
    return gathered.transpose(0, axis)


def map_output(output: Any, change: Callable[[Tensor, int], Tensor]) -> Any:
    """What a network's ``learn`` gave, with every tensor changed.

    Args:
        output: A tensor, a named tuple of them, or a mapping of these.
        change: Gets a tensor and which of its axes is the batch.
    """
    if isinstance(output, Tensor):
        return change(output, 0)
    if isinstance(output, Mapping):
        return {name: map_output(value, change) for name, value in output.items()}
    if isinstance(output, CBDBOutput):  # its branches come first
        wholes = [None if whole is None else change(whole, 0) for whole in output[2:]]
        return CBDBOutput(change(output.metric, 1), change(output.logits, 1), *wholes)
    return type(output)(*(None if value is None else map_output(value, change) for value in output))
