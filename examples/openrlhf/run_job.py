"""A job of Arena Flywheel trained by OpenRLHF 0.11: `python run_job.py JOB_FOLDER` (docs/clusters.md).

It keeps the contract of a job's folder by the trainer's own modules (lock, claim, stop, progress, result), so PYTHONPATH names
the folder `trainer/`, and lets OpenRLHF do the work: SFT, DPO and the reward model under torchrun with DeepSpeed ZeRO-3, PPO
under Ray with vLLM. What differs from our trainer:

- it resumes from OpenRLHF's newest checkpoint (`save_steps`), not from the step at which it was asked to stop;
- it is not bit-exact, and PPO's score is normalised by running statistics, not by the first batch.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from flywheel_trainer import manifest
from flywheel_trainer.data import held_out_prompts, prompt_key, read_rows
from flywheel_trainer.errors import JobError, StopRequested
from flywheel_trainer.files import publish_folder
from flywheel_trainer.job import Job
from flywheel_trainer.lease import Lease
from flywheel_trainer.progress import Progress
from flywheel_trainer.run import Context, Outcome, check_models, in_folder, lead

POLL_SECONDS = 0.2
# A bar of tqdm: `Train step of epoch 0:  40%|… | 4/10 [00:08<00:12, 2.0s/it, loss=1.2, lr=5e-6]`, or PPO's episodes.
BAR = re.compile(r'(Train step of epoch|Episode|Eval)[^|]*\|[^|]*\|\s*(\d+)/(\d+) \[([^\]]*)')
FIGURE = re.compile(r'([A-Za-z_]\w*)=(-?\d+(?:\.\d+)?(?:e-?\d+)?)\b')
OUT_OF_MEMORY = re.compile(r'out of memory', re.IGNORECASE)


def main(arguments: list[str]) -> int:
    return in_folder(arguments, lambda folder: lead(folder, stage))


def stage(context: Context) -> Outcome:
    """What `flywheel_trainer.run` asks of a trainer: the published folder, or the error or the stop that came instead."""
    job, watch = context.job, Watch(context.progress)
    check(job)
    work = context.folder / 'openrlhf'
    work.mkdir(exist_ok=True)
    command = [*launcher(job), *options(job, work, *split(job, work))]
    train(command, work / 'train.log', context.lease, watch)
    return Outcome(publish(job, work / 'model'), watch.result(job.kind), watch.step)


def check(job: Job) -> None:
    """What this recipe does not do, said before a GPU is taken; and that the weights are those that were meant."""
    unfit = {
        'kind': job.kind not in ('sft', 'dpo', 'reward', 'ppo'),
        'lora': getattr(job.hyperparameters, 'lora', None) is not None,
        'target.adapters': job.adapter is not None or job.publish == 'adapter',
        'max_steps (maxSteps)': getattr(job.hyperparameters, 'max_steps', None) is not None,
        'updates': getattr(job.hyperparameters, 'updates', None) is not None,
        'chat_template (put it into the tokenizer)': job.chat_template is not None,
        'reference of ppo (dpo takes one)': job.kind == 'ppo' and job.reference not in (None, job.base),
    }
    for what, is_unfit in unfit.items():
        if is_unfit:
            raise JobError('bad-data', f'the OpenRLHF recipe takes no {what}', 'leave it out, or use our trainer')
    check_models(job)


def split(job: Job, work: Path) -> tuple[Path, Path | None]:
    """The rows for OpenRLHF, and those that a reward model is measured on: whole prompts, as our trainer holds them out."""
    rows = [(prompt_key(row), row) for row in read_rows(Path(job.dataset), job.kind)]
    holdout = job.hyperparameters.holdout if job.kind == 'reward' else 0
    out = held_out_prompts((key for key, _ in rows), holdout, job.seed)
    train, test = work / 'train.jsonl', work / 'test.jsonl'
    write_rows(train, (row for key, row in rows if key not in out))
    write_rows(test, (row for key, row in rows if key in out))
    return train, test if out else None


def write_rows(path: Path, rows: Iterable[dict]) -> None:
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + '\n' for row in rows)


def launcher(job: Job) -> list[str]:
    """One torchrun on each node, by Slurm's srun where there are several; PPO is one driver of a Ray cluster."""
    if job.kind == 'ppo':
        return [sys.executable, '-m', 'openrlhf.cli.train_ppo_ray']
    launch = job.launch
    module = {'sft': 'train_sft', 'dpo': 'train_dpo', 'reward': 'train_rm'}[job.kind]
    torchrun = ['torchrun', '--nproc-per-node', str(launch.processes)]
    if launch.nodes == 1:
        return [*torchrun, '--standalone', '-m', f'openrlhf.cli.{module}']
    nodes, first = str(launch.nodes), os.environ['MASTER_ADDR']
    meeting = ['--nnodes', nodes, '--rdzv-backend', 'c10d', '--rdzv-endpoint', f'{first}:29400', '--rdzv-id', job.id]
    return ['srun', f'--nodes={nodes}', '--ntasks-per-node=1', *torchrun, *meeting, '-m', f'openrlhf.cli.{module}']


