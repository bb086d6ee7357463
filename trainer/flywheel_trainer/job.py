"""`job.json`: what a job is asked to do. Every setting is explicit, and a key that nobody reads is an error."""

import dataclasses
import json
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from flywheel_trainer.errors import JobError

VERSION = 1


@dataclass(frozen=True)
class Range:
    """Bounds of a number: `low <= value <= high`, or `low < value` where `above`."""

    low: float
    high: float = float('inf')
    above: bool = False

    def holds(self, value: float) -> bool:
        return (value > self.low if self.above else value >= self.low) and value <= self.high

    def __str__(self) -> str:
        low = f'above {self.low:g}' if self.above else f'at least {self.low:g}'
        return low if self.high == float('inf') else f'{low} and at most {self.high:g}'


Count = Annotated[int, Range(1)]
Natural = Annotated[int, Range(0)]
Positive = Annotated[float, Range(0, above=True)]
NotNegative = Annotated[float, Range(0)]
Share = Annotated[float, Range(0, 1)]


@dataclass(frozen=True)
class Lora:
    """Low-rank adapters (Hu et al. 2021). `target_modules` is a list of names, or "all-linear"."""

    r: Count
    alpha: Positive
    dropout: Share
    target_modules: list[str] | str


@dataclass(frozen=True)
class TrlSettings:
    """What SFT, DPO and the reward model share. `batch` counts rows per optimizer step over all processes."""

    epochs: Positive
    learning_rate: Positive
    batch: Count
    micro_batch: Count
    max_length: Count
    warmup_steps: Natural
    scheduler: Literal['linear', 'cosine', 'constant', 'constant_with_warmup']
    weight_decay: NotNegative
    save_steps: Count


@dataclass(frozen=True)
class SftSettings(TrlSettings):
    lora: Lora | None = None
    max_steps: Count | None = None


@dataclass(frozen=True)
class DpoSettings(TrlSettings):
    """`loss_type` ["sigmoid"] is plain DPO; ["sigmoid", "sft"] adds the SFT loss on the chosen answer."""

    beta: Positive
    loss_type: list[Literal['sigmoid', 'sft']]
    loss_weights: list[NotNegative] | None = None
    lora: Lora | None = None
    max_steps: Count | None = None


@dataclass(frozen=True)
class RewardSettings(TrlSettings):
    """`holdout` below 1 is a share of the prompts, from 1 on a count of prompts."""

    center_rewards_coefficient: NotNegative | None
    holdout: NotNegative
    lora: Lora | None = None
    max_steps: Count | None = None


@dataclass(frozen=True)
class PpoSettings:
    """`updates` null means `epochs` passes over the prompts. `score_clip` null leaves the score as it is.

    `micro_batch` counts the rows of a process in a forward pass; null: its whole share of a minibatch.
    """

    epochs: Positive
    batch: Count
    minibatch: Count
    ppo_epochs: Count
    learning_rate: Positive
    value_learning_rate: Positive
    kl_coefficient: NotNegative
    clip: Positive
    value_clip: Positive
    gae_lambda: Share
    gamma: Share
    temperature: Positive
    max_new_tokens: Count
    no_eos_score: float
    score_normalisation: Literal['first-batch', 'none']
    score_clip: Positive | None
    max_grad_norm: Positive
    save_updates: Count
    max_prompt_length: Count
    updates: Count | None = None
    lora: Lora | None = None
    # Not in the repr, by which checkpoints tell their job: theirs may be older than this setting.
    micro_batch: Count | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RlooSettings(TrlSettings):
    """`batch` counts answers, `generations` of them to each prompt; `max_length` is of prompt and answer together."""

    generations: Annotated[int, Range(2)]
    kl_coefficient: NotNegative
    clip: Positive
    temperature: Positive
    max_new_tokens: Count
    no_eos_score: float
    score_normalisation: Literal['first-batch', 'none']
    score_clip: Positive | None
    max_grad_norm: Positive
    max_steps: Count | None = None
    lora: Lora | None = None


@dataclass(frozen=True)
class PretrainSettings:
    """A small Llama from nothing, with one token per word of `vocabulary`."""

    hidden: Count
    layers: Count
    heads: Count
    intermediate: Count
    steps: Count
    batch: Count
    learning_rate: Positive
    warmup_steps: Natural
    initializer_range: Positive
    rope_theta: Positive
    max_positions: Count
    vocabulary: list[str]
    save_steps: Count = 200


