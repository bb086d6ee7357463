"""Batched generation with a key-value cache, one seeded stream of random numbers per answer. PPO and serving share it.

An answer depends on its own seed and settings only, not on the batch it travels in (up to the rounding of matrix
products, whose order of summation may change with the batch: about one token in a million).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import torch
from transformers import DynamicCache, PreTrainedModel

from flywheel_trainer.tensors import pad_left, positions_of


@dataclass
class Ask:
    """One answer to generate. `temperature` 0 is greedy; `is_over(ids)` may end it early (stop strings)."""

    prompt: list[int]
    max_new_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    is_over: Callable[[list[int]], bool] | None = None
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)


def sample(logits: torch.Tensor, temperatures: list[float], top_ps: list[float], uniforms: list[float]) -> torch.Tensor:
    """One token per row of `logits` [rows, vocabulary], by inverting the distribution function at `uniforms` in [0, 1).

    In float64, and in the order of the vocabulary, so that the token is a function of the row's own numbers.
    """
    heat = torch.tensor(temperatures, dtype=torch.float64, device=logits.device)[:, None]
    greedy = logits.argmax(-1)
    if not heat.any():
        return greedy
    probabilities = (logits.double() / heat.clamp(min=1e-6)).softmax(-1)
    if min(top_ps) < 1:
        probabilities = nucleus(probabilities, torch.tensor(top_ps, dtype=torch.float64, device=logits.device)[:, None])
    cumulative = probabilities.cumsum(-1)
    draw = torch.tensor(uniforms, dtype=torch.float64, device=logits.device)[:, None] * cumulative[:, -1:]
    drawn = torch.searchsorted(cumulative, draw, right=True).squeeze(1).clamp(max=logits.shape[-1] - 1)
    return torch.where(heat.squeeze(1) > 0, drawn, greedy)


def nucleus(probabilities: torch.Tensor, top_p: torch.Tensor) -> torch.Tensor:
    """Keeps the smallest set of likeliest tokens whose sum reaches `top_p` (Holtzman et al. 2020); not renormalised."""
    ordered, index = torch.sort(probabilities, dim=-1, descending=True, stable=True)
    beyond = ordered.cumsum(-1) - ordered >= top_p
    beyond[:, 0] = False
    return probabilities.masked_fill(torch.zeros_like(beyond).scatter(1, index, beyond), 0.0)


def generate(
    model: PreTrainedModel,
    asks: list[Ask],
    end_id: int,
    pad_id: int,
    anybody: Callable[[bool], bool] | None = None,
) -> list[list[int]]:
    """The ids of each answer, with the end-of-turn token as its last where it was sampled.

    `anybody` is for weights that several processes hold in parts: whether one of them goes on, told whether this one does.
    They all must call the model equally often, so those that are done call it on for nothing.
    """
    # FSDP keeps what it gathers here for training, which takes no tensors of inference mode.
    with torch.no_grad() if anybody else torch.inference_mode():
        return _generate(model, asks, end_id, pad_id, anybody or (lambda here: here))


def _generate(
    model: PreTrainedModel, asks: list[Ask], end_id: int, pad_id: int, anybody: Callable[[bool], bool]
) -> list[list[int]]:
    answers: list[list[int]] = [[] for _ in asks]
    ids, mask = pad_left([ask.prompt for ask in asks], pad_id, model.device)
    positions, cache = positions_of(mask), DynamicCache(config=model.config)
    alive = list(range(len(asks)))
    while True:
        logits = (
            model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            .logits[:, -1]
            .float()
        )
        running = [asks[index] for index in alive]
        tokens = sample(
            logits,
            [ask.temperature for ask in running],
            [ask.top_p for ask in running],
            [ask.random.random() if ask.temperature > 0 else 0.0 for ask in running],
        )
        going = [
            row
            for row, (index, token) in enumerate(zip(alive, tokens.tolist(), strict=True))
            if _goes_on(asks[index], answers[index], token, end_id)
        ]
        if not anybody(bool(going)):
            return answers
        if not going:
            while True:
                model(input_ids=tokens[:1, None], use_cache=False)
                if not anybody(False):
                    return answers
        if len(going) < len(alive):  # ended rows leave the batch
            rows = torch.tensor(going, device=tokens.device)
            cache.batch_select_indices(rows)
            tokens, mask, positions = tokens[rows], mask[rows], positions[rows]
            alive = [alive[row] for row in going]
        ids = tokens[:, None]
        mask = torch.cat([mask, mask.new_ones(len(alive), 1)], 1)
        positions = positions[:, -1:] + 1


def _goes_on(ask: Ask, answer: list[int], token: int, end_id: int) -> bool:
    answer.append(token)
    return token != end_id and len(answer) < ask.max_new_tokens and not (ask.is_over and ask.is_over(answer))
