"""PPO on language: actor, a critic of its own, a frozen reference and a frozen reward model, all loaded from disk. Under LoRA
policy and reference share their weights, and so do critic and reward model: two models in memory, not four.

The loop of one update: sample answers, score them, and take a few clipped steps on what was sampled. Prompts, samples
and minibatches are pure functions of (seed, update), so a checkpoint needs no random state to resume exactly.
Nothing runs with dropout: all models stay in eval mode. Several processes (world.py) sample and weigh a share of the rows each;
every one of them has all models, knows the whole rollout, and takes the same steps.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from transformers import PreTrainedModel

from flywheel_trainer import ppo_maths as maths
from flywheel_trainer.chat import Chat
from flywheel_trainer.checkpoints import resume_point, write_checkpoint
from flywheel_trainer.data import prompts, read_rows
from flywheel_trainer.errors import JobError, StopRequested
from flywheel_trainer.generation import Ask, generate
from flywheel_trainer.job import Job
from flywheel_trainer.models import (
    WithoutAdapter,
    critic_and_reward,
    device_of,
    load_policy,
    positions,
    publish,
    reference_of,
)
from flywheel_trainer.order import batch_indices, derived_seed
from flywheel_trainer.run import Context, Outcome
from flywheel_trainer.scalar import last_token_scores, token_values
from flywheel_trainer.tensors import pad_left, pad_right, positions_of
from flywheel_trainer.world import World


@dataclass
class Rollout:
    """What one update sampled, padded: prompts on the left, answers on the right.

    `ids` and `mask` are [answers, prompt + answer]; all others [answers, answer], float32, 0 behind an answer's end.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    answer_mask: torch.Tensor
    logprobs: torch.Tensor
    values: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor


def run(context: Context) -> Outcome:
    """Trains and publishes `job.output`: the policy. The critic ends with the job."""
    job, settings = context.job, context.job.hyperparameters
    chat = Chat.load(job.base, job.chat_template, job.chat_eos)
    check_reward_model(job, chat)
    longest = settings.max_prompt_length
    if (limit := positions(job.base)) is not None:
        longest = min(longest, limit - settings.max_new_tokens)
    rows, dropped = prompts(read_rows(Path(job.dataset), 'ppo'), chat, longest)
    updates = settings.updates or max(1, round(settings.epochs * len(rows) / settings.batch))
    learner = Learner(job, chat)
    world = learner.world
    first = learner.restore(world.decided(resume_point(job, context.folder) if world.rank == 0 else None))
    for update in range(first, updates):
        chosen = [rows[index] for index in batch_indices(len(rows), settings.batch, update, job.seed)]
        learner.update(chosen, update)
        done = update + 1
        if world.rank == 0:
            context.progress.write(done, updates, done * settings.batch / len(rows), learner.metrics)
        reason = world.decided(context.lease.stop_reason())
        if world.rank == 0 and (done % settings.save_updates == 0 or done == updates or reason):
            write_checkpoint(context.folder, done, partial(learner.save, done=done))
        if reason and done < updates:
            raise StopRequested(done, reason)
    sha256 = publish(job, context.folder, learner.policy, chat) if world.rank == 0 else ''
    return Outcome(sha256, {**learner.metrics, 'prompts': len(rows), 'dropped_long': dropped}, updates)


