"""Supervised fine-tuning: the loss on the last assistant turn only, by TRL's SFTTrainer."""

from pathlib import Path

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from flywheel_trainer.chat import Chat
from flywheel_trainer.data import Demonstration, demonstrations, read_rows
from flywheel_trainer.models import load_policy, positions
from flywheel_trainer.run import Context, Outcome
from flywheel_trainer.trl_stage import check_max_length, common_arguments, publish_trained, train


def run(context: Context) -> Outcome:
    """Trains and publishes `job.output`."""
    job = context.job
    chat = Chat.load(job.base, job.chat_template, job.chat_eos)
    check_max_length(job.hyperparameters.max_length, positions(job.base))
    rows, dropped = demonstrations(read_rows(Path(job.dataset), 'sft'), chat, job.hyperparameters.max_length)
    trainer = build_trainer(context, chat, rows)
    metrics = train(context, trainer)
    sha256 = publish_trained(context, trainer, chat, lambda: load_policy(job))
    return Outcome(sha256, {**metrics, 'rows': len(rows), 'dropped_long': dropped}, trainer.state.global_step)


def build_trainer(context: Context, chat: Chat, rows: list[Demonstration]) -> SFTTrainer:
    """The trainer on our own token ids: TRL's tokenisation is skipped."""
    arguments = SFTConfig(**common_arguments(context), dataset_kwargs={'skip_prepare_dataset': True})
    return SFTTrainer(
        model=load_policy(context.job),
        args=arguments,
        train_dataset=Dataset.from_dict(
            {
                'input_ids': [row.prompt + row.completion for row in rows],
                'labels': [[-100] * len(row.prompt) + row.completion for row in rows],
            }
        ),
        processing_class=chat.tokenizer,
    )
