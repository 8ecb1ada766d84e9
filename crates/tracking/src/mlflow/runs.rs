//! Runs, their parameters, metrics, files and data.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client::{Mlflow, ServerError};
use super::limits::{key, param, param_batches, tag};
use super::{Known, KnownRun};
use crate::entry::{Dataset, Metric, Status, number};

/// The tag that tells a run, whatever the server calls it.
const RUN_KEY: &str = "client_run_key";

impl Mlflow {
    /// The id of an experiment, which is made where there is none.
    fn experiment(&self, name: &str, known: &mut Known) -> Result<String, ServerError> {
        if let Some(id) = known.experiments.get(name) {
            return Ok(id.clone());
        }
        let found = |answer: &Value| answer["experiment"]["experiment_id"].as_str().map(str::to_owned);
        let by_name = || self.get("experiments/get-by-name", &[("experiment_name", name)]);
        let id = match by_name() {
            Ok(answer) => found(&answer),
            Err(ServerError::NotNow(why)) => return Err(ServerError::NotNow(why)),
            Err(ServerError::Refused(_)) => match self.post("experiments/create", &json!({ "name": name })) {
                Ok(answer) => answer["experiment_id"].as_str().map(str::to_owned),
                // Somebody else was faster.
                Err(ServerError::Refused(why)) if why.contains("RESOURCE_ALREADY_EXISTS") => {
                    found(&by_name()?)
                }
                Err(error) => return Err(error),
            },
        };
        let id = id.ok_or_else(|| ServerError::NotNow(format!("the server gave no id for {name}")))?;
        known.experiments.insert(name.to_owned(), id.clone());
        Ok(id)
    }

    /// A run of a key, which is looked for before it is made.
    pub(crate) fn start(
        &self,
        (run, parent): (&str, Option<&str>),
        (experiment, name): (&str, &str),
        at: i64,
        tags: &BTreeMap<String, String>,
        known: &mut Known,
    ) -> Result<(), ServerError> {
        let experiment = self.experiment(experiment, known)?;
        let search = json!({
            "experiment_ids": [experiment],
            "filter": format!("tags.{RUN_KEY} = '{run}'"),
            "max_results": 1,
        });
        let mut answer = self.post("runs/search", &search)?;
        let mut found = answer.pointer_mut("/runs/0").map(Value::take).unwrap_or_default();
        if found.is_null() {
            let mut own = vec![json!({ "key": RUN_KEY, "value": run })];
            own.extend(tags.iter().map(|(name, value)| json!({ "key": key(name), "value": tag(value) })));
            if let Some(parent) = parent.and_then(|parent| known.runs.get(parent)) {
                own.push(json!({ "key": "mlflow.parentRunId", "value": parent.id }));
            }
            let made =
                json!({ "experiment_id": experiment, "run_name": name, "start_time": at, "tags": own });
            found = self.post("runs/create", &made)?["run"].take();
        }
        let word = |name: &str| found["info"][name].as_str().map(str::to_owned);
        let (Some(id), Some(artifacts)) = (word("run_id"), word("artifact_uri")) else {
            return Err(ServerError::NotNow("the server gave no id for a run".to_owned()));
        };
        known.runs.insert(run.to_owned(), KnownRun { id, experiment, artifacts });
        Ok(())
    }

    /// Parameters; those that are too long are cut, and whole in a file of their own.
    pub(crate) fn params(
        &self,
        run: &KnownRun,
        params: &BTreeMap<String, String>,
    ) -> Result<(), ServerError> {
        for batch in param_batches(params) {
            let mut fitting = Vec::new();
            for (name, value) in batch {
                let (shown, was_cut) = param(value);
                if was_cut {
                    let file = format!("params/{}.txt", key(name).replace(['/', ' ', ':'], "_"));
                    self.put(&run.artifacts, &file, value.clone().into_bytes())?;
                }
                fitting.push(json!({ "key": key(name), "value": shown }));
            }
            self.post("runs/log-batch", &json!({ "run_id": run.id, "params": fitting }))?;
        }
        Ok(())
    }

    /// At most a thousand metrics with the times that they had.
    pub(crate) fn metrics(&self, run: &KnownRun, metrics: &[(i64, Metric)]) -> Result<(), ServerError> {
        let one = |(at, metric): &(i64, Metric)| {
            json!({
                "key": key(&metric.key), "value": number(metric.value), "timestamp": at, "step": metric.step,
            })
        };
        let metrics: Vec<Value> = metrics.iter().map(one).collect();
        self.post("runs/log-batch", &json!({ "run_id": run.id, "metrics": metrics })).map(drop)
    }

    /// The bars that a run learnt from.
    pub(crate) fn dataset(&self, run: &KnownRun, dataset: &Dataset) -> Result<(), ServerError> {
        let digest: String = dataset.digest.chars().take(36).collect();
        let body = json!({
            "run_id": run.id,
            "datasets": [{
                "tags": [{ "key": "mlflow.data.context", "value": "train" }],
                "dataset": {
                    "name": dataset.name,
                    "digest": digest,
                    "source_type": "local",
                    "source": json!({ "uri": dataset.source }).to_string(),
                    "schema": "{}",
                    "profile": json!({ "num_rows": dataset.rows, "sha256": dataset.digest }).to_string(),
                },
            }],
        });
        self.post("runs/log-inputs", &body).map(drop)
    }

    /// A file of a run.
    pub(crate) fn artifact(&self, run: &KnownRun, to: &str, bytes: Vec<u8>) -> Result<(), ServerError> {
        self.put(&run.artifacts, to, bytes)
    }

    /// The end of a run.
    pub(crate) fn end(&self, run: &KnownRun, status: Status, at: i64) -> Result<(), ServerError> {
        let status = match status {
            Status::Finished => "FINISHED",
            Status::Failed => "FAILED",
            Status::Stopped => "KILLED",
        };
        self.post("runs/update", &json!({ "run_id": run.id, "status": status, "end_time": at })).map(drop)
    }
}
