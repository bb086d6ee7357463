"""Which checkpoint a job goes on from, and how our own loops (ppo, pretrain) write theirs."""

import dataclasses
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from flywheel_trainer.errors import JobError
from flywheel_trainer.files import publish_folder, write_json
from flywheel_trainer.job import Job

STATE = 'trainer_state.json'
KEEP = 2


def resume_point(job: Job, folder: Path) -> Path | None:
    """The checkpoint to go on from: the job's own highest whole one, else `resume_from`, else None (start anew).

    Raises JobError("missing-checkpoint") where `resume_from` names what is not there.
    """
    checkpoints = folder / 'checkpoints'
    checkpoints.mkdir(parents=True, exist_ok=True)
    if not job.resume:
        shutil.rmtree(checkpoints)
        checkpoints.mkdir()
    _claim_for(job, checkpoints)
    own = _highest_whole(checkpoints)
    if own is not None or job.resume_from is None:
        return own
    named = Path(job.resume_from)
    if not _is_whole(named):
        raise JobError(
            'missing-checkpoint',
            f'resume_from names {named}, which is no whole checkpoint',
            'name an existing checkpoint, or set resume_from to null to start from the base',
        )
    return named


def write_checkpoint(folder: Path, step: int, save: Callable[[Path], None]) -> None:
    """Writes `checkpoints/checkpoint-<step>` whole or not at all: `save` fills it, its state file comes last."""
    checkpoints = folder / 'checkpoints'
    temporary = checkpoints / f'checkpoint-{step}.tmp'
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save(temporary)
    write_json(temporary / STATE, {'global_step': step})
    publish_folder(temporary, checkpoints / f'checkpoint-{step}')
    for old in _numbered(checkpoints)[:-KEEP]:
        shutil.rmtree(old)


def _highest_whole(checkpoints: Path) -> Path | None:
    """The highest whole checkpoint; broken ones above it are renamed aside, so that no library picks them up."""
    for path in reversed(_numbered(checkpoints)):
        if _is_whole(path):
            return path
        aside = path.with_name(f'broken-{path.name}')
        shutil.rmtree(aside, ignore_errors=True)
        os.rename(path, aside)
    return None


def _numbered(checkpoints: Path) -> list[Path]:
    found = [path for path in checkpoints.iterdir() if re.fullmatch(r'checkpoint-\d+', path.name)]
    return sorted(found, key=lambda path: int(path.name.rpartition('-')[2]))


def _is_whole(path: Path) -> bool:
    """transformers writes trainer_state.json last, and so do we: where it parses, the rest is there."""
    try:
        return isinstance(json.loads((path / STATE).read_text())['global_step'], int)
    except (OSError, json.JSONDecodeError, KeyError, TypeError):
        return False


def _claim_for(job: Job, checkpoints: Path) -> None:
    """Refuses checkpoints that were made by another job.json: their weights would not be what this one asks for.

    The micro-batch may change (it is halved where memory ran out): rows per step and their order stay what they were.
    Weights in parts are written as parts, which a trainer without accelerate's configuration does not read.
    """
    decisive = [
        job.kind,
        job.base,
        job.dataset,
        job.seed,
        job.reward_model,
        job.reference,
        job.chat_template,
        job.chat_eos,
        *([job.adapter] if job.adapter else []),
        *(['accelerate'] if job.launch.accelerate else []),
    ]
    settings = job.hyperparameters
    if hasattr(settings, 'micro_batch'):
        settings = dataclasses.replace(settings, micro_batch=1)
    text = json.dumps([*decisive, repr(settings), job.launch.dtype])
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    mark = checkpoints / 'job.sha256'
    if not mark.exists():
        mark.write_text(sha256)
    elif mark.read_text() != sha256:
        raise JobError(
            'other',
            f'{checkpoints} holds checkpoints of another job.json',
            'use a new job folder, or set resume to false to throw them away',
        )
