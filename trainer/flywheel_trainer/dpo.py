"""Direct preference optimisation (Rafailov et al. 2023) by TRL's DPOTrainer."""

from pathlib import Path

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from flywheel_trainer.chat import Chat
from flywheel_trainer.data import Pair, pairs, read_rows
from flywheel_trainer.models import load_causal, load_policy, policy_for_trl, positions, weights_dtype
from flywheel_trainer.run import Context, Outcome
from flywheel_trainer.trl_stage import check_max_length, common_arguments, publish_trained, train


class TokenisedDPOTrainer(DPOTrainer):
    """DPOTrainer on rows that are token ids already; TRL 1.16 has no switch that skips its own tokenisation."""

    def _prepare_dataset(self, dataset, *_args, **_kwargs):
        return dataset


def run(context: Context) -> Outcome:
    """Trains and publishes `job.output`."""
    job = context.job
    chat = Chat.load(job.base, job.chat_template, job.chat_eos)
    check_max_length(job.hyperparameters.max_length, positions(job.base))
    rows, dropped = pairs(read_rows(Path(job.dataset), 'dpo'), chat, job.hyperparameters.max_length)
    trainer = build_trainer(context, chat, rows)
    metrics = train(context, trainer)
    sha256 = publish_trained(context, trainer, chat, lambda: load_policy(job))
    return Outcome(sha256, {**metrics, 'rows': len(rows), 'dropped_long': dropped}, trainer.state.global_step)


def build_trainer(context: Context, chat: Chat, rows: list[Pair]) -> DPOTrainer:
    """The trainer on our own token ids. The reference is what the job starts from, unless it names one of its own.

    Under LoRA that needs no second model: with a new adapter it is the model with its adapter off, which is the base; with an
    adapter that goes on it is a frozen copy of that adapter as it was (TRL makes it of a PeftModel, as `ref`). A resumed job
    takes the copy from `job.adapter` again, not from its checkpoint.
    """
    job, settings = context.job, context.job.hyperparameters
    arguments = DPOConfig(
        **common_arguments(context),
        beta=settings.beta,
        loss_type=settings.loss_type,
        loss_weights=settings.loss_weights,
    )
    reference = job.reference or (None if settings.lora else job.base)
    return TokenisedDPOTrainer(
        **policy_for_trl(job),
        ref_model=load_causal(reference, weights_dtype(job)) if reference else None,
        args=arguments,
        train_dataset=Dataset.from_dict(
            {
                'prompt_ids': [row.prompt for row in rows],
                'chosen_ids': [row.chosen for row in rows],
                'rejected_ids': [row.rejected for row in rows],
            }
        ),
        processing_class=chat.tokenizer,
    )
