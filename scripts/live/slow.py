"""Abuses a running predictor and checks that it lives on: /livez must answer quickly during and after each abuse.

    python slow.py http://127.0.0.1:8080 [--token TOKEN] [--pid PID]

Slow headers, a body of 1 GB, gzip bombs, 10,000 idle connections, wrong tokens, paths that climb, nonsense instead of HTTP. The
server's memory is read from /proc/PID when --pid is given, else from /v1/status. Run it on the server's machine; both sides need
room for 10,000 open files. Prints one line for each check; exits with 1 when one has failed.
"""

import argparse
import http.client
import json
import resource
import select
import socket
import sys
import threading
import time
import zlib
from collections import Counter
from urllib.parse import urlsplit

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("base_url")
parser.add_argument("--token")
parser.add_argument("--pid", type=int)
parser.add_argument("--connections", type=int, default=10_000, help="idle ones")
args = parser.parse_args()
ADDRESS = urlsplit(args.base_url)
BEARER = {"Authorization": f"Bearer {args.token}"} if args.token else {}
MB = 1 << 20
failures = 0


def need(condition, reason):
    if not condition:
        raise AssertionError(reason)


def connect(timeout=30.0):
    return socket.create_connection((ADDRESS.hostname, ADDRESS.port or 80), timeout=timeout)


def get(path, timeout=5.0, headers=None):
    """One request on a new connection: status, body, seconds."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection(ADDRESS.hostname, ADDRESS.port, timeout=timeout)
    try:
        connection.request("GET", path, headers={**BEARER, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), time.perf_counter() - began
    finally:
        connection.close()


def alive(limit=1.0):
    status, _, took = get("/livez")
    need(status == 200, f"/livez answers {status}")
    need(took < limit, f"/livez takes {took:.2f} s")
    return took


def memory(peak=False):
    """The server's memory now, or at most since `forget_peak` where /proc tells it."""
    if not args.pid:
        return json.loads(get("/v1/status")[1])["resources"]["memory_bytes"]
    with open(f"/proc/{args.pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM" if peak else "VmRSS"))


def forget_peak():
    if args.pid:
        with open(f"/proc/{args.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")


class Watch(threading.Thread):
    """Asks /livez and for the memory four times a second while something else goes on."""

    def __init__(self):
        super().__init__(daemon=True)
        self.slowest, self.error, self.ending = 0.0, None, threading.Event()
        forget_peak()
        self.before = self.most = memory()

    def __enter__(self):
        self.start()
        return self

    def run(self):
        while not self.ending.wait(0.25):
            try:
                self.slowest = max(self.slowest, alive())
                self.most = max(self.most, memory())
            except Exception as error:
                self.error = self.error or error

    def __exit__(self, kind, *_):
        self.ending.set()
        self.join()
        if kind is None:
            self.slowest = max(self.slowest, alive())
            self.most = max(self.most, memory(peak=True))
            need(self.error is None, f"meanwhile: {self.error!r}")
            need(self.most - self.before < 64 * MB, f"memory grew by {(self.most - self.before) // MB} MB")

    def remark(self):
        return f"/livez within {self.slowest * 1e3:.0f} ms, memory +{max(0, self.most - self.before) // MB} MB"


def check(name, action):
    global failures
    try:
        remark = action()
        alive(0.5)
        print(f"ok      {name} ({remark})", flush=True)
    except Exception as error:
        failures += 1
        print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:300]}", flush=True)


def head(path, *lines, method="POST"):
    all_lines = [f"{method} {path} HTTP/1.1", f"Host: {ADDRESS.netloc}", *lines, *(f"{key}: {value}" for key, value in BEARER.items())]
    return "\r\n".join([*all_lines, "", ""]).encode()


def status_of(stream, timeout):
    """The answer's status, or "closed" or "silent"."""
    stream.settimeout(timeout)
    try:
        line = stream.recv(4096)
        return int(line.split()[1]) if line.startswith(b"HTTP/") else "closed" if not line else f"odd answer {line[:40]!r}"
    except TimeoutError:
        return "silent"
    except OSError:
        return "closed"