class Learner:
    """The four models and the optimizer. `metrics` are the last update's."""

    def __init__(self, job: Job, chat: Chat):
        self.job, self.chat, self.settings = job, chat, job.hyperparameters
        self.world = World(job.launch)
        share = self.settings.minibatch // self.world.size
        self.micro_batch = self.settings.micro_batch or share
        # Answers are sampled in as many parts as a step is weighed in: one, unless memory ran out.
        self.parts = share // self.micro_batch
        self.device = device_of(job.launch)
        torch.manual_seed(job.seed)  # adapters start from random numbers
        self.policy = load_policy(job)
        self.critic, self.reward = critic_and_reward(job)
        self.reference = reference_of(job, self.policy)
        for model in (self.policy, self.critic, self.reference, self.reward):
            if not isinstance(model, WithoutAdapter):
                model.to(self.device).eval()
        groups = [(self.policy, self.settings.learning_rate), (self.critic, self.settings.value_learning_rate)]
        self.optimizer = torch.optim.AdamW(
            [{'params': _trainable(model).values(), 'lr': rate} for model, rate in groups], weight_decay=0.0
        )
        self.score_mean: float | None = None
        self.score_deviation = 1.0
        self.metrics: dict[str, float] = {}

    def update(self, prompt_rows: list[list[int]], number: int) -> None:
        """One update on these prompts: a rollout, then `ppo_epochs` passes over it in minibatches."""
        settings = self.settings
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.job.launch.dtype == 'bfloat16'):
            rollout, self.metrics = self.rollout(prompt_rows, number)
            steps = []
            for epoch in range(settings.ppo_epochs):
                order = batch_indices(
                    len(prompt_rows), len(prompt_rows), epoch, derived_seed(self.job.seed, 'minibatch', number)
                )
                for start in range(0, len(order), settings.minibatch):
                    steps.append(
                        self._step(rollout, torch.tensor(order[start : start + settings.minibatch], device=self.device))
                    )
        self.metrics |= {name: sum(step[name] for step in steps) / len(steps) for name in steps[0]}

    @torch.no_grad()
    def rollout(self, prompt_rows: list[list[int]], number: int) -> tuple[Rollout, dict[str, float]]:
        """Samples an answer to each prompt and weighs its tokens. Update `number` sets the random numbers."""
        settings = self.settings
        asks = [
            Ask(
                row,
                settings.max_new_tokens,
                settings.temperature,
                seed=derived_seed(self.job.seed, 'sample', number, index),
            )
            for index, row in enumerate(prompt_rows)
        ]
        # An answer depends on its own seed alone, whoever writes it, and beside whom.
        own = self.world.share(asks)
        size = -(-len(own) // self.parts)
        parts = (own[at : at + size] for at in range(0, len(own), size))
        written = [generate(self.policy, part, self.chat.end_id, self.chat.pad_id) for part in parts]
        answers = self.world.gathered([answer for part in written for answer in part])
        prompt_ids, prompt_mask = pad_left(prompt_rows, self.chat.pad_id, self.device)
        answer_ids, answer_mask = pad_right(answers, self.chat.pad_id, self.device)
        ids, mask = torch.cat([prompt_ids, answer_ids], 1), torch.cat([prompt_mask, answer_mask], 1)
        width, real = answer_ids.shape[1], answer_mask.float()

        own_ids, own_mask = self.world.share(ids), self.world.share(mask)

        def in_parts(function, *arguments):
            parts = zip(own_ids.split(self.micro_batch), own_mask.split(self.micro_batch), strict=True)
            return self.world.gathered(torch.cat([function(*arguments, *part) for part in parts]))

        statistics = in_parts(lambda i, m: torch.stack(self._statistics(self.policy, i, m, width), -1))
        logprobs, entropy = statistics[..., 0] * real, statistics[..., 1]
        reference = in_parts(lambda i, m: self._statistics(self.reference, i, m, width)[0]) * real
        values = in_parts(lambda i, m: self._values(i, m, width)) * real
        raw_scores = in_parts(last_token_scores, self.reward)
        ended = torch.tensor([answer[-1] == self.chat.end_id for answer in answers], device=self.device)

        if self.score_mean is None:
            self.score_mean = 0.0
            if settings.score_normalisation == 'first-batch':
                self.score_mean, self.score_deviation = raw_scores.mean().item(), raw_scores.std().item() + 1e-6
        scores = maths.normalised_scores(
            raw_scores, ended, self.score_mean, self.score_deviation, settings.score_clip, settings.no_eos_score
        )
        rewards = maths.token_rewards(logprobs, reference, scores, real, settings.kl_coefficient)
        advantages, returns = maths.advantages_and_returns(rewards, values, real, settings.gamma, settings.gae_lambda)
        metrics = {
            'kl': (logprobs - reference).sum(1).mean().item(),  # nats per answer
            'reward': raw_scores.mean().item(),
            'score': scores.mean().item(),
            'entropy': maths.masked_mean(entropy, real).item(),
            'ended': ended.float().mean().item(),
            'answer_tokens': real.sum(1).mean().item(),
        }
        return Rollout(ids, mask, real, logprobs, values, maths.whiten(advantages, real), returns), metrics

    def _step(self, rollout: Rollout, rows: torch.Tensor) -> dict[str, float]:
        tokens = rollout.answer_mask[rows].sum()
        figures = sum(self._weigh(rollout, part, tokens) for part in self.world.share(rows).split(self.micro_batch))
        for model in (self.policy, self.critic):
            trained = _trainable(model).values()
            self.world.sum_gradients(trained)
            torch.nn.utils.clip_grad_norm_(trained, self.settings.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        figures = self.world.summed(figures)
        return dict(zip(('policy_loss', 'value_loss', 'clip_fraction', 'approximate_kl'), figures.tolist(), strict=True))

    def _weigh(self, rollout: Rollout, rows: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Adds the gradient of these rows and returns their part of a step's figures; `tokens` are the whole minibatch's."""
        settings = self.settings
        ids, mask, real = rollout.ids[rows], rollout.mask[rows], rollout.answer_mask[rows]
        # Means are over the tokens of the whole minibatch; these rows have their part of them.
        part = real.sum() / tokens
        logprobs, _ = self._statistics(self.policy, ids, mask, real.shape[1])
        values = self._values(ids, mask, real.shape[1])
        loss, clipped = maths.policy_loss(
            logprobs, rollout.logprobs[rows], rollout.advantages[rows], real, settings.clip
        )
        error = maths.value_loss(values, rollout.values[rows], rollout.returns[rows], real, settings.value_clip)
        ((loss + error) * part).backward()  # no parameter is shared, so the two need no weights against each other
        moved = maths.approximate_kl(logprobs, rollout.logprobs[rows], real)
        return torch.stack([loss.detach(), error.detach(), clipped, moved]) * part

    def _statistics(self, model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor, width: int):
        """Log-probability and entropy of the last `width` tokens."""
        logits = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions_of(mask),
            use_cache=False,
            logits_to_keep=width + 1,
        ).logits[:, :-1]
        return maths.token_statistics(logits, ids[:, -width:], self.settings.temperature)

    def _values(self, ids: torch.Tensor, mask: torch.Tensor, width: int) -> torch.Tensor:
        """The value of the state before each of the last `width` tokens."""
        return token_values(self.critic, ids, mask)[:, -width - 1 : -1]

    def save(self, folder: Path, done: int) -> None:
        """Writes what `restore` needs: weights that train, the optimizer, the score's normalisation."""
        state = {
            'updates': done,
            'policy': _trainable(self.policy),
            'critic': _trainable(self.critic),
            'optimizer': self.optimizer.state_dict(),
            'score': [self.score_mean, self.score_deviation],
            'metrics': self.metrics,
        }
        torch.save(state, folder / 'state.pt')

    def restore(self, checkpoint: Path | None) -> int:
        """Loads a checkpoint and returns the update to go on with."""
        if checkpoint is None:
            return 0
        state = torch.load(checkpoint / 'state.pt', map_location=self.device, weights_only=True)
        with torch.no_grad():
            for model, saved in ((self.policy, state['policy']), (self.critic, state['critic'])):
                for name, parameter in _trainable(model).items():
                    parameter.copy_(saved[name])
        self.optimizer.load_state_dict(state['optimizer'])
        self.score_mean, self.score_deviation = state['score']
        self.metrics = state['metrics']
        return state['updates']


def _trainable(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def check_reward_model(job: Job, chat: Chat) -> None:
    """The reward model reads the policy's ids as they are, so both must mean the same by them."""
    if not chat.same_ids_as(Chat.load(job.reward_model, job.chat_template, job.chat_eos)):
        raise JobError(
            'chat-template',
            f'the reward model {job.reward_model} and the policy {job.base} turn a dialogue into different tokens',
            'train the reward model from the policy, or from a model with the same tokenizer and chat template',
        )
