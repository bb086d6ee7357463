"""`fsdp_on_cpu.py JOB_FOLDER… [--die JOB_FOLDER]`: runs jobs, each as one process of those that accelerate's launcher started.

accelerate splits weights on GPUs alone. Here it is told that the CPU is one; its configuration, torch's `fully_shard` and gloo
are what they are. The job behind `--die` loses its first process by SIGKILL at the end of step 6.
"""

import os
import sys

import tiny
from accelerate.state import PartialState
from accelerate.utils import DistributedType
from flywheel_trainer.run import main
from torch import distributed

os.environ['ACCELERATE_TORCH_DEVICE'] = 'cpu'
PartialState._prepare_backend = lambda *_: ('gloo', DistributedType.MULTI_GPU)
distributed.init_process_group('gloo')

dies = False
for name in sys.argv[1:]:
    if name == '--die':
        dies = True
    elif dies and os.environ['RANK'] == '0':
        tiny.run_and_die(name, at=6)
    elif code := main([name]):
        sys.exit(f'{name}: exit code {code}')
distributed.destroy_process_group()