# The abuses


def slow_headers():
    """200 connections that send one byte of a header each second, for 20 seconds."""
    streams = [connect() for _ in range(200)]
    text = head("/v1/models", "X-Filler: " + "a" * 1000, method="GET")
    gone = set()
    with Watch() as watch:
        for second in range(20):
            for stream in streams:
                try:
                    stream.send(text[second : second + 1])
                    if select.select([stream], [], [], 0)[0]:
                        gone.add(stream)
                except OSError:
                    gone.add(stream)
            time.sleep(1)
    for stream in streams:
        stream.close()
    return f"{len(gone)} of 200 were cut off within 20 s; {watch.remark()}"


def large_body(path, chunked):
    """A body of 1 GB must be refused, or its connection closed, long before it is all sent."""
    piece = b" " * MB
    sent = 0
    with Watch() as watch, connect() as stream:
        stream.sendall(head(path, "Content-Type: application/json", "Transfer-Encoding: chunked" if chunked else f"Content-Length: {1024 * MB}"))
        try:
            while sent < 1024 and not select.select([stream], [], [], 0.002)[0]:
                stream.sendall(b"%x\r\n%s\r\n" % (MB, piece) if chunked else piece)
                sent += 1
        except OSError:
            pass
        status = status_of(stream, 10)
    need(status in (413, 400, "closed") and sent < 512, f"{status} after {sent} MB")
    return f"{status} after {sent} MB; {watch.remark()}"


