"""The formulas of PPO, each against a plain computation of its own."""

import math

import pytest
import tiny
import torch
from flywheel_trainer import ppo, ppo_maths
from flywheel_trainer.chat import Chat
from flywheel_trainer.data import prompts
from flywheel_trainer.job import read_job
from flywheel_trainer.order import batch_indices

MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]).float()


def noise(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*(shape or (3, 4)), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(('gamma', 'lam'), [(1.0, 0.95), (0.9, 0.5), (1.0, 1.0), (0.99, 0.0)])
def test_advantages_against_the_sum_that_defines_them(gamma, lam):
    rewards, values = noise(0) * MASK, noise(1)
    advantages, returns = ppo_maths.advantages_and_returns(rewards, values, MASK, gamma, lam)
    for row in range(3):
        length = int(MASK[row].sum())
        value = [*values[row, :length].tolist(), 0.0]
        delta = [rewards[row, t].item() + gamma * value[t + 1] - value[t] for t in range(length)]
        for t in range(length):
            expected = sum((gamma * lam) ** (later - t) * delta[later] for later in range(t, length))
            assert advantages[row, t].item() == pytest.approx(expected, abs=1e-5)
            assert returns[row, t].item() == pytest.approx(expected + value[t], abs=1e-5)
        assert advantages[row, length:].abs().sum() == 0


def test_the_score_lands_on_the_last_real_token():
    logprobs, reference, scores = noise(2), noise(3), torch.tensor([1.0, -2.0, 3.0])
    rewards = ppo_maths.token_rewards(logprobs, reference, scores, MASK, 0.5)
    for row in range(3):
        for t in range(4):
            expected = -0.5 * (logprobs[row, t] - reference[row, t]) * MASK[row, t]
            expected += scores[row] if t == int(MASK[row].sum()) - 1 else 0
            assert rewards[row, t].item() == pytest.approx(expected.item(), abs=1e-6)


def test_whitening_looks_at_real_tokens_only():
    spoiled = torch.where(MASK.bool(), noise(4), torch.tensor(1e6))
    white = ppo_maths.whiten(spoiled, MASK)
    real = white[MASK.bool()]
    assert real.mean().item() == pytest.approx(0, abs=1e-6) and real.std().item() == pytest.approx(1, abs=1e-5)
    assert white[~MASK.bool()].abs().sum() == 0


def test_policy_loss_is_the_clipped_surrogate():
    new, old, advantages = noise(5) * 0.3, noise(6) * 0.3, noise(7)
    loss, clipped = ppo_maths.policy_loss(new, old, advantages, MASK, 0.2)
    terms, outside = [], []
    for row, t in MASK.nonzero().tolist():
        ratio, a = math.exp(new[row, t] - old[row, t]), advantages[row, t].item()
        terms.append(-min(a * ratio, a * min(max(ratio, 0.8), 1.2)))
        outside.append(abs(ratio - 1) > 0.2)
    assert loss.item() == pytest.approx(sum(terms) / len(terms), abs=1e-5)
    assert clipped.item() == pytest.approx(sum(outside) / len(outside)) and 0 < clipped < 1


def test_value_loss_takes_the_larger_error():
    new, old, returns = noise(8), noise(9), noise(10)
    terms = []
    for row, t in MASK.nonzero().tolist():
        v, o, r = new[row, t].item(), old[row, t].item(), returns[row, t].item()
        terms.append(max((v - r) ** 2, (o + min(max(v - o, -0.2), 0.2) - r) ** 2) / 2)
    assert ppo_maths.value_loss(new, old, returns, MASK, 0.2).item() == pytest.approx(sum(terms) / len(terms), abs=1e-5)


def test_statistics_follow_the_sampling_temperature():
    logits, ids = noise(11, 2, 3, 5), torch.tensor([[0, 4, 2], [1, 1, 3]])
    chosen, entropy = ppo_maths.token_statistics(logits, ids, 0.5)
    weights = [math.exp(value / 0.5) for value in logits[1, 2].tolist()]
    probabilities = [weight / sum(weights) for weight in weights]
    assert chosen[1, 2].item() == pytest.approx(math.log(probabilities[3]), abs=1e-5)
    assert entropy[1, 2].item() == pytest.approx(-sum(p * math.log(p) for p in probabilities), abs=1e-5)


def test_scores_are_normalised_clipped_and_replaced_where_an_answer_did_not_end():
    scores, ended = torch.tensor([3.0, 1.0, 100.0, 5.0]), torch.tensor([True, True, True, False])
    assert ppo_maths.normalised_scores(scores, ended, 1.0, 2.0, 4.0, -2.0).tolist() == [1.0, 0.0, 4.0, -2.0]
    assert ppo_maths.normalised_scores(scores, ended, 1.0, 2.0, None, -2.0).tolist() == [1.0, 0.0, 49.5, -2.0]


def test_prompts_of_an_update_are_a_function_of_seed_and_update():
    seen = [index for update in range(7) for index in batch_indices(10, 4, update, 3)]
    assert sorted(seen[:10]) == sorted(seen[10:20]) == list(range(10)) and seen[:10] != seen[10:20]
    assert batch_indices(10, 4, 5, 3) == seen[20:24] and batch_indices(10, 4, 5, 4) != seen[20:24]


def test_a_rollout_starts_on_its_reference_and_is_repeatable(tmp_path, base, reward_model):
    chat = Chat.load(base)
    job = read_job(tiny.make_job(tmp_path / 'ppo', 'ppo', base, reward_model=str(reward_model)))
    rows, _ = prompts(tiny.rows('ppo')[:16], chat, 24)
    learner = ppo.Learner(job, chat)
    first, figures = learner.rollout(rows, 0)
    assert figures['kl'] == 0.0 and figures['entropy'] > 0.1
    assert first.values.abs().sum() == 0, "the critic's head starts at 0"
    assert figures['score'] == pytest.approx(0, abs=0.2), 'normalised by this very batch'
    again, _ = learner.rollout(rows, 0)
    other, _ = learner.rollout(rows, 1)
    assert torch.equal(first.ids, again.ids) and first.ids.tolist() != other.ids.tolist()
    # The critic and the policy are their own: an update moves neither the reward model nor the reference.
    frozen = [parameter.clone() for model in (learner.reference, learner.reward) for parameter in model.parameters()]
    learner.update(rows, 0)
    assert all(
        map(torch.equal, frozen, (p for model in (learner.reference, learner.reward) for p in model.parameters()))
    )
    assert learner.rollout(rows, 0)[1]['kl'] != 0.0
