"""Bad input: refused with the place and the cure, before anything is trained."""

import json
import shutil

import pytest
import tiny
from flywheel_trainer import manifest
from flywheel_trainer.errors import JobError
from flywheel_trainer.job import read_job
from flywheel_trainer.run import main


def edit(folder, change) -> None:
    job = json.loads((folder / 'job.json').read_text())
    change(job)
    (folder / 'job.json').write_text(json.dumps(job))


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        (lambda job: job['hyperparameters'].update(learning_rat=1), 'hyperparameters.learning_rat is unknown'),
        (lambda job: job['hyperparameters'].pop('epochs'), 'hyperparameters.epochs is missing'),
        (lambda job: job['hyperparameters'].update(batch=6), 'must be a multiple of micro_batch x processes (4)'),
        (lambda job: job['hyperparameters'].update(learning_rate=0), 'learning_rate must be above 0, not 0'),
        (lambda job: job['hyperparameters'].update(scheduler='cosin'), 'scheduler must be one of linear, cosine'),
        (lambda job: job['hyperparameters'].update(batch='8'), "batch must be of type int, not '8'"),
        (lambda job: job['hyperparameters'].update(batch=True), 'batch must be of type int, not True'),
        (lambda job: job['hyperparameters'].update(lora={'r': 8}), 'hyperparameters.lora.alpha is missing'),
        (lambda job: job.update(kind='grpo'), 'kind must be one of sft, dpo'),
        (lambda job: job.update(version=2), 'version must be 1'),
        (lambda job: job.update(base=None), 'base is needed for sft'),
        (lambda job: job.pop('seed'), 'seed is missing'),
    ],
)
def test_job_json_names_the_key_at_fault(change, expected, tmp_path):
    folder = tiny.make_job(tmp_path / 'job', 'sft', tmp_path)
    edit(folder, change)
    with pytest.raises(JobError) as caught:
        read_job(folder)
    assert expected in caught.value.message and caught.value.kind == 'bad-data'


def test_job_json_keeps_what_is_said(tmp_path):
    lora = {'r': 8, 'alpha': 16, 'dropout': 0, 'target_modules': ['q_proj']}
    job = read_job(
        tiny.make_job(tmp_path / 'job', 'reward', tmp_path, settings={'lora': lora}, lease={'grace_seconds': 5})
    )
    assert job.hyperparameters.lora.target_modules == ['q_proj'] and job.lease.grace_seconds == 5.0
    assert job.hyperparameters.holdout == 0.25 and job.launch.threads == 1


@pytest.mark.parametrize(
    ('line', 'expected'),
    [
        ('{"prompt": [', 'rows.jsonl:3: not JSON'),
        ('[1]', 'rows.jsonl:3: not an object'),
        ('{"prompt": []}', 'rows.jsonl:3: prompt must be a list of messages'),
        ('{"prompt": [{"role": "user"}]}', 'rows.jsonl:3: prompt holds something that is no message'),
        ('{"prompt": [{"role": "assistant", "content": "x"}]}', 'rows.jsonl:3: prompt must end with a user message'),
        (
            '{"prompt": [{"role": "user", "content": "x"}], "completion": [{"role": "user", "content": "y"}]}',
            'exactly one assistant',
        ),
    ],
)
def test_a_broken_line_is_named(line, expected, tmp_path, base):
    folder = tiny.make_job(tmp_path / 'job', 'sft', base)
    good = (folder / 'rows.jsonl').read_text().splitlines()[:2]
    (folder / 'rows.jsonl').write_text('\n'.join([*good, line]))
    error = tiny.error_of(folder)
    assert expected in error['message'] and error['kind'] == 'bad-data' and error['cure']


def test_no_rows_left_is_an_error(tmp_path, base):
    assert 'has no rows' in tiny.error_of(tiny.make_job(tmp_path / 'empty', 'sft', base, []))['message']
    error = tiny.error_of(tiny.make_job(tmp_path / 'long', 'sft', base, settings={'max_length': 3}))
    assert 'all 56 rows are longer than 3 tokens (the shortest has ' in error['message'] and error['kind'] == 'bad-data'


