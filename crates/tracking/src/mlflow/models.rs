//! Models, their versions and aliases.

use serde_json::{Value, json};

use super::KnownRun;
use super::client::{Mlflow, ServerError};

/// The tag that tells a version, whatever number the server gives it.
const CONTENT: &str = "sha256";

/// A bundle as it is sent.
pub(crate) struct SentModel<'a> {
    pub(crate) name: &'a str,
    /// Version here.
    pub(crate) version: &'a str,
    pub(crate) content_hash: &'a str,
    /// Name below the bundle, and contents.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Mlflow {
    /// A model of a run: its files, and a version of its name. Whatever is there already stays.
    pub(crate) fn model(&self, run: &KnownRun, model: SentModel<'_>) -> Result<(), ServerError> {
        let SentModel { name, version, content_hash, files } = model;
        let logged = self.logged_model(run, name, version, content_hash)?;
        let place = logged["info"]["artifact_uri"].as_str().unwrap_or_default().to_owned();
        let Some(id) = logged["info"]["model_id"].as_str() else {
            return Err(ServerError::NotNow("the server gave no id for a model".to_owned()));
        };
        for (file, bytes) in files {
            self.put(&place, &file, bytes)?;
        }
        let ready = json!({ "model_id": id, "status": "LOGGED_MODEL_READY" });
        self.patch(&format!("logged-models/{id}"), &ready)?;
        // Told twice the server refuses it.
        let of_run = self.get("runs/get", &[("run_id", &run.id)])?;
        let outputs = of_run["run"]["outputs"]["model_outputs"].as_array();
        if !outputs.into_iter().flatten().any(|output| output["model_id"] == id) {
            let outputs = json!({ "run_id": run.id, "models": [{ "model_id": id, "step": 0 }] });
            self.post("runs/outputs", &outputs)?;
        }
        match self.post("registered-models/create", &json!({ "name": name })) {
            Ok(_) => {}
            Err(ServerError::Refused(why)) if why.contains("RESOURCE_ALREADY_EXISTS") => {}
            Err(error) => return Err(error),
        }
        if self.version(name, content_hash)?.is_none() {
            let body = json!({
                "name": name,
                "source": format!("models:/{id}"),
                "run_id": run.id,
                "model_id": id,
                "tags": [
                    { "key": CONTENT, "value": content_hash },
                    { "key": "version", "value": version },
                ],
            });
            self.post("model-versions/create", &body)?;
        }
        Ok(())
    }

    /// Gives an alias to the version of some content.
    pub(crate) fn alias(&self, name: &str, content_hash: &str, alias: &str) -> Result<(), ServerError> {
        let Some(version) = self.version(name, content_hash)? else {
            return Err(ServerError::Refused(format!(
                "the server has no version of {name} with the content {content_hash}, so that it can't be the {alias}"
            )));
        };
        let body = json!({ "name": name, "alias": alias, "version": version });
        self.post("registered-models/alias", &body).map(drop)
    }

    /// The number of the version with some content.
    fn version(&self, name: &str, content_hash: &str) -> Result<Option<String>, ServerError> {
        let filter = format!("name='{name}' and tags.{CONTENT}='{content_hash}'");
        let found = self.get("model-versions/search", &[("filter", &filter)])?;
        Ok(found["model_versions"][0]["version"].as_str().map(str::to_owned))
    }

    fn logged_model(
        &self,
        run: &KnownRun,
        name: &str,
        version: &str,
        content_hash: &str,
    ) -> Result<Value, ServerError> {
        let search = json!({
            "experiment_ids": [run.experiment],
            "filter": format!("tags.{CONTENT} = '{content_hash}' AND source_run_id = '{}'", run.id),
            "max_results": 1,
        });
        let mut found = self.post("logged-models/search", &search)?;
        if found["models"][0].is_object() {
            return Ok(found["models"][0].take());
        }
        let body = json!({
            "experiment_id": run.experiment,
            "name": name,
            "model_type": "regime bundle",
            "source_run_id": run.id,
            "params": [{ "key": "version", "value": version }],
            "tags": [{ "key": CONTENT, "value": content_hash }],
        });
        Ok(self.post("logged-models", &body)?["model"].take())
    }
}
