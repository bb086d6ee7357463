"""`near-duplicates-peers.py PEER FILE OUT`: the same work by a peer, characters 5-grams, 128 permutations, 32 bands of 4, candidates verified.

A row is dropped when an earlier kept one is at least 0.4 similar, as ours does it. Prints costs; writes keepers as int32.
"""

import array
import json
import resource
import sys
import time


def shingles(text):
    return {text[at : at + 5] for at in range(max(1, len(text) - 4))}


def main(peer, file, out):
    began = time.perf_counter()
    kept, keepers = {}, array.array("i")
    if peer == "rensa":
        from rensa import RMinHash, RMinHashLSH

        index = RMinHashLSH(threshold=0.4, num_perm=128, num_bands=32)
    else:
        from datasketch import MinHash, MinHashLSH

        index = MinHashLSH(num_perm=128, params=(32, 4))
    with open(file, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            own = shingles(" ".join(json.loads(line)["prompt"].lower().split()))
            if peer == "rensa":
                sketch = RMinHash(num_perm=128, seed=1)
                sketch.update(list(own))
            else:
                sketch = MinHash(num_perm=128)
                sketch.update_batch([one.encode() for one in own])
            keeper = number
            for candidate in sorted(index.query(sketch)):
                other = kept[candidate]
                common = len(own & other)
                if common >= 0.4 * (len(own) + len(other) - common):
                    keeper = candidate
                    break
            keepers.append(keeper)
            if keeper == number:
                kept[number] = own
                index.insert(number, sketch)
    seconds = time.perf_counter() - began
    with open(out, "wb") as target:
        keepers.tofile(target)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpuSeconds": usage.ru_utime + usage.ru_stime, "peakMb": usage.ru_maxrss / 1024, "seconds": seconds}))


main(*sys.argv[1:])
