"""Asks a tracking server, by the official client, what a run told it. Prints one line for each thing that was found.

    DIR/venv/bin/python scripts/mlflow-check.py http://127.0.0.1:5000 EXPERIMENT [MODEL]
"""

import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient

url, experiment = sys.argv[1:3]
mlflow.set_tracking_uri(url)
client = MlflowClient()
found = client.get_experiment_by_name(experiment)
runs = client.search_runs([found.experiment_id], max_results=1000)
parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
keys = [run.data.tags["client_run_key"] for run in runs]
assert len(keys) == len(set(keys)), "a run is there twice"
for parent in parents:
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    files = client.list_artifacts(parent.info.run_id)
    inputs = parent.inputs.dataset_inputs
    print(f"run {parent.info.run_name}: {parent.info.status}, {len(children)} children, {len(parent.data.params)} params, "
          f"{len(parent.data.metrics)} metrics, {len(files)} files, {len(inputs)} datasets, {len(parent.outputs.model_outputs)} models")
    for child in children:
        histories = {key: client.get_metric_history(child.info.run_id, key) for key in child.data.metrics}
        steps = {key: len(history) for key, history in histories.items()}
        doubled = [key for key, history in histories.items() if len({(m.step, m.timestamp) for m in history}) != len(history)]
        print(f"  {child.info.run_name}: {child.info.status}, steps {steps}, doubled {doubled}")
if len(sys.argv) > 3:
    name = sys.argv[3]
    versions = client.search_model_versions(f"name='{name}'")
    for version in versions:
        print(f"version {version.version} of {name}: {version.status}, {version.tags}")
    try:
        champion = client.get_model_version_by_alias(name, "champion")
        with tempfile.TemporaryDirectory() as place:
            path = mlflow.artifacts.download_artifacts(f"models:/{name}@champion", dst_path=place)
            names = sorted(os.path.relpath(os.path.join(base, file), path) for base, _, files in os.walk(path) for file in files)
        print(f"champion: version {champion.version}, downloaded {names}")
    except mlflow.exceptions.MlflowException as error:
        print(f"champion: none ({error})")
