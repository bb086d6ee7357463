"""The scripted trainer: `python scripted_trainer.py -m flywheel_trainer JOB_FOLDER`, in the place of a Python that trains.

Lease, job.json, checkpoints, stop and result are the trainer's own code; only the stage between them is scripted. Its
"weights" are a chain of hashes, one link for each step, so that a step that is lost or done twice changes them.
"""

import hashlib
import json
import os
import shutil
import sys
import threading
from pathlib import Path

from flywheel_trainer import manifest, run
from flywheel_trainer.checkpoints import resume_point, write_checkpoint
from flywheel_trainer.errors import StopRequested
from flywheel_trainer.files import publish_folder

STEPS = 20
STEP_SECONDS = 0.05
SLOW_STEP_SECONDS = 1
SAVE_STEPS = 3
# Held, it takes no step behind this one.
HELD_STEP = 8
WEIGHTS = 'model.safetensors'


def start_of(job: run.Job) -> str:
    """The chain's first link: all that decides a real job's weights, by content and not by path."""
    rows = hashlib.sha256(Path(job.dataset).read_bytes()).hexdigest()
    models = [folder and manifest.read_sha256(Path(folder)) for folder in (job.base, job.reward_model)]
    return json.dumps([job.kind, job.seed, rows, models, repr(job.hyperparameters)])


def scripted_stage(context: run.Context) -> run.Outcome:
    """Takes `STEPS` steps from the last whole checkpoint, and publishes the last link as a model's folder."""
    job, folder = context.job, context.folder
    checkpoint = resume_point(job, folder)
    first, link = json.loads((checkpoint / WEIGHTS).read_text()) if checkpoint else (0, start_of(job))

    # So long that a message reaches it while it trains.
    is_slow = folder.name == os.environ.get('SCRIPTED_SLOW_JOB')

    # While somebody keeps this file, so that what is to meet the training on its way need not be quick.
    hold = os.environ.get('SCRIPTED_HOLD', '')

    def save(step: int) -> None:
        write_checkpoint(folder, step, lambda target: (target / WEIGHTS).write_text(json.dumps([step, link])))

    for step in range(first + 1, STEPS + 1):
        # Not time.sleep: under libfaketime (0.9.10) that of Python 3.11 fails with EINVAL.
        threading.Event().wait(SLOW_STEP_SECONDS if is_slow else STEP_SECONDS)
        while step > HELD_STEP and os.path.exists(hold) and not context.lease.stop_reason():
            threading.Event().wait(STEP_SECONDS)
        link = hashlib.sha256(f'{link} {step}'.encode()).hexdigest()
        context.progress.write(step, STEPS, step / STEPS, {})
        reason = context.lease.stop_reason()
        if reason or step % SAVE_STEPS == 0:
            save(step)
        if reason:
            raise StopRequested(step, reason)

    output = Path(job.output)
    temporary = output.with_name(f'{output.name}.tmp')
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    (temporary / WEIGHTS).write_text(link)
    written = manifest.write(temporary, kind=job.kind, job=job.id)
    publish_folder(temporary, output)
    metrics = {'holdout_accuracy': 1.0} if job.kind == 'reward' else {}
    return run.Outcome(written['sha256'], metrics, STEPS)


if __name__ == '__main__':
    run._stage = scripted_stage
    sys.exit(run.main(sys.argv[3:]))
