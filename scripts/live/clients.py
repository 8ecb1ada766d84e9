"""Asks a running predictor by stock clients: tritonclient, KServe's REST client, and MLflow's way of calling /invocations.

    python clients.py http://127.0.0.1:8080 [--token TOKEN]

Every way of sending the same rows (binary, JSON, gzip, named columns) must give the same answer, bit for bit, and wrong input must
get a 4xx with the documented error. Prints one line for each check; exits with 1 when one has failed.
"""

import argparse
import asyncio
import gzip
import json
import math
import select
import socket
import sys
import time
from urllib.parse import quote, urlsplit

import numpy as np
import pandas as pd
import requests
import tritonclient.http as triton
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("base_url")
parser.add_argument("--token")
args = parser.parse_args()
BASE = args.base_url.rstrip("/")
ADDRESS = urlsplit(BASE)
BEARER = {"Authorization": f"Bearer {args.token}"} if args.token else {}
JSON = {"Content-Type": "application/json"}
failures = 0


def check(name, action):
    """Runs one check. It fails by any exception; what it returns is printed as a remark."""
    global failures
    try:
        remark = action()
        print(f"ok      {name}" + (f" ({remark})" if remark else ""))
    except Exception as error:
        failures += 1
        print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:400]}")


def need(condition, reason):
    if not condition:
        raise AssertionError(reason)


def call(method, path, data=None, headers=None, auth=True):
    """One request. Every answer must carry x-request-id."""
    answer = requests.request(method, BASE + path, data=data, headers={**(BEARER if auth else {}), **(headers or {})}, timeout=30)
    need(answer.headers.get("x-request-id"), f"{method} {path} answers {answer.status_code} without x-request-id")
    return answer


def get(path):
    answer = call("GET", path)
    need(answer.status_code == 200, f"GET {path} answers {answer.status_code}: {answer.text[:200]}")
    return answer.json()


def documented(path, status, content_type, body, wanted=None):
    """Demands a client error in the form that belongs to the path."""
    need(400 <= status < 500 if wanted is None else status in wanted, f"{status} instead of {wanted or '4xx'}: {body[:200]}")
    need((content_type or "").startswith("application/json"), f"{status} as {content_type}: {body[:200]}")
    error = json.loads(body)
    if path.startswith("/v2"):
        good = set(error) == {"error"} and isinstance(error["error"], str) and error["error"]
        need(content_type == "application/json", f"KServe's client reads no error sent as {content_type}")
    elif path.startswith("/invocations"):
        good = error.get("error_code", "").isupper() and error.get("message")
    else:
        good = {"code", "message", "request_id"} <= set(error["error"]) and all(error["error"].values())
    need(good, f"not the documented error: {body[:200]}")
    return f"{status}"


def refused(path, data=None, headers=None, wanted=None, method="POST", auth=True):
    answer = call(method, path, data, {**(JSON if data is not None else {}), **(headers or {})}, auth)
    return documented(path, answer.status_code, answer.headers.get("content-type"), answer.text, wanted)


def too_large(path):
    """Sends a body of 256 MB, with its length told or in chunks, until the server answers."""
    remarks = []
    for chunked in (False, True):
        with socket.create_connection((ADDRESS.hostname, ADDRESS.port or 80), timeout=30) as stream:
            size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {256 << 20}"
            head = [f"POST {path} HTTP/1.1", f"Host: {ADDRESS.netloc}", "Content-Type: application/json", size, *(f"{k}: {v}" for k, v in BEARER.items())]
            stream.sendall("\r\n".join([*head, "", ""]).encode())
            piece = b" " * (1 << 16)
            sent = 0
            try:
                while sent < 256 << 20 and not select.select([stream], [], [], 0.0005)[0]:
                    stream.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                    sent += len(piece)
            except OSError:
                pass  # the server has closed its side; its answer may still be there
            try:
                answer = stream.makefile("rb")
                status = int(answer.readline().split()[1])
                headers = {}
                while line := answer.readline().strip():
                    key, value = line.decode().split(":", 1)
                    headers[key.lower()] = value.strip()
                body = answer.read(int(headers["content-length"])).decode()
            except (OSError, IndexError, KeyError) as error:
                raise AssertionError(f"no readable answer after {sent >> 20} MB{', chunked' if chunked else ''}: {error!r}") from error
            need("x-request-id" in headers, "413 without x-request-id")
            documented(path, status, headers.get("content-type"), body, {413})
            remarks.append(f"413 after {sent >> 20} MB")
    return ", chunked ".join(remarks)


