"""Each kind of job from its folder to its result: the contract, and that it learns what it was shown."""

import json
from pathlib import Path

import pytest
import tiny
import torch
from flywheel_trainer import manifest
from flywheel_trainer.run import main
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

LORA = {'r': 4, 'alpha': 8, 'dropout': 0.1, 'target_modules': 'all-linear'}


def job_of(kind: str, folder: Path, base: Path, reward_model: Path, **options) -> Path:
    top = {'reward_model': str(reward_model)} if kind in ('ppo', 'rloo') else {}
    return tiny.make_job(folder, kind, None if kind == 'pretrain' else base, **top, **options)


@pytest.mark.parametrize('kind', ['pretrain', 'sft', 'dpo', 'reward', 'ppo', 'rloo'])
def test_contract(kind, tmp_path, base, reward_model):
    folder = job_of(kind, tmp_path / kind, base, reward_model)
    result = tiny.run(folder)

    assert result['status'] == 'done' and result['steps'] == 12 and result['output'] == str(folder / 'model')
    output = folder / 'model'
    written = json.loads((output / 'manifest.json').read_text())
    assert written['sha256'] == result['sha256'] == manifest.describe(output)['sha256']
    assert written['files'].keys() == {path.name for path in output.iterdir()} - {'manifest.json'}
    assert written['kind'] == kind and written['job'] == f'test/{kind}'
    if kind != 'pretrain':
        assert written['base_sha256'] == manifest.read_sha256(base)

    lines = tiny.progress(folder)
    assert lines[-1]['step'] == lines[-1]['steps'] == 12 and lines[-1]['metrics'] and lines[-1]['time'] > 1.7e9
    assert [line['step'] for line in lines] == sorted({line['step'] for line in lines})
    assert not (folder / 'lock.json').exists() and not list(folder.glob('*.tmp*'))

    tokenizer = AutoTokenizer.from_pretrained(output)
    assert (
        tokenizer.chat_template == AutoTokenizer.from_pretrained(base).chat_template
        and tokenizer.eos_token == '<|end|>'
    )
    if kind != 'reward':
        sampling = json.loads((output / 'generation_config.json').read_text())
        assert (sampling['do_sample'], sampling['top_k'], sampling['top_p']) == (True, 0, 1.0)
        config = AutoModelForCausalLM.from_pretrained(output).config
        assert (
            config.vocab_size == len(tokenizer) and config.use_cache and config.eos_token_id == tokenizer.eos_token_id
        )

    before = (folder / 'result.json').stat().st_mtime_ns
    assert main([str(folder)]) == 0, 'a finished job is done at once'
    assert (folder / 'result.json').stat().st_mtime_ns == before and tiny.progress(folder) == lines


def test_sft_lowers_its_loss(tmp_path, base):
    folder = tiny.make_job(tmp_path / 'sft', 'sft', base, settings={'max_steps': None})
    assert tiny.run(folder)['steps'] == 8 * 7  # 8 epochs of 56 rows in batches of 8
    losses = [line['metrics']['loss'] for line in tiny.progress(folder)]
    assert sum(losses[-3:]) < 0.8 * sum(losses[:3])


def test_dpo_prefers_the_chosen_answers_more_than_its_reference(tmp_path, base):
    folder = tiny.make_job(tmp_path / 'dpo', 'dpo', base, settings={'loss_type': ['sigmoid'], 'loss_weights': None})
    tiny.run(folder)
    lines = [line['metrics'] for line in tiny.progress(folder)]
    # A warm-up step of rate 0 leaves the policy on its reference: the margin starts at 0 exactly.
    assert lines[0]['rewards/margins'] == 0.0
    assert lines[-1]['rewards/margins'] > 0.05 and lines[-1]['rewards/accuracies'] > 0.9


def test_dpo_takes_the_reference_that_is_named(tmp_path, base):
    other = tiny.run(tiny.make_job(tmp_path / 'other', 'sft', base))['output']
    folder = tiny.make_job(tmp_path / 'dpo', 'dpo', base, settings={'max_steps': 1}, reference=other)
    tiny.run(folder)
    assert abs(tiny.progress(folder)[0]['metrics']['rewards/chosen']) > 0.01


