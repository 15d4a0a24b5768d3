# Water levels in the basins of a canal: each gate lets through its opening times the fall. The gradient goes back in time.
import numpy as np


def run(levels, openings, wanted, dt=0.25):
    history = [levels]
    for _ in wanted:
        now = history[-1]
        through = openings * (now[:-1] - now[1:])
        after = now.copy()
        after[:-1] -= dt * through
        after[1:] += dt * through
        history.append(after)
    loss = 0.5 * sum(np.sum((h - w) ** 2) for h, w in zip(history[1:], wanted))

    d_openings = np.zeros_like(openings)
    d_level = np.zeros_like(levels)
    for t in reversed(range(len(wanted))):
        d_level = d_level + history[t + 1] - wanted[t]  #! d_level = d_level - history[t + 1] + wanted[t] #| d_level = history[t + 1] - wanted[t]
        d_through = dt * (d_level[1:] - d_level[:-1])  #! d_through = dt * (d_level[:-1] - d_level[1:])
        d_openings += d_through * (history[t][:-1] - history[t][1:])  #! d_openings = d_through * (history[t][:-1] - history[t][1:])  #= d_openings -= d_through * np.diff(history[t])
        earlier = d_level.copy()
        earlier[:-1] += openings * d_through  #! earlier[:-1] += d_through
        earlier[1:] -= openings * d_through  #! earlier[1:] -= d_through #| earlier[1:] += openings * d_through
        d_level = earlier
    return loss, (d_level, d_openings)


def example():
    rng = np.random.default_rng(77)
    return rng.normal(size=7), rng.uniform(0.2, 1.1, 6), rng.normal(size=(5, 7))
