"""Jobs of several processes: the command that starts them all, which the one process that was started becomes."""

import json
import sys
from pathlib import Path


def launch_command(folder: Path) -> list[str] | None:
    """torchrun, or accelerate where job.json names its configuration; None where one process does the job.

    Several nodes need a launcher on each of them: `ray_nodes.py` under Ray, `srun torchrun …` under Slurm. What is wrong
    with job.json is left to `read_job`, which says it.
    """
    try:
        launch = json.loads((folder / 'job.json').read_text(encoding='utf-8'))['launch']
        processes, nodes = int(launch.get('processes', 1)), int(launch.get('nodes', 1))
        accelerate = launch.get('accelerate')
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if nodes != 1 or processes <= 1:
        return None
    return [sys.executable, *launcher(processes, accelerate), '-m', 'flywheel_trainer', str(folder)]


def launcher(processes: int, accelerate: str | None, rendezvous: tuple[int, int, str, int] | None = None) -> list[str]:
    """The launcher's module and options. `rendezvous`: (nodes, this node's number, first node's address, port)."""
    nodes, rank, address, port = rendezvous or (1, 0, '', 0)
    if accelerate is not None:
        meeting = ['--machine_rank', str(rank), '--main_process_ip', address, '--main_process_port', str(port)]
        size = ['--num_processes', str(processes * nodes), '--num_machines', str(nodes)]
        return [
            '-m',
            'accelerate.commands.launch',
            '--config_file',
            accelerate,
            *size,
            *(meeting if rendezvous else ['--main_process_port', '0']),
        ]
    meeting = ['--nnodes', str(nodes), '--node-rank', str(rank), '--master-addr', address, '--master-port', str(port)]
    return [
        '-m',
        'torch.distributed.run',
        *(meeting if rendezvous else ['--standalone']),
        '--nproc-per-node',
        str(processes),
    ]
