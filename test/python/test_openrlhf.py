"""The recipe examples/openrlhf, with a scripted OpenRLHF in the place of the real one (fake_openrlhf.py)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny
from flywheel_trainer.job import read_job

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / 'examples' / 'openrlhf'
PROGRAMS = {'sft': 'train_sft', 'dpo': 'train_dpo', 'reward': 'train_rm', 'ppo': 'train_ppo_ray'}


@pytest.fixture(scope='module')
def packages(tmp_path_factory) -> Path:
    """A package `openrlhf` whose programs are the scripted ones, and a torchrun that starts one process at once."""
    folder = tmp_path_factory.mktemp('packages')
    (folder / 'openrlhf' / 'cli').mkdir(parents=True)
    for name in PROGRAMS.values():
        text = f'import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nimport fake_openrlhf\n'
        (folder / 'openrlhf' / 'cli' / f'{name}.py').write_text(f'{text}sys.exit(fake_openrlhf.main({name!r}, sys.argv[1:]))\n')
    torchrun = folder / 'torchrun'
    torchrun.write_text(f'#!/bin/sh\nwhile [ "$1" != -m ]; do shift; done\nexec {sys.executable} "$@"\n')
    torchrun.chmod(0o755)
    return folder


def start(folder: Path, packages: Path, fake: str = '') -> subprocess.Popen:
    env = {**os.environ, 'PYTHONPATH': f'{packages}:{ROOT / "trainer"}', 'FAKE': fake}
    env['PATH'] = f'{packages}:{env["PATH"]}'
    return subprocess.Popen([sys.executable, RECIPE / 'run_job.py', folder], env=env, stderr=subprocess.PIPE, text=True)


def settings(kind: str, **change) -> dict:
    drop = {'max_steps': None} if kind != 'ppo' else {'updates': None}
    return {**drop, 'epochs': 2, **change}


def job(folder: Path, kind: str, base: Path, **changes) -> Path:
    changes.setdefault('settings', settings(kind))
    return tiny.make_job(folder, kind, base, **changes)


def read(folder: Path, name: str) -> dict:
    return json.loads((folder / name).read_text())


@pytest.fixture
def model(tmp_path) -> Path:
    folder = tmp_path / 'base'
    folder.mkdir()
    (folder / 'config.json').write_text('{}')
    return folder


@pytest.mark.parametrize('kind', ['sft', 'dpo', 'reward', 'ppo'])
def test_a_job_runs_to_its_result(kind, model, packages, tmp_path):
    more = {'reward_model': str(model)} if kind == 'ppo' else {}
    folder = job(tmp_path / 'job', kind, model, **more)
    child = start(folder, packages)
    assert child.wait() == 0, child.stderr.read()
    asked, result, given = read(folder, 'job.json'), read(folder, 'result.json'), read(folder / 'openrlhf', 'given.json')
    assert result['status'] == 'done' and result['output'] == asked['output'] and result['steps'] == 4
    stated = read(Path(result['output']), 'manifest.json')
    assert stated['sha256'] == result['sha256'] and stated['job'] == asked['id']
    assert not (folder / 'lock.json').exists()
    lines = tiny.progress(folder)
    assert lines[-1]['step'] == lines[-1]['steps'] == 4 and lines[-1]['metrics'] == {'loss': 0.25, 'lr': 5e-6}
    # The settings that decide the result reach OpenRLHF.
    named = asked['hyperparameters']
    assert given['train.seed'] == asked['seed'] and given['train.batch_size'] == named['batch']
    if kind == 'ppo':
        assert given['algo.kl.init_coef'] == named['kl_coefficient'] and given['reward.model_name_or_path'] == str(model)
        assert given['actor.adam.lr'] == named['learning_rate'] and given['train.num_episodes'] == 2
    else:
        assert given['adam.lr'] == named['learning_rate'] and given['train.max_epochs'] == 2
        assert given['model.model_name_or_path'] == str(model) and given['train.micro_batch_size'] == named['micro_batch']
    if kind == 'dpo':
        assert given['model.beta'] == named['beta'] and given['model.nll_loss_coef'] == 1
    if kind == 'reward':
        assert result['metrics']['holdout_accuracy'] == 0.75
        kept = [(folder / 'openrlhf' / name).read_text().splitlines() for name in ('train.jsonl', 'test.jsonl')]
        assert not {json.dumps(json.loads(row)['prompt']) for row in kept[0]} & {json.dumps(json.loads(row)['prompt']) for row in kept[1]}
    # A second call takes the result as it is.
    before = (folder / 'openrlhf' / 'given.json').stat().st_mtime_ns
    assert start(folder, packages).wait() == 0
    assert (folder / 'openrlhf' / 'given.json').stat().st_mtime_ns == before


def begun(packages, model, tmp_path):
    """A job's folder and its process, which trains by now and takes its time."""
    folder = job(tmp_path / 'job', 'sft', model)
    child = start(folder, packages, 'slow')
    deadline = time.monotonic() + 120
    while not (folder / 'progress.jsonl').exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return folder, child


