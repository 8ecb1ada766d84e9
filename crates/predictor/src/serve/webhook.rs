//! Alerts posted elsewhere.

use std::time::Duration;

use anyhow::{Context, Result};
use monitoring::Alert;
use tokio::sync::mpsc;

/// Attempts for one alert.
const ATTEMPTS: u32 = 4;

/// Where alerts are handed in; each is posted as JSON, in order, a few times until it is taken.
pub(crate) fn start(url: &str) -> Result<mpsc::Sender<Alert>> {
    let url = reqwest::Url::parse(url).with_context(|| format!("--webhook {url} is no address"))?;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().context("--webhook")?;
    let (alerts, mut heard) = mpsc::channel::<Alert>(256);
    tokio::spawn(async move {
        while let Some(alert) = heard.recv().await {
            for attempt in 1..=ATTEMPTS {
                let posted = client.post(url.clone()).json(&alert).send().await;
                match posted.and_then(reqwest::Response::error_for_status) {
                    Ok(_) => break,
                    Err(error) if attempt == ATTEMPTS => {
                        tracing::warn!("an alert was not taken by the webhook: {}", error.without_url());
                    }
                    Err(_) => tokio::time::sleep(Duration::from_secs(1 << attempt)).await,
                }
            }
        }
    });
    Ok(alerts)
}
