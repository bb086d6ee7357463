"""LoRA across stages: one adapter that goes on, or one per stage that is merged; the reference is what the stage began with."""

import json
from pathlib import Path

import pytest
import tiny
import torch
from flywheel_trainer import dpo, manifest, ppo
from flywheel_trainer.chat import Chat
from flywheel_trainer.data import pairs, prompts
from flywheel_trainer.job import read_job
from flywheel_trainer.lease import Lease
from flywheel_trainer.models import is_adapter, load_causal, load_scalar
from flywheel_trainer.ppo_maths import token_statistics
from flywheel_trainer.progress import Progress
from flywheel_trainer.registry import Entry, check_folder
from flywheel_trainer.run import Context
from flywheel_trainer.scalar import last_token_scores
from flywheel_trainer.tensors import positions_of
from test_resume import kill

LORA = {'r': 4, 'alpha': 8, 'dropout': 0.0, 'target_modules': ['q_proj', 'v_proj']}


def stage(way: str, folder: Path, kind: str, base: Path, before: Path | None = None, **top) -> Path:
    """A job folder of a stage behind `before` (None: behind the base), in either way."""
    if way == 'continued':
        top |= {'publish': 'adapter', **({'adapter': str(before)} if before else {})}
    else:
        base = before or base
    return tiny.make_job(folder, kind, base, settings={'lora': LORA}, **top)


@pytest.fixture(scope='module', params=['continued', 'merged'])
def tuned(request, tmp_path_factory, base) -> tuple[str, Path]:
    """How adapters go on, and the model after SFT."""
    folder = tmp_path_factory.mktemp(request.param) / 'sft'
    return request.param, Path(tiny.run(stage(request.param, folder, 'sft', base))['output'])


@torch.no_grad()
def logprobs(model, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions_of(mask)).logits[:, :-1]
    return token_statistics(logits, ids[:, 1:], 1.0)[0] * mask[:, 1:]


def test_what_is_published(tuned, base):
    way, model = tuned
    assert is_adapter(model) == (way == 'continued')
    facts = manifest.read_facts(model)
    assert facts['base_sha256'] == manifest.read_sha256(base)
    check_folder(Entry('name', str(model), facts['sha256']))
    if way == 'continued':
        config = json.loads((model / 'adapter_config.json').read_text())
        assert config['base_model_name_or_path'] == str(base)
        # vLLM refuses adapters with whole modules beside them.
        assert config['modules_to_save'] is None and config['r'] == 4


def test_the_reference_of_dpo_is_the_model_after_sft(tuned, base, tmp_path):
    way, model = tuned
    folder = stage(way, tmp_path / 'dpo', 'dpo', base, model)
    job = read_job(folder)
    chat = Chat.load(job.base)
    rows, _ = pairs(tiny.rows('dpo'), chat, 32)
    trainer = dpo.build_trainer(Context(job, folder, Lease(folder), Progress(folder), 0), chat, rows)
    batch = next(iter(trainer.get_train_dataloader()))
    for _ in range(2):  # and it stays so when the policy has moved
        with torch.no_grad():
            chosen, rejected = trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, batch)
        # Expected: the published model, loaded by itself.
        alone = logprobs(load_causal(str(model)), batch['input_ids'], batch['attention_mask'])
        answers = (alone * batch['completion_mask'][:, 1:]).sum(1)
        assert torch.allclose(torch.cat([chosen, rejected]), answers, atol=1e-4)
        without = logprobs(load_causal(str(base)), batch['input_ids'], batch['attention_mask'])
        assert not torch.allclose(alone, without, atol=1e-2), 'SFT has moved the model'
        trainer.train()
    assert not torch.allclose(
        logprobs(trainer.model, batch['input_ids'], batch['attention_mask']), alone, atol=1e-2
    ), 'DPO has moved the policy'


