"""Sends POST /v1/predict at a steady rate, however long the answers take, and prints latency percentiles.

    python predict_rate.py http://127.0.0.1:8080 BTCUSDT --rate 500 --seconds 10 [--connections 64] [--token TOKEN]

The bars are made up: as many as the model needs, of its timeframe, in 16 variants so that no cache can answer. A latency counts
from the moment the request was due, so that a server that stalls is charged for all that had to wait. Exits with 1 when an answer
is not 200. --print-bodies only prints the variants, one a line.
"""

import argparse
import http.client
import json
import math
import random
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("base_url")
parser.add_argument("symbol")
parser.add_argument("--rate", type=float, default=500.0)
parser.add_argument("--seconds", type=float, default=10.0)
parser.add_argument("--connections", type=int, default=64)
parser.add_argument("--token")
parser.add_argument("--print-bodies", action="store_true")
args = parser.parse_args()
ADDRESS = urlsplit(args.base_url)
HEADERS = {"Content-Type": "application/json", **({"Authorization": f"Bearer {args.token}"} if args.token else {})}


def connect():
    return http.client.HTTPConnection(ADDRESS.hostname, ADDRESS.port, timeout=30)


def model():
    connection = connect()
    connection.request("GET", "/v1/status", headers=HEADERS)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        sys.exit(f"GET /v1/status answers {answer.status}: {text[:200]!r}")
    return json.loads(text)["model"]


def body(timeframe, count, seed):
    step = int(timeframe[:-1]) * {"m": 60_000, "h": 3_600_000, "d": 86_400_000}[timeframe[-1]]
    first = 1_767_225_600_000 // step * step
    rng = random.Random(seed)
    price, bars = 30_000.0, []
    for i in range(count):
        opened, price = price, price * math.exp(rng.gauss(0.0, 0.001))
        volume = rng.expovariate(0.1)
        bars.append({"open_time": first + i * step, "open": opened, "high": max(opened, price) * 1.0002, "low": min(opened, price) * 0.9998, "close": price,
                     "volume": volume, "quote_volume": volume * (opened + price) / 2, "trades": 1 + int(volume * 10), "taker_buy_volume": volume * rng.random()})
    return json.dumps({"symbol": args.symbol, "bars": bars}).encode()


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] * 1e3


def work(tickets, begin, bodies, results):
    """One connection: takes the next request that is due, sends it, and notes (status, latency since due, latency since sent)."""
    connection = connect()
    for ticket in tickets:
        due = begin + ticket / args.rate
        time.sleep(max(0.0, due - time.perf_counter()))
        sent = time.perf_counter()
        try:
            connection.request("POST", "/v1/predict", bodies[ticket % len(bodies)], HEADERS)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
            connection.close()
        end = time.perf_counter()
        results.append((status, end - due, end - sent))


needs = model()
bodies = [body(needs["timeframe"], needs["required_bars"] + 1, seed) for seed in range(16)]
if args.print_bodies:
    sys.stdout.buffer.write(b"\n".join(bodies) + b"\n")
    sys.exit()
sys.setswitchinterval(0.0005)
tickets = iter(list(range(int(args.rate * args.seconds))))  # next() of a list's iterator is atomic
results = []
begin = time.perf_counter() + 0.2
threads = [threading.Thread(target=work, args=(tickets, begin, bodies, results)) for _ in range(args.connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
took = time.perf_counter() - begin
statuses = Counter(str(status) for status, *_ in results)
print(f"predict: {len(results)} requests of {len(bodies[0]) >> 10} KB in {took:.1f} s = {len(results) / took:.0f}/s (asked {args.rate:.0f}/s), answers {dict(statuses)}")
for index, name in ((1, "since due "), (2, "since sent")):
    values = sorted(result[index] for result in results)
    print("  latency {}  p50 {:.2f} ms  p90 {:.2f} ms  p99 {:.2f} ms  max {:.2f} ms".format(name, *(percentile(values, q) for q in (0.5, 0.9, 0.99, 1.0))))
sys.exit(0 if set(statuses) == {"200"} else 1)
