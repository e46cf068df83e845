"""Samples of every kind that matters to PromQL: resets, gaps, jitter, NaN, histograms that lose buckets."""

import random

import numpy as np

from opsconsole.demo.promql.series import NAME, Labels, make_labels

START = 1_700_000_000_000
"""First sample, ms."""
LENGTH = 40 * 60_000
SHOP_STARTED = START / 1000 + 3 * 3600
SHOP_FROM = round(SHOP_STARTED * 1000) - 20 * 60_000
"""Both servers hold the shop's samples from here on, ms."""
Samples = dict[Labels, tuple[list[int], list[float]]]

JOBS, INSTANCES, CODES, LES = ("api", "web"), ("a", "b", "c"), ("200", "500"), ("0.1", "0.5", "1", "+Inf")


def make_samples(seed: int = 1) -> Samples:
    """Labels → (times in ms, values). Gauges hold quarters, so that sums are exact whatever their order."""
    random_ = random.Random(seed)
    samples: Samples = {}

    def put(name: str, labels: dict[str, str], values: list[float], times: list[int]) -> None:
        samples[make_labels({NAME: name, **labels})] = (times, values)

    for job in JOBS:
        for instance in INSTANCES:
            base = {"job": job, "instance": instance}
            put("t_info", {**base, "version": f"1.{len(instance) + len(job)}"}, *_constant(random_, 1.0))
            put("t_single", {"instance": instance}, *_gauge(random_)) if job == "api" else None
            put("t_gauge", base, *_gauge(random_))
            for code in CODES:
                put("t_requests_total", {**base, "code": code}, *_counter(random_))
            times = _times(random_)
            counts = np.zeros(len(LES))
            columns: list[list[float]] = [[] for _ in LES]
            for _ in times:
                counts += np.cumsum([random_.randrange(5) for _ in LES])
                for column, count in zip(columns, counts.tolist(), strict=True):
                    column.append(count)
            for le, column in zip(LES, columns, strict=True):
                lost = len(times) // 2 if (instance, le) == ("c", "0.5") else len(times)
                put("t_latency_bucket", {**base, "le": le}, column[:lost], times[:lost])
    put("t_other", {"job": "api"}, *_gauge(random_))
    return samples


def _times(random_: random.Random) -> list[int]:
    interval = random_.choice((5_000, 15_000, 30_000))
    jitter = random_.choice((0, 0, 7, 900))
    gap = random_.randrange(START, START + LENGTH)
    first = START + random_.choice((0, 0, 3_000, 900_000)) + random_.randrange(1000)
    last = START + LENGTH - random_.choice((0, 0, 1_200_000))
    wide = random_.choice((0, 0, 240_000, 400_000))
    return [at + random_.randint(0, jitter) for at in range(first, last, interval) if not gap <= at <= gap + wide]


def _counter(random_: random.Random) -> tuple[list[float], list[int]]:
    times, value, values = _times(random_), float(random_.choice((0, 3, 100_000))), []
    for _ in times:
        value = 0.0 if random_.random() < 0.03 else value + random_.choice((0, 0, 1, 2, 7))
        values.append(value)
    return values, times


def _gauge(random_: random.Random) -> tuple[list[float], list[int]]:
    times = _times(random_)
    nan = random_.choice((0.0, 0.0, 0.1))
    return [float("nan") if random_.random() < nan else random_.randint(-400, 400) / 4 for _ in times], times


def _constant(random_: random.Random, value: float) -> tuple[list[float], list[int]]:
    times = _times(random_)
    return [value] * len(times), times
