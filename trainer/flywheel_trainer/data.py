"""Datasets: JSONL rows of messages, checked line by line, and their token ids, made by `chat.py`."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flywheel_trainer.chat import Chat
from flywheel_trainer.errors import JobError

Item = TypeVar('Item')

COLUMNS = {
    'sft': ('prompt', 'completion'),
    'pretrain': ('prompt', 'completion'),
    'dpo': ('prompt', 'chosen', 'rejected'),
    'reward': ('prompt', 'chosen', 'rejected'),
    'ppo': ('prompt',),
    'rloo': ('prompt',),
}
ROLES = ('system', 'user', 'assistant')


@dataclass(frozen=True)
class Demonstration:
    """A prompt and the answer to learn, as token ids. The answer ends with the end-of-turn token."""

    prompt: list[int]
    completion: list[int]


@dataclass(frozen=True)
class Pair:
    """A prompt and two answers, as token ids; `key` names the prompt, whatever the answers."""

    key: str
    prompt: list[int]
    chosen: list[int]
    rejected: list[int]


def read_rows(path: Path, kind: str) -> list[dict]:
    """The rows of a JSONL file for jobs of `kind`. Raises JobError("bad-data") with file and line."""
    rows = []
    try:
        with open(path, encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    rows.append(_check_row(line, COLUMNS[kind], f'{path}:{number}'))
    except OSError as error:
        raise JobError(
            'bad-data', f'the dataset {path} cannot be read: {error.strerror}', 'check dataset in job.json'
        ) from None
    except UnicodeDecodeError as error:
        raise JobError(
            'bad-data', f'the dataset {path} is not UTF-8: {error.reason}', 'write the dataset again'
        ) from None
    if not rows:
        raise JobError('bad-data', f'the dataset {path} has no rows', 'lower the selection threshold or add prompts')
    return rows


def demonstrations(rows: list[dict], chat: Chat, max_length: int) -> tuple[list[Demonstration], int]:
    """Rows as token ids, and how many were dropped because prompt and answer exceed `max_length` tokens."""
    made = [Demonstration(*chat.dialogue_ids(row['prompt'], row['completion'])) for row in rows]
    return _short_enough(made, lambda item: len(item.prompt) + len(item.completion), max_length)


def pairs(rows: list[dict], chat: Chat, max_length: int) -> tuple[list[Pair], int]:
    """Preference rows as token ids, and how many were dropped because one side exceeds `max_length` tokens."""
    made = []
    for row in rows:
        prompt, chosen = chat.dialogue_ids(row['prompt'], row['chosen'])
        _, rejected = chat.dialogue_ids(row['prompt'], row['rejected'])
        made.append(Pair(prompt_key(row), prompt, chosen, rejected))
    return _short_enough(made, lambda item: len(item.prompt) + max(len(item.chosen), len(item.rejected)), max_length)


def prompts(rows: list[dict], chat: Chat, max_length: int) -> tuple[list[list[int]], int]:
    """Prompts as token ids, and how many were dropped because they exceed `max_length` tokens."""
    return _short_enough([chat.prompt_ids(row['prompt']) for row in rows], len, max_length)


def prompt_key(row: dict) -> str:
    """Names a row's prompt, whatever its answers."""
    return json.dumps(row['prompt'], sort_keys=True)


def held_out_prompts(keys: Iterable[str], holdout: float, seed: int) -> set[str]:
    """The prompts that a reward model is measured on and never trained on: a share of them below 1, else their number."""
    prompts = sorted(set(keys))
    count = round(holdout * len(prompts)) if holdout < 1 else int(holdout)
    if count >= len(prompts):
        raise JobError(
            'bad-data',
            f'holding out {count} of {len(prompts)} prompts leaves nothing to train the reward model on',
            'lower holdout, or bring more prompts',
        )
    return set(random.Random(f'holdout:{seed}').sample(prompts, count))


def _short_enough(items: list[Item], length: Callable[[Item], int], limit: int) -> tuple[list[Item], int]:
    kept = [item for item in items if length(item) <= limit]
    if not kept:
        shortest = min(map(length, items))
        raise JobError(
            'bad-data',
            f'all {len(items)} rows are longer than {limit} tokens (the shortest has {shortest})',
            'raise the maximum length, or select shorter rows',
        )
    return kept, len(items) - len(kept)


def _check_row(line: str, columns: tuple[str, ...], where: str) -> dict:
    def fail(message: str) -> JobError:
        return JobError('bad-data', f'{where}: {message}', 'mend or remove that line')

    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise fail(f'not JSON: {error}') from None
    if not isinstance(row, dict):
        raise fail('not an object')
    for column in columns:
        messages = row.get(column)
        if not isinstance(messages, list) or not messages:
            raise fail(f'{column} must be a list of messages')
        for message in messages:
            if (
                not isinstance(message, dict)
                or message.get('role') not in ROLES
                or not isinstance(message.get('content'), str)
            ):
                raise fail(f'{column} holds something that is no message {{role: {"|".join(ROLES)}, content: text}}')
        if column == 'prompt' and messages[-1]['role'] != 'user':
            raise fail('prompt must end with a user message')
        if column != 'prompt' and [message['role'] for message in messages] != ['assistant']:
            raise fail(f'{column} must be exactly one assistant message')
    return {column: row[column] for column in columns}
