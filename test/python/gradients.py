"""`python gradients.py JOB_FOLDER…`: runs jobs, each as one process of however many a launcher started, and keeps the gradient of the first update.

The gradient is what the optimiser sees: summed over micro-batches and processes, clipped. It lands in `gradient.safetensors` in the job's folder.
"""

import sys
from pathlib import Path

from flywheel_trainer import trl_stage
from flywheel_trainer.run import main
from safetensors.torch import save_file


class Keeper(trl_stage._Watcher):
    """Writes the gradient down before the first step of the optimiser."""

    def on_pre_optimizer_step(self, args, state, control, model=None, **_):
        if self.context.rank == 0 and state.global_step == 0:
            model = getattr(model, 'module', model)
            found = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
            save_file(found, self.context.folder / 'gradient.safetensors')


trl_stage._Watcher = Keeper

for folder in sys.argv[1:]:
    if code := main([folder]):
        sys.exit(f'{Path(folder).name}: exit code {code}')
