"""A scripted OpenRLHF, in the place of the real one, which needs GPUs: it takes the options that OpenRLHF 0.11.2 takes (and no
others), prints bars as it does, writes a model folder, and does what `FAKE` in the environment says.

`openrlhf_options.json` holds the names and types of those options, read from the published package's argument parsers.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

OPTIONS = json.loads(Path(__file__).with_name('openrlhf_options.json').read_text())


def parse(program: str, arguments: list[str]) -> dict:
    parser = argparse.ArgumentParser(program, allow_abbrev=False)
    for name, kind in OPTIONS[program].items():
        if kind == 'flag':
            parser.add_argument(name, action='store_true')
        elif isinstance(kind, list):
            parser.add_argument(name, choices=kind)
        else:
            parser.add_argument(name, type={'int': int, 'float': float}.get(kind, str))
    return {name: value for name, value in vars(parser.parse_args(arguments)).items() if value not in (None, False)}


def main(program: str, arguments: list[str]) -> int:
    given = parse(program, arguments)
    data = Path(given.get('data.dataset') or given['data.prompt_dataset'])
    rows = len(data.read_text().splitlines())
    made = Path(given['ckpt.output_dir'])
    (made.parent / 'given.json').write_text(json.dumps({**given, 'rows': rows, 'rank': os.environ.get('RANK')}))
    what = os.environ.get('FAKE', '')
    if what == 'memory':
        print('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB', file=sys.stderr)
        return 1
    if what == 'crash':
        print('RuntimeError: the node is on fire', file=sys.stderr)
        return 1
    bar = 'Episode [1/1]' if program == 'train_ppo_ray' else 'Train step of epoch 0'
    for step in range(1, 5):
        print(f'\r{bar}:  {step * 25}%|##   | {step}/4 [00:0{step}<00:03, 1.0s/it, loss={1 / step:.3g}, lr=5e-6]', end='', flush=True)
        # Slow is longer than whoever is to meet it on its way takes to come, also on a busy machine.
        time.sleep(60 if what == 'slow' else 0)
    if 'eval.dataset' in given:
        print('\rEval stage of steps 4: 100%|##| 2/2 [00:01<00:00, eval_loss=0.4, acc_mean=0.75, reward_mean=0.1]', flush=True)
    made.mkdir(parents=True, exist_ok=True)
    (made / 'config.json').write_text('{}')
    (made / 'model.safetensors').write_text('weights')
    return 0