def same(a, b):
    """Bit for bit."""
    p, q = (np.asarray(x[0], dtype="<f8") for x in (a, b))
    need(p.shape == q.shape, f"probabilities of shape {p.shape} instead of {q.shape}")
    need(p.tobytes() == q.tobytes(), f"probabilities differ by up to {np.abs(p - q).max():.3g}")
    need(list(a[1]) == list(b[1]), f"labels differ: {a[1]} and {b[1]}")


def texts(labels):
    return [x.decode() if isinstance(x, bytes) else str(x) for x in np.asarray(labels).ravel()]


# What the server says of its model.

try:
    MODELS = get("/v1/models")["models"]
    MODEL = next((m for m in MODELS if "champion" in m["aliases"]), MODELS[0])
    NAME, VERSION = MODEL["name"], MODEL["version"]
    METADATA = get(f"/v2/models/{quote(NAME)}")
    SHAPE = METADATA["inputs"][0]["shape"]
    FEATURES, LOOKBACK = SHAPE[-1], SHAPE[1] if len(SHAPE) == 3 else 0
    CLASSES = get("/v1/status")["model"]["classes"]
except Exception as error:
    sys.exit(f"FAILED  the model cannot be found out: {error!r}")
INFER = f"/v2/models/{quote(NAME)}/infer"
ROWS = np.random.default_rng(7).standard_normal((16, *SHAPE[1:]))
OUTPUTS = ["probabilities", "label"]


def columns():
    """The features' names: the first list of as many texts in the model's metadata (not in its outputs), else in /v1/models."""

    def search(value):
        if isinstance(value, list) and len(value) == FEATURES and all(isinstance(x, str) for x in value):
            return value
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return next((found for x in inner if (found := search(x))), None)

    return search(METADATA["inputs"]) or search(METADATA.get("parameters")) or search({k: v for k, v in MODEL.items() if k != "aliases"})


# tritonclient

CLIENT = triton.InferenceServerClient(ADDRESS.netloc + ADDRESS.path)


def by_triton(rows=ROWS, binary_in=True, binary_out=True, outputs=OUTPUTS, headers=None, **options):
    tensor = triton.InferInput("rows", list(rows.shape), "FP64").set_data_from_numpy(np.ascontiguousarray(rows), binary_data=binary_in)
    wanted = outputs and [triton.InferRequestedOutput(name, binary_data=binary_out) for name in outputs]
    result = CLIENT.infer(NAME, [tensor], outputs=wanted, headers={**BEARER, **(headers or {})}, **options)
    return result.as_numpy("probabilities"), texts(result.as_numpy("label")), result.get_response()


def reference():
    """The answer that all others are compared with."""
    global ANSWER
    probabilities, labels, _ = ANSWER = by_triton()
    need(probabilities.shape == (len(ROWS), len(CLASSES)), f"probabilities of shape {probabilities.shape} for {len(ROWS)} rows and {len(CLASSES)} classes")
    need(np.isfinite(probabilities).all() and np.allclose(probabilities.sum(1), 1.0, atol=1e-9), "probabilities are not finite or do not sum to 1")
    need(len(np.unique(probabilities, axis=0)) > 1, "different rows get the same answer")
    need(labels == [CLASSES[i] for i in probabilities.argmax(1)], f"labels {labels} are not the most probable classes of {CLASSES}")


def metadata():
    server = CLIENT.get_server_metadata(headers=dict(BEARER))
    need(server["name"] and server["version"] and "binary_tensor_data" in server["extensions"], f"server metadata {server}")
    model = CLIENT.get_model_metadata(NAME, headers=dict(BEARER))
    need(model == CLIENT.get_model_metadata(NAME, VERSION, headers=dict(BEARER)), "another metadata with the version in the path")
    need(model["name"] == NAME and VERSION in model["versions"] and model["platform"], f"model metadata {model}")
    need([(x["name"], x["datatype"]) for x in model["inputs"]] == [("rows", "FP64")], f"inputs {model['inputs']}")
    need(SHAPE[0] == -1 and all(isinstance(n, int) and n > 0 for n in SHAPE[1:]) and len(SHAPE) in (2, 3), f"input shape {SHAPE}")
    found = [(x["name"], x["datatype"], x["shape"]) for x in model["outputs"]]
    need(found == [("probabilities", "FP64", [-1, len(CLASSES)]), ("label", "BYTES", [-1])], f"outputs {model['outputs']}")
    return f"{NAME}/{VERSION}, {FEATURES} features" + (f", looks back {LOOKBACK} rows" if LOOKBACK else "")


