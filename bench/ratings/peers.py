"""One measured process: python peers.py PEER FILE ROUNDS. Prints the peer's ratings (points, mean 0) and its costs as JSON.

choix has no intervals: the multinomial bootstrap around its fit is ours, in numpy, on its own win matrix.
"""
import json
import resource
import sys

import numpy as np
import pandas as pd

POINTS = 400 / np.log(10)


def choix_peer(frame, rounds):
    import choix

    index, names = pd.factorize(pd.concat([frame.model_a, frame.model_b]), sort=True)
    size, n = len(frame), len(names)
    a, b = index[:size], index[size:]
    score = np.where(frame.winner == 'model_a', 1.0, np.where(frame.winner == 'tie', 0.5, 0.0))
    wins = np.bincount(a * n + b, score, n * n).reshape(n, n) + np.bincount(b * n + a, 1 - score, n * n).reshape(n, n)
    fit = choix.ilsr_pairwise_dense(wins)
    if rounds:
        rng = np.random.default_rng(0)
        kinds = np.bincount((a * n + b) * 3 + (2 * score).astype(int), minlength=3 * n * n) / size
        draws = []
        for _ in range(rounds):
            drawn = rng.multinomial(size, kinds).reshape(n, n, 3).astype(float)
            draws.append(choix.ilsr_pairwise_dense(
                drawn[:, :, 2] + 0.5 * drawn[:, :, 1] + drawn[:, :, 0].T + 0.5 * drawn[:, :, 1].T))
        np.quantile(draws, [0.025, 0.975], axis=0)
    return dict(zip(names, fit * POINTS))


def evalica_peer(frame, rounds):
    import evalica

    winner = evalica.Winner
    winners = frame.winner.map({'model_a': winner.X, 'model_b': winner.Y, 'tie': winner.Draw}).tolist()
    xs, ys = frame.model_a.tolist(), frame.model_b.tolist()
    fit = evalica.bradley_terry(xs, ys, winners)
    if rounds:
        evalica.bootstrap(evalica.bradley_terry, xs, ys, winners, n_resamples=rounds, bootstrap_method='percentile',
                          random_state=1)
    return (np.log(fit.scores) * POINTS).to_dict()


def arena_rank_peer(frame, rounds):
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    data = PairDataset.from_pandas(frame)
    model = BradleyTerry(len(data.competitors))
    # Its quick way to intervals; its bootstrap compiles anew in each round.
    rated = model.compute_ratings_and_cis(data, ci_method='sandwich')
    return dict(zip(rated['competitors'], np.asarray(rated['ratings'], dtype=float)))


PEERS = {'choix': choix_peer, 'evalica': evalica_peer, 'arena-rank': arena_rank_peer}


def main():
    peer, file, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    frame = pd.read_csv(file, usecols=['model_a', 'model_b', 'winner'])
    ratings = PEERS[peer](frame, rounds)
    mean = sum(ratings.values()) / len(ratings)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        'ratings': {name: float(value - mean) for name, value in ratings.items()},
        'cpuSeconds': usage.ru_utime + usage.ru_stime,
        'peakMb': usage.ru_maxrss / 1024,
    }))


main()
