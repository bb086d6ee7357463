"""Loaded models and the thread that generates: requests that arrive within a few milliseconds share a batch."""

import queue
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

from flywheel_trainer.chat import Chat, Message
from flywheel_trainer.generation import Ask, generate
from flywheel_trainer.models import load_causal, positions
from flywheel_trainer.registry import Entry, check_folder

WINDOW_SECONDS = 0.01
MAX_BATCH = 64


@dataclass
class Loaded:
    """A model in memory. Tokenizers are not made for threads, hence the lock around them."""

    model: PreTrainedModel
    chat: Chat
    positions: int | None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def prompt_ids(self, messages: list[Message]) -> list[int]:
        with self.lock:
            return self.chat.prompt_ids(messages)

    def text(self, ids: list[int]) -> str:
        with self.lock:
            return self.chat.text(ids)


class Models:
    """At most `most` models in memory; the one that was used least recently leaves first."""

    def __init__(self, most: int, device: torch.device, dtype: torch.dtype):
        self._most, self._device, self._dtype = most, device, dtype
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def get(self, entry: Entry) -> Loaded:
        """The model of an entry, loaded on first use, after a check that its files are still those registered."""
        with self._lock:
            turn = self._loading.setdefault(entry.id, threading.Lock())
        with turn:
            with self._lock:
                if entry.id in self._loaded:
                    self._loaded.move_to_end(entry.id)
                    return self._loaded[entry.id]
            check_folder(entry)
            model = load_causal(entry.path, self._dtype).to(self._device).eval()
            fresh = Loaded(model, Chat.load(entry.path), positions(model))
            with self._lock:
                self._loaded[entry.id] = fresh
                while len(self._loaded) > self._most:
                    self._loaded.popitem(last=False)
            return fresh


class Engine:
    """One thread, one batch at a time."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[Loaded, Ask, Future]] = queue.Queue()
        threading.Thread(target=self._run, name='engine', daemon=True).start()

    def submit(self, loaded: Loaded, ask: Ask) -> 'Future[list[int]]':
        """The ids of the answer, when they are there."""
        future: Future = Future()
        self._queue.put((loaded, ask, future))
        return future

    def _run(self) -> None:
        while True:
            groups: dict[int, list[tuple[Loaded, Ask, Future]]] = {}
            for item in self._gather():
                groups.setdefault(id(item[0]), []).append(item)
            for group in groups.values():
                self._answer(group)

    def _gather(self) -> list[tuple[Loaded, Ask, Future]]:
        """The first request, and those that follow within the window."""
        batch = [self._queue.get()]
        end = time.monotonic() + WINDOW_SECONDS
        while len(batch) < MAX_BATCH:
            try:
                batch.append(self._queue.get(timeout=max(0.0, end - time.monotonic())))
            except queue.Empty:
                break
        return batch

    @staticmethod
    def _answer(group: list[tuple[Loaded, Ask, Future]]) -> None:
        loaded = group[0][0]
        try:
            answers = generate(loaded.model, [ask for _, ask, _ in group], loaded.chat.end_id, loaded.chat.pad_id)
        except Exception as error:  # noqa: BLE001 - the thread must live on; each request gets the error
            for _, _, future in group:
                future.set_exception(error)
            return
        for (_, _, future), answer in zip(group, answers, strict=True):
            future.set_result(answer)
