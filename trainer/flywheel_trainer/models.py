"""Loading models from disk and publishing them as folders that load anywhere.

Models are always loaded from disk, never copied in memory: `copy.deepcopy` of a model that went through a Trainer runs
the original's weights (its `forward` stays bound to the original).
"""

import contextlib
import json
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
from transformers.integrations import is_deepspeed_zero3_enabled

from flywheel_trainer import manifest
from flywheel_trainer.chat import Chat
from flywheel_trainer.errors import JobError
from flywheel_trainer.files import publish_folder, sync
from flywheel_trainer.job import Job, Launch, Lora

ADAPTER_CONFIG = 'adapter_config.json'


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
    """A language model from a local folder, an adapter's merged into its base. JobError where the folder holds none."""
    return _load(AutoModelForCausalLM, folder, dtype=dtype)


def load_policy(job: Job) -> Any:
    """The model that a job trains: the base, under LoRA with a new adapter, or with the one that `job.adapter` names.

    New adapters start from random numbers: seed before.
    """
    model = load_causal(job.base, weights_dtype(job))
    if job.hyperparameters.lora is None:
        return model
    from peft import PeftModel, get_peft_model

    if job.adapter is None:
        return get_peft_model(model, lora_config(job.hyperparameters.lora, 'CAUSAL_LM'))
    _check_adapter(job)
    return PeftModel.from_pretrained(model, job.adapter, is_trainable=True)


class WithoutAdapter:
    """A model under LoRA as it was before: the same weights with the adapter off, and no memory of its own. Called as the model is."""

    def __init__(self, model: Any):
        self.model = model

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        with self.model.disable_adapter():
            return self.model(*arguments, **named)


def critic_and_reward(job: Job) -> tuple[Any, Any]:
    """The critic, which starts from the reward model's weights with a value of 0 for everything, and the reward model itself.

    Under LoRA both share one set of weights: the critic is the adapter on them, with a head of its own.
    """
    lora, dtype = job.hyperparameters.lora, weights_dtype(job)
    if lora is None:
        return load_scalar(job.reward_model, dtype, zero_head=True), load_scalar(job.reward_model, dtype).requires_grad_(False)
    from peft import get_peft_model

    critic = get_peft_model(load_scalar(job.reward_model, dtype), lora_config(lora, 'SEQ_CLS'))
    torch.nn.init.zeros_(critic.get_base_model().score.modules_to_save['default'].weight)
    return critic, WithoutAdapter(critic)


def reference_of(job: Job, policy: Any) -> Any:
    """What the policy is held to: under a new adapter the policy with it off, else a model of its own."""
    if job.hyperparameters.lora and job.adapter is None and job.reference in (None, job.base):
        return WithoutAdapter(policy)
    return load_causal(job.reference or job.adapter or job.base, weights_dtype(job)).requires_grad_(False)


def policy_for_trl(job: Job) -> dict[str, Any]:
    """`model` and `peft_config` of a TRL trainer that adds a new adapter by itself; one that goes on it is given."""
    if job.adapter is not None:
        return {'model': load_policy(job), 'peft_config': None}
    lora = job.hyperparameters.lora
    return {
        'model': load_causal(job.base, weights_dtype(job)),
        'peft_config': lora_config(lora, 'CAUSAL_LM') if lora else None,
    }


def is_adapter(folder: str | Path) -> bool:
    """Whether a folder holds an adapter instead of whole weights."""
    return (Path(folder) / ADAPTER_CONFIG).is_file()


def base_of(folder: str | Path) -> str:
    """The folder of the whole weights: an adapter's base, or the folder itself."""
    if not is_adapter(folder):
        return str(folder)
    return json.loads((Path(folder) / ADAPTER_CONFIG).read_text(encoding='utf-8'))['base_model_name_or_path']


def _check_adapter(job: Job) -> None:
    """The adapter must be of the base that it goes on with: on another it would load, and mean nothing."""
    stated = manifest.read_facts(Path(job.adapter)).get('base_sha256')
    actual = manifest.read_sha256(Path(job.base))
    if stated and actual and stated != actual:
        raise JobError(
            'missing-checkpoint',
            f'the adapter {job.adapter} was trained on a base with sha256 {stated}, and {job.base} has {actual}',
            'train from the base that the adapter belongs to',
        )


def load_scalar(folder: str, dtype: torch.dtype = torch.float32, zero_head: bool = False) -> PreTrainedModel:
    """A model with one number per sequence: a reward model, or a language model that is to become one.

    `zero_head` sets the head's weights to 0, so that training starts from a score (or a value) of 0 for everything.
    """
    model = _load(AutoModelForSequenceClassification, folder, dtype=dtype, num_labels=1)
    if zero_head:
        with _gathered(model.score.weight):
            torch.nn.init.zeros_(model.score.weight)
    return model


def _gathered(weight: torch.nn.Parameter) -> contextlib.AbstractContextManager:
    """Where a weight is whole and may be changed: DeepSpeed's ZeRO-3 splits what is loaded while it is configured."""
    if not is_deepspeed_zero3_enabled():
        return contextlib.nullcontext()
    import deepspeed

    return deepspeed.zero.GatheredParameters(weight, modifier_rank=0)


def positions(folder_or_model: str | PreTrainedModel) -> int | None:
    """How many tokens prompt and answer may have together; None where the model sets no limit."""
    is_folder = isinstance(folder_or_model, str)
    config = AutoConfig.from_pretrained(base_of(folder_or_model)) if is_folder else folder_or_model.config
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

    Adapters are merged into the weights, so that every stage and server loads a plain folder, and the adapter alone is kept
    in `folder/adapter`; or the adapter itself is published, where the next stage goes on with it.
    """
    output = Path(job.output)
    temporary = output.with_name(f'{output.name}.tmp-{os.getpid()}')
    temporary.mkdir(parents=True, exist_ok=True)
    if job.publish == 'adapter':
        # `default` alone: TRL keeps a copy of what DPO started from beside it.
        model.save_pretrained(temporary, selected_adapters=['default'])
        _name_base(temporary, job)
        chat.tokenizer.save_pretrained(temporary)
    else:
        if hasattr(model, 'merge_and_unload'):
            model.save_pretrained(folder / 'adapter', selected_adapters=['default'])
            model.set_adapter('default')
            model = model.merge_and_unload(safe_merge=True)
        save_folder(temporary, model.to(getattr(torch, job.launch.dtype)), chat)
    base_sha256 = manifest.read_sha256(Path(job.base)) if job.base else None
    sha256 = manifest.write(temporary, kind=job.kind, job=job.id, base_sha256=base_sha256)['sha256']
    publish_folder(temporary, output)
    return sha256


def _name_base(adapter: Path, job: Job) -> None:
    """Writes the base's folder into the adapter's configuration, and no card of a model hub beside it."""
    path = adapter / ADAPTER_CONFIG
    config = json.loads(path.read_text(encoding='utf-8'))
    path.write_text(json.dumps({**config, 'base_model_name_or_path': job.base}, indent=1), encoding='utf-8')
    (adapter / 'README.md').unlink(missing_ok=True)


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
    if is_adapter(folder):
        from peft import PeftConfig, PeftModel

        config = PeftConfig.from_pretrained(folder)
        config.task_type = None  # the adapter of a language model fits the trunk of a reward model as well
        merged = PeftModel.from_pretrained(_load(auto, base_of(folder), **options), folder, config=config)
        return merged.merge_and_unload(safe_merge=True)
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