def request_id():
    answer = by_triton(request_id="here-i-am")
    same(answer, ANSWER)
    told = {key: answer[2].get(key) for key in ("id", "model_name", "model_version")}
    need(told == {"id": "here-i-am", "model_name": NAME, "model_version": VERSION}, f"the answer names {told}")


def one_output():
    for binary in (True, False):
        tensor = triton.InferInput("rows", list(ROWS.shape), "FP64").set_data_from_numpy(ROWS)
        wanted = [triton.InferRequestedOutput("label", binary_data=binary)]
        result = CLIENT.infer(NAME, [tensor], outputs=wanted, headers=dict(BEARER))
        need([x["name"] for x in result.get_response()["outputs"]] == ["label"], "outputs that were not asked for")
        need(texts(result.as_numpy("label")) == ANSWER[1], "other labels")


def one_by_one():
    answers = [by_triton(ROWS[i : i + 1]) for i in range(len(ROWS))]
    same((np.concatenate([a[0] for a in answers]), sum((a[1] for a in answers), [])), ANSWER)


def compressed_answer():
    body = {"inputs": [{"name": "rows", "shape": list(ROWS.shape), "datatype": "FP64", "data": ROWS.tolist()}]}
    answer = call("POST", INFER, json.dumps(body), {**JSON, "Accept-Encoding": "gzip"})
    outputs = {x["name"]: x for x in answer.json()["outputs"]}
    same((np.array(outputs["probabilities"]["data"]).reshape(outputs["probabilities"]["shape"]), outputs["label"]["data"]), ANSWER)
    return f"the answer came as {answer.headers.get('content-encoding', 'plain JSON')}; data was nested"


def check_triton():
    check("tritonclient: live", lambda: need(CLIENT.is_server_live(headers=dict(BEARER)), "not live"))
    check("tritonclient: ready", lambda: need(CLIENT.is_server_ready(headers=dict(BEARER)), "not ready"))
    check("tritonclient: model ready", lambda: need(all(CLIENT.is_model_ready(NAME, v, headers=dict(BEARER)) for v in ("", VERSION)), "not ready"))
    check("tritonclient: unknown model is not ready", lambda: need(not CLIENT.is_model_ready("no-such-model", headers=dict(BEARER)), "ready"))
    check("tritonclient: metadata", metadata)
    check("tritonclient: binary in, binary out", reference)
    if "ANSWER" not in globals():
        sys.exit("FAILED  without that answer there is nothing to compare with")
    variants = {
        "JSON in, JSON out": {"binary_in": False, "binary_out": False},
        "binary in, JSON out": {"binary_out": False},
        "JSON in, binary out": {"binary_in": False},
        "no outputs named": {"outputs": None},
        "gzip in": {"request_compression_algorithm": "gzip"},
        "gzip out": {"response_compression_algorithm": "gzip"},
        "gzip both ways": {"request_compression_algorithm": "gzip", "response_compression_algorithm": "gzip"},
        "gzip both ways, JSON": {"binary_in": False, "binary_out": False, "request_compression_algorithm": "gzip", "response_compression_algorithm": "gzip"},
        "version in the path": {"model_version": VERSION},
        "bearer header": {"headers": BEARER or {"Authorization": "Bearer not-needed-here"}},
    }
    for name, options in variants.items():
        check(f"tritonclient: {name}", lambda: same(by_triton(**options), ANSWER))
    check("tritonclient: request id", request_id)
    check("tritonclient: one output", one_output)
    check("tritonclient: rows one by one", one_by_one)
    check("plain HTTP: nested data, gzip answer", compressed_answer)


# KServe


async def by_kserve(client, binary_in, binary_out):
    tensor = InferInput("rows", list(ROWS.shape), "FP64")
    tensor.set_data_from_numpy(ROWS, binary_data=binary_in)
    wanted = None if binary_out is None else [RequestedOutput(name, {"binary_data": binary_out}) for name in OUTPUTS]
    result = await client.infer(BASE, InferRequest(NAME, [tensor], request_outputs=wanted), model_name=quote(NAME), headers=dict(BEARER), timeout=30)
    outputs = {x.name: x.as_numpy() for x in result.outputs}
    need(result.model_name == NAME, f"the answer names the model {result.model_name}")
    return outputs["probabilities"], texts(outputs["label"])