def options(job: Job, work: Path, train: Path, test: Path | None) -> list[str]:
    """OpenRLHF's options for a job."""
    given = {
        **{'train.seed': job.seed, 'ckpt.output_dir': work / 'model', 'ckpt.path': work / 'checkpoints'},
        **{'ckpt.max_num': 2, 'ckpt.load_enable': True, 'ds.zero_stage': 3, 'ds.param_dtype': 'bf16'},
        **{'ds.packing_samples': True, 'data.apply_chat_template': True, 'logger.logging_steps': 1},
        **(ppo_options(job, train) if job.kind == 'ppo' else trl_options(job, train, test)),
    }
    flags: list[str] = []
    for name, value in given.items():
        if value is True:
            flags.append(f'--{name}')
        elif value is not None:
            flags += [f'--{name}', str(value)]
    return flags


def trl_options(job: Job, train: Path, test: Path | None) -> dict:
    s = job.hyperparameters
    keys = (
        {'data.input_key': 'prompt', 'data.output_key': 'completion'}
        if job.kind == 'sft'
        else {'data.prompt_key': 'prompt', 'data.chosen_key': 'chosen', 'data.rejected_key': 'rejected'}
    )
    own = {
        'sft': {},
        'dpo': {'model.beta': getattr(s, 'beta', None), 'ref.model_name_or_path': job.reference or job.base},
        'reward': {'eval.dataset': test},
    }[job.kind]
    if job.kind == 'dpo' and 'sft' in s.loss_type:
        own['model.nll_loss_coef'] = (s.loss_weights or [1.0] * len(s.loss_type))[s.loss_type.index('sft')]
    return {
        **{'model.model_name_or_path': job.base, 'data.dataset': train, 'data.max_len': s.max_length, **keys},
        **{'train.max_epochs': whole(s.epochs), 'train.batch_size': s.batch, 'train.micro_batch_size': s.micro_batch},
        **{'adam.lr': s.learning_rate, 'adam.weight_decay': s.weight_decay, 'ckpt.save_steps': s.save_steps},
        **{'lr_scheduler': s.scheduler, 'lr_warmup_ratio': warmup_ratio(job, train)},
        **{'model.gradient_checkpointing_enable': True, **own},
    }


