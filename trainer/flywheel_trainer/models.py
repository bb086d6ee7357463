"""Loading models from disk and publishing them as folders that load anywhere.

Models are always loaded from disk, never copied in memory: `copy.deepcopy` of a model that went through a Trainer runs
the original's weights (its `forward` stays bound to the original).
"""

import os
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    GenerationConfig,
    PreTrainedModel,
)

from flywheel_trainer import manifest
from flywheel_trainer.chat import Chat
from flywheel_trainer.errors import JobError
from flywheel_trainer.files import publish_folder, sync
from flywheel_trainer.job import Job, Launch, Lora


def device_of(launch: Launch) -> torch.device:
    return torch.device('cuda' if launch.device == 'auto' and torch.cuda.is_available() else 'cpu')


def weights_dtype(job: Job) -> torch.dtype:
    """The type that weights are held in while training.

    bfloat16 keeps 8 bits of a number: an update of a small learning rate rounds away. So weights that train stay in
    float32 (computing in bfloat16 is then autocast's work); under LoRA the frozen weights may be bfloat16.
    """
    frozen = getattr(job.hyperparameters, 'lora', None) is not None
    return torch.bfloat16 if job.launch.dtype == 'bfloat16' and frozen else torch.float32


def load_causal(folder: str, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """A language model from a local folder. Raises JobError where the folder holds none."""
    return _load(AutoModelForCausalLM, folder, dtype=dtype)


def load_scalar(folder: str, dtype: torch.dtype = torch.float32, zero_head: bool = False) -> PreTrainedModel:
    """A model with one number per sequence: a reward model, or a language model that is to become one.

    `zero_head` sets the head's weights to 0, so that training starts from a score (or a value) of 0 for everything.
    """
    model = _load(AutoModelForSequenceClassification, folder, dtype=dtype, num_labels=1)
    if zero_head:
        torch.nn.init.zeros_(model.score.weight)
    return model


def positions(folder_or_model: str | PreTrainedModel) -> int | None:
    """How many tokens prompt and answer may have together; None where the model sets no limit."""
    config = AutoConfig.from_pretrained(folder_or_model) if isinstance(folder_or_model, str) else folder_or_model.config
    return getattr(config.get_text_config(), 'max_position_embeddings', None)


def lora_config(lora: Lora, task: str) -> Any:
    """peft's configuration; `task` is CAUSAL_LM or SEQ_CLS. A scalar head is trained whole."""
    from peft import LoraConfig

    return LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.target_modules,
        task_type=task,
        modules_to_save=['score'] if task == 'SEQ_CLS' else None,
    )


def publish(job: Job, folder: Path, model: Any, chat: Chat) -> str:
    """Saves the model as `job.output`, whole or not at all, and returns its sha256.

    Adapters are merged into the weights, because every stage and server then loads a plain folder; the adapter alone is
    kept in `folder/adapter`.
    """
    if hasattr(model, 'merge_and_unload'):
        model.save_pretrained(folder / 'adapter')
        model = model.merge_and_unload(safe_merge=True)
    output = Path(job.output)
    temporary = output.with_name(f'{output.name}.tmp-{os.getpid()}')
    temporary.mkdir(parents=True, exist_ok=True)
    save_folder(temporary, model.to(getattr(torch, job.launch.dtype)), chat)
    base_sha256 = manifest.read_sha256(Path(job.base)) if job.base else None
    sha256 = manifest.write(temporary, kind=job.kind, job=job.id, base_sha256=base_sha256)['sha256']
    publish_folder(temporary, output)
    return sha256


def save_folder(folder: Path, model: PreTrainedModel, chat: Chat) -> None:
    """Weights, tokenizer, chat template, and a generation_config.json that samples when a temperature is asked for.

    Without `do_sample` in it, `transformers serve` decodes greedily whatever temperature a request names.
    """
    model.config.eos_token_id = chat.end_id
    model.config.pad_token_id = chat.pad_id
    model.config.use_cache = True  # trainers turn it off, and a server would then generate without a cache
    if hasattr(model, 'generation_config') and model.can_generate():
        model.generation_config = GenerationConfig(
            do_sample=True, temperature=1.0, top_k=0, top_p=1.0, eos_token_id=chat.end_id, pad_token_id=chat.pad_id
        )
    model.save_pretrained(folder)
    chat.tokenizer.save_pretrained(folder)
    sync(folder)


def _load(auto: Any, folder: str, **options: Any) -> PreTrainedModel:
    if not (Path(folder) / 'config.json').is_file():
        raise JobError(
            'other', f'{folder} is no model folder: it has no config.json', 'name a folder that save_pretrained wrote'
        )
    try:
        return auto.from_pretrained(folder, local_files_only=True, **options)
    except (OSError, ValueError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise JobError(
            'other', f'the model in {folder} does not load: {first}', 'check that its files are whole'
        ) from error
