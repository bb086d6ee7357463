"""`python -m flywheel_trainer.ray_nodes JOB_FOLDER --cpus N --gpus N --memory BYTES`: a job of several nodes on Ray, as its entrypoint.

It reserves one share on each of as many nodes as job.json asks for, and runs a launcher (torchrun, or accelerate) in each.
SIGTERM asks the trainer to stop at a checkpoint, and this program waits for it.
Exit code: that of the first launcher that failed, else 0. What the trainer did stands in the job folder.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import ray
from ray.util.placement_group import placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from flywheel_trainer.launch import launcher


def free_address() -> tuple[str, int]:
    """This node's address as Ray knows it, and a free port there."""
    with socket.socket() as probe:
        probe.bind(('', 0))
        return ray.util.get_node_ip_address(), probe.getsockname()[1]


def run_launcher(command: list[str]) -> int:
    """Runs one node's launcher; it ends with the Ray worker that runs this."""
    child = subprocess.Popen([sys.executable, *command], env=os.environ.copy())
    try:
        return child.wait()
    finally:
        if child.poll() is None:
            child.terminate()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='python -m flywheel_trainer.ray_nodes', description=__doc__)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--cpus', type=float, default=1)
    parser.add_argument('--gpus', type=float, default=0)
    parser.add_argument('--memory', type=int, default=0)
    options = parser.parse_args(arguments)
    job = json.loads((options.folder / 'job.json').read_text(encoding='utf-8'))
    launch = job['launch']
    nodes, processes = launch['nodes'], launch['processes']

    ray.init(logging_level='ERROR')
    memory = {'memory': options.memory} if options.memory else {}
    share = {'CPU': options.cpus, **({'GPU': options.gpus} if options.gpus else {}), **memory}
    group = placement_group([share] * nodes, strategy='STRICT_SPREAD')
    ray.get(group.ready())

    def at(function, bundle: int, **resources):
        strategy = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=bundle)
        # A node that is lost ends the job; the flywheel starts it again from its last checkpoint.
        return ray.remote(max_retries=0, scheduling_strategy=strategy, **resources)(function)

    address, port = ray.get(at(free_address, 0, num_cpus=0).remote())
    # Until here Ray's own handler ended this at once, as it would end the trainers. No signal reaches other nodes; the folder does.
    signal.signal(signal.SIGTERM, lambda *_: (options.folder / 'stop').touch())
    running = []
    for rank in range(nodes):
        command = [
            *launcher(processes, launch.get('accelerate'), (nodes, rank, address, port)),
            *('-m', 'flywheel_trainer', str(options.folder)),
        ]
        remote = at(run_launcher, rank, num_cpus=options.cpus, num_gpus=options.gpus, **memory)
        running.append(remote.remote(command))
    while running:
        ended, running = ray.wait(running)
        if code := ray.get(ended[0]):
            # The first process may still be writing its checkpoint. Where it waits for one that is gone it would do so for ever.
            if running:
                ray.wait(running, num_returns=len(running), timeout=job['lease']['grace_seconds'])
            return code
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
