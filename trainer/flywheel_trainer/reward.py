"""The reward model: Bradley-Terry on pairs of answers, by TRL's RewardTrainer, measured on prompts it never saw."""

from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import Trainer
from trl import RewardConfig, RewardTrainer

from flywheel_trainer.chat import Chat
from flywheel_trainer.data import Pair, held_out_prompts, pairs, read_rows
from flywheel_trainer.job import Job
from flywheel_trainer.models import load_scalar, lora_config, positions, weights_dtype
from flywheel_trainer.run import Context, Outcome
from flywheel_trainer.scalar import last_token_scores
from flywheel_trainer.sharded import in_forward
from flywheel_trainer.tensors import pad_right
from flywheel_trainer.trl_stage import check_max_length, common_arguments, publish_trained, train


def run(context: Context) -> Outcome:
    """Trains and publishes `job.output`; `holdout_accuracy` is the share of held-out pairs that it ranks right."""
    job, settings = context.job, context.job.hyperparameters
    chat = Chat.load(job.base, job.chat_template, job.chat_eos)
    check_max_length(settings.max_length, positions(job.base))
    rows, dropped = pairs(read_rows(Path(job.dataset), 'reward'), chat, settings.max_length)
    held = held_out_prompts((row.key for row in rows), settings.holdout, job.seed)
    training, held_out = ([row for row in rows if (row.key in held) == out] for out in (False, True))
    trainer = build_trainer(context, chat, training)
    metrics = train(context, trainer)
    if held_out:
        metrics['holdout_accuracy'] = ranking_accuracy(trainer, held_out, chat.pad_id, settings.micro_batch)
    metrics |= {'holdout_pairs': len(held_out), 'train_pairs': len(training), 'dropped_long': dropped}
    sha256 = publish_trained(context, trainer, chat, lambda: untrained(job))
    return Outcome(sha256, metrics, trainer.state.global_step)


def build_trainer(context: Context, chat: Chat, rows: list[Pair]) -> RewardTrainer:
    """The trainer on our own token ids. It starts from a score of 0 for everything."""
    job, settings = context.job, context.job.hyperparameters
    arguments = RewardConfig(
        **common_arguments(context), center_rewards_coefficient=settings.center_rewards_coefficient
    )
    return RewardTrainer(
        model=load_scalar(job.base, weights_dtype(job), zero_head=True),
        args=arguments,
        train_dataset=Dataset.from_dict(
            {
                'chosen_ids': [row.prompt + row.chosen for row in rows],
                'rejected_ids': [row.prompt + row.rejected for row in rows],
            }
        ),
        processing_class=chat.tokenizer,
        peft_config=lora_config(settings.lora, 'SEQ_CLS') if settings.lora else None,
    )


def untrained(job: Job) -> Any:
    """The model as the trainer gets it, under LoRA with its adapter."""
    model = load_scalar(job.base, weights_dtype(job))
    if job.hyperparameters.lora is None:
        return model
    from peft import get_peft_model

    return get_peft_model(model, lora_config(job.hyperparameters.lora, 'SEQ_CLS'))


@torch.no_grad()
def ranking_accuracy(trainer: Trainer, rows: list[Pair], pad_id: int, micro_batch: int) -> float:
    """The share of pairs whose chosen answer scores above the rejected one."""
    trainer.model.eval()
    right = 0
    for start in range(0, len(rows), micro_batch):
        chunk = rows[start : start + micro_batch]
        scores = [
            in_forward(
                trainer,
                last_token_scores,
                *pad_right([row.prompt + side(row) for row in chunk], pad_id, trainer.args.device),
            )
            for side in (lambda row: row.chosen, lambda row: row.rejected)
        ]
        right += int((scores[0] > scores[1]).sum())
    return right / len(rows)
