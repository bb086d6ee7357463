"""Who runs a job folder: `lock.json` says who, a thread renews it, and `stop`, `claim` and SIGTERM end it in order.

Only the process that `lock.json` names may write into the folder; a further process of the same job only says there that its
memory ran out. A lock is live on its own host while a process with
that pid and start time exists, on another host while its file was touched within `FOREIGN_SECONDS`.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from flywheel_trainer.files import write_json

RENEW_SECONDS = 2.0
FOREIGN_SECONDS = 30.0


class HeldByAnother(Exception):
    """Another live process holds the folder; exit code 76."""


def start_time(pid: int) -> int | str | None:
    """When `pid` started, as its system tells it (Linux: clock ticks since boot); None where no such process lives."""
    try:
        stat = Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        if Path('/proc/self/stat').exists():
            return None
        shown = subprocess.run(['ps', '-o', 'lstart=', '-p', str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout.strip() or None
    # The command (field 2) stands in brackets and may hold spaces: count from the last bracket. Field 22 is the start.
    fields = stat.rpartition(')')[2].split()
    return None if fields[0] in 'ZX' else int(fields[19])


class Lease:
    """Holds a job folder. Use as a context manager in the main thread (it takes SIGTERM over while it is held)."""

    def __init__(self, folder: Path, grace_seconds: float = 120.0):
        self.folder = folder
        self.path = folder / 'lock.json'
        self.grace_seconds = grace_seconds
        self.owner = {'host': socket.gethostname(), 'pid': os.getpid(), 'start': start_time(os.getpid())}
        self._asked: str | None = None
        # A claim's age is counted from when we saw it renewed: a system's clock may be set meanwhile.
        self._claimed: int | None = None
        self._claim_seen = time.monotonic()
        self._ended = threading.Event()

    def __enter__(self) -> 'Lease':
        self._take()
        self._old_handler = signal.signal(signal.SIGTERM, self._on_sigterm)
        self._thread = threading.Thread(target=self._renew, name='lease', daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self._file)
        signal.signal(signal.SIGTERM, self._old_handler)
        if self._is_ours(self._read(self.path)):
            self.path.unlink(missing_ok=True)

    def stop_reason(self) -> str | None:
        """Why the job should write a checkpoint and end now; None while it should go on. Cheap: two `stat` calls."""
        if self._asked:
            return self._asked
        if (self.folder / 'stop').exists():
            return 'a file named stop is in the job folder'
        try:
            claimed = (self.folder / 'claim').stat().st_mtime_ns
        except OSError:
            return None
        if claimed != self._claimed:
            self._claimed, self._claim_seen = claimed, time.monotonic()
        idle = time.monotonic() - self._claim_seen
        return f'nobody renewed claim for {idle:.0f} s' if idle > self.grace_seconds else None

    def _on_sigterm(self, *_: object) -> None:
        self._asked = 'SIGTERM'

    def _take(self) -> None:
        fresh = self.path.with_name(f'lock.json.new-{os.getpid()}')
        write_json(fresh, self.owner)
        try:
            while True:
                try:
                    os.link(fresh, self.path)  # fails where a lock exists: creation and check are one step
                    self._file = os.open(fresh, os.O_RDONLY)
                    return
                except FileExistsError:
                    self._clear_dead()
        finally:
            fresh.unlink(missing_ok=True)

    def _clear_dead(self) -> None:
        held = self._read(self.path)
        if self._is_live(held, self.path):
            who = f'process {held.get("pid")} on {held.get("host")}'
            raise HeldByAnother(f'{self.folder} is being trained by {who}; wait for it or stop it there')
        aside = self.path.with_name(f'lock.json.dead-{os.getpid()}')
        try:
            os.rename(self.path, aside)
        except FileNotFoundError:
            return  # another starter cleared it; the next link decides
        if self._is_live(self._read(aside), aside):  # taken or renewed between our look and our rename: give it back
            with contextlib.suppress(FileExistsError):
                os.link(aside, self.path)
        aside.unlink()

    def _is_live(self, held: dict | None, file: Path) -> bool:
        if held is None:
            return False
        if held.get('host') == self.owner['host']:
            start = start_time(held['pid']) if isinstance(held.get('pid'), int) else None
            return start is not None and start == held.get('start')
        try:
            return time.time() - file.stat().st_mtime < FOREIGN_SECONDS
        except FileNotFoundError:
            return False

    def _is_ours(self, held: dict | None) -> bool:
        return held is not None and all(held.get(key) == value for key, value in self.owner.items())

    def _read(self, file: Path) -> dict | None:
        try:
            held = json.loads(file.read_text())
        except (OSError, json.JSONDecodeError):
            return None
        return held if isinstance(held, dict) else None

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_SECONDS):
            if not self._is_ours(self._read(self.path)):
                self._asked = 'the lock was taken over'
                return
            # By the open file, not by its name: who has taken the name since that look keeps it.
            with contextlib.suppress(OSError):
                os.utime(self._file)