def test_reward_is_measured_on_prompts_it_never_saw(tmp_path, base):
    result = tiny.run(tiny.make_job(tmp_path / 'reward', 'reward', base, settings={'holdout': 10, 'max_steps': 40}))
    metrics = result['metrics']
    assert metrics['holdout_pairs'] == 10 and metrics['train_pairs'] == 46
    assert metrics['holdout_accuracy'] >= 0.9


def test_ppo_raises_the_reward(tmp_path, base, reward_model):
    folder = job_of('ppo', tmp_path / 'ppo', base, reward_model)
    metrics = tiny.run(folder)['metrics']
    lines = [line['metrics'] for line in tiny.progress(folder)]
    assert lines[0]['kl'] == 0.0, 'policy and reference start as the same model'
    assert metrics['kl'] > 0.01 and metrics['kl'] == pytest.approx(lines[-1]['kl'], abs=1e-5)
    rewards = [line['reward'] for line in lines]
    assert sum(rewards[-3:]) > sum(rewards[:3])


def test_ppo_without_updates_makes_one_pass_over_its_prompts(tmp_path, base, reward_model):
    result = tiny.run(job_of('ppo', tmp_path / 'ppo', base, reward_model, settings={'updates': None, 'batch': 8}))
    assert result['steps'] == 7  # 56 prompts


@pytest.mark.parametrize('kind', ['sft', 'dpo', 'reward', 'ppo'])
def test_lora_is_published_merged(kind, tmp_path, base, reward_model):
    settings = {'lora': LORA, **({'updates': 3} if kind == 'ppo' else {'max_steps': 3})}
    folder = job_of(kind, tmp_path / kind, base, reward_model, settings=settings)
    tiny.run(folder)
    adapter, merged, start = (load_file(path / name) for path, name in (
        (folder / 'adapter', 'adapter_model.safetensors'),
        (folder / 'model', 'model.safetensors'),
        (base, 'model.safetensors'),
    ))  # fmt: skip
    name = 'model.layers.0.self_attn.q_proj'
    low, high = (adapter[f'base_model.model.{name}.lora_{side}.weight'] for side in 'AB')
    assert high.abs().sum() > 0
    assert torch.allclose(merged[f'{name}.weight'], start[f'{name}.weight'] + 8 / 4 * high @ low, atol=1e-6)
    assert not any('lora' in key for key in merged)


def test_batch_is_the_same_step_however_it_is_split(tmp_path, base):
    weights = []
    for micro in (8, 2):
        folder = tiny.make_job(tmp_path / f'micro{micro}', 'sft', base, settings={'micro_batch': micro, 'max_steps': 4})
        assert tiny.run(folder)['steps'] == 4
        weights.append(load_file(folder / 'model' / 'model.safetensors'))
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-4) for name in weights[0])


def test_too_long_rows_are_counted_and_dropped(tmp_path, base, reward_model):
    long = tiny.rows('sft')[0] | {'completion': [tiny.assistant('red ' * 30)]}
    result = tiny.run(tiny.make_job(tmp_path / 'sft', 'sft', base, [*tiny.rows('sft'), long], {'max_steps': 1}))
    assert (result['metrics']['rows'], result['metrics']['dropped_long']) == (56, 1)
    long = {'prompt': [tiny.user('say ' * 30)]}
    result = tiny.run(
        job_of('ppo', tmp_path / 'ppo', base, reward_model, made=[*tiny.rows('ppo'), long], settings={'updates': 1})
    )
    assert (result['metrics']['prompts'], result['metrics']['dropped_long']) == (56, 1)


def test_rloo_raises_the_reward(tmp_path, base, reward_model):
    folder = job_of('rloo', tmp_path / 'rloo', base, reward_model)
    tiny.run(folder)
    lines = [line['metrics'] for line in tiny.progress(folder)]
    assert lines[0]['kl'] == pytest.approx(0, abs=1e-5), 'policy and reference start as the same model'
    assert lines[-1]['kl'] > 1e-3
    rewards = [line['reward'] for line in lines]
    assert sum(rewards[-3:]) > sum(rewards[:3])
    # The first update's scores have mean 0 by their own scale; an answer that does not end has the score of one that does not.
    assert rewards[0] == pytest.approx(0, abs=0.3)