def test_the_reference_of_ppo_is_the_model_that_it_starts_from(tuned, base, reward_model, tmp_path):
    way, model = tuned
    folder = stage(way, tmp_path / 'ppo', 'ppo', base, model, reward_model=str(reward_model))
    chat = Chat.load(base)
    rows, _ = prompts(tiny.rows('ppo')[:16], chat, 24)
    learner = ppo.Learner(read_job(folder), chat)
    rollout, figures = learner.rollout(rows, 0)
    assert figures['kl'] == pytest.approx(0, abs=1e-4), 'the policy starts on its reference'
    expected = logprobs(load_causal(str(model)), rollout.ids, rollout.mask)
    assert torch.allclose(logprobs(learner.reference, rollout.ids, rollout.mask), expected, atol=1e-5)
    learner.update(rows, 0)
    assert torch.allclose(logprobs(learner.reference, rollout.ids, rollout.mask), expected, atol=1e-5)
    assert not torch.allclose(logprobs(learner.policy, rollout.ids, rollout.mask), expected, atol=1e-3)


def test_a_continued_adapter_goes_through_all_stages_and_a_kill(base, reward_model, tmp_path):
    sft = Path(tiny.run(stage('continued', tmp_path / 'sft', 'sft', base))['output'])
    whole = stage('continued', tmp_path / 'whole', 'dpo', base, sft)
    tiny.run(whole)
    killed = stage('continued', tmp_path / 'killed', 'dpo', base, sft)
    kill(killed, at=6)
    tuned = Path(tiny.run(killed)['output'])
    weights = [folder / 'model' / 'adapter_model.safetensors' for folder in (whole, killed)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    # A reward model from a policy that is an adapter: merged, then trained whole.
    reward = tiny.make_job(tmp_path / 'reward', 'reward', tuned, settings={'lora': LORA})
    last = stage('continued', tmp_path / 'ppo', 'ppo', base, tuned, reward_model=tiny.run(reward)['output'])
    output = Path(tiny.run(last)['output'])
    assert is_adapter(output) and (output / 'adapter_model.safetensors').stat().st_size < 20_000


def test_an_adapter_of_another_base_is_refused(tmp_path, base):
    sft = Path(tiny.run(stage('continued', tmp_path / 'sft', 'sft', base))['output'])
    other = Path(tiny.run(tiny.make_job(tmp_path / 'other', 'pretrain', settings={'steps': 4}))['output'])
    error = tiny.error_of(stage('continued', tmp_path / 'dpo', 'dpo', other, sft))
    assert error['kind'] == 'missing-checkpoint' and 'was trained on a base with sha256' in error['message']


def test_ppo_under_lora_holds_two_models_that_are_four(base, reward_model, tmp_path):
    """The reference is the policy with its adapter off, the reward model the critic with its own off: as they are on disk, also after updates."""
    folder = tiny.make_job(tmp_path / 'ppo', 'ppo', base, reward_model=str(reward_model), settings={'lora': LORA})
    chat = Chat.load(base)
    rows, _ = prompts(tiny.rows('ppo')[:16], chat, 24)
    learner = ppo.Learner(read_job(folder), chat)
    rollout, figures = learner.rollout(rows, 0)
    assert figures['kl'] == 0.0 and rollout.values.abs().sum() == 0, "the critic's head starts at 0"
    alone = load_causal(str(base)), load_scalar(str(reward_model))
    trained = [len(ppo._trainable(model)) for model in (learner.policy, learner.critic)]
    for _ in range(2):
        with torch.no_grad():
            scores = [last_token_scores(model, rollout.ids, rollout.mask) for model in (learner.reward, alone[1])]
            shown = [logprobs(model, rollout.ids, rollout.mask) for model in (learner.reference, alone[0])]
        assert torch.equal(*scores) and torch.equal(*shown)
        learner.update(rows, 0)
        # What has been off trains again.
        assert [len(ppo._trainable(model)) for model in (learner.policy, learner.critic)] == trained
    assert learner.rollout(rows, 0)[0].values.abs().sum() > 0, 'the critic has moved'
