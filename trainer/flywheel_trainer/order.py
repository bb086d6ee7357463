"""Which rows a step trains on, as a pure function of (seed, step), so that a resumed job needs no state for it."""

import functools
import random


@functools.lru_cache(maxsize=4)
def _permutation(rows: int, seed: int, epoch: int) -> list[int]:
    order = list(range(rows))
    random.Random(f'{seed}:{epoch}').shuffle(order)
    return order


def batch_indices(rows: int, batch: int, step: int, seed: int) -> list[int]:
    """Indices of step `step` (from 0): `batch` places in an endless row of permutations of `rows`, one per epoch."""
    places = range(step * batch, (step + 1) * batch)
    return [_permutation(rows, seed, place // rows)[place % rows] for place in places]


def derived_seed(*parts: object) -> int:
    """A 63-bit seed from its parts, the same on every machine."""
    return random.Random(':'.join(map(str, parts))).getrandbits(63)
