"""The formulas of PPO (Schulman et al. 2017) with generalised advantages (Schulman et al. 2016), apart from its loop.

All tensors are [answers, tokens], float32; `mask` is 1 on an answer's real tokens (its end-of-turn token included).
"""

import torch


def token_statistics(logits: torch.Tensor, ids: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability of each of `ids` and entropy (nats) of each distribution, at the temperature that sampled."""
    log_probabilities = (logits.float() / temperature).log_softmax(-1)
    chosen = log_probabilities.gather(-1, ids[..., None]).squeeze(-1)
    return chosen, -(log_probabilities.exp() * log_probabilities).sum(-1)


def token_rewards(
    logprobs: torch.Tensor, reference: torch.Tensor, scores: torch.Tensor, mask: torch.Tensor, kl_coefficient: float
) -> torch.Tensor:
    """-kl_coefficient · (log p - log p_ref) at each token, and the answer's score on its last real token."""
    rewards = -kl_coefficient * (logprobs - reference) * mask
    last = mask.sum(1).long() - 1
    rewards[torch.arange(len(rewards), device=rewards.device), last] += scores
    return rewards


def advantages_and_returns(
    rewards: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, gamma: float, lam: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """GAE: δ_t = r_t + γ·V_{t+1} - V_t, A_t = δ_t + γλ·A_{t+1}; V is 0 beyond an answer's end. Returns are A + V."""
    values = values * mask
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(rewards[:, 0])
    following = torch.zeros_like(running)
    for step in reversed(range(rewards.shape[1])):
        delta = rewards[:, step] + gamma * following - values[:, step]
        running = (delta + gamma * lam * running) * mask[:, step]
        following = values[:, step]
        advantages[:, step] = running
    return advantages, advantages + values


def whiten(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean 0 and standard deviation 1 over the real tokens; 0 elsewhere."""
    real = values[mask.bool()]
    return (values - real.mean()) / (real.std() + 1e-8) * mask


def masked_mean(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (values * mask).sum() / mask.sum()


def policy_loss(
    logprobs: torch.Tensor, old_logprobs: torch.Tensor, advantages: torch.Tensor, mask: torch.Tensor, clip: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The clipped surrogate, to be minimised, and the share of tokens that the clip held back."""
    ratio = ((logprobs - old_logprobs) * mask).exp()
    loss = torch.max(-advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip))
    return masked_mean(loss, mask), masked_mean(((ratio - 1).abs() > clip).float(), mask).detach()


def value_loss(
    values: torch.Tensor, old_values: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor, clip: float
) -> torch.Tensor:
    """Half the squared error, of the value or of the value kept within `clip` of the old one, whichever is larger."""
    kept = old_values + (values - old_values).clamp(-clip, clip)
    return 0.5 * masked_mean(torch.max((values - returns) ** 2, (kept - returns) ** 2), mask)


def approximate_kl(logprobs: torch.Tensor, old_logprobs: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """KL(old || new) per token by the estimator r - 1 - log r (never negative), for watching a step's size."""
    difference = logprobs - old_logprobs
    return masked_mean(difference.exp() - 1 - difference, mask).detach()


def normalised_scores(
    scores: torch.Tensor, ended: torch.Tensor, mean: float, deviation: float, clip: float | None, no_eos_score: float
) -> torch.Tensor:
    """(score - mean) / deviation, clipped to ±`clip`; an answer without its end-of-turn token gets `no_eos_score`."""
    scores = (scores - mean) / deviation
    if clip is not None:
        scores = scores.clamp(-clip, clip)
    return torch.where(ended, scores, torch.full_like(scores, no_eos_score))
