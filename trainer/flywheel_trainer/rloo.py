"""REINFORCE with a leave-one-out baseline (Ahmadian et al. 2024) by TRL's RLOOTrainer: the alternative to PPO.

Several answers to each prompt are each other's baseline, so that there is no critic. The reward model, the KL to the frozen
reference, prompts and answers are as in `ppo.py`: answers are a pure function of (weights, seed, update), so that a
checkpoint needs no random state to resume exactly.
"""

import json
from pathlib import Path

import torch
from datasets import Dataset
from trl import RLOOConfig, RLOOTrainer

from flywheel_trainer import ppo_maths as maths
from flywheel_trainer.chat import Chat
from flywheel_trainer.data import prompts, read_rows
from flywheel_trainer.errors import JobError
from flywheel_trainer.files import write_json
from flywheel_trainer.generation import Ask, generate
from flywheel_trainer.models import device_of, load_policy, load_scalar, policy_for_trl, positions, weights_dtype
from flywheel_trainer.order import derived_seed
from flywheel_trainer.ppo import check_reward_model
from flywheel_trainer.run import Context, Outcome
from flywheel_trainer.scalar import last_token_scores
from flywheel_trainer.sharded import is_sharded
from flywheel_trainer.tensors import pad_right
from flywheel_trainer.trl_stage import common_arguments, publish_trained, train
from flywheel_trainer.world import World


def run(context: Context) -> Outcome:
    """Trains and publishes `job.output`: the policy."""
    job, settings = context.job, context.job.hyperparameters
    chat = Chat.load(job.base, job.chat_template, job.chat_eos)
    check_reward_model(job, chat)
    longest = settings.max_length
    if (limit := positions(job.base)) is not None:
        longest = min(longest, limit)
    rows, dropped = prompts(read_rows(Path(job.dataset), 'rloo'), chat, longest - settings.max_new_tokens)
    trainer = build_trainer(context, chat, rows)
    metrics = train(context, trainer)
    sha256 = publish_trained(context, trainer, chat, lambda: load_policy(job))
    return Outcome(sha256, {**metrics, 'prompts': len(rows), 'dropped_long': dropped}, trainer.state.global_step)


def build_trainer(context: Context, chat: Chat, rows: list[list[int]]) -> 'TokenisedRLOOTrainer':
    """The trainer on our own token ids. The reference is what the job starts from, as in `dpo.build_trainer`."""
    job, settings = context.job, context.job.hyperparameters
    if job.reference not in (None, job.base):
        raise JobError('other', 'rloo takes no reference but the base', 'leave reference out of job.json')
    arguments = {name: value for name, value in common_arguments(context).items() if name != 'max_length'}
    return TokenisedRLOOTrainer(
        chat=chat,
        **policy_for_trl(job),
        reward_funcs=Rewards(context, chat),
        args=RLOOConfig(
            **arguments,
            max_grad_norm=settings.max_grad_norm,
            beta=settings.kl_coefficient,
            epsilon=settings.clip,
            temperature=settings.temperature,
            num_generations=settings.generations,
            # One rollout for each update: what is resumed needs no rollout that was begun before.
            num_iterations=1,
            steps_per_generation=arguments['gradient_accumulation_steps'],
            max_completion_length=settings.max_new_tokens,
            disable_dropout=True,
        ),
        # A text, because TRL looks for messages in everything else.
        train_dataset=Dataset.from_dict({'prompt': [' '.join(map(str, row)) for row in rows]}),
        processing_class=chat.tokenizer,
    )


def _ids(prompt: str) -> list[int]:
    return [int(token) for token in prompt.split()]


class TokenisedRLOOTrainer(RLOOTrainer):
    """RLOOTrainer on prompts that are token ids already, with our own generation."""

    def __init__(self, chat: Chat, **options):
        super().__init__(**options)
        self.chat = chat

    def _tokenize_prompts(self, prompts: list):
        return [_ids(prompt) for prompt in prompts], None, {}

    def _generate_single_turn(self, prompt_ids, images, multimodal_fields):
        first = self.accelerator.process_index * len(prompt_ids)
        asks = [
            Ask(
                ids,
                self.max_completion_length,
                self.temperature,
                seed=derived_seed(self.args.seed, 'sample', self.state.global_step, first + index),
            )
            for index, ids in enumerate(prompt_ids)
        ]
        # FSDP's weights are whole only in a call of the outermost model, which all processes must make equally often.
        sharded = is_sharded(self)
        model = self.model_wrapped if self.is_fsdp_enabled else self.accelerator.unwrap_model(self.model_wrapped)
        was_training = model.training
        model.eval()
        try:
            return generate(model, asks, self.chat.end_id, self.chat.pad_id, self._anybody if sharded else None)
        finally:
            model.train(was_training)

    def _anybody(self, here: bool) -> bool:
        """Whether any process says so; each is told what it says itself."""
        return bool(self.accelerator.reduce(torch.tensor(float(here), device=self.accelerator.device)))


class Rewards:
    """The frozen reward model's score of each answer, normalised as PPO normalises it."""

    __name__ = 'reward_model'

    def __init__(self, context: Context, chat: Chat):
        job = context.job
        self.settings, self.launch, self.chat = job.hyperparameters, job.launch, chat
        self.model = load_scalar(job.reward_model, weights_dtype(job)).requires_grad_(False)
        self.model.to(device_of(job.launch)).eval()
        self.path = context.folder / 'score.json'
        self.is_first = context.rank == 0

    @torch.no_grad()
    def __call__(self, prompts: list[str], completion_ids: list[list[int]], **_) -> list[float]:
        rows = [_ids(prompt) + answer for prompt, answer in zip(prompts, completion_ids, strict=True)]
        size = self.settings.micro_batch
        parts = [
            last_token_scores(self.model, *pad_right(rows[at : at + size], self.chat.pad_id, self.model.device))
            for at in range(0, len(rows), size)
        ]
        raw = torch.cat(parts)
        ended = torch.tensor([answer[-1] == self.chat.end_id for answer in completion_ids], device=raw.device)
        mean, deviation = self._scale(raw)
        scores = maths.normalised_scores(
            raw, ended, mean, deviation, self.settings.score_clip, self.settings.no_eos_score
        )
        return scores.tolist()

    def _scale(self, raw: torch.Tensor) -> tuple[float, float]:
        """Mean and deviation of the first update's scores, kept in the job folder for a resumed job."""
        if self.settings.score_normalisation == 'none':
            return 0.0, 1.0
        if not self.path.exists():
            raw = World(self.launch).gathered(raw)
            scale = [raw.mean().item(), raw.std().item() + 1e-6]
            if not self.is_first:
                return scale[0], scale[1]
            write_json(self.path, scale)
        mean, deviation = json.loads(self.path.read_text())
        return mean, deviation
