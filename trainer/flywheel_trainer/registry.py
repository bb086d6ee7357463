"""The names that a server answers to. A name means one folder with one sha256, for ever."""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from flywheel_trainer import manifest
from flywheel_trainer.files import write_json
from flywheel_trainer.models import base_of


class Refused(Exception):
    """A registration that cannot be. `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Entry:
    """A served model: its name, its folder, and the sha256 of what must be in there (see `manifest.describe`)."""

    id: str
    path: str
    sha256: str


class Registry:
    """Names and folders, kept in a JSON file (where one is given) and safe to use from several threads."""

    def __init__(self, file: Path | None):
        self._file = file
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        if file is not None and file.exists():
            for raw in json.loads(file.read_text(encoding='utf-8'))['models']:
                self._entries[raw['id']] = Entry(**raw)

    def list(self) -> list[Entry]:
        return list(self._entries.values())

    def get(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def add(self, entry: Entry) -> None:
        """Registers a name. The same again changes nothing; anything else under a used name is Refused(409)."""
        known = self._entries.get(entry.id)
        if known is None:
            check_folder(entry)
        with self._lock:
            known = self._entries.get(entry.id)
            if known == entry:
                return
            if known is not None:
                raise Refused(
                    409, f'{entry.id} is {known.path} with {known.sha256}; a served name never changes: use a new one'
                )
            self._entries[entry.id] = entry
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_json(self._file, {'models': [asdict(item) for item in self._entries.values()]})


def check_folder(entry: Entry) -> None:
    """Refused(400) unless the folder holds a language model and exactly the files that the sha256 stands for."""
    folder = Path(entry.path)
    try:
        config = json.loads((Path(base_of(folder)) / 'config.json').read_text(encoding='utf-8'))
    except (OSError, ValueError):
        raise Refused(400, f'{folder} is no model folder: it has no readable config.json') from None
    architectures = config.get('architectures') or []
    if not any('CausalLM' in name or 'ConditionalGeneration' in name or 'LMHead' in name for name in architectures):
        raise Refused(400, f'{folder} holds {", ".join(architectures) or "no architecture"}, which generates no text')
    actual = manifest.describe(folder)['sha256']
    if actual != entry.sha256:
        raise Refused(400, f'{folder} has sha256 {actual}, not {entry.sha256}: the files are not those that were named')
