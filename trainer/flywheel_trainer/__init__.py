"""The trainer of Arena Flywheel: one job folder in, one model folder out; and a small server for the result.

- `python -m flywheel_trainer JOB_FOLDER` trains: sft, dpo, reward, ppo, pretrain.
- `python -m flywheel_trainer.serve` serves model folders.
- `python -m flywheel_trainer.convert` makes a model folder of a GGUF file.
- `python -m flywheel_trainer.manifest DIR` hashes a model folder.
"""

import os

# Set before any Hugging Face import: a training machine may have no network, and nothing here may phone home.
for _name, _value in {
    'HF_HUB_OFFLINE': '1',
    'HF_HUB_DISABLE_TELEMETRY': '1',
    'HF_DATASETS_OFFLINE': '1',
    'HF_HUB_DISABLE_PROGRESS_BARS': '1',
    'TQDM_DISABLE': '1',
    'TOKENIZERS_PARALLELISM': 'false',
    'TRANSFORMERS_VERBOSITY': 'error',
}.items():
    os.environ.setdefault(_name, _value)