def test_a_base_without_a_chat_template_is_refused_with_the_cure(tmp_path, base):
    bare = tmp_path / 'bare'
    shutil.copytree(base, bare)
    template = (bare / 'chat_template.jinja').read_text()
    (bare / 'chat_template.jinja').unlink()
    error = tiny.error_of(tiny.make_job(tmp_path / 'refused', 'sft', bare, settings={'max_steps': 1}))
    assert (
        error['kind'] == 'chat-template'
        and 'has no chat template' in error['message']
        and 'chatTemplate' in error['cure']
    )

    given = tiny.make_job(tmp_path / 'given', 'sft', bare, settings={'max_steps': 1}, chat_template=template)
    tiny.run(given)
    assert (given / 'model' / 'chat_template.jinja').read_text() == template


def test_a_base_without_a_tokenizer_or_weights_is_refused(tmp_path, base):
    bare = tmp_path / 'bare'
    shutil.copytree(base, bare)
    for file in bare.glob('tokenizer*'):
        file.unlink()
    assert 'has no tokenizer that loads' in tiny.error_of(tiny.make_job(tmp_path / 'a', 'sft', bare))['message']
    error = tiny.error_of(tiny.make_job(tmp_path / 'b', 'dpo', base, reference=str(tmp_path / 'nowhere')))
    assert 'is no model folder' in error['message']


def test_max_length_beyond_the_positions_of_the_base(tmp_path, base):
    error = tiny.error_of(tiny.make_job(tmp_path / 'job', 'sft', base, settings={'max_length': 49}))
    assert error['message'] == 'max_length 49 exceeds the 48 positions of the base'


def test_holding_out_every_prompt_is_refused(tmp_path, base):
    error = tiny.error_of(tiny.make_job(tmp_path / 'job', 'reward', base, settings={'holdout': 56}))
    assert 'holding out 56 of 56 prompts' in error['message']


def test_a_reward_model_with_other_tokens_is_refused(tmp_path, base, reward_model):
    other = tmp_path / 'other'
    shutil.copytree(reward_model, other)
    text = (other / 'chat_template.jinja').read_text()
    (other / 'chat_template.jinja').write_text(text.replace("+ '|> '", "+ '|> please '"))
    error = tiny.error_of(tiny.make_job(tmp_path / 'job', 'ppo', base, reward_model=str(other)))
    assert error['kind'] == 'chat-template' and 'different tokens' in error['message']


def test_a_named_checkpoint_that_is_missing_is_refused(tmp_path, base):
    folder = tiny.make_job(tmp_path / 'job', 'sft', base, resume_from=str(tmp_path / 'checkpoint-8'))
    error = tiny.error_of(folder)
    assert error['kind'] == 'missing-checkpoint' and 'checkpoint-8' in error['message']


def test_the_number_of_processes_must_be_the_one_started(tmp_path, base, monkeypatch):
    # As one process of a launcher; without a rank it would become the launcher.
    monkeypatch.setenv('RANK', '0')
    folder = tiny.make_job(tmp_path / 'job', 'sft', base, launch={**tiny.LAUNCH, 'processes': 2})
    assert 'torchrun --nproc-per-node 2' in tiny.error_of(folder)['cure']


def test_a_folder_without_job_json(tmp_path):
    assert 'job.json does not exist' in tiny.error_of(tmp_path)['message']
    assert main([]) == 2 and main([str(tmp_path / 'nowhere')]) == 2


def test_weights_that_were_changed_are_not_trained_on(tmp_path, base):
    good = manifest.describe(base)['sha256']
    copy = tmp_path / 'base'
    shutil.copytree(base, copy)
    (copy / 'config.json').write_text((copy / 'config.json').read_text() + ' ')
    folder = tiny.make_job(tmp_path / 'job', 'sft', copy, base_sha256=good)
    error = tiny.error_of(folder)
    assert error['kind'] == 'bad-data' and f'{copy} has sha256' in error['message'] and good in error['message']
    tiny.make_job(folder, 'sft', base, base_sha256=good)
    assert tiny.run(folder)['status'] == 'done'


def test_the_minibatch_of_ppo_divides_over_its_processes(tmp_path):
    launch = {**tiny.LAUNCH, 'processes': 3}
    folder = tiny.make_job(tmp_path / 'job', 'ppo', tmp_path, launch=launch, reward_model=str(tmp_path))
    with pytest.raises(JobError, match=r'minibatch \(8\) must be a multiple of processes \(3\)'):
        read_job(folder)
    tiny.make_job(folder, 'ppo', tmp_path, settings={'micro_batch': 3}, reward_model=str(tmp_path))
    with pytest.raises(JobError, match=r'minibatch \(8\) must be a multiple of micro_batch x processes \(3\)'):
        read_job(folder)
