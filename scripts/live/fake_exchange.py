"""A local exchange that speaks Binance's public market data and can misbehave, to try a client of klines on.

    python fake_exchange.py --port 9001 --intervals 1m,5m --minute-seconds 0.2 --truth truth.jsonl --drop-every 7 --late 0.05

It serves ws://127.0.0.1:PORT/stream?streams=btcusdt@kline_1m/ethusdt@kline_5m (combined envelopes, strings for prices, forming
klines with x:false, closed ones with x:true) and http://127.0.0.1:PORT/api/v3/klines (the last row may be unclosed) and
/api/v3/time. Both show one market that depends on --seed only; its clock runs fast. The faults, too, depend on the seed only,
except those of the connection. What really happened goes to --truth: one JSON line for each closed bar, past ones first.
Binds to 127.0.0.1 only. The first line on standard output names the port; SIGTERM or SIGINT ends it.
"""

import argparse
import asyncio
import bisect
import json
import math
import random
import signal
import time
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import broadcast, serve
from websockets.datastructures import Headers
from websockets.http11 import Response

MINUTE = 60_000
TICKS = 4  # trades that make up a minute
INTERVALS = {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480, "12h": 720, "1d": 1440}


class Market:
    """One symbol's trades. Prices are whole cents and volumes whole 1/100000, so that sums are exact."""

    def __init__(self, symbol, seed):
        self.random = random.Random(f"{seed}/market/{symbol}")
        self.log_price = math.log(self.random.uniform(20.0, 80_000.0))
        self.wild = False

    def tick(self):
        """The next trades as a bar: open, high, low, close, volume, quote volume, trades, taker volume, taker quote volume."""
        if self.random.random() < 0.002:
            self.wild = not self.wild
        self.log_price += self.random.gauss(0.0, 0.0016 if self.wild else 0.0004)
        price = max(1, round(math.exp(self.log_price) * 100))
        volume = 1 + int(self.random.expovariate(1.0) * (900_000 if self.wild else 300_000))
        taker = int(volume * self.random.random())
        return (price, price, price, price, volume, price * volume, 1 + int(self.random.expovariate(0.1)), taker, price * taker)


def merged(a, b):
    return (a[0], max(a[1], b[1]), min(a[2], b[2]), b[3], *(x + y for x, y in zip(a[4:], b[4:])))


class Series:
    """The bars of one symbol and interval: the closed ones, and the one that is forming."""

    def __init__(self, symbol, interval):
        self.symbol, self.interval = symbol, interval
        self.length = INTERVALS[interval] * MINUTE
        self.stream = f"{symbol.lower()}@kline_{interval}"
        self.opens, self.bars, self.forming = [], [], None

    def add(self, start, now, tick):
        """Takes the trades between two times; gives (open time, bar, closed), or None before the first whole bar."""
        open_time = start - start % self.length
        if self.forming is None and start != open_time:
            return None
        self.forming = tick if self.forming is None else merged(self.forming, tick)
        bar, closed = self.forming, now == open_time + self.length
        if closed:
            self.opens.append(open_time)
            self.bars.append(bar)
            self.forming = None
        return open_time, bar, closed

    def rows(self, first, last, limit):
        """REST rows that open within [first, last]: the oldest ones when `first` is given, else the newest."""
        opens, bars = self.opens, self.bars
        begin = 0 if first is None else bisect.bisect_left(opens, first)
        end = len(opens) if last is None else bisect.bisect_right(opens, last)
        found = list(zip(opens[begin:end], bars[begin:end]))
        if self.forming is not None and opens:
            open_time = opens[-1] + self.length
            if (first is None or first <= open_time) and (last is None or open_time <= last):
                found.append((open_time, self.forming))
        found = found[:limit] if first is not None else found[-limit:]
        return [self.row(t, b) for t, b in found]

    def row(self, t, b):
        prices = [money(p) for p in b[:4]]
        return [t, *prices, amount(b[4]), t + self.length - 1, quote(b[5]), b[6], amount(b[7]), quote(b[8]), "0"]

    def message(self, now, t, b, closed):
        o, h, l, c = (money(p) for p in b[:4])
        kline = {"t": t, "T": t + self.length - 1, "s": self.symbol, "i": self.interval, "f": t // 1000, "L": t // 1000 + b[6] - 1, "o": o, "c": c,
                 "h": h, "l": l, "v": amount(b[4]), "n": b[6], "x": closed, "q": quote(b[5]), "V": amount(b[7]), "Q": quote(b[8]), "B": "0"}
        return {"stream": self.stream, "data": {"e": "kline", "E": now, "s": self.symbol, "k": kline}}

    def truth(self, t, b, faults):
        return {"symbol": self.symbol, "interval": self.interval, "open_time": t, "close_time": t + self.length, "open": b[0] / 100, "high": b[1] / 100,
                "low": b[2] / 100, "close": b[3] / 100, "volume": float(amount(b[4])), "quote_volume": float(quote(b[5])), "trades": b[6],
                "taker_buy_volume": float(amount(b[7])), "taker_buy_quote_volume": float(quote(b[8])), "faults": faults}