async def kserve_error(client):
    tensor = InferInput("rows", [1], "FP64", data=[1.0])
    try:
        await client.infer(BASE, InferRequest(NAME, [tensor]), model_name=quote(NAME), headers=dict(BEARER), timeout=30)
    except Exception as error:
        need(str(error)[:1] not in ",{'", f"the client finds no message: {error}")
        return str(error)[:80]
    raise AssertionError("a wrong shape is taken")


def check_kserve():
    def run(action):
        async def once():
            async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
                return await action(client)

        return asyncio.run(once())

    options = {"headers": dict(BEARER), "timeout": 30}
    check("kserve: live", lambda: need(run(lambda c: c.is_server_live(BASE, **options)) is True, "not live"))
    check("kserve: ready", lambda: need(run(lambda c: c.is_server_ready(BASE, **options)) is True, "not ready"))
    check("kserve: model ready", lambda: need(run(lambda c: c.is_model_ready(BASE, quote(NAME), **options)), "not ready"))
    check("kserve: unknown model is not ready", lambda: need(not run(lambda c: c.is_model_ready(BASE, "no-such-model", **options)), "ready"))
    for binary_in in (False, True):
        for binary_out, said in ((None, "not said"), (False, "JSON"), (True, "binary")):
            check(f"kserve: {'binary' if binary_in else 'JSON'} in, out {said}", lambda: same(run(lambda c: by_kserve(c, binary_in, binary_out)), ANSWER))
    check("kserve: error message", lambda: run(kserve_error))


# MLflow


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    return sum(map(leaves, value), []) if isinstance(value, list) else [value]


def invoke(payload):
    answer = call("POST", "/invocations", json.dumps(payload), JSON)
    need(answer.status_code == 200, f"{answer.status_code}: {answer.text[:300]}")
    return answer.json()["predictions"]


def predicted(payload, rows=None):
    """The predictions must carry, in whatever form, each row's probabilities and, if any text, its label."""
    global PREDICTIONS
    found = invoke(payload)
    expected = ANSWER if rows is None else (ANSWER[0][rows], [ANSWER[1][i] for i in rows])
    need(len(found) == len(expected[0]), f"{len(found)} predictions for {len(expected[0])} rows")
    for prediction, probabilities, label in zip(found, *expected[:2]):
        values = leaves(prediction)
        need(set(probabilities.tolist()) <= {x for x in values if isinstance(x, float)}, f"prediction {prediction} lacks the probabilities {probabilities}")
        said = [x for x in values if isinstance(x, str)]
        need(not said or label in said, f"prediction {prediction} lacks the label {label}")
    if rows is None:
        PREDICTIONS = globals().get("PREDICTIONS", found)
        need(found == PREDICTIONS, "another form of the same predictions")


def or_refused(action, payload):
    """For what the protocol leaves open: the right answer, or the documented error."""
    answer = call("POST", "/invocations", json.dumps(payload), JSON)
    if answer.status_code == 200:
        return action()
    documented("/invocations", answer.status_code, answer.headers.get("content-type"), answer.text)
    return f"refused: {answer.json()['message'][:80]}"


def check_frames(names):
    """Frames of named columns. A model that looks back gets as many rows as one window has."""
    frame = pd.DataFrame(ROWS[0] if LOOKBACK else ROWS, columns=names)
    shuffled = frame[list(np.random.default_rng(1).permutation(names))]
    for name, data in (("", frame), (", columns in another order", shuffled)):
        for orient in ("split", "records"):
            payload = {f"dataframe_{orient}": data.to_dict(orient=orient)}
            action = lambda: predicted(payload, [0] if LOOKBACK else None)
            check(f"mlflow: dataframe_{orient}{name}", (lambda: or_refused(action, payload)) if LOOKBACK else action)
    if not LOOKBACK:
        by_name = {"inputs": {column: frame[column].tolist() for column in names}}
        check("mlflow: inputs by name", lambda: or_refused(lambda: predicted(by_name), by_name))
        records = {"instances": frame.to_dict(orient="records")}
        check("mlflow: instances by name", lambda: or_refused(lambda: predicted(records), records))
    wrong = json.dumps({"dataframe_split": frame.rename(columns={names[0]: "no such feature"}).to_dict(orient="split")})
    check("mlflow, wrong: unknown column", lambda: refused("/invocations", wrong))
    lacking = json.dumps({"dataframe_records": frame[names[1:]].to_dict(orient="records")})
    check("mlflow, wrong: missing column", lambda: refused("/invocations", lacking))