def test_it_stops_when_it_is_asked_to_and_goes_on(model, packages, tmp_path):
    folder, child = begun(packages, model, tmp_path)
    # Nobody else may train meanwhile.
    other = start(folder, packages)
    assert other.wait() == 76 and 'is being trained by' in other.stderr.read()
    (folder / 'stop').write_text('')
    assert child.wait(120) == 75
    assert read(folder, 'stopped.json')['reason'] == 'a file named stop is in the job folder'
    (folder / 'stop').unlink()
    again = start(folder, packages)
    assert again.wait() == 0 and not (folder / 'stopped.json').exists()
    assert read(folder / 'openrlhf', 'given.json')['ckpt.load_enable'] is True


def test_sigterm_ends_it_at_once(model, packages, tmp_path):
    folder, child = begun(packages, model, tmp_path)
    child.send_signal(signal.SIGTERM)
    assert child.wait(120) == 75 and read(folder, 'stopped.json')['reason'] == 'SIGTERM'


@pytest.mark.parametrize(
    ('fake', 'kind', 'message'),
    [('memory', 'out-of-memory', 'ran out of memory'), ('crash', 'other', 'the node is on fire')],
)
def test_what_goes_wrong_is_told_by_kind(fake, kind, message, model, packages, tmp_path):
    folder = job(tmp_path / 'job', 'sft', model)
    assert start(folder, packages, fake).wait() == 1
    error = read(folder, 'error.json')
    assert error['kind'] == kind and message in error['message'] and error['cure']


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'settings': settings('sft', epochs=1.5)}, 'whole epochs, not 1.5'),
        ({'settings': settings('sft', max_steps=5)}, 'max_steps'),
        ({'settings': settings('sft', lora={'r': 4, 'alpha': 8, 'dropout': 0, 'target_modules': ['q_proj']})}, 'lora'),
        ({'base_sha256': 'aa'}, 'not aa'),
        ({'chat_template': '{{ messages }}'}, 'chat_template'),
    ],
)
def test_it_refuses_what_it_does_not_do(changes, message, model, packages, tmp_path):
    folder = job(tmp_path / 'job', 'sft', model, **changes)
    assert start(folder, packages).wait() == 1
    error = read(folder, 'error.json')
    assert error['kind'] == 'bad-data' and message in error['message']
    assert not (folder / 'openrlhf' / 'given.json').exists()


def test_more_held_out_than_there_is_leaves_nothing_to_train_on(model, packages, tmp_path):
    folder = job(tmp_path / 'job', 'reward', model, settings=settings('reward', holdout=1000))
    assert start(folder, packages).wait() == 1
    assert 'leaves nothing to train the reward model on' in read(folder, 'error.json')['message']


@pytest.mark.parametrize(('nodes', 'expected'), [(1, ['--standalone']), (3, ['--nnodes', '3', '--rdzv-endpoint', 'gpu1:29400'])])
def test_several_nodes_meet(nodes, expected, model, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(RECIPE))
    monkeypatch.setenv('MASTER_ADDR', 'gpu1')
    import run_job

    folder = job(tmp_path / 'job', 'sft', model, launch={**tiny.LAUNCH, 'nodes': nodes, 'processes': 2}, settings=settings('sft', batch=24))
    command = run_job.launcher(read_job(folder))
    assert (command[0] == 'srun') == (nodes > 1) and all(word in command for word in expected)
