"""What a model folder holds, by sha256: `manifest.json`, and the one hash that stands for the whole folder."""

import functools
import hashlib
import json
import sys
from pathlib import Path

NAME = 'manifest.json'


@functools.lru_cache(maxsize=4096)
def _hash_unchanged(path: str, _bytes: int, _mtime_ns: int) -> str:
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def describe(folder: Path) -> dict:
    """`{files: {name: {bytes, sha256}}, sha256}` of a folder's files: no sub-folders, no dot files, no manifest.

    The folder's sha256 is that of the lines `<file sha256>  <name>\\n`, sorted by name: the text `sha256sum` prints.
    A file is read once while its size and time stay the same. Raises FileNotFoundError where the folder does not exist.
    """
    files: dict[str, dict] = {}
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.is_file() and path.name != NAME and not path.name.startswith('.'):
            stat = path.stat()
            digest = _hash_unchanged(str(path.resolve()), stat.st_size, stat.st_mtime_ns)
            files[path.name] = {'bytes': stat.st_size, 'sha256': digest}
    lines = ''.join(f'{entry["sha256"]}  {name}\n' for name, entry in files.items())
    return {'files': files, 'sha256': hashlib.sha256(lines.encode()).hexdigest()}


def write(folder: Path, **facts: object) -> dict:
    """Writes `folder/manifest.json` with `facts` (kind, job, base_sha256) beside the hashes, and returns it."""
    manifest = {**describe(folder), **{name: value for name, value in facts.items() if value is not None}}
    (folder / NAME).write_text(json.dumps(manifest, indent=1), encoding='utf-8')
    return manifest


def read_sha256(folder: Path) -> str | None:
    """The sha256 that the folder's manifest states, None where it has none."""
    return read_facts(folder).get('sha256')


def read_facts(folder: Path) -> dict:
    """What the folder's manifest states; empty where it has none."""
    try:
        facts = json.loads((folder / NAME).read_text(encoding='utf-8'))
    except (OSError, json.JSONDecodeError):
        return {}
    return facts if isinstance(facts, dict) else {}


def main(arguments: list[str]) -> int:
    """`python -m flywheel_trainer.manifest DIR`: prints the manifest, writes nothing."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print('usage: python -m flywheel_trainer.manifest DIR, where DIR is a folder', file=sys.stderr)
        return 2
    print(json.dumps(describe(Path(arguments[0])), indent=1))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
