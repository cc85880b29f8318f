#!/usr/bin/env python3
"""Makes the traces of simulation.md that the policy was not made with: make-traces.py azure-conversation.json DIR

Arrivals, popularity and lengths are those of the trace that is given, or drawn as each trace's name says.
"""
import json
import random
import sys

source, folder = sys.argv[1:]
functions = json.load(open(source))
lengths = [pair for f in functions for pair in zip(f["input"], f["output"])]


def write(name, trace):
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump(trace, file)


def drawn(rng, quantiles):
    """A number of tokens, by straight lines between quantiles."""
    u = rng.random()
    for (a, x), (b, y) in zip(quantiles, quantiles[1:]):
        if u <= b:
            return max(1, int(x + (y - x) * (u - a) / (b - a)))
    return quantiles[-1][1]


def sharegpt():
    prompt = [(0, 8), (0.2, 300), (0.35, 900), (0.5, 1276), (0.75, 1500), (0.95, 1898), (0.995, 2600), (1, 3858)]
    output = [(0, 2), (0.1, 60), (0.25, 170), (0.5, 308), (0.75, 460), (0.95, 766), (0.99, 1000), (1, 1669)]
    rng = random.Random(7)
    for f in functions:
        n = len(f["timestamps"])
        yield dict(
            f,
            input=[drawn(rng, prompt) for _ in range(n)],
            output=[drawn(rng, output) for _ in range(n)],
        )


def made(counts, minutes, rng, burst):
    """Functions with so many requests each; a minute's rate is gamma distributed with this variance, 0: even."""
    trace = []
    for k, count in enumerate(counts):
        weights = [rng.gammavariate(1 / burst, burst) if burst else 1 for _ in range(minutes)]
        seconds = sorted((rng.choices(range(minutes), weights)[0] + rng.random()) * 60 for _ in range(count))
        pairs = [rng.choice(lengths) for _ in seconds]
        trace.append(
            {
                "HashFunction": str(k),
                "total_cnt": count,
                "timestamps": seconds,
                "input": [a for a, _ in pairs],
                "output": [b for _, b in pairs],
            }
        )
    return trace


def shared_out(requests, weights):
    return [max(1, round(requests * w / sum(weights))) for w in weights]


write("sharegpt", list(sharegpt()))
popular = sorted((f["total_cnt"] for f in functions), reverse=True)
write("f100", made(shared_out(9625, [popular[int(k * 1.28)] for k in range(100)]), 30, random.Random(8), 0))
write("zipf100", made(shared_out(9625, [1 / (k + 1) for k in range(100)]), 30, random.Random(9), 0.3))
for requests in (300, 599, 1199, 2401):
    for name, exponent in (("zipf", 1), ("even", 0)):
        weights = [1 / (k + 1) ** exponent for k in range(64)]
        write(f"burst-{name}-{requests}", made(shared_out(requests, weights), 10, random.Random(requests), 2.0))
