"""`python -m flywheel_trainer.serve`: a small OpenAI-compatible server for local model folders.

Routes: GET /health, GET /v1/models, POST /v1/models {id, path, sha256}, POST /v1/chat/completions. It has no
authentication, so it listens on the loopback unless told otherwise.
"""

import argparse
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch

from flywheel_trainer.completion import ApiError, complete
from flywheel_trainer.engine import Engine, Models
from flywheel_trainer.errors import JobError
from flywheel_trainer.registry import Entry, Refused, Registry

MAX_BODY = 16 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """A thread per connection; the engine's thread does the work."""

    request_queue_size = 1024
    daemon_threads = True

    def __init__(self, address: tuple[str, int], registry: Registry, models: Models):
        super().__init__(address, Handler)
        self.registry, self.models, self.engine = registry, models, Engine()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    server: Server

    def do_GET(self) -> None:
        self._answer({'/health': self._health, '/v1/models': self._list})

    def do_POST(self) -> None:
        self._answer({'/v1/models': self._register, '/v1/chat/completions': self._complete})

    def _answer(self, routes: dict) -> None:
        try:
            body = self._read()
            route = routes.get(self.path.partition('?')[0])
            if route is None:
                raise ApiError(404, 'not_found', f'{self.command} {self.path} is not a route of this server')
            self._send(200, route(body))
        except ApiError as error:
            self._send(error.status, error.body())
        except Refused as error:
            self._send(error.status, ApiError(error.status, 'model_refused', str(error)).body())
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the connection without a word
            message = error.message if isinstance(error, JobError) else f'{type(error).__name__}: {error}'
            self._send(500, ApiError(500, 'internal_error', message).body())

    def _read(self) -> bytes:
        length = self.headers.get('content-length', '0')
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True  # the body stays unread
            raise ApiError(400, 'invalid_length', f'content-length must be a number up to {MAX_BODY}')
        return self.rfile.read(int(length))

    def _health(self, _: bytes) -> dict:
        return {'status': 'ok'}

    def _list(self, _: bytes) -> dict:
        entries = self.server.registry.list()
        return {'object': 'list', 'data': [_shown(entry) for entry in entries]}

    def _register(self, body: bytes) -> dict:
        raw = _json(body)
        fields = ('id', 'path', 'sha256')
        if (
            not isinstance(raw, dict)
            or set(raw) != set(fields)
            or not all(isinstance(raw[name], str) and raw[name] for name in fields)
        ):
            raise ApiError(400, 'invalid_value', 'the body must be {"id", "path", "sha256"}, all of them text')
        entry = Entry(raw['id'], str(Path(raw['path']).resolve()), raw['sha256'])
        self.server.registry.add(entry)
        return _shown(entry)

    def _complete(self, body: bytes) -> dict:
        return complete(_json(body), self.server.registry, self.server.models, self.server.engine)

    def _send(self, status: int, value: dict) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """No line per request: there are hundreds a second."""


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise ApiError(400, 'invalid_json', f'the body is not JSON: {error}') from None


def _shown(entry: Entry) -> dict:
    return {
        'id': entry.id,
        'object': 'model',
        'created': 0,
        'owned_by': 'flywheel',
        'root': entry.path,
        'sha256': entry.sha256,
    }


def _watch_stdin() -> None:
    """Ends the process when its parent's end of the pipe closes, however the parent died."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='python -m flywheel_trainer.serve', description=__doc__)
    parser.add_argument('--host', default='127.0.0.1')
    parser.add_argument('--port', type=int, default=0, help='0 takes a free port; the first line on stdout names it')
    parser.add_argument('--registry', type=Path, help='file that keeps the registered names over restarts')
    parser.add_argument('--threads', type=int, default=1, help='threads of a matrix product')
    parser.add_argument('--loaded', type=int, default=4, help='most models in memory at once')
    parser.add_argument('--device', choices=['auto', 'cpu', 'cuda'], default='auto')
    parser.add_argument(
        '--dtype', choices=['float32', 'bfloat16', 'auto'], default='float32', help='auto: as the weights are stored'
    )
    parser.add_argument('--stdin-lifeline', action='store_true', help='exit when stdin closes')
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    device = options.device if options.device != 'auto' else 'cuda' if torch.cuda.is_available() else 'cpu'
    dtype = options.dtype if options.dtype == 'auto' else getattr(torch, options.dtype)
    try:
        server = Server(
            (options.host, options.port),
            Registry(options.registry),
            Models(options.loaded, torch.device(device), dtype),
        )
    except OSError as error:
        print(
            f'cannot listen on {options.host}:{options.port}: {error.strerror}; choose another --port', file=sys.stderr
        )
        return 1
    if options.stdin_lifeline:
        threading.Thread(target=_watch_stdin, daemon=True).start()
    print(json.dumps({'ready': True, 'port': server.port}), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