def decimal(value, digits):
    whole, part = divmod(value, 10**digits)
    return f"{whole}.{part:0{digits}d}".ljust(len(str(whole)) + 9, "0")


def money(cents):
    return decimal(cents, 2)


def amount(units):
    return decimal(units, 5)


def quote(units):
    return decimal(units, 7)


class Exchange:
    def __init__(self, args):
        self.args = args
        self.began = time.monotonic()
        self.markets = {symbol: Market(symbol, args.seed) for symbol in args.symbols}
        self.series = {(s, i): Series(s, i) for s in args.symbols for i in args.intervals}
        self.now = args.start - args.history * MINUTE
        self.tick = 0
        self.connections = {}  # connection -> (streams, time it came)
        self.held = []  # (tick it is due at, message)
        self.truth = open(args.truth, "w", encoding="utf-8") if args.truth else None
        for _ in range(args.history * TICKS):
            self.step(live=False)

    def struck(self, fault, series, t):
        """Whether a fault hits a bar: the same in every run with the same seed."""
        share = getattr(self.args, fault)
        return share > 0 and random.Random(f"{self.args.seed}/{fault}/{series.stream}/{t}").random() < share

    def step(self, live=True):
        """Lets a quarter of a minute pass."""
        start, self.now = self.now, self.now + MINUTE // TICKS
        self.tick += 1
        sent = []
        ticks = {symbol: market.tick() for symbol, market in self.markets.items()}
        for series in self.series.values():
            added = series.add(start, self.now, ticks[series.symbol])
            if added is None:
                continue
            t, bar, closed = added
            faults = []
            if closed and live:
                faults = [f for f in ("skip", "revise", "duplicate", "late", "reorder") if self.struck(f, series, t)]
                faults = faults[:1] if faults[:1] == ["skip"] else faults
                sent += self.closed(series, t, bar, faults)
            elif live:
                sent.append(series.message(self.now, t, bar, False))
            if closed and self.truth:
                self.truth.write(json.dumps(series.truth(t, bar, faults)) + "\n")
                self.truth.flush()
            if live and self.struck("garbage", series, start):
                sent.append(garbage(random.Random(f"{self.args.seed}/{start}/{series.stream}"), series, series.message(self.now, t, bar, True)))
        sent += [message for due, message in self.held if due <= self.tick]
        self.held = [(due, message) for due, message in self.held if due > self.tick]
        return sent

    def closed(self, series, t, bar, faults):
        """The messages that tell of a closed bar now; those that come later are held."""
        if "skip" in faults:
            return []
        true = series.message(self.now, t, bar, True)
        messages = [true] * (2 if "duplicate" in faults else 1)
        span = INTERVALS[series.interval] * TICKS
        delay = 3 * span if "late" in faults else span if "reorder" in faults else 0
        if "revise" in faults:
            wrong = (bar[0], bar[1] + bar[1] // 500, bar[2], bar[3], bar[4] // 2 + 1, *bar[5:7], bar[7] // 2, bar[8])
            messages = [series.message(self.now, t, wrong, True)]
            self.held.append((self.tick + delay + 2, true))
        if delay:
            self.held += [(self.tick + delay, message) for message in messages]
            return []
        return messages

    async def run(self):
        """Sends the market's course until --minutes have passed; then it stands still and REST goes on."""
        ticks = self.args.minutes * TICKS if self.args.minutes else math.inf
        done = 0
        begin = time.monotonic()
        while done < ticks:
            done += 1
            await asyncio.sleep(max(0.0, begin + done * self.args.minute_seconds / TICKS - time.monotonic()))
            for message in self.step():
                stream = message.get("stream") if isinstance(message, dict) else None
                data = json.dumps(message, separators=(",", ":")) if isinstance(message, dict) else message
                hearing = [c for c, (streams, came) in self.connections.items()
                           if (stream is None or stream in streams) and time.monotonic() - came < self.args.silent_after]
                broadcast(hearing, data)

    async def connection(self, connection):
        """One client: it hears its streams, and is cut off without a goodbye after --drop-every seconds."""
        streams = parse_qs(urlsplit(connection.request.path).query).get("streams", [""])[0].split("/")
        self.connections[connection] = (set(streams), time.monotonic())
        try:
            if math.isfinite(self.args.drop_every):
                try:
                    await asyncio.wait_for(connection.wait_closed(), self.args.drop_every)
                except TimeoutError:
                    connection.transport.abort()
            await connection.wait_closed()
        finally:
            del self.connections[connection]

    def answer(self, connection, request):
        """REST; None lets a WebSocket through."""
        url = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path == "/stream":
            return None
        if time.monotonic() - self.began < self.args.rest_down:
            return reply(HTTPStatus.SERVICE_UNAVAILABLE, {"code": -1000, "msg": "An unknown error occurred while processing the request."})
        if url.path == "/api/v3/time":
            return reply(HTTPStatus.OK, {"serverTime": self.now})
        if url.path != "/api/v3/klines":
            return reply(HTTPStatus.NOT_FOUND, {"code": -1, "msg": "no such path"})
        if query.get("symbol") not in self.markets:
            return reply(HTTPStatus.BAD_REQUEST, {"code": -1121, "msg": "Invalid symbol."})
        if query.get("interval") not in self.args.intervals:
            return reply(HTTPStatus.BAD_REQUEST, {"code": -1120, "msg": "Invalid interval."})
        try:
            first, last = (int(query[key]) if key in query else None for key in ("startTime", "endTime"))
            limit = min(int(query.get("limit", 500)), 1000)
        except ValueError:
            return reply(HTTPStatus.BAD_REQUEST, {"code": -1100, "msg": "Illegal characters found in a parameter."})
        rows = self.series[query["symbol"], query["interval"]].rows(first, last, max(1, limit))
        if self.args.rest_closed_only:
            rows = [row for row in rows if row[6] < self.now]
        return reply(HTTPStatus.OK, rows)


def reply(status, value):
    body = json.dumps(value, separators=(",", ":")).encode()
    headers = Headers({"Content-Type": "application/json;charset=UTF-8", "Content-Length": str(len(body)), "X-MBX-USED-WEIGHT-1M": "2", "Connection": "close"})
    return Response(status.value, status.phrase, headers, body)


def garbage(rng, series, message):
    """Something that no client may take for a bar: broken text, or a closed kline that cannot be."""
    text = json.dumps(message)
    kline = message["data"]["k"]
    kinds = ["hello {", text[: len(text) // 2], b"\x00\xff\xfe", "[" * 20_000, json.dumps({"result": None, "id": 1}), "",
             {"stream": series.stream, "data": {"e": "kline", "E": 0}}, {"stream": series.stream, "data": {"e": "trade", "p": "1.0"}},
             {"c": "NaN"}, {"o": "-1.00000000"}, {"h": kline["l"], "l": kline["h"], "o": "1.00000000"}, {"v": "1e999"}, {"t": kline["t"] + 1},
             {"t": kline["t"] + 365 * 86_400_000, "T": kline["T"] + 365 * 86_400_000}, {"s": "NOSUCH"}, {"c": None}, {"c": [1]}, {"x": "yes"}]
    kind = rng.choice(kinds)
    if isinstance(kind, dict) and "stream" not in kind:
        kline.update(kind)
        return message
    return kind


async def main(args):
    exchange = Exchange(args)
    stop = asyncio.get_running_loop().create_future()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: stop.done() or stop.set_result(None))
    async with serve(exchange.connection, "127.0.0.1", args.port, process_request=exchange.answer, compression=None, ping_interval=20) as server:
        print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        market = asyncio.create_task(exchange.run())
        market.add_done_callback(lambda task: task.cancelled() or not task.exception() or stop.done() or stop.set_exception(task.exception()))
        await stop
        market.cancel()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--symbols", type=lambda s: s.upper().split(","), default=["BTCUSDT", "ETHUSDT"])
    parser.add_argument("--intervals", type=lambda s: s.split(","), default=["1m"], help=", ".join(INTERVALS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=1_767_225_600_000, help="the market's time at the beginning, epoch milliseconds, a whole minute")
    parser.add_argument("--history", type=int, default=5000, help="minutes that are already past at the beginning")
    parser.add_argument("--minute-seconds", type=float, default=0.2, help="how long a minute of the market takes")
    parser.add_argument("--minutes", type=int, default=0, help="the market stands still after so many; 0: never")
    parser.add_argument("--truth", help="file for the bars that closed")
    parser.add_argument("--rest-closed-only", action="store_true", help="leave the unclosed bar out of REST (for clients that tell it by their own clock)")
    for name, text in [("duplicate", "is sent twice"), ("reorder", "is sent after the next one"), ("skip", "is never sent"), ("late", "is sent three bars late"),
                       ("revise", "is first sent with other values"), ("garbage", "comes with nonsense (share of all messages)")]:
        parser.add_argument(f"--{name}", type=float, default=0.0, metavar="P", help=f"share of closed bars whose message {text}")
    parser.add_argument("--drop-every", type=float, default=math.inf, metavar="SECONDS", help="every connection is cut after so long")
    parser.add_argument("--silent-after", type=float, default=math.inf, metavar="SECONDS", help="every connection stays open but hears nothing more after so long")
    parser.add_argument("--rest-down", type=float, nargs="?", const=math.inf, default=0.0, metavar="SECONDS", help="REST answers 503 (for so long; else for ever)")
    args = parser.parse_args()
    if args.start % MINUTE or not set(args.intervals) <= set(INTERVALS):
        parser.error("--start must be a whole minute and --intervals ones that the exchange has")
    return args


if __name__ == "__main__":
    asyncio.run(main(arguments()))
