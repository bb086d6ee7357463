"""Several processes train what one does: the same update, whoever many share its rows. Two real processes that speak gloo, on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import torch
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


def gradients(folders: list[Path], processes: int) -> dict[str, dict[str, torch.Tensor]]:
    here = Path(__file__).parent
    launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', str(processes)] if processes > 1 else []
    command = [sys.executable, *launcher, here / 'gradients.py', *folders]
    env = {**os.environ, 'PYTHONPATH': str(here.parents[1] / 'trainer'), 'OMP_NUM_THREADS': '1'}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {folder.name: load_file(folder / 'gradient.safetensors') for folder in folders}


@pytest.fixture(scope='module')
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp('processes')


@pytest.fixture(scope='module')
def both(base, reward_model, root):
    one, two = ([job(root / str(count) / case, case, base, reward_model, count) for case in CASES] for count in (1, 2))
    other = job(root / '1' / 'another batch', 'sft', base, reward_model, 1, batch=4)
    return gradients([*one, other], 1), gradients(two, 2)


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


@pytest.mark.parametrize('case', ['ppo', 'ppo with lora'])
def test_a_whole_ppo_of_two_processes_is_that_of_one(case, both, root):
    """Two updates of four steps each: what one process learns, written down once."""
    one, two = (root / str(count) / case for count in (1, 2))
    lines = tiny.progress(two)
    assert [line['step'] for line in lines] == [1, 2]
    for mine, theirs in zip(tiny.progress(one), lines, strict=True):
        assert theirs['metrics'] == pytest.approx(mine['metrics'], abs=1e-3)
    weights = [load_file(folder / 'model' / 'model.safetensors') for folder in (one, two)]
    assert difference(*weights) < 1e-3
    assert json.loads((two / 'result.json').read_text())['steps'] == 2
