"""Models that many tests share: a base of a few steps, and a policy with its reward model."""

from pathlib import Path

import pytest
import tiny


def pytest_configure(config):
    # TRL 1.16 still calls what transformers has renamed.
    config.addinivalue_line('filterwarnings', 'ignore::FutureWarning:transformers')


@pytest.fixture(scope='session')
def base(tmp_path_factory) -> Path:
    """A pretrained folder that knows the task a little."""
    folder = tiny.make_job(tmp_path_factory.mktemp('shared') / 'base', 'pretrain', settings={'steps': 60})
    return Path(tiny.run(folder)['output'])


@pytest.fixture(scope='session')
def reward_model(base, tmp_path_factory) -> Path:
    folder = tiny.make_job(tmp_path_factory.mktemp('shared') / 'reward', 'reward', base)
    return Path(tiny.run(folder)['output'])
