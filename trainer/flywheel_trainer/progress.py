"""`progress.jsonl`: one line per log, for whoever watches the job."""

import json
import math
import time
from pathlib import Path


class Progress:
    """Appends to `folder/progress.jsonl`."""

    def __init__(self, folder: Path):
        self.path = folder / 'progress.jsonl'

    def write(self, step: int, steps: int, epoch: float, metrics: dict) -> None:
        """One line `{step, steps, epoch, metrics, time}`; `time` is Unix seconds. Only finite numbers count."""
        figures = {name: round(float(value), 6) for name, value in metrics.items() if _is_number(value)}
        line = {
            'step': step,
            'steps': steps,
            'epoch': round(epoch, 4),
            'metrics': figures,
            'time': round(time.time(), 3),
        }
        with open(self.path, 'a', encoding='utf-8') as file:
            file.write(json.dumps(line) + '\n')


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
