"""The processes of one PPO job: each weighs its share of the rows, and all take the same step on the sum of their gradients."""

import os
from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import distributed

from flywheel_trainer.job import Launch
from flywheel_trainer.models import device_of

Value = TypeVar('Value')
Rows = TypeVar('Rows', list, torch.Tensor)


class World:
    """This process among those that a launcher started (nccl on GPUs, gloo on CPUs). Alone, everything here is what it is given."""

    def __init__(self, launch: Launch):
        self.size = launch.world
        self.rank = int(os.environ.get('RANK', '0')) if self.size > 1 else 0
        if self.size > 1 and not distributed.is_initialized():
            on_cpu = device_of(launch).type == 'cpu'
            if not on_cpu:
                torch.cuda.set_device(int(os.environ['LOCAL_RANK']))
            distributed.init_process_group('gloo' if on_cpu else 'nccl')

    def share(self, rows: Rows) -> Rows:
        """This process's rows: an equal part, in order. Their number is a multiple of the processes'."""
        size = len(rows) // self.size
        return rows[self.rank * size : (self.rank + 1) * size]

    def gathered(self, mine: Rows) -> Rows:
        """Everybody's rows, in order; tensors of the same shape, or lists of anything."""
        if self.size == 1:
            return mine
        if isinstance(mine, list):
            parts: list = [None] * self.size
            distributed.all_gather_object(parts, mine)
            return [row for part in parts for row in part]
        made = [torch.empty_like(mine) for _ in range(self.size)]
        distributed.all_gather(made, mine.contiguous())
        return torch.cat(made)

    def sum_gradients(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """Makes each weight's gradient the sum of all processes'."""
        if self.size == 1:
            return
        for weight in weights:
            if weight.grad is None:  # nothing of this process's rows has touched it, and the others wait for it all the same
                weight.grad = torch.zeros_like(weight)
            distributed.all_reduce(weight.grad)

    def summed(self, figures: torch.Tensor) -> torch.Tensor:
        if self.size > 1:
            distributed.all_reduce(figures)
        return figures

    def decided(self, value: Value) -> Value:
        """What the first process says: each looks at another moment, and all must do the same."""
        if self.size == 1:
            return value
        said = [value]
        distributed.broadcast_object_list(said, src=0)
        return said[0]