def bomb(blocks):
    """Gzip that inflates to 10 MB a block, 1000 times its size: the same spaces again and again (the checksum at the end is wrong)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, block = (packer.compress(b" " * (10 * MB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + block * (blocks - 1) + packer.flush(zlib.Z_FINISH)


def gzip_bomb(path, data):
    began = time.perf_counter()
    with Watch() as watch, connect() as stream:
        stream.sendall(head(path, "Content-Type: application/json", "Content-Encoding: gzip", f"Content-Length: {len(data)}"))
        try:
            stream.sendall(data)
        except OSError:
            pass
        status = status_of(stream, 60)
        took = time.perf_counter() - began
    need(status in (413, 415, 400, "closed"), f"{status}")
    need(took < 5, f"{status} after {took:.1f} s: it was inflated")
    return f"{len(data) / MB:.1f} MB: {status} after {took:.2f} s; {watch.remark()}"


def idle_connections():
    """Many connections that say nothing must not keep out one that does."""
    streams = []
    before = memory()
    try:
        for _ in range(args.connections):
            streams.append(connect(5))
        took = alive()
        status, _, second = get("/v1/models")
        need(status == 200 and second < 1, f"GET /v1/models: {status} after {second:.2f} s")
        closed = len(readable(streams))
        return f"{len(streams)} open, {closed} of them closed by the server; answers in {max(took, second) * 1e3:.0f} ms; memory +{max(0, memory() - before) // MB} MB"
    finally:
        for stream in streams:
            stream.close()


def readable(streams):
    poll = select.poll()
    for stream in streams:
        poll.register(stream, select.POLLIN)
    return poll.poll(0)


def wrong_tokens():
    """3000 requests with wrong tokens over 8 connections."""
    statuses = Counter()

    def flood(number):
        connection = http.client.HTTPConnection(ADDRESS.hostname, ADDRESS.port, timeout=10)
        for i in range(375):
            token = (args.token or "secret")[: i % 8] + f"{number}-{i}" + "x" * (i % 3 * 3000)
            try:
                connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                answer.read()
                statuses[answer.status] += 1
            except (OSError, http.client.HTTPException):
                statuses["closed"] += 1
                connection.close()

    with Watch() as watch:
        threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    allowed = {401, 429, "closed"} if args.token else {200, 429}
    need(set(statuses) <= allowed, f"answers {dict(statuses)}")
    need(get("/v1/models")[0] == 200, "the right token is refused afterwards")
    return f"answers {dict(statuses)}; {watch.remark()}"


CLIMBING = [
    "/../etc/passwd", "/../../../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/..%252f..%252fetc%252fpasswd", "/..\\..\\etc\\passwd",
    "/%5c..%5c..%5cetc%5cpasswd", "//etc/passwd", "/./../etc/passwd", "/dashboard.css/../../etc/passwd", "/dashboard.css%00.html", "/..;/etc/passwd", "/%c0%ae%c0%ae/etc/passwd",
    "/v2/models/..%2f..", "/v2/models/..%2f..%2f..%2fetc%2fpasswd", "/v2/models/../../etc/passwd", "/v2/models/%2e%2e%2f%2e%2e/ready", "/v2/models/x/versions/..%2f..%2f..%2fetc",
    "/v1/regime/..%2f..%2fetc%2fpasswd", "/v1/bars/%00", "/v1/signals/" + "A" * 50_000, "/v1/history?symbol=..%2f..%2fetc%2fpasswd%00", "/v1/history?symbol='%20OR%201=1--",
]


def climbing_paths():
    statuses = Counter()
    for path in CLIMBING:
        with connect(10) as stream:
            stream.sendall(head(path, "Connection: close", method="GET"))
            answer = b""
            try:
                while data := stream.recv(65536):
                    answer += data
            except OSError:
                pass
        status = int(answer.split()[1]) if answer else "closed"
        harmless = 200 if path.startswith("/v1/history") else 404  # a query for an unknown symbol may find nothing
        need(status in ("closed", harmless) or 400 <= status < 500, f"{path[:60]} answers {status}: {answer[-100:]!r}")
        need(b"root:" not in answer, f"{path[:60]} shows a file")
        statuses[status] += 1
    return f"{len(CLIMBING)} paths: {dict(statuses)}"


NONSENSE = {
    "random bytes": bytes(range(256)) * 8, "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), "a header of 10 MB": head("/livez", "X-Filler: " + "a" * 10 * MB, method="GET"),
    "100,000 headers": head("/livez", *(f"X-{i}: a" for i in range(100_000)), method="GET"), "no version": b"GET /livez\r\n\r\n",
    "a length that is none": head("/v1/predict", "Content-Length: -1"), "two lengths": head("/v1/predict", "Content-Length: 3", "Content-Length: 4") + b"{}  ",
    "a wrong chunk size": head("/v1/predict", "Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n", "an endless chunk size": head("/v1/predict", "Transfer-Encoding: chunked") + b"f" * 100_000,
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64),
}


def nonsense():
    found = {}
    for name, data in NONSENSE.items():
        with connect(10) as stream:
            try:
                stream.sendall(data)
                stream.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            found[name] = status_of(stream, 10)
        need(found[name] == "closed" or str(found[name]).startswith(("4", "odd")), f"{name}: {found[name]}")
        alive(0.5)
    return ", ".join(f"{name}: {status}" for name, status in found.items())


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < args.connections + 100:
        sys.exit(f"only {hard} files may be open here (ulimit -Hn); --connections may be less than {args.connections}")
    alive()
    model = json.loads(get("/v1/models")[1])["models"][0]["name"]
    paths = ("/v1/predict", f"/v2/models/{model}/infer", "/invocations")
    check("paths that climb", climbing_paths)
    check("nonsense", nonsense)
    check("wrong tokens", wrong_tokens)
    for path in paths:
        check(f"1 GB to {path}", lambda: large_body(path, False))
        check(f"1 GB in chunks to {path}", lambda: large_body(path, True))
    for blocks in (50, 1024):  # the large one may be refused for its own size already, the small one for what it becomes
        data = bomb(blocks)
        for path in paths:
            check(f"gzip bomb of {blocks * 10} MB to {path}", lambda: gzip_bomb(path, data))
    check("slow headers", slow_headers)
    check("idle connections", idle_connections)
    print(f"{failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
