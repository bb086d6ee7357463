"""The server: sampling that obeys its request, names that never change, and errors that say what is wrong."""

import http.client
import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tiny
import torch
from flywheel_trainer import manifest
from flywheel_trainer.chat import Chat
from flywheel_trainer.engine import Models
from flywheel_trainer.generation import Ask, generate, nucleus, sample
from flywheel_trainer.models import load_causal
from flywheel_trainer.registry import Registry
from flywheel_trainer.serve import Server


class Client:
    """A server in this process, and requests to it."""

    def __init__(self, registry_file, most: int = 4):
        self.models = Models(most, torch.device('cpu'), torch.float32)
        self.server = Server(('127.0.0.1', 0), Registry(registry_file), self.models)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        connection = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=120)
        try:
            connection.request(method, path, body if isinstance(body, str) else json.dumps(body))
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def register(self, name: str, path, sha256: str | None = None) -> tuple[int, dict]:
        return self.call(
            'POST', '/v1/models', {'id': name, 'path': str(path), 'sha256': sha256 or manifest.describe(path)['sha256']}
        )

    def chat(self, **fields) -> tuple[int, dict]:
        request = {'model': 'base', 'messages': [tiny.user('say red dog')], 'max_tokens': 12, **fields}
        return self.call(
            'POST', '/v1/chat/completions', {name: value for name, value in request.items() if value is not ...}
        )

    def text(self, **fields) -> str:
        status, reply = self.chat(**fields)
        assert status == 200, reply
        return reply['choices'][0]['message']['content']


@pytest.fixture
def client(base, tmp_path):
    made = Client(tmp_path / 'registry.json')
    try:
        assert made.register('base', base)[0] == 200
        yield made
    finally:
        made.close()


def test_a_seed_fixes_the_answer_whatever_else_is_in_the_batch(client):
    def ask(seed: int) -> str:
        # Prompts of unequal length, other temperatures: other padding and other company each time.
        return client.text(messages=tiny.prompts()[seed % 7], seed=seed, temperature=1.5 if seed % 2 else 1.0)

    alone = [ask(seed) for seed in range(32)]
    with ThreadPoolExecutor(32) as pool:
        together = list(pool.map(ask, range(32)))
    assert alone == together and len(set(alone)) > 16


def test_temperature_zero_is_the_likeliest_token_each_time(client, base):
    chat, model = Chat.load(base), load_causal(str(base)).eval()
    for prompt in tiny.prompts()[:3]:
        ids = chat.prompt_ids(prompt)
        made: list[int] = []
        while len(made) < 12 and (not made or made[-1] != chat.end_id):  # no cache, no batch
            with torch.no_grad():
                made.append(model(torch.tensor([ids + made])).logits[0, -1].argmax().item())
        replies = {client.text(messages=prompt, temperature=0, seed=seed) for seed in (None, 1, 2)}
        assert replies == {chat.text(made)}


def test_without_a_seed_answers_differ_and_low_top_p_narrows_them(client):
    free = {client.text(temperature=2.0) for _ in range(8)}
    assert len(free) > 4
    assert {client.text(temperature=2.0, top_p=0.0) for _ in range(4)} == {client.text(temperature=0)}


def test_sampling_inverts_the_distribution():
    logits = torch.tensor([2.0, 0.0, 1.0, -1.0])
    grid = [(index + 0.5) / 2000 for index in range(2000)]
    tokens = sample(logits.repeat(2000, 1), [0.7] * 2000, [1.0] * 2000, grid)
    shares = torch.bincount(tokens, minlength=4) / 2000
    assert torch.allclose(shares.double(), (logits.double() / 0.7).softmax(-1), atol=1e-3)


def test_nucleus_keeps_the_smallest_set_that_reaches_top_p():
    rows = torch.tensor([[0.1, 0.5, 0.15, 0.25]]).repeat(4, 1).double()
    kept = nucleus(rows, torch.tensor([[0.5], [0.6], [0.76], [0.0]]).double()) > 0
    assert kept.tolist() == [
        [False, True, False, False],
        [False, True, False, True],
        [False, True, True, True],
        [False, True, False, False],
    ]


def test_rows_that_end_early_leave_the_others_alone(base):
    chat, model = Chat.load(base), load_causal(str(base)).eval()
    asks = lambda: [Ask(chat.prompt_ids(p), 2 + i, seed=i) for i, p in enumerate(tiny.prompts()[:12])]  # noqa: E731
    together = generate(model, asks(), chat.end_id, chat.pad_id)
    alone = [generate(model, [ask], chat.end_id, chat.pad_id)[0] for ask in asks()]
    assert together == alone and {len(ids) for ids in together} != {2}
    assert all(len(ids) <= 2 + index for index, ids in enumerate(together))


