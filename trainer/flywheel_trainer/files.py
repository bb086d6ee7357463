"""Files that are either whole or absent: written under a temporary name, fsynced, renamed."""

import json
import os
import shutil
from pathlib import Path


def sync(path: Path) -> None:
    """Flushes a file's data, or a folder's entries, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: object) -> None:
    """Writes `value` as JSON so that a reader sees the old file or the new one, never a part."""
    temporary = path.with_name(f'{path.name}.tmp-{os.getpid()}')
    with open(temporary, 'w', encoding='utf-8') as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync(path.parent)


def publish_folder(temporary: Path, final: Path) -> None:
    """Renames a finished folder to its final name; a folder that has the name already is replaced as a whole."""
    for file in temporary.rglob('*'):
        if file.is_file():
            sync(file)
    sync(temporary)
    if final.exists():
        old = final.with_name(f'{final.name}.old-{os.getpid()}')
        os.rename(final, old)
        os.rename(temporary, final)
        shutil.rmtree(old)
    else:
        os.rename(temporary, final)
    sync(final.parent)
