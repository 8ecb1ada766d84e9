#!/usr/bin/env bash
# Whether the predictor keeps what its own descriptions promise. Needs promtool and curl, and the tools of requirements.txt in PATH.
#
#   scripts/live/api.sh BASE_URL [TOKEN]
#
# /openapi.json is a valid OpenAPI document; made-up requests (schemathesis) never get a 5xx or an answer that it does not describe;
# /v1/events, which never ends and is therefore left out of that, begins like an event stream; /metrics is what Prometheus reads.
# Exits with 1 when one of them is not so.
set -euo pipefail
if [ $# -lt 1 ]; then
  sed -n '2,8p' "$0" >&2
  exit 2
fi
base=${1%/} token=${2:-}
bearer=()
[ -z "$token" ] || bearer=(-H "Authorization: Bearer $token")
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
failed=0
verdict() { # NAME COMMAND...
  local name=$1
  shift
  if "$@" >out.txt 2>&1; then
    echo "ok      $name"
  else
    echo "FAILED  $name"
    sed 's/^/        /' out.txt | tail -n 120
    failed=1
  fi
}

curl -fsS -m 10 "$base/openapi.json" -o openapi.json
verdict "OpenAPI document" openapi-spec-validator openapi.json
made_up() { # by schemathesis; options as given
  timeout 300 schemathesis --no-color "$@" run openapi.json --url "$base" "${bearer[@]}" \
    --exclude-path /v1/events --phases examples,coverage,fuzzing --max-examples 50 --request-timeout 20 --seed 1 \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance \
    --generation-with-security-parameters false --generation-database none --continue-on-failure --warnings off
}
verdict "made-up requests" made_up
grep -E '^ *Operations: |generated' out.txt | sed 's/^ */        /' || true

# The same again with a symbol, a model and a version that exist, which made-up ones never do.
curl -fsS -m 10 "${bearer[@]}" "$base/v1/status" | python3 -c '
import json, sys
status = json.load(sys.stdin)
known = {"name": status["model"]["name"], "version": status["model"]["version"], **{"symbol": x["symbol"] for x in status["symbols"][:1]}}
print("[parameters]", *(f"{key} = {json.dumps(value)}" for key, value in known.items()), sep="\n")' >known.toml
verdict "made-up requests about what exists" made_up --config-file known.toml
grep -E '^ *Operations: |generated' out.txt | sed 's/^ */        /' || true

events() {
  curl -sS -N -m 2 -D head.txt -o events.txt "${bearer[@]}" "$base/v1/events" || [ $? -eq 28 ] # it never ends: the time limit is right
  cat head.txt
  head -c 500 events.txt
  grep -qE '^HTTP/1.1 200' head.txt && grep -qiE '^content-type: text/event-stream' head.txt && ! grep -qvE '^(event: |data: |id: |retry: |:|$)' events.txt
}
verdict "event stream" events

metrics() {
  curl -fsS -m 10 "$base/metrics" | promtool check metrics
}
verdict "metrics" metrics
exit $failed
