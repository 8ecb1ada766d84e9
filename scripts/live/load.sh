#!/usr/bin/env bash
# How fast the predictor is, what a request costs it, and whether it survives more than it can do. Needs wrk.
#
#   [TOKEN=…] scripts/live/load.sh BASE_URL SYMBOL PID
#
# 1. GET /v1/regime/SYMBOL, 16 connections, 10 s: requests per second, and the server's CPU time for each (from /proc/PID/stat).
# 2. POST /v1/predict at 500 requests per second, 10 s: latency percentiles and CPU time.
# 3. POST /v1/predict on 512 connections, 5 s: only 200 and 503 (with Retry-After) may come, and a second later all is quick again.
# Exits with 1 when 1 or 2 had an answer other than 200, or 3 failed.
set -euo pipefail
if [ $# -ne 3 ]; then
  sed -n '2,10p' "$0" >&2
  exit 2
fi
base=${1%/} symbol=$2 pid=$3
here=$(cd "$(dirname "$0")" && pwd)
export TOKEN=${TOKEN:-}
bearer=()
[ -z "$TOKEN" ] || bearer=(-H "Authorization: Bearer $TOKEN")
BODIES=$(mktemp)
export BODIES
trap 'rm -f "$BODIES"' EXIT
failed=0

cpu_ticks() { sed 's/.*) //' "/proc/$pid/stat" | awk '{print $12 + $13}'; } # utime + stime, of all threads
per_request() { awk -v t="$1" -v hz="$(getconf CLK_TCK)" -v n="$2" 'BEGIN {printf "%.1f", (n ? t * 1e6 / hz / n : 0)}'; }

echo "== cached GET /v1/regime/$symbol"
before=$(cpu_ticks)
report=$(wrk -t2 -c16 -d10s --latency "${bearer[@]}" "$base/v1/regime/$symbol")
used=$(($(cpu_ticks) - before))
count=$(awk '/ requests in /{print $1}' <<<"$report")
grep -E 'Requests/sec|  (50|90|99)%|Non-2xx|Socket errors' <<<"$report" || true
echo "server CPU per request: $(per_request "$used" "$count") microseconds"
if grep -qE 'Non-2xx|Socket errors' <<<"$report"; then
  echo "FAILED  not every answer was 200"
  failed=1
fi

echo "== POST /v1/predict at 500 requests per second"
before=$(cpu_ticks)
python3 "$here/predict_rate.py" "$base" "$symbol" --rate 500 --seconds 10 ${TOKEN:+--token "$TOKEN"} || { echo "FAILED  not every answer was 200"; failed=1; }
echo "server CPU per request: $(per_request $(($(cpu_ticks) - before)) 5000) microseconds"

echo "== overload: POST /v1/predict on 512 connections"
ulimit -n "$(ulimit -Hn)"
python3 "$here/predict_rate.py" "$base" "$symbol" ${TOKEN:+--token "$TOKEN"} --print-bodies >"$BODIES"
report=$(wrk -t2 -c512 -d5s --timeout 10s -s "$here/overload.lua" "$base/v1/predict")
grep -E '^(answers|hasty|lost|slow) |Requests/sec' <<<"$report"
if ! awk '/^answers / && $2 != 200 && $2 != 503 {bad = 1} /^answers 200 / {good = 1} /^(hasty|lost|slow) / && $2 > 0 {bad = 1} END {exit bad || !good}' <<<"$report"; then
  echo "FAILED  answers other than 200 and 503, none with 200, 503 without Retry-After (hasty), broken connections (lost) or none within 10 s (slow)"
  failed=1
fi
sleep 1
taken=$(for _ in 1 2 3 4 5; do curl -s -o /dev/null -m 5 -w '%{http_code} %{time_total}\n' "${bearer[@]}" "$base/v1/regime/$symbol" || true; done)
worst=$(awk '$1 != 200 {bad = 1} $2 > worst {worst = $2} END {print (bad ? "none" : worst * 1000)}' <<<"$taken")
echo "a second later, GET /v1/regime/$symbol takes at most $worst ms"
if ! awk -v worst="$worst" 'BEGIN {exit !(worst != "none" && worst < 100)}'; then
  echo "FAILED  still slow after the overload"
  failed=1
fi
kill -0 "$pid" || { echo "FAILED  the server is gone"; failed=1; }
exit $failed
