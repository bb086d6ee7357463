"""What the stages on TRL's trainers share: arguments, progress, stopping, exact resume, publishing."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import PrinterCallback, Trainer, TrainerCallback, set_seed

from flywheel_trainer.chat import Chat
from flywheel_trainer.checkpoints import STATE, resume_point
from flywheel_trainer.errors import JobError, StopRequested
from flywheel_trainer.job import accumulation
from flywheel_trainer.models import device_of, publish
from flywheel_trainer.run import Context
from flywheel_trainer.sharded import check_publishable, whole_model
from flywheel_trainer.world import World

# TRL itself still calls what transformers has renamed; nothing a user of ours could mend.
warnings.filterwarnings('ignore', category=FutureWarning, module='transformers')


def common_arguments(context: Context) -> dict[str, Any]:
    """Arguments of SFTConfig, DPOConfig and RewardConfig; what has a surprising default there is set here."""
    job, settings = context.job, context.job.hyperparameters
    # Adapters start from random numbers, drawn when the model is made: seed before that.
    set_seed(job.seed)
    on_cpu = device_of(job.launch).type == 'cpu'
    return {
        'output_dir': str(context.folder / 'checkpoints'),
        'per_device_train_batch_size': settings.micro_batch,
        'gradient_accumulation_steps': accumulation(job),
        'num_train_epochs': settings.epochs,
        'max_steps': settings.max_steps or -1,
        'learning_rate': settings.learning_rate,
        'lr_scheduler_type': settings.scheduler,
        'warmup_steps': settings.warmup_steps,
        'weight_decay': settings.weight_decay,
        'max_length': None,  # too long rows were counted and dropped; nothing may be cut here
        'seed': job.seed,
        'data_seed': job.seed,
        'save_strategy': 'steps',
        'save_steps': settings.save_steps,
        'save_total_limit': 2,
        'logging_steps': 1,
        'report_to': [],
        'disable_tqdm': True,
        'use_cpu': on_cpu,
        'bf16': job.launch.dtype == 'bfloat16',
        'gradient_checkpointing': job.launch.gradient_checkpointing,
        'dataloader_pin_memory': not on_cpu,
    }


def check_max_length(max_length: int, positions: int | None) -> None:
    """Refuses rows that the model has no positions for."""
    if positions is not None and max_length > positions:
        raise JobError(
            'other',
            f'max_length {max_length} exceeds the {positions} positions of the base',
            f'set max_length to {positions} or less',
        )


def train(context: Context, trainer: Trainer) -> dict[str, float]:
    """Trains from the newest whole checkpoint (or the start) to the end; returns the last log's figures.

    Raises StopRequested after writing a checkpoint where the job was asked to stop.
    """
    check_publishable(trainer)
    # One process looks, because looking puts broken checkpoints aside.
    found = str(resume_point(context.job, context.folder) or '') if context.rank == 0 else ''
    checkpoint = World(context.job.launch).decided(found)
    watcher = _Watcher(context, finished=_is_finished(Path(checkpoint)) if checkpoint else False)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(watcher)
    try:
        trainer.train(resume_from_checkpoint=checkpoint or None)
    except _NothingLeft:
        trainer.state.max_steps = trainer.state.global_step
    if watcher.reason and trainer.state.global_step < trainer.state.max_steps:
        raise StopRequested(trainer.state.global_step, watcher.reason)
    return watcher.last


def _is_finished(checkpoint: Path) -> bool:
    state = json.loads((checkpoint / STATE).read_text())
    return state['global_step'] >= state['max_steps']


def publish_trained(context: Context, trainer: Trainer, chat: Chat, load: Callable[[], Any]) -> str:
    """Publishes `job.output` and returns its sha256; every process calls it, the first one writes. `load`: see `whole_model`."""
    model = whole_model(trainer, load)
    return publish(context.job, context.folder, model, chat) if context.rank == 0 else ''


class _NothingLeft(Exception):
    """The checkpoint is that of the last step."""


class _Watcher(TrainerCallback):
    """Writes progress, and asks the trainer for a checkpoint and an end when the lease says so."""

    def __init__(self, context: Context, finished: bool):
        self.context = context
        self.finished = finished
        self.reason: str | None = None
        self.last: dict[str, float] = {}

    def logged(self, logs: dict) -> None:
        self.last = {
            name: float(value)
            for name, value in logs.items()
            if isinstance(value, (int, float)) and name not in ('epoch', 'step')
        }

    def on_train_begin(self, args, state, control, **_):
        if self.finished:
            # The trainer would take one step more; the weights, which it has loaded by now, are all that is left to take.
            self.logged(next((log for log in reversed(state.log_history) if 'loss' in log), {}))
            raise _NothingLeft

    def on_log(self, args, state, control, logs=None, **_):
        if 'loss' in (logs or {}):
            self.logged(logs)
            if self.context.rank == 0:
                self.context.progress.write(state.global_step, state.max_steps, state.epoch or 0.0, self.last)

    def on_step_end(self, args, state, control, **_):
        # All processes must end at the same step.
        reason = World(self.context.job.launch).decided(self.context.lease.stop_reason())
        if reason:
            self.reason = reason
            control.should_save = True
            control.should_training_stop = True
