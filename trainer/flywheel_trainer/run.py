"""One job from its folder to `result.json`: the lease, the stage, and what is left behind when it fails.

Exit codes: 0 done, 75 stopped at a checkpoint on request, 76 the folder is held by another live process, 1 failed. Those who
see no exit code (under torchrun, in a scheduler) find `result.json`, `stopped.json` or `error.json` instead.
"""

import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flywheel_trainer import manifest
from flywheel_trainer.errors import JobError, StopRequested
from flywheel_trainer.files import write_json
from flywheel_trainer.job import Job, read_job
from flywheel_trainer.launch import launch_command
from flywheel_trainer.lease import HeldByAnother, Lease
from flywheel_trainer.progress import Progress

DONE, FAILED, STOPPED, HELD = 0, 1, 75, 76


@dataclass(frozen=True)
class Context:
    """What a stage needs beside its settings. `rank` is this process's number where several train together."""

    job: Job
    folder: Path
    lease: Lease
    progress: Progress
    rank: int


@dataclass(frozen=True)
class Outcome:
    """What a stage hands back: the sha256 of the published folder, its figures, and the steps it took in all."""

    sha256: str
    metrics: dict[str, float]
    steps: int


def main(arguments: list[str]) -> int:
    """Runs the job in the folder that the one argument names; returns the exit code."""
    return in_folder(arguments, _start)


def in_folder(arguments: list[str], start: Callable[[Path], int]) -> int:
    """Calls `start` with the job's folder, unless its result is there already; returns the exit code."""
    if len(arguments) != 1:
        print('this program takes one argument: the folder of a job', file=sys.stderr)
        return 2
    folder = Path(arguments[0]).resolve()
    if (folder / 'result.json').exists():
        return DONE
    if not folder.is_dir():
        print(f'{folder} is no folder', file=sys.stderr)
        return 2
    try:
        return start(folder)
    except HeldByAnother as held:
        print(held, file=sys.stderr)
        return HELD


def _start(folder: Path) -> int:
    if 'RANK' not in os.environ and (command := launch_command(folder)):
        os.execv(command[0], command)
    rank = int(os.environ.get('RANK', '0'))
    return _follow(folder, rank) if rank > 0 else lead(folder, _stage)


def lead(folder: Path, stage: Callable[[Context], Outcome]) -> int:
    """The process that owns the folder: it holds the lease while `stage` trains, and leaves what it came to.

    Another trainer keeps the folder's contract by a `stage` of its own (examples/openrlhf). It raises `JobError` where it
    fails and `StopRequested` where it stopped because `context.lease.stop_reason()` said so.
    """
    began = time.monotonic()
    with Lease(folder) as lease:
        for left in ('error.json', 'traceback.txt', 'stopped.json'):
            (folder / left).unlink(missing_ok=True)
        try:
            job = read_job(folder)
            lease.grace_seconds = job.lease.grace_seconds
            if reason := lease.stop_reason():
                raise StopRequested(0, reason)
            outcome = stage(Context(job, folder, lease, Progress(folder), rank=0))
        except StopRequested as stop:
            print(stop, file=sys.stderr)
            if _another_ran_out_of_memory(folder):
                return FAILED
            write_json(folder / 'stopped.json', {'step': stop.step, 'reason': stop.reason})
            return STOPPED
        except Exception as error:  # noqa: BLE001 - whatever went wrong must be found in error.json
            if _another_ran_out_of_memory(folder):
                print(_as_job_error(error), file=sys.stderr)
            else:
                _write_error(folder, _as_job_error(error))
            if not isinstance(error, JobError):
                import traceback

                (folder / 'traceback.txt').write_text(traceback.format_exc())
            return FAILED
        result = {'status': 'done', 'output': job.output, 'sha256': outcome.sha256, 'metrics': outcome.metrics}
        write_json(
            folder / 'result.json', {**result, 'steps': outcome.steps, 'seconds': round(time.monotonic() - began, 2)}
        )
    return DONE


def _follow(folder: Path, rank: int) -> int:
    """A further process of a job under torchrun: it trains, and the first process writes."""
    # A launcher passes SIGTERM on to all of its processes; the first one decides at which step they end together.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        job = read_job(folder)
        _stage(Context(job, folder, Lease(folder, job.lease.grace_seconds), Progress(folder), rank))
    except StopRequested:
        return STOPPED
    except Exception as error:  # noqa: BLE001 - the first process reports, this one only has to end
        problem = _as_job_error(error)
        if problem.kind == 'out-of-memory':  # the first process cannot know that: it meets a closed connection
            _write_error(folder, JobError(problem.kind, f'rank {rank}: {problem.message}', problem.cure))
        else:
            print(f'rank {rank}: {problem}', file=sys.stderr)
        return FAILED
    return DONE


def _another_ran_out_of_memory(folder: Path) -> bool:
    """Whether a further process has said so: then whatever the first one met afterwards, a SIGTERM too, came of that."""
    try:
        return json.loads((folder / 'error.json').read_text(encoding='utf-8'))['kind'] == 'out-of-memory'
    except FileNotFoundError:
        return False


def _stage(context: Context) -> Outcome:
    launch = context.job.launch
    world = int(os.environ.get('WORLD_SIZE', '1'))
    if world != launch.world:
        raise JobError(
            'other',
            f'the job asks for {launch.world} processes and was started with {world}',
            f'start torchrun --nproc-per-node {launch.processes} --nnodes {launch.nodes} -m flywheel_trainer FOLDER',
        )
    check_models(context.job)
    import torch

    torch.set_num_threads(launch.threads)
    # Imported here: only sft, dpo and reward pay the seconds that TRL takes to import.
    return importlib.import_module(f'flywheel_trainer.{context.job.kind}').run(context)


def check_models(job: Job) -> None:
    """Weights are trained on only if they are still those that the job was made for."""
    for name, folder, expected in (
        ('base', job.base, job.base_sha256),
        ('reward_model', job.reward_model, job.reward_model_sha256),
        ('adapter', job.adapter, job.adapter_sha256),
    ):
        if folder is None or expected is None:
            continue
        actual = manifest.describe(Path(folder))['sha256']
        if actual != expected:
            raise JobError(
                'bad-data',
                f'{name}: {folder} has sha256 {actual}, not {expected}: the files are not those that were made',
                'restore the folder, or roll back to the stage that made it',
            )


def _as_job_error(error: Exception) -> JobError:
    if isinstance(error, JobError):
        return error
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, MemoryError) or 'out of memory' in text or "can't allocate memory" in text:
        return JobError('out-of-memory', text, 'lower micro_batch (minibatch in ppo) or max_length, or train with lora')
    return JobError('other', f'{type(error).__name__}: {text}', 'see traceback.txt in the job folder')


def _write_error(folder: Path, error: JobError) -> None:
    print(f'{error.message}; {error.cure}', file=sys.stderr)
    write_json(folder / 'error.json', {'kind': error.kind, 'message': error.message, 'cure': error.cure})
