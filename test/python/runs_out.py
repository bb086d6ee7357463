"""`python runs_out.py JOB_FOLDER`: runs a job as one process of several, of which the second asks for an exbibyte at its first step."""

import os
import sys

import torch
from flywheel_trainer.run import main
from torch.optim.optimizer import register_optimizer_step_pre_hook


def ask_for_too_much(*_):
    torch.empty(1 << 60, dtype=torch.uint8)


if os.environ['RANK'] == '1':
    register_optimizer_step_pre_hook(ask_for_too_much)
sys.exit(main(sys.argv[1:]))
