"""`POST /v1/chat/completions`: what a request may say, and what it is answered. Nothing is ignored in silence."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from flywheel_trainer.chat import Message
from flywheel_trainer.data import ROLES
from flywheel_trainer.engine import Engine, Loaded, Models
from flywheel_trainer.errors import JobError
from flywheel_trainer.generation import Ask
from flywheel_trainer.registry import Registry

# Fields that change nothing here, with the only values that are true of this server (None: any value).
NEUTRAL: dict[str, tuple | None] = {
    'n': (1,),
    'stream': (False,),
    'presence_penalty': (0,),
    'frequency_penalty': (0,),
    'logprobs': (False,),
    'user': None,
    'metadata': None,
}
KNOWN = {'model', 'messages', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'seed', 'stop'}


class ApiError(Exception):
    """An error answer in OpenAI's form."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None):
        super().__init__(message)
        self.status, self.code, self.param = status, code, param

    def body(self) -> dict:
        kind = 'invalid_request_error' if self.status < 500 else 'server_error'
        return {'error': {'message': str(self), 'type': kind, 'param': self.param, 'code': self.code}}


@dataclass(frozen=True)
class Request:
    """A checked request. `temperature` 0 is greedy."""

    model: str
    messages: list[Message]
    max_tokens: int
    temperature: float
    top_p: float
    seed: int
    stop: list[str]


def read_request(body: Any) -> Request:
    """Raises ApiError(400) that names the field at fault."""
    if not isinstance(body, dict):
        raise ApiError(400, 'invalid_json', 'the body must be a JSON object')
    for name, value in body.items():
        if value is not None and name not in KNOWN:
            if name not in NEUTRAL:
                raise ApiError(400, 'unknown_parameter', f'{name} is not supported by this server; leave it out', name)
            if (allowed := NEUTRAL[name]) is not None and value not in allowed:
                raise ApiError(400, 'unsupported_value', f'{name} must be {allowed[0]!r} or absent', name)
    if not isinstance(body.get('model'), str):
        raise ApiError(400, 'missing_parameter', 'model must name a registered model', 'model')
    most = body.get('max_tokens') if body.get('max_tokens') is not None else body.get('max_completion_tokens')
    if most is None:
        raise ApiError(400, 'missing_parameter', 'max_tokens is missing: say how long an answer may be', 'max_tokens')
    seed = body.get('seed')
    if seed is not None and type(seed) is not int:
        raise ApiError(400, 'invalid_value', 'seed must be an integer', 'seed')
    return Request(
        model=body['model'],
        messages=_messages(body.get('messages')),
        max_tokens=int(_number(most, 'max_tokens', 1, float('inf'), whole=True)),
        temperature=_number(body.get('temperature'), 'temperature', 0, 10, default=1.0),
        top_p=_number(body.get('top_p'), 'top_p', 0, 1, default=1.0),
        seed=secrets.randbits(63) if seed is None else seed,
        stop=_stops(body.get('stop')),
    )


def complete(body: Any, registry: Registry, models: Models, engine: Engine) -> dict:
    """Answers one request, in OpenAI's form. Blocks until the answer is there. Raises ApiError."""
    request = read_request(body)
    entry = registry.get(request.model)
    if entry is None:
        raise ApiError(404, 'model_not_found', f'the model {request.model} is not registered here', 'model')
    loaded = models.get(entry)
    try:
        prompt = loaded.prompt_ids(request.messages)
    except JobError as error:
        raise ApiError(400, 'chat_template', f'{error.message}; {error.cure}', 'messages') from error
    if loaded.positions is not None and len(prompt) + request.max_tokens > loaded.positions:
        raise ApiError(
            400,
            'context_length_exceeded',
            f'{len(prompt)} prompt tokens and max_tokens {request.max_tokens} exceed the {loaded.positions} positions',
            'messages',
        )
    ask = Ask(
        prompt, request.max_tokens, request.temperature, request.top_p, request.seed, _stop_test(loaded, request.stop)
    )
    ids = engine.submit(loaded, ask).result()
    return _reply(request, loaded, prompt, ids)


def _reply(request: Request, loaded: Loaded, prompt: list[int], ids: list[int]) -> dict:
    text = loaded.text(ids)
    cut = min((at for at in map(text.find, request.stop) if at >= 0), default=None)
    ended = cut is not None or ids[-1] == loaded.chat.end_id
    return {
        'id': f'chatcmpl-{secrets.token_hex(8)}',
        'object': 'chat.completion',
        'created': int(time.time()),
        'model': request.model,
        'choices': [
            {
                'index': 0,
                'message': {'role': 'assistant', 'content': text[:cut]},
                'finish_reason': 'stop' if ended else 'length',
            }
        ],
        # The end-of-turn token counts as a token of the completion.
        'usage': {'prompt_tokens': len(prompt), 'completion_tokens': len(ids), 'total_tokens': len(prompt) + len(ids)},
    }


def _stop_test(loaded: Loaded, stops: list[str]):
    if not stops:
        return None
    return lambda ids: any(stop in text for text in [loaded.text(ids)] for stop in stops)


def _messages(raw: Any) -> list[Message]:
    if not isinstance(raw, list) or not raw:
        raise ApiError(400, 'invalid_value', 'messages must be a list of at least one message', 'messages')
    for index, message in enumerate(raw):
        where = f'messages[{index}]'
        if not isinstance(message, dict) or message.get('role') not in ROLES:
            raise ApiError(400, 'invalid_value', f'{where}.role must be one of {", ".join(ROLES)}', f'{where}.role')
        if not isinstance(message.get('content'), str):
            raise ApiError(400, 'invalid_value', f'{where}.content must be text', f'{where}.content')
    return [{'role': message['role'], 'content': message['content']} for message in raw]


def _number(raw: Any, name: str, low: float, high: float, default: float = 0.0, whole: bool = False) -> float:
    if raw is None:
        return default
    allowed = (int,) if whole else (int, float)
    if not isinstance(raw, allowed) or isinstance(raw, bool) or not low <= raw <= high:
        kind = 'an integer' if whole else 'a number'
        limit = f'of at least {low:g}' if high == float('inf') else f'from {low:g} to {high:g}'
        raise ApiError(400, 'invalid_value', f'{name} must be {kind} {limit}', name)
    return raw


def _stops(raw: Any) -> list[str]:
    stops = [] if raw is None else [raw] if isinstance(raw, str) else raw
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop for stop in stops):
        raise ApiError(400, 'invalid_value', 'stop must be a text or a list of texts, none of them empty', 'stop')
    return stops