Settings = SftSettings | DpoSettings | RewardSettings | PpoSettings | RlooSettings | PretrainSettings

SETTINGS: dict[str, type] = {
    'sft': SftSettings,
    'dpo': DpoSettings,
    'reward': RewardSettings,
    'ppo': PpoSettings,
    'rloo': RlooSettings,
    'pretrain': PretrainSettings,
}


@dataclass(frozen=True)
class Launch:
    """How the job runs. `processes` counts those of each node; `accelerate` is the path of its configuration."""

    processes: Count = 1
    nodes: Count = 1
    device: Literal['auto', 'cpu'] = 'auto'
    threads: Count = 1
    dtype: Literal['float32', 'bfloat16'] = 'float32'
    gradient_checkpointing: bool = False
    accelerate: str | None = None

    @property
    def world(self) -> int:
        return self.processes * self.nodes


@dataclass(frozen=True)
class LeaseSettings:
    """`grace_seconds`: how long the job goes on when nobody renews `claim`."""

    grace_seconds: Positive = 120


@dataclass(frozen=True)
class Job:
    """One training job, as read from `job.json` by `read_job`.

    `adapter` is a published adapter of `base` to go on training; without it LoRA starts a new one. `publish` "adapter" hands
    the adapter on as it is, so that the next stage goes on with it; "merged" hands on whole weights.
    """

    version: int
    id: str
    kind: Literal['sft', 'dpo', 'reward', 'ppo', 'rloo', 'pretrain']
    dataset: str
    output: str
    seed: Natural
    hyperparameters: Any
    base: str | None = None
    resume: bool = True
    resume_from: str | None = None
    chat_template: str | None = None
    chat_eos: str | None = None
    launch: Launch = field(default_factory=Launch)
    lease: LeaseSettings = field(default_factory=LeaseSettings)
    reward_model: str | None = None
    reference: str | None = None
    adapter: str | None = None
    # What `manifest.describe` must say of these folders; None: they are taken as they are.
    base_sha256: str | None = None
    reward_model_sha256: str | None = None
    adapter_sha256: str | None = None
    publish: Literal['merged', 'adapter'] = 'merged'


def read_job(folder: Path) -> Job:
    """Reads and checks `folder/job.json`. Raises JobError that names the key at fault."""
    path = folder / 'job.json'
    try:
        raw = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise JobError('bad-data', f'{path} does not exist', 'write job.json into the job folder first') from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise JobError('bad-data', f'{path} is not JSON: {error}', 'write job.json again') from None
    if not isinstance(raw, dict) or raw.get('version') != VERSION:
        raise JobError(
            'bad-data', f'{path}: version must be {VERSION}', 'use the trainer that belongs to this flywheel'
        )
    if raw.get('kind') not in SETTINGS:
        raise _bad('kind', f'must be one of {", ".join(SETTINGS)}, not {raw.get("kind")!r}')
    job: Job = _parse(Job, raw, '')
    settings = _parse(SETTINGS[job.kind], raw['hyperparameters'], 'hyperparameters')
    job = dataclasses.replace(job, hyperparameters=settings)
    _check_together(job)
    return job


def accumulation(job: Job) -> int:
    """Micro-batches per optimizer step, so that `batch` rows make one step whatever the number of processes."""
    settings = job.hyperparameters
    return settings.batch // (settings.micro_batch * job.launch.world)


