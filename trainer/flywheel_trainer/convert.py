"""`python -m flywheel_trainer.convert --gguf FILE --output DIR`: a GGUF file as a folder that trains and serves."""

import argparse
import json
import os
import sys
from pathlib import Path

from flywheel_trainer import manifest
from flywheel_trainer.files import publish_folder


def convert(gguf: Path, output: Path) -> str:
    """Writes weights (float32), tokenizer, chat template and manifest, whole or not at all; returns the sha256."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from flywheel_trainer.chat import Chat
    from flywheel_trainer.models import save_folder

    # Without dequantize the model counts as quantised and can be neither trained nor saved.
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    chat = Chat(AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name), where=str(gguf))
    temporary = output.with_name(f'{output.name}.tmp-{os.getpid()}')
    temporary.mkdir(parents=True, exist_ok=True)
    save_folder(temporary, model, chat)
    sha256 = manifest.write(temporary, kind='convert', source=gguf.name)['sha256']
    publish_folder(temporary, output)
    return sha256


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='python -m flywheel_trainer.convert', description=__doc__)
    parser.add_argument('--gguf', type=Path, required=True)
    parser.add_argument('--output', type=Path, required=True)
    options = parser.parse_args(arguments)
    if not options.gguf.is_file():
        print(f'{options.gguf} is no file', file=sys.stderr)
        return 2
    try:
        sha256 = convert(options.gguf.resolve(), options.output.resolve())
    except Exception as error:  # noqa: BLE001 - the library has no error class of its own for files it cannot read
        print(f'{options.gguf} does not convert: {error}', file=sys.stderr)
        return 1
    print(json.dumps({'output': str(options.output), 'sha256': sha256}))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
