"""A model whose weights several processes hold in parts (FSDP, DeepSpeed ZeRO-3): how it is asked, and how it becomes whole again.

Parts come together by collectives, so every process calls these functions, at the same place and with rows of the same shape.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from transformers import Trainer

from flywheel_trainer.errors import JobError

Value = TypeVar('Value')


def is_sharded(trainer: Trainer) -> bool:
    """Whether accelerate's configuration splits the weights (or may do so: DeepSpeed of any stage)."""
    return trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled


def check_publishable(trainer: Trainer) -> None:
    """Says before training what would otherwise be found after it: DeepSpeed gathers whole weights only where it was told to."""
    plugin = trainer.accelerator.state.deepspeed_plugin
    if plugin is None or plugin.zero_stage != 3:
        return
    if not plugin.deepspeed_config['zero_optimization'].get('stage3_gather_16bit_weights_on_model_save'):
        raise JobError(
            'other',
            "accelerate's configuration does not let DeepSpeed gather the weights of ZeRO-3, so nothing could be published",
            'set zero3_save_16bit_model: true in its deepspeed_config',
        )


def in_forward(trainer: Trainer, function: Callable[..., Value], *tensors: torch.Tensor) -> Value:
    """`function(model, *tensors)` inside the model's forward call: elsewhere its outermost weights are only parts of themselves."""
    if not is_sharded(trainer):
        return function(trainer.model, *tensors)
    model = trainer.accelerator.unwrap_model(trainer.model_wrapped)
    forward = model.forward

    def once(*given: torch.Tensor) -> Value:
        model.forward = forward  # `function` may call it
        return function(model, *given)

    model.forward = once
    try:
        return trainer.model_wrapped(*tensors)
    finally:
        model.forward = forward


def whole_model(trainer: Trainer, load: Callable[[], Any]) -> Any:
    """The trained model, whole; None in every process but the first where it was in parts.

    `load` makes the model as it was before training: it takes the trained weights up, in the first process's main memory.
    """
    if not is_sharded(trainer):
        return trainer.model
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    if not trainer.accelerator.is_main_process:
        return None
    if trainer.is_deepspeed_enabled:
        from transformers.integrations.deepspeed import unset_hf_deepspeed_config

        unset_hf_deepspeed_config()  # or `load` would split the model anew, and wait for the other processes
    model = load()
    # By its own names, so that none is missing; TRL's frozen copy of an adapter (`ref`) stays behind.
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    return model