def _check_together(job: Job) -> None:
    """What no single key can show."""
    settings = job.hyperparameters
    if job.kind != 'pretrain' and job.base is None:
        raise _bad('base', f'is needed for {job.kind}')
    if (job.adapter is not None or job.publish == 'adapter') and getattr(settings, 'lora', None) is None:
        raise _bad('hyperparameters.lora', 'is needed to train an adapter')
    if job.publish == 'adapter' and job.kind == 'reward':
        raise _bad('publish', 'must be "merged" for a reward model: its head is trained whole')
    if job.kind in ('ppo', 'rloo') and job.reward_model is None:
        raise _bad('reward_model', f'is needed for {job.kind}')
    if job.kind == 'pretrain' and job.launch.world > 1:
        raise _bad('launch.processes', 'must be 1: pretrain trains in one process')
    if isinstance(settings, TrlSettings):
        share = settings.micro_batch * job.launch.world
        if settings.batch % share:
            raise _bad(
                'hyperparameters.batch', f'({settings.batch}) must be a multiple of micro_batch x processes ({share})'
            )
    if isinstance(settings, RlooSettings) and settings.batch % settings.generations:
        raise _bad(
            'hyperparameters.batch', f'({settings.batch}) must be a multiple of generations ({settings.generations})'
        )
    if isinstance(settings, PpoSettings) and settings.batch % settings.minibatch:
        raise _bad(
            'hyperparameters.batch', f'({settings.batch}) must be a multiple of minibatch ({settings.minibatch})'
        )
    if isinstance(settings, PpoSettings) and settings.minibatch % job.launch.world:
        raise _bad(
            'hyperparameters.minibatch', f'({settings.minibatch}) must be a multiple of processes ({job.launch.world})'
        )
    if isinstance(settings, PpoSettings) and settings.micro_batch is not None:
        share = settings.micro_batch * job.launch.world
        if settings.minibatch % share:
            raise _bad(
                'hyperparameters.minibatch',
                f'({settings.minibatch}) must be a multiple of micro_batch x processes ({share})',
            )
    if isinstance(settings, PretrainSettings) and settings.hidden % settings.heads:
        raise _bad('hyperparameters.hidden', f'({settings.hidden}) must be a multiple of heads ({settings.heads})')
    if isinstance(settings, DpoSettings):
        if settings.loss_weights is not None and len(settings.loss_weights) != len(settings.loss_type):
            raise _bad('hyperparameters.loss_weights', 'needs one weight for each of loss_type')
        if 'sigmoid' not in settings.loss_type:
            raise _bad('hyperparameters.loss_type', 'must contain "sigmoid"')


def _bad(where: str, message: str) -> JobError:
    return JobError('bad-data', f'job.json: {where} {message}', f'mend {where} in job.json')


def _parse(cls: type, raw: object, where: str) -> Any:
    """Makes a dataclass of a JSON object; unknown, missing and ill-typed keys are errors that name the key."""
    if not isinstance(raw, dict):
        raise _bad(where or 'the document', 'must be an object')
    fields = {item.name: item for item in dataclasses.fields(cls)}
    prefix = f'{where}.' if where else ''
    for key in raw:
        if key not in fields:
            raise _bad(f'{prefix}{key}', f'is unknown; known are {", ".join(fields)}')
    hints = get_type_hints(cls, include_extras=True)
    values: dict[str, Any] = {}
    for name, item in fields.items():
        if name in raw:
            values[name] = _value(raw[name], hints[name], prefix + name)
        elif item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            raise _bad(prefix + name, 'is missing')
    return cls(**values)


def _value(raw: Any, hint: Any, where: str) -> Any:
    """One JSON value as the type `hint` wants it."""
    origin = get_origin(hint)
    if hint is Any:
        return raw
    if origin is Annotated:
        base, bounds = get_args(hint)
        value = _value(raw, base, where)
        if not bounds.holds(value):
            raise _bad(where, f'must be {bounds}, not {raw!r}')
        return value
    if origin in (Union, types.UnionType):
        options = get_args(hint)
        if raw is None and type(None) in options:
            return None
        options = tuple(option for option in options if option is not type(None))
        for option in options[:-1]:
            try:
                return _value(raw, option, where)
            except JobError:
                continue
        return _value(raw, options[-1], where)
    if origin is Literal:
        if raw not in get_args(hint):
            raise _bad(where, f'must be one of {", ".join(map(str, get_args(hint)))}, not {raw!r}')
        return raw
    if origin is list:
        if not isinstance(raw, list) or not raw:
            raise _bad(where, 'must be a list that is not empty')
        (item,) = get_args(hint)
        return [_value(entry, item, f'{where}[{index}]') for index, entry in enumerate(raw)]
    if dataclasses.is_dataclass(hint):
        return _parse(hint, raw, where)
    if hint is float and isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return float(raw)
    if hint in (int, str, bool) and type(raw) is hint:
        return raw
    raise _bad(where, f'must be of type {hint.__name__}, not {raw!r}')
