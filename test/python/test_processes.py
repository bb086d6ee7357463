"""Several processes train what one does: the same update, whoever many share its rows. Two real processes that speak gloo, on the CPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import torch
from safetensors.torch import load_file

KINDS = ['sft', 'dpo', 'reward']
# Without LoRA's or any other dropout, which each process draws for itself.
ONE_UPDATE = {'max_steps': 1, 'warmup_steps': 0, 'micro_batch': 2, 'batch': 8}


def job(folder: Path, kind: str, base: Path, processes: int, **settings) -> Path:
    launch = {**tiny.LAUNCH, 'processes': processes}
    return tiny.make_job(folder, kind, base, launch=launch, settings={**ONE_UPDATE, **settings})


def gradients(folders: list[Path], processes: int) -> dict[str, dict[str, torch.Tensor]]:
    here = Path(__file__).parent
    launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', str(processes)] if processes > 1 else []
    command = [sys.executable, *launcher, here / 'gradients.py', *folders]
    env = {**os.environ, 'PYTHONPATH': str(here.parents[1] / 'trainer'), 'OMP_NUM_THREADS': '1'}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {folder.name: load_file(folder / 'gradient.safetensors') for folder in folders}


@pytest.fixture(scope='module')
def both(base, tmp_path_factory):
    root = tmp_path_factory.mktemp('processes')
    one = [job(root / '1' / kind, kind, base, 1) for kind in KINDS]
    two = [job(root / '2' / kind, kind, base, 2) for kind in KINDS]
    other = job(root / '1' / 'another batch', 'sft', base, 1, batch=4)
    return gradients([*one, other], 1), gradients(two, 2)


def difference(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    assert one.keys() == other.keys() and len(one) > 10
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.mark.parametrize('kind', KINDS)
def test_the_gradient_of_an_update_is_that_of_one_process(kind, both):
    one, two = (found[kind] for found in both)
    assert max(float(grad.abs().max()) for grad in one.values()) > 1e-3, 'there is something to compare'
    assert difference(one, two) < 1e-5


def test_another_batch_has_another_gradient(both):
    """Otherwise the test above would compare nothing."""
    assert difference(both[0]['sft'], both[0]['another batch']) > 1e-3