def test_stop_length_and_usage(client):
    whole = client.chat(temperature=0)[1]
    text = whole['choices'][0]['message']['content']
    assert whole['choices'][0]['finish_reason'] == 'stop' and whole['model'] == 'base'
    words = text.split()
    assert len(words) >= 2 and whole['usage'] == {
        'prompt_tokens': 6,
        'completion_tokens': len(words) + 1,
        'total_tokens': len(words) + 7,
    }
    short = client.chat(temperature=0, max_tokens=1)[1]
    assert short['choices'][0] == {
        'index': 0,
        'message': {'role': 'assistant', 'content': words[0]},
        'finish_reason': 'length',
    }
    for stop in (words[1], ['moon moon', words[1]]):
        cut = client.chat(temperature=0, stop=stop)[1]
        assert (
            cut['choices'][0]['message']['content'].strip() == words[0] and cut['choices'][0]['finish_reason'] == 'stop'
        )
        assert cut['usage']['completion_tokens'] == 2


@pytest.mark.parametrize(
    ('fields', 'param', 'code'),
    [
        ({'max_tokens': ...}, 'max_tokens', 'missing_parameter'),
        ({'max_tokens': 0}, 'max_tokens', 'invalid_value'),
        ({'max_tokens': 100}, 'messages', 'context_length_exceeded'),
        ({'temperature': -1}, 'temperature', 'invalid_value'),
        ({'top_p': 1.5}, 'top_p', 'invalid_value'),
        ({'seed': 'x'}, 'seed', 'invalid_value'),
        ({'stop': ['']}, 'stop', 'invalid_value'),
        ({'messages': []}, 'messages', 'invalid_value'),
        ({'messages': [{'role': 'tool', 'content': 'x'}]}, 'messages[0].role', 'invalid_value'),
        ({'messages': [{'role': 'user', 'content': None}]}, 'messages[0].content', 'invalid_value'),
        ({'model': ...}, 'model', 'missing_parameter'),
        ({'n': 3}, 'n', 'unsupported_value'),
        ({'stream': True}, 'stream', 'unsupported_value'),
        ({'top_k': 5}, 'top_k', 'unknown_parameter'),
    ],
)
def test_a_bad_request_names_its_field(client, fields, param, code):
    status, reply = client.chat(**fields)
    assert (status, reply['error']['param'], reply['error']['code']) == (400, param, code), reply


def test_other_errors(client):
    assert (
        client.chat(model='nobody')[0] == 404 and client.chat(model='nobody')[1]['error']['code'] == 'model_not_found'
    )
    assert client.call('POST', '/v1/chat/completions', '{"model":')[1]['error']['code'] == 'invalid_json'
    assert client.call('POST', '/v1/chat/completions', '[]')[0] == 400
    assert client.call('GET', '/v2')[0] == 404
    assert client.call('GET', '/health') == (200, {'status': 'ok'})
    assert client.chat(user='me', n=1, stream=False, seed=None)[0] == 200


def test_a_name_means_one_folder_for_ever(client, base, reward_model, tmp_path):
    assert client.register('base', base)[0] == 200
    copy = tmp_path / 'copy'
    shutil.copytree(base, copy)
    status, reply = client.register('base', copy)
    assert status == 409 and 'a served name never changes' in reply['error']['message']
    assert client.register('base', base, '0' * 64)[0] == 409
    assert client.register('copy', copy, '0' * 64)[0] == 400
    assert client.register('none', tmp_path / 'nowhere', '0' * 64)[0] == 400
    assert client.call('POST', '/v1/models', {'id': 'x', 'path': str(base)})[0] == 400
    status, reply = client.register('scores', reward_model)
    assert status == 400 and 'generates no text' in reply['error']['message']

    (copy / 'manifest.json').unlink()  # a base of somebody else's has none: its files are hashed
    assert client.register('copy', copy)[0] == 200
    with open(copy / 'generation_config.json', 'a') as file:
        file.write(' ')
    status, reply = client.chat(model='copy')
    assert status >= 400 and 'not those that were named' in reply['error']['message']


def test_names_survive_a_restart(client, base, tmp_path):
    again = Client(tmp_path / 'registry.json')
    try:
        listed = again.call('GET', '/v1/models')[1]['data']
        assert [(model['id'], model['sha256']) for model in listed] == [('base', manifest.read_sha256(base))]
        assert again.text(temperature=0) == client.text(temperature=0)
        assert again.register('base', base, '0' * 64)[0] == 409
    finally:
        again.close()


def test_the_least_recently_used_model_leaves_memory(base, tmp_path):
    other = tiny.run(tiny.make_job(tmp_path / 'sft', 'sft', base))['output']
    client = Client(None, most=1)
    try:
        client.register('base', base)
        client.register('sft', Path(other))
        ask = {'temperature': 0, 'max_tokens': 8}
        answers = [
            client.text(model=name, **ask, messages=tiny.prompts()[2]) for name in ('base', 'sft', 'base', 'sft')
        ]
        assert answers[:2] == answers[2:]
        assert list(client.models._loaded) == ['sft']
    finally:
        client.close()


def test_as_a_process_it_says_its_port_and_ends_with_its_parent(tmp_path):
    command = [
        sys.executable,
        '-m',
        'flywheel_trainer.serve',
        '--registry',
        str(tmp_path / 'r.json'),
        '--stdin-lifeline',
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        ready = json.loads(process.stdout.readline())
        assert ready['ready'] is True
        connection = http.client.HTTPConnection('127.0.0.1', ready['port'], timeout=120)
        connection.request('GET', '/health')
        assert connection.getresponse().status == 200
        process.stdin.close()
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
