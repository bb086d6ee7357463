"""Several processes train what one does: the same update, whoever many share its rows. Two real processes that speak gloo, on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import torch
from flywheel_trainer import manifest
from flywheel_trainer.errors import StopRequested
from flywheel_trainer.files import write_json
from flywheel_trainer.launch import launcher
from flywheel_trainer.models import load_causal, load_scalar
from flywheel_trainer.run import FAILED, lead
from safetensors.torch import load_file

# Without dropout, which each process draws for itself.
LORA = {'r': 4, 'alpha': 8, 'dropout': 0.0, 'target_modules': 'all-linear'}
SHARED = {'max_steps': 1, 'warmup_steps': 0, 'micro_batch': 2, 'batch': 8}
PPO = {'updates': 2, 'batch': 16, 'minibatch': 8, 'ppo_epochs': 2}
CASES = {
    'sft': ('sft', SHARED),
    'dpo': ('dpo', SHARED),
    'reward': ('reward', SHARED),
    'ppo': ('ppo', PPO),
    'ppo with lora': ('ppo', {**PPO, 'lora': LORA}),
}


def job(folder: Path, case: str, base: Path, reward_model: Path, processes: int, **change) -> Path:
    kind, settings = CASES[case]
    more = {'reward_model': str(reward_model)} if kind == 'ppo' else {}
    launch = {**tiny.LAUNCH, 'processes': processes}
    return tiny.make_job(folder, kind, base, launch=launch, settings={**settings, **change}, **more)


def launched(script: str, folders: list[Path], processes: int) -> subprocess.CompletedProcess:
    here = Path(__file__).parent
    start = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', str(processes)] if processes > 1 else []
    command = [sys.executable, *start, here / script, *folders]
    env = {**os.environ, 'PYTHONPATH': str(here.parents[1] / 'trainer'), 'OMP_NUM_THREADS': '1'}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False)


def gradients(folders: list[Path], processes: int) -> dict[str, dict[str, torch.Tensor]]:
    done = launched('gradients.py', folders, processes)
    assert done.returncode == 0, done.stderr[-3000:]
    return {folder.name: load_file(folder / 'gradient.safetensors') for folder in folders}


@pytest.fixture(scope='module')
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp('processes')


@pytest.fixture(scope='module')
def both(base, reward_model, root):
    one, two = ([job(root / str(count) / case, case, base, reward_model, count) for case in CASES] for count in (1, 2))
    other = job(root / '1' / 'another batch', 'sft', base, reward_model, 1, batch=4)
    parts = job(root / '1' / 'ppo in parts', 'ppo', base, reward_model, 1, micro_batch=2)
    return gradients([*one, other, parts], 1), gradients(two, 2)


def difference(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    assert one.keys() == other.keys() and len(one) > 10
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.mark.parametrize('case', CASES)
def test_the_gradient_of_an_update_is_that_of_one_process(case, both):
    one, two = (found[case] for found in both)
    assert max(float(grad.abs().max()) for grad in one.values()) > 1e-3, 'there is something to compare'
    assert difference(one, two) < 1e-5


def test_another_batch_has_another_gradient(both):
    """Otherwise the test above would compare nothing."""
    assert difference(both[0]['sft'], both[0]['another batch']) > 1e-3


def test_the_gradient_of_ppo_is_the_same_in_parts(both):
    """As it is where memory ran out: two rows at a time, four times for a step."""
    assert difference(both[0]['ppo'], both[0]['ppo in parts']) < 1e-5


@pytest.mark.parametrize(
    ('case', 'other'), [('ppo', '2/ppo'), ('ppo with lora', '2/ppo with lora'), ('ppo', '1/ppo in parts')]
)
def test_a_whole_ppo_of_two_processes_or_in_parts_is_that_of_one(case, other, both, root):
    """Two updates of four steps each: what one process learns, written down once."""
    one, two = root / '1' / case, root / other
    lines = tiny.progress(two)
    assert [line['step'] for line in lines] == [1, 2]
    for mine, theirs in zip(tiny.progress(one), lines, strict=True):
        assert theirs['metrics'] == pytest.approx(mine['metrics'], abs=1e-3)
    weights = [load_file(folder / 'model' / 'model.safetensors') for folder in (one, two)]
    assert difference(*weights) < 1e-3
    assert json.loads((two / 'result.json').read_text())['steps'] == 2


# What users are given.
FSDP = Path(__file__).parents[2] / 'examples' / 'accelerate' / 'fsdp.yaml'
FEW = {'max_steps': 4, 'warmup_steps': 0, 'learning_rate': 1e-3, 'micro_batch': 2}
SHARDED = {
    'sft': FEW,
    'sft with lora': {**FEW, 'lora': LORA},
    'sft with an adapter': {**FEW, 'lora': LORA},
    'dpo': FEW,
    'dpo with lora': {**FEW, 'lora': LORA},
    'dpo with the adapter after sft': {**FEW, 'lora': LORA},
    'reward': FEW,
    'reward with lora': {**FEW, 'lora': LORA},
    'rloo': {**FEW, 'max_steps': 2},
    'rloo with lora': {**FEW, 'max_steps': 2, 'lora': LORA},
    'sft that is killed': {**FEW, 'max_steps': 8},
}


def sharded_job(folder: Path, case: str, base: Path, reward_model: Path, processes: int) -> Path:
    kind = case.partition(' ')[0]
    top = {'reward_model': str(reward_model)} if kind == 'rloo' else {}
    if 'adapter' in case:
        top['publish'] = 'adapter'
    if 'after sft' in case:
        top['adapter'] = str(folder.with_name('1 sharded') / 'sft with an adapter' / 'model')
    launch = {**tiny.LAUNCH, 'processes': processes, 'accelerate': str(FSDP) if processes > 1 else None}
    return tiny.make_job(folder / case, kind, base, launch=launch, settings=SHARDED[case], **top)


def shard(*arguments: Path | str) -> subprocess.CompletedProcess:
    """Runs jobs by two processes that hold the weights in parts."""
    here = Path(__file__).parent
    command = [sys.executable, *launcher(2, str(FSDP)), here / 'fsdp_on_cpu.py', *arguments]
    env = {**os.environ, 'PYTHONPATH': str(here.parents[1] / 'trainer'), 'OMP_NUM_THREADS': '1'}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope='module')
def sharded(base, reward_model, root):
    """Each case by one process and by two, the last one killed in the middle; and results before and after a second end."""
    one, two = (
        {case: sharded_job(root / f'{count} sharded', case, base, reward_model, count) for case in SHARDED}
        for count in (1, 2)
    )
    for folder in one.values():
        tiny.run(folder)
    *whole, killed = two.values()
    first = shard(*whole, '--die', killed)
    assert all((folder / 'result.json').exists() for folder in whole), first.stderr[-3000:]
    assert not (killed / 'result.json').exists()
    assert [path.name for path in (killed / 'checkpoints').glob('checkpoint-*')] == ['checkpoint-4']
    # Two more, as if they had been killed between their last step and their end: adapters, and whole weights with a reference.
    ended = [two['sft with lora'], two['dpo']]
    before = [result(folder) for folder in ended]
    for folder in ended:
        (folder / 'result.json').unlink()
    again = shard(killed, *ended)
    assert again.returncode == 0, again.stderr[-3000:]
    return one, two, list(zip(before, map(result, ended), strict=True))


def result(folder: Path) -> dict:
    return json.loads((folder / 'result.json').read_text())


def published(folder: Path) -> dict[str, torch.Tensor]:
    (weights,) = (folder / 'model').glob('*.safetensors')
    return load_file(weights)


@pytest.mark.parametrize('case', SHARDED)
def test_weights_in_parts_are_published_whole(case, sharded, base):
    one, two = (found[case] for found in sharded[:2])
    assert difference(published(one), published(two)) < 1e-5
    files = [{path.name: path.read_bytes() for path in (folder / 'model').iterdir()} for folder in (one, two)]
    assert files[0].keys() == files[1].keys()
    for name in files[0].keys() & {'config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'}:
        assert files[0][name] == files[1][name], name
    results = result(one), result(two)
    assert results[1]['steps'] == results[0]['steps'] == SHARDED[case]['max_steps']
    assert results[1]['metrics'].get('holdout_accuracy') == results[0]['metrics'].get('holdout_accuracy')
    assert manifest.describe(two / 'model')['sha256'] == results[1]['sha256']
    load = load_scalar if case.startswith('reward') else load_causal
    assert load(str(two / 'model')).state_dict().keys() == load(str(base)).state_dict().keys()


def test_weights_were_in_parts_and_have_moved(sharded, base):
    """Otherwise the test above would compare nothing."""
    sft = sharded[1]['sft']
    assert difference(published(sft), load_file(base / 'model.safetensors')) > 1e-3
    parts = sorted(path.name for path in (sft / 'checkpoints' / 'checkpoint-4' / 'pytorch_model_fsdp_0').iterdir())
    assert parts == ['.metadata', '__0_0.distcp', '__1_0.distcp']


def test_a_finished_checkpoint_in_parts_is_published_again(sharded):
    for before, after in sharded[2]:
        assert {**after, 'seconds': 0} == {**before, 'seconds': 0}


def test_memory_that_runs_out_in_a_further_process_is_called_so(base, reward_model, root):
    folder = job(root / 'runs out', 'sft', base, reward_model, 2)
    done = launched('runs_out.py', [folder], 2)
    assert done.returncode != 0 and not (folder / 'result.json').exists()
    error = json.loads((folder / 'error.json').read_text())
    assert error['kind'] == 'out-of-memory' and 'rank 1: ' in error['message'], done.stderr[-3000:]
    assert not (folder / 'stopped.json').exists()


@pytest.mark.parametrize('follows', [StopRequested(3, 'SIGTERM'), RuntimeError('Connection closed by peer')])
def test_what_the_first_process_meets_after_that_does_not_hide_it(follows, tmp_path, base):
    folder = tiny.make_job(tmp_path / 'job', 'sft', base)
    said = {'kind': 'out-of-memory', 'message': 'rank 1: CUDA out of memory', 'cure': 'lower micro_batch'}

    def stage(_):
        write_json(folder / 'error.json', said)
        raise follows

    assert lead(folder, stage) == FAILED
    assert json.loads((folder / 'error.json').read_text()) == said and not (folder / 'stopped.json').exists()
