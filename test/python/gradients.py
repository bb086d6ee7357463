"""`python gradients.py JOB_FOLDER…`: runs jobs, each as one process of however many a launcher started, and keeps the gradient of the first update.

The gradient is what the optimiser sees: summed over micro-batches and processes, clipped. It lands in `gradient.safetensors` in the job's
folder, each weight under its place among the optimiser's.
"""

import os
import sys
from pathlib import Path

from flywheel_trainer.run import main
from safetensors.torch import save_file
from torch.optim.optimizer import register_optimizer_step_pre_hook


def keep(folder: Path):
    def before_step(optimizer, *_):
        path = folder / 'gradient.safetensors'
        if os.environ.get('RANK', '0') == '0' and not path.exists():
            weights = [weight for group in optimizer.param_groups for weight in group['params']]
            found = {str(at): weight.grad.clone() for at, weight in enumerate(weights) if weight.grad is not None}
            save_file(found, path)

    return before_step


for name in sys.argv[1:]:
    hook = register_optimizer_step_pre_hook(keep(Path(name)))
    if code := main([name]):
        sys.exit(f'{name}: exit code {code}')
    hook.remove()
