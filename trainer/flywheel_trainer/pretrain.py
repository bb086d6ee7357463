"""A small Llama with one token per word, trained from nothing: the demo's base model.

A raw loop (AdamW, cosine) on the answers only. What a step does is a pure function of (weights, optimizer, step).
"""

import math
from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from flywheel_trainer.chat import Chat
from flywheel_trainer.checkpoints import resume_point, write_checkpoint
from flywheel_trainer.data import Demonstration, demonstrations, read_rows
from flywheel_trainer.errors import JobError, StopRequested
from flywheel_trainer.job import PretrainSettings
from flywheel_trainer.models import device_of, publish
from flywheel_trainer.order import batch_indices
from flywheel_trainer.run import Context, Outcome
from flywheel_trainer.tensors import pad_right

PAD, END, UNKNOWN = '<|pad|>', '<|end|>', '<|unk|>'
ROLES = {'user': '<|user|>', 'assistant': '<|assistant|>', 'system': '<|system|>'}
SPECIALS = [PAD, END, *ROLES.values(), UNKNOWN]
LOG_EVERY = 20
FLOOR = 0.05  # the share of the learning rate that is left at the end

TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|> ' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + ' <|end|> ' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + ' <|end|> ' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def run(context: Context) -> Outcome:
    """Trains and publishes `job.output`."""
    job, settings = context.job, context.job.hyperparameters
    chat = Chat(make_tokenizer(settings.vocabulary, settings.max_positions), job.chat_template, job.chat_eos)
    rows, dropped = demonstrations(read_rows(Path(job.dataset), 'pretrain'), chat, settings.max_positions)
    torch.manual_seed(job.seed)
    model = make_model(settings, chat).to(device_of(job.launch))
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    first, shown = _restore(resume_point(job, context.folder), model, optimizer)
    for step in range(first, settings.steps):
        for group in optimizer.param_groups:
            group['lr'] = learning_rate(step, settings)
        chosen = [rows[index] for index in batch_indices(len(rows), settings.batch, step, job.seed)]
        loss = answer_loss(model, chosen, chat.pad_id)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        done = step + 1
        if done % LOG_EVERY == 0 or done == settings.steps:
            shown = {'loss': loss.item()}
            context.progress.write(done, settings.steps, done * settings.batch / len(rows), shown)
        reason = context.lease.stop_reason()
        if done % settings.save_steps == 0 or done == settings.steps or reason:
            state = {'model': model.state_dict(), 'optimizer': optimizer.state_dict(), 'step': done, 'metrics': shown}
            write_checkpoint(context.folder, done, partial(_save, state))
        if reason and done < settings.steps:
            raise StopRequested(done, reason)
    sha256 = publish(job, context.folder, model, chat)
    counts = {'rows': len(rows), 'dropped_long': dropped, 'parameters': model.num_parameters()}
    return Outcome(sha256, {**shown, **counts}, settings.steps)


def make_tokenizer(vocabulary: list[str], max_positions: int) -> PreTrainedTokenizerFast:
    """One token per word between white space; words that are not in the list become `<|unk|>`."""
    words = SPECIALS + vocabulary
    bad = next((word for word in words if words.count(word) > 1 or not word.strip() or word.split() != [word]), None)
    if bad is not None:
        raise JobError(
            'bad-data', f'vocabulary: {bad!r} is empty, holds white space or stands twice', 'list each word once'
        )
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        additional_special_tokens=list(ROLES.values()),
        padding_side='left',
        clean_up_tokenization_spaces=False,
        model_max_length=max_positions,
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def make_model(settings: PretrainSettings, chat: Chat) -> LlamaForCausalLM:
    """Random weights; input and output embeddings are tied."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(chat.tokenizer),
            hidden_size=settings.hidden,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.heads,
            intermediate_size=settings.intermediate,
            max_position_embeddings=settings.max_positions,
            tie_word_embeddings=True,
            initializer_range=settings.initializer_range,
            rope_parameters={'rope_type': 'default', 'rope_theta': settings.rope_theta},
            pad_token_id=chat.pad_id,
            eos_token_id=chat.end_id,
            bos_token_id=None,
        )
    )


def learning_rate(step: int, settings: PretrainSettings) -> float:
    """Linear warm-up, then a cosine down to `FLOOR` of the peak."""
    warmup = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    cosine = 0.5 * (1 + math.cos(math.pi * step / settings.steps))
    return settings.learning_rate * warmup * (cosine * (1 - FLOOR) + FLOOR)


def answer_loss(model: LlamaForCausalLM, rows: list[Demonstration], pad_id: int) -> torch.Tensor:
    """Mean negative log-likelihood (nats) per token of the answers."""
    ids, mask = pad_right([row.prompt + row.completion for row in rows], pad_id, model.device)
    ignored, _ = pad_right([[1] * len(row.prompt) + [0] * len(row.completion) for row in rows], 1, model.device)
    return model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(ignored.bool(), -100)).loss


def _save(state: dict, folder: Path) -> None:
    torch.save(state, folder / 'state.pt')


def _restore(
    checkpoint: Path | None, model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, dict[str, float]]:
    """Loads a checkpoint; returns the step to go on with and the last figures."""
    if checkpoint is None:
        return 0, {}
    state = torch.load(checkpoint / 'state.pt', weights_only=True)
    model.load_state_dict(state['model'])
    optimizer.load_state_dict(state['optimizer'])
    return state['step'], state['metrics']
