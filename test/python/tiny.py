"""A task small enough to train in seconds, and the job folders of its tests."""

import itertools
import json
import os
import signal
from pathlib import Path

from flywheel_trainer import lease
from flywheel_trainer.run import main

THINGS = ['red', 'blue', 'green', 'cat', 'dog', 'cow', 'sun', 'moon']
WORDS = [*THINGS, 'say', 'twice', 'please', 'now', 'be', 'brief']

LAUNCH = {'processes': 1, 'nodes': 1, 'device': 'cpu', 'threads': 1, 'dtype': 'float32'}
PRETRAIN = {
    'hidden': 16,
    'layers': 2,
    'heads': 2,
    'intermediate': 32,
    'steps': 12,
    'batch': 16,
    'learning_rate': 1e-2,
    'warmup_steps': 2,
    'initializer_range': 0.08,
    'rope_theta': 100,
    'max_positions': 48,
    'vocabulary': WORDS,
    'save_steps': 4,
}
TRL = {
    'epochs': 8,
    'learning_rate': 5e-3,
    'batch': 8,
    'micro_batch': 4,
    'max_length': 32,
    'warmup_steps': 2,
    'scheduler': 'cosine',
    'weight_decay': 0.0,
    'lora': None,
    'save_steps': 4,
    'max_steps': 12,
}
SETTINGS = {
    'pretrain': PRETRAIN,
    'sft': TRL,
    'dpo': {**TRL, 'beta': 0.1, 'loss_type': ['sigmoid', 'sft'], 'loss_weights': [1, 1]},
    'reward': {**TRL, 'center_rewards_coefficient': 0.01, 'holdout': 0.25},
    'ppo': {
        'updates': 12,
        'epochs': 1,
        'batch': 16,
        'minibatch': 8,
        'ppo_epochs': 2,
        'learning_rate': 3e-3,
        'value_learning_rate': 3e-3,
        'kl_coefficient': 0.05,
        'clip': 0.2,
        'value_clip': 0.2,
        'gae_lambda': 0.95,
        'gamma': 1.0,
        'temperature': 1.0,
        'max_new_tokens': 8,
        'no_eos_score': -2,
        'score_normalisation': 'first-batch',
        'score_clip': 4,
        'max_grad_norm': 1.0,
        'lora': None,
        'save_updates': 4,
        'max_prompt_length': 24,
    },
    'rloo': {
        **TRL,
        'learning_rate': 3e-3,
        'batch': 16,
        'micro_batch': 8,
        'scheduler': 'constant',
        'warmup_steps': 0,
        'generations': 4,
        'kl_coefficient': 0.05,
        'clip': 0.2,
        'temperature': 1.0,
        'max_new_tokens': 8,
        'no_eos_score': -2,
        'score_normalisation': 'first-batch',
        'score_clip': 4,
        'max_grad_norm': 1.0,
    },
}


def user(text: str) -> dict:
    return {'role': 'user', 'content': text}


def assistant(text: str) -> dict:
    return {'role': 'assistant', 'content': text}


def prompts() -> list[list[dict]]:
    """Single turns, system prompts and dialogues, 56 in all."""
    made = []
    for index, (first, second) in enumerate(itertools.permutations(THINGS, 2)):
        prompt = [user(f'say {first} {second}')]
        if index % 3 == 1:
            prompt = [{'role': 'system', 'content': 'be brief'}, *prompt]
        if index % 3 == 2:
            prompt = [user(f'say {second}'), assistant(second), user(f'please say {first} {second} now')]
        made.append(prompt)
    return made


def answer(prompt: list[dict]) -> str:
    """The words that the last turn asks for."""
    return ' '.join(word for word in prompt[-1]['content'].split() if word in THINGS)


def rows(kind: str) -> list[dict]:
    """The dataset of a kind. The better answer is the one that says it all."""
    made = []
    for index, prompt in enumerate(prompts()):
        good, bad = answer(prompt), answer(prompt).split()[0]
        row = {'prompt': prompt, 'meta': {'battles': [f'b{index}']}}
        if kind in ('sft', 'pretrain'):
            row['completion'] = [assistant(good)]
        if kind in ('dpo', 'reward'):
            row |= {'chosen': [assistant(good)], 'rejected': [assistant(bad)]}
        made.append(row)
    return made


def write_rows(path: Path, made: list[dict]) -> Path:
    path.write_text(''.join(json.dumps(row) + '\n' for row in made), encoding='utf-8')
    return path


def make_job(
    folder: Path,
    kind: str,
    base: Path | None = None,
    made: list[dict] | None = None,
    settings: dict | None = None,
    **top,
) -> Path:
    """Writes a job folder with its dataset; `settings` and `top` override the defaults."""
    folder.mkdir(parents=True, exist_ok=True)
    dataset = write_rows(folder / 'rows.jsonl', rows(kind) if made is None else made)
    job = {
        'version': 1,
        'id': f'test/{folder.name}',
        'kind': kind,
        'base': str(base) if base else None,
        'dataset': str(dataset),
        'output': str(folder / 'model'),
        'seed': 7,
        'launch': LAUNCH,
        'hyperparameters': {**SETTINGS[kind], **(settings or {})},
        **top,
    }
    (folder / 'job.json').write_text(json.dumps(job))
    return folder


def run(folder: Path) -> dict:
    """Runs a job in this process and returns its result; fails with the job's own error."""
    code = main([str(folder)])
    error = folder / 'error.json'
    assert code == 0, error.read_text() if error.exists() else f'exit code {code}'
    return json.loads((folder / 'result.json').read_text())


def error_of(folder: Path) -> dict:
    """Runs a job that must fail and returns its error.json."""
    assert main([str(folder)]) == 1
    assert not (folder / 'result.json').exists()
    return json.loads((folder / 'error.json').read_text())


def progress(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / 'progress.jsonl').read_text().splitlines()]


def run_and_die(folder: str, at: int) -> None:
    """Runs a job whose process is killed by SIGKILL at the end of step `at`, before anything is written there."""
    asked = itertools.count()  # the first look comes before the first step
    real = lease.Lease.stop_reason

    def look(self):
        if next(asked) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self)

    lease.Lease.stop_reason = look
    main([folder])