def ppo_options(job: Job, train: Path) -> dict:
    """All of PPO's models share all GPUs: they sleep while vLLM writes, and it while they train."""
    s, launch = job.hyperparameters, job.launch
    gpus = launch.processes
    nodes = {f'{role}.num_nodes': launch.nodes for role in ('actor', 'critic', 'ref', 'reward')}
    per_node = {f'{role}.num_gpus_per_node': gpus for role in ('actor', 'critic', 'ref', 'reward')}
    tensor = int(os.environ.get('VLLM_TENSOR_PARALLEL', min(gpus, 4)))
    return {
        **nodes,
        **per_node,
        **{'train.colocate_all': True, 'ds.enable_sleep': True, 'vllm.enable_sleep': True, 'vllm.sync_backend': 'nccl'},
        **{'vllm.num_engines': launch.nodes * gpus // tensor, 'vllm.tensor_parallel_size': tensor},
        **{'vllm.gpu_memory_utilization': 0.6},
        **{'actor.model_name_or_path': job.base, 'critic.model_name_or_path': job.reward_model},
        **{'reward.model_name_or_path': job.reward_model, 'data.prompt_dataset': train, 'data.input_key': 'prompt'},
        **{'data.max_len': s.max_prompt_length + s.max_new_tokens, 'rollout.max_new_tokens': s.max_new_tokens},
        **{'rollout.batch_size': s.batch, 'rollout.micro_batch_size': 1, 'rollout.temperature': s.temperature},
        **{'train.batch_size': s.batch, 'train.micro_batch_size': 1, 'train.max_epochs': s.ppo_epochs},
        **{'train.num_episodes': whole(s.epochs), 'actor.adam.lr': s.learning_rate},
        **{'critic.adam.lr': s.value_learning_rate, 'algo.kl.init_coef': s.kl_coefficient},
        **{'actor.eps_clip': s.clip, 'critic.value_clip': s.value_clip, 'algo.advantage.estimator': 'gae'},
        **{'algo.advantage.lambd': s.gae_lambda, 'algo.advantage.gamma': s.gamma},
        **{'actor.max_norm': s.max_grad_norm, 'critic.max_norm': s.max_grad_norm},
        **{'actor.lr_scheduler': 'constant', 'critic.lr_scheduler': 'constant'},
        **{'reward.normalize_enable': s.score_normalisation != 'none', 'ckpt.save_steps': s.save_updates},
        **{'actor.gradient_checkpointing_enable': True},
    }


def whole(epochs: float) -> int:
    if epochs != int(epochs):
        raise JobError('bad-data', f'OpenRLHF takes whole epochs, not {epochs:g}', 'round epochs')
    return int(epochs)


def warmup_ratio(job: Job, train: Path) -> float:
    """OpenRLHF takes a share of all steps where our configuration says a number of them."""
    s = job.hyperparameters
    with open(train, encoding='utf-8') as file:
        steps = max(1, whole(s.epochs) * sum(1 for _ in file) // s.batch)
    return min(1.0, s.warmup_steps / steps)


class Watch:
    """Reads OpenRLHF's bars into `progress.jsonl`: one line whenever a bar has moved by a percent."""

    def __init__(self, progress: Progress):
        self.progress = progress
        self.step = 0
        self.metrics: dict[str, float] = {}
        self.held_out: float | None = None
        self._epoch = -1
        self._last = -1

    def line(self, text: str) -> None:
        found = BAR.search(text)
        if not found:
            return
        bar, at, of, rest = found[1], int(found[2]), int(found[3]), found[4]
        figures = {name: float(value) for name, value in FIGURE.findall(rest)}
        if bar == 'Eval':
            self.held_out = figures.get('acc_mean', self.held_out)
            return
        if at < self._last or self._epoch < 0:
            self._epoch += 1
        share = self._epoch + at / max(1, of)
        if figures:
            self.metrics = figures
        moved = at - self._last >= max(1, of // 100) or at < self._last
        self._last = at if moved else self._last
        self.step = self._epoch * of + at
        if moved:
            self.progress.write(self.step, max(self.step, (self._epoch + 1) * of), share, self.metrics)

    def result(self, kind: str) -> dict[str, float]:
        held = {'holdout_accuracy': self.held_out} if kind == 'reward' and self.held_out is not None else {}
        return {**self.metrics, **held}


def train(command: list[str], log: Path, lease: Lease, watch: Watch) -> None:
    """Runs OpenRLHF to its end. Raises JobError where it fails, StopRequested where the lease asks to stop."""
    with open(log, 'ab') as output:
        start = output.tell()
        # A group of its own, so that the launcher's children end with it.
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    with open(log, 'rb') as text:
        text.seek(start)
        while True:
            code = child.poll()
            for line in re.split(rb'[\r\n]+', text.read()):
                watch.line(line.decode(errors='replace'))
            if code is not None:
                break
            if reason := lease.stop_reason():
                end(child, lease.grace_seconds)
                raise StopRequested(watch.step, reason)
            time.sleep(POLL_SECONDS)
    if code == 0:
        return
    said = tail(log)
    if OUT_OF_MEMORY.search(said):
        raise JobError('out-of-memory', f'OpenRLHF ran out of memory (exit code {code})', 'lower microBatch, or take more nodes')
    raise JobError('other', f'OpenRLHF ended with exit code {code}: {said.splitlines()[-1] if said else ""}', f'see {log}')


def tail(log: Path) -> str:
    with open(log, 'rb') as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        return file.read().decode(errors='replace').strip()


def end(child: subprocess.Popen, grace_seconds: float) -> None:
    """SIGTERM to the whole group, and SIGKILL after the grace; what came after the newest checkpoint is done again."""
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def publish(job: Job, made: Path) -> str:
    """What OpenRLHF wrote becomes the job's output, whole or not at all, with the manifest that every reader checks."""
    if not (made / 'config.json').is_file():
        raise JobError('other', f'OpenRLHF wrote no model to {made}', 'see train.log beside it')
    base_sha256 = manifest.read_sha256(Path(job.base)) if job.base else None
    sha256 = manifest.write(made, kind=job.kind, job=job.id, base_sha256=base_sha256)['sha256']
    output = Path(job.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    publish_folder(made, output)
    return sha256


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
