#!/usr/bin/env bash
# Starts an MLflow tracking server on loopback, for trying things out and for the tests that ask a real one:
#
#   scripts/mlflow-server.sh DIR [PORT]        # DIR keeps its virtual environment, database and files
#   MLFLOW_TEST_URI=http://127.0.0.1:5000 cargo test -p tracking
#
# The first call installs the pinned MLflow into DIR/venv (850 MB). Ctrl-C ends the server.
set -euo pipefail
if [ $# -lt 1 ]; then
  sed -n '2,8p' "$0" >&2
  exit 2
fi
mkdir -p "$1"
directory=$(cd "$1" && pwd)
port=${2:-5000}
version=3.17
if [ ! -x "$directory/venv/bin/mlflow" ]; then
  python3 -m venv "$directory/venv"
  "$directory/venv/bin/pip" install --quiet "mlflow==$version.*"
fi
export MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
exec "$directory/venv/bin/mlflow" server --host 127.0.0.1 --port "$port" --workers 1 \
  --backend-store-uri "sqlite:///$directory/mlflow.db" \
  --artifacts-destination "file://$directory/artifacts" --serve-artifacts