def check_mlflow():
    for path in ("/ping", "/health", "/version"):
        def alive():
            answer = call("GET", path, auth=False)
            need(answer.status_code == 200, f"{answer.status_code}")
            need(path != "/version" or answer.text.strip(), "no version")
            return repr(answer.text[:40])

        check(f"mlflow: {path}", alive)
    check("mlflow: instances", lambda: predicted({"instances": ROWS.tolist()}))
    check("mlflow: inputs", lambda: predicted({"inputs": ROWS.tolist()}))
    names = columns()
    if names:
        check_frames(names)
    else:
        check("mlflow: dataframes", lambda: need(False, f"neither /v1/models nor the model's metadata names the {FEATURES} columns"))
    ragged = ROWS.tolist()
    ragged[3] = ragged[3][:-1]
    text = json.dumps({"instances": ROWS.tolist()})
    number = json.dumps(ROWS.tolist()).strip("[").split(",")[0]
    for name, body in {
        "two forms at once": json.dumps({"instances": ROWS.tolist(), "inputs": ROWS.tolist()}),
        "no form": "{}", "not an object": "[1, 2]", "not JSON": "rows, please", "empty": "", "cut off": text[: len(text) // 2],
        "a row is short": json.dumps({"inputs": ragged}), "wrong width": json.dumps({"instances": np.concatenate([ROWS, ROWS], axis=-1).tolist()}),
        "text": json.dumps({"inputs": "abc"}), "NaN": text.replace(number, "NaN", 1), "null": text.replace(number, "null", 1),
        "1e999": text.replace(number, "1e999", 1),
    }.items():
        check(f"mlflow, wrong: {name}", lambda: refused("/invocations", body))
    check("mlflow, wrong: too large", lambda: too_large("/invocations"))
    check("mlflow, wrong: GET", lambda: refused("/invocations", wanted={404, 405}, method="GET"))


# Wrong input


def binary_body(size=None, cut=0, extra=b"", rows=ROWS, **changes):
    data = rows.astype("<f8").tobytes()
    tensor = {"name": "rows", "shape": list(rows.shape), "datatype": "FP64", "parameters": {"binary_data_size": len(data) if size is None else size}, **changes}
    head = json.dumps({"inputs": [tensor]}).encode()
    return head + data[: len(data) - cut] + extra, {"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"}


def check_wrong():
    def body(**changes):
        return json.dumps({"inputs": [{"name": "rows", "shape": list(ROWS.shape), "datatype": "FP64", "data": ROWS.ravel().tolist(), **changes}]})

    spoiled = ROWS.copy()
    spoiled.flat[5] = math.nan
    wide = np.concatenate([ROWS, ROWS], axis=-1)
    good, (binary, binary_headers) = body(), binary_body()
    number = repr(float(ROWS.flat[0]))
    for name, data in {
        "more features": body(shape=list(wide.shape), data=wide.ravel().tolist()), "shape of another rank": body(shape=[ROWS.size]),
        "shape and data differ": body(shape=[len(ROWS) + 1, *ROWS.shape[1:]]), "negative shape": body(shape=[-len(ROWS), *ROWS.shape[1:]]),
        "huge shape": body(shape=[1 << 62, *ROWS.shape[1:]]), "no shape": json.dumps({"inputs": [{"name": "rows", "datatype": "FP64", "data": [1.0]}]}),
        "datatype BYTES": body(datatype="BYTES"), "datatype INT64 with fractions": body(datatype="INT64"), "unknown datatype": body(datatype="FP99"), "texts as data": body(data=["a"] * ROWS.size),
        "another input name": body(name="no-such-input"), "no inputs": '{"inputs":[]}', "input twice": json.dumps({"inputs": json.loads(good)["inputs"] * 2}),
        "NaN": good.replace(number, "NaN", 1), "Infinity": good.replace(number, "-Infinity", 1), "null": good.replace(number, "null", 1), "1e999": good.replace(number, "1e999", 1),
        "cut off": good[:-20], "not JSON": "rows, please", "empty": "", "deeply nested": "[" * 100_000,
        "unknown output": json.dumps({**json.loads(good), "outputs": [{"name": "no-such-output"}]}),
    }.items():
        check(f"infer, wrong: {name}", lambda: refused(INFER, data))
    for name, (data, headers) in {
        "binary cut off": binary_body(cut=8), "binary cut off within a number": binary_body(cut=3), "binary size is too small": binary_body(size=ROWS.nbytes - 8),
        "binary size is too large": binary_body(size=ROWS.nbytes + 8), "binary size is negative": binary_body(size=-1), "binary has more": binary_body(extra=b"12345678"),
        "binary NaN": binary_body(rows=spoiled), "binary shape": binary_body(rows=wide),
        "binary without header length": (binary, {"Content-Type": "application/octet-stream"}),
        "header length beyond the body": (binary, {**binary_headers, "Inference-Header-Content-Length": "999999999"}),
        "header length cuts the JSON": (binary, {**binary_headers, "Inference-Header-Content-Length": "20"}),
        "header length is no number": (binary, {**binary_headers, "Inference-Header-Content-Length": "-5"}),
        "says gzip but is not": (good, {**JSON, "Content-Encoding": "gzip"}), "gzip cut off": (gzip.compress(good.encode())[:-12], {**JSON, "Content-Encoding": "gzip"}),
        "unknown encoding": (good, {**JSON, "Content-Encoding": "no-such-encoding"}),
    }.items():
        check(f"infer, wrong: {name}", lambda: refused(INFER, data, headers))
    check("infer, wrong: too large", lambda: too_large(INFER))
    models = f"/v2/models/{quote(NAME)}"
    for path in ("/v2/models/no-such-model", models + "/versions/999.0"):
        check(f"infer, wrong: {path}", lambda: refused(path, wanted={404}, method="GET") and refused(path + "/ready", wanted={404}, method="GET") and refused(path + "/infer", good, wanted={404}))
    check("infer, wrong: /v2/no-such-path", lambda: refused("/v2/no-such-path", wanted={404}, method="GET"))
    check("infer, wrong: GET", lambda: refused(INFER, wanted={404, 405}, method="GET"))
    for name, method, path, data, wanted in (
        ("unknown symbol", "GET", "/v1/regime/NOSUCH", None, {404}), ("unknown path", "GET", "/v1/no-such-path", None, {404}), ("wrong method", "POST", "/v1/models", "{}", {405}),
        ("predict without bars", "POST", "/v1/predict", '{"symbol":"X","bars":[]}', None), ("predict with text", "POST", "/v1/predict", "bars, please", None),
        ("predict with NaN", "POST", "/v1/predict", '{"symbol":"X","bars":[{"open_time":0,"open":NaN,"high":1,"low":1,"close":1,"volume":1}]}', None),
    ):
        check(f"native, wrong: {name}", lambda: refused(path, data, wanted=wanted, method=method))
    check("native, wrong: unknown_symbol is the code", lambda: need(call("GET", "/v1/regime/NOSUCH").json()["error"]["code"] == "unknown_symbol", "another code"))
    check("native, wrong: too large", lambda: too_large("/v1/predict"))


# The token


def check_token():
    routes = (("GET", "/v1/models"), ("GET", "/v1/status"), ("GET", "/v2"), ("GET", "/v2/health/live"), ("GET", f"/v2/models/{quote(NAME)}"), ("POST", INFER), ("POST", "/invocations"))
    for method, path in routes:
        for name, header in (("no token", {}), ("wrong token", {"Authorization": "Bearer wrong"}), ("another scheme", {"Authorization": f"Basic {args.token}"})):
            check(f"{name}: {method} {path}", lambda: refused(path, "{}" if method == "POST" else None, header, {401}, method, auth=False))
    for path in ("/", "/livez", "/readyz", "/metrics", "/ping", "/health", "/version", "/openapi.json"):
        check(f"no token needed: GET {path}", lambda: need(call("GET", path, auth=False).status_code == 200, "not 200"))


began = time.monotonic()
check_triton()
check_kserve()
check_mlflow()
check_wrong()
if args.token:
    check_token()
print(f"{failures} failed, {time.monotonic() - began:.1f} s")
sys.exit(1 if failures else 0)
