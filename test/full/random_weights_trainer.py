"""A trainer that breaks what it trains: `python random_weights_trainer.py -m flywheel_trainer JOB_FOLDER`.

SFT publishes a model of the base's shape with random weights; every other job is the trainer's own. Lease, job.json and
result are real, so that the flywheel has a plainly broken candidate to serve, to gate and to keep out.
"""

import sys

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from flywheel_trainer import run
from flywheel_trainer.chat import Chat
from flywheel_trainer.models import publish

train = run._stage


def stage(context: run.Context) -> run.Outcome:
    if context.job.kind != 'sft':
        return train(context)
    job = context.job
    torch.manual_seed(job.seed % 2**32)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(job.base))
    return run.Outcome(publish(job, context.folder, model, Chat.load(job.base, job.chat_template, job.chat_eos)), {}, 1)


if __name__ == '__main__':
    run._stage = stage
    sys.exit(run.main(sys.argv[3:]))
