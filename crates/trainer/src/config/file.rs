//! Reading the file, so that every fault is shown with its line.

use std::fs;
use std::path::{Path, PathBuf};

use networks::Architecture;
use toml_edit::{Document, DocumentMut, Item, Value};

use super::bar_paths::BarPaths;
use super::sections::Config;

/// Where configs are looked up when the path as given does not exist.
const DIRECTORY: &str = "configs";

/// The section of a config that commands on features use when none is given: every column of a set, also those of
/// two names.
pub(crate) const EVERY_COLUMN: &str = "[features]\nsets = [\"extended\"]\nkeep_duplicates = true\n";

/// Settings with the names after `--features`, which is one of them under a shorter name.
pub(crate) fn with_features(settings: &[String], names: &[String]) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    let named = (!names.is_empty()).then(|| format!("features.sets={names:?}"));
    settings.iter().cloned().chain(named).collect()
}

/// A config that was found, with the text it came from.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// Its path.
    pub path: PathBuf,
    /// Its values.
    pub config: Config,
    text: String,
}

/// A fault in a config.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such file.
    #[error("there is no config {}, nor {}; name one with --config", given.display(), fallback.display())]
    Missing {
        /// As given.
        given: PathBuf,
        /// In the configs directory.
        fallback: PathBuf,
    },
    /// The file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Unreadable {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A fault on a line.
    #[error("{}:{line}: {message}", path.display())]
    Line {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what is expected.
        message: String,
    },
    /// A fault in a value from the command line.
    #[error("--set {setting}: {message}")]
    Setting {
        /// As given.
        setting: String,
        /// What is wrong.
        message: String,
    },
}

impl ConfigFile {
    /// Reads the config at `given`, or of that name in `configs/`, and applies `KEY=VALUE` settings.
    ///
    /// # Errors
    /// [`ConfigError`] with the line or the setting at fault.
    pub fn load(given: &Path, settings: &[String]) -> Result<Self, ConfigError> {
        let fallback = Path::new(DIRECTORY).join(given);
        let path = [given, &fallback].into_iter().find(|path| path.is_file());
        let Some(path) = path.map(Path::to_owned) else {
            return Err(ConfigError::Missing { given: given.to_owned(), fallback });
        };
        let text = fs::read_to_string(&path)
            .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
        let mut file = Self::read(&path, &text, settings)?;
        file.config.tirex.weights = file.config.tirex.weights.take().map(|weights| file.resolve(&weights));
        if let Some(mut forecast) = file.config.forecast.take() {
            forecast.weights = forecast.weights.map(|weights| file.resolve(&weights));
            file.config.forecast = Some(forecast);
        }
        let of_forecasts = file.config.forecast.as_ref().and_then(|forecast| forecast.weights.as_ref());
        for (key, weights) in
            [("tirex.weights", file.config.tirex.weights.as_ref()), ("forecast.weights", of_forecasts)]
        {
            if let Some(weights) = weights.filter(|weights| !weights.is_file()) {
                let why = format!(
                    "there is no file {}; without this value the small model that is built in is used",
                    weights.display()
                );
                return Err(file.fault(key, &why));
            }
        }
        Ok(file)
    }

    /// A config of these sections that a command brings along, for use without a file, with `KEY=VALUE`
    /// settings applied.
    ///
    /// # Errors
    /// [`ConfigError`] with the setting at fault.
    pub(crate) fn built_in(sections: &str, settings: &[String]) -> Result<Self, ConfigError> {
        let text = format!("name = \"built-in\"\nmodels = [\"random_forest\"]\n\n{sections}");
        Self::read(Path::new(""), &text, settings)
    }

    /// An effective configuration that a run recorded; its paths are relative to `directory`.
    ///
    /// # Errors
    /// What in it this program does not understand.
    pub(crate) fn recorded(config: &serde_json::Value, directory: &Path) -> Result<Self, String> {
        let config: Config = serde_json::from_value(config.clone()).map_err(|error| error.to_string())?;
        if let Some((key, why)) = config.first_fault() {
            return Err(format!("{key}: {why}"));
        }
        let path = directory.join(format!("{}.toml", config.name));
        Ok(Self { path, config, text: String::new() })
    }

    fn read(path: &Path, text: &str, settings: &[String]) -> Result<Self, ConfigError> {
        let at_line = |line, message| ConfigError::Line { path: path.to_owned(), line, message };
        let config = parse(text).map_err(|fault| at_line(fault.line(text), fault.message))?;
        let mut file = Self { path: path.to_owned(), config, text: text.to_owned() };
        if let Some((key, why)) = file.config.first_fault() {
            return Err(file.fault(&key, &why));
        }
        let mut text = file.text.clone();
        for setting in settings {
            let refused = |message: String| ConfigError::Setting { setting: setting.clone(), message };
            text = with_setting(&text, setting).map_err(refused)?;
            file.config = parse(&text).map_err(|fault| refused(fault.message))?;
        }
        // Settings may make sense only together, so they are judged together.
        if let Some((key, why)) = file.config.first_fault() {
            let setting = settings.join(" --set ");
            return Err(ConfigError::Setting { setting, message: format!("{key}: {why}") });
        }
        Ok(file)
    }

    /// A fault of the value at `key`, shown with its line when the file has one.
    pub fn fault(&self, key: &str, why: &str) -> ConfigError {
        let line = line_of(&self.text, key);
        let message = format!("{key}: {why}");
        ConfigError::Line { path: self.path.clone(), line, message }
    }

    /// The file's text with `KEY=VALUE` settings, its paths to bars and weights whole; `data` are bars instead of its own.
    ///
    /// # Errors
    /// When a setting can't be applied.
    pub(crate) fn with_values(&self, settings: &[String], data: &[PathBuf]) -> Result<String, String> {
        let mut settings = settings.to_vec();
        let whole = |path: &Path| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            Value::from(path.display().to_string()).to_string().trim().to_owned()
        };
        let list = |paths: &[PathBuf]| match paths {
            [only] => whole(only),
            several => format!("[{}]", several.iter().map(|path| whole(path)).collect::<Vec<_>>().join(", ")),
        };
        let resolved = |paths: &BarPaths| paths.iter().map(|path| self.resolve(path)).collect::<Vec<_>>();
        let config = &self.config;
        if !data.is_empty() {
            settings.push(format!("data.path={}", list(data)));
        } else if let Some(paths) = &config.data.path {
            settings.push(format!("data.path={}", list(&resolved(paths))));
        } else if !config.data.pool.is_empty() {
            let symbols: Vec<String> = config.data.pool.iter().map(|paths| list(&resolved(paths))).collect();
            settings.push(format!("data.pool=[{}]", symbols.join(", ")));
        }
        if !config.data.references.is_empty() {
            let paths = config.data.references.iter().map(|path| whole(&self.resolve(path)));
            settings.push(format!("data.references=[{}]", paths.collect::<Vec<_>>().join(", ")));
        }
        // Those of weights are whole since the file was read.
        for (key, weights) in [
            ("tirex.weights", config.tirex.weights.as_ref()),
            ("forecast.weights", config.forecast.as_ref().and_then(|forecast| forecast.weights.as_ref())),
        ] {
            settings.extend(weights.map(|path| format!("{key}={}", whole(path))));
        }
        settings.iter().try_fold(self.text.clone(), |text, setting| with_setting(&text, setting))
    }

    /// A path of the config, which is relative to the config's own directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let joined = self.path.parent().unwrap_or(Path::new("")).join(path);
        // `configs/../datasets/x` reads better as `datasets/x`.
        let mut plain = PathBuf::new();
        for part in joined.components() {
            let climbs = matches!(part, std::path::Component::ParentDir);
            let inside = matches!(plain.components().next_back(), Some(std::path::Component::Normal(_)));
            if climbs && inside {
                plain.pop();
            } else {
                plain.push(part);
            }
        }
        plain
    }
}

/// A fault of any file that is TOML, `start` bytes into its text.
pub(crate) fn at_line(path: &Path, text: &str, start: usize, message: &str) -> ConfigError {
    let fault = Fault { start, message: message.replace('\n', " ") };
    ConfigError::Line { path: path.to_owned(), line: fault.line(text), message: fault.message }
}

/// A fault and where in the text it is.
struct Fault {
    start: usize,
    message: String,
}

impl Fault {
    fn line(&self, text: &str) -> usize {
        1 + text[..self.start.min(text.len())].matches('\n').count()
    }
}

fn parse(text: &str) -> Result<Config, Fault> {
    let fault = |error: toml::de::Error| Fault {
        start: error.span().map_or(0, |span| span.start),
        message: error.message().replace('\n', " "),
    };
    let mut config: Config = toml::from_str(text).map_err(fault)?;
    // The Transformer's own default learning rate, also where the file gives other training values.
    if item_at(text, "transformer.training.learning_rate").is_none() {
        let architecture = Architecture::Transformer(config.transformer.network.clone());
        let defaults = networks::TrainingConfig::for_architecture(&architecture);
        config.transformer.training.learning_rate = defaults.learning_rate;
    }
    Ok(config)
}

fn with_setting(text: &str, setting: &str) -> Result<String, String> {
    let (key, value) = setting.split_once('=').ok_or("write KEY=VALUE, such as label.horizon=24")?;
    let value: Value = value.trim().parse().unwrap_or_else(|_| Value::from(value.trim()));
    let mut document: DocumentMut = text.parse().map_err(|_| "the config is not TOML".to_owned())?;
    let parts: Vec<&str> = key.trim().split('.').collect();
    if let ["validation", "split", scheme, ..] = parts.as_slice() {
        leave_only_split(&mut document, scheme);
    }
    let (last, tables) = parts.split_last().filter(|(last, _)| !last.is_empty()).ok_or("the key is empty")?;
    let mut table = document.as_table_mut();
    for part in tables {
        table = table
            .entry(part)
            .or_insert_with(toml_edit::table)
            .as_table_mut()
            .ok_or_else(|| format!("{part} is a value, not a section"))?;
    }
    table.insert(last, Item::Value(value));
    Ok(document.to_string())
}

/// A way to split from the command line replaces the config's own, and the keys of the walk-forward split.
fn leave_only_split(document: &mut DocumentMut, scheme: &str) {
    let Some(validation) = document.get_mut("validation").and_then(Item::as_table_like_mut) else { return };
    for key in ["folds", "initial_train", "mode"] {
        validation.remove(key);
    }
    if let Some(split) = validation.get_mut("split").and_then(Item::as_table_like_mut) {
        let others: Vec<String> =
            split.iter().map(|(key, _)| key.to_owned()).filter(|key| key != scheme).collect();
        for key in others {
            split.remove(&key);
        }
    }
}

/// The byte position of a dotted key's value.
fn item_at(text: &str, key: &str) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let mut item = document.as_item();
    for part in key.split('.') {
        item = item.get(part)?;
    }
    item.span().map(|span| span.start)
}

/// The line of a dotted key, or of the closest section above it that the file has.
fn line_of(text: &str, key: &str) -> usize {
    let mut key = key;
    loop {
        if let Some(start) = item_at(text, key) {
            return Fault { start, message: String::new() }.line(text);
        }
        match key.rsplit_once('.') {
            Some((section, _)) => key = section,
            None => return 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, settings: &[&str]) -> Result<Config, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.toml");
        fs::write(&path, text).unwrap();
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let file = ConfigFile::load(&path, &settings);
        file.map(|file| file.config).map_err(|error| {
            let text = error.to_string();
            text.rsplit('/').next().unwrap_or_default().to_owned()
        })
    }

    const BASE: &str = "name = \"x\"\nmodels = [\"lstm\"]\n\n[label]\nkind = \"volatility\"\nhorizon = 12\n";

    #[test]
    fn faults_show_their_line() {
        for (text, expected) in [
            (format!("{BASE}horzion = 3\n"), "run.toml:7: unknown field `horzion`"),
            (BASE.replace("12", "\"twelve\""), "run.toml:6: invalid type"),
            (BASE.replace("volatility", "volatile"), "run.toml:5: unknown variant `volatile`"),
            (format!("{BASE}\n[validation]\nfolds = 0\n"), "run.toml:9: validation.folds"),
            (format!("{BASE}\n[training]\nx = 1\n"), "run.toml:8: unknown field `training`"),
            (BASE.replace("[label]", "[label"), "run.toml:4:"),
        ] {
            let error = load(&text, &[]).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn settings_change_values_and_are_named_when_refused() {
        let config =
            load(BASE, &["label.kind=forward_direction", "lstm.training.max_epochs=3", "seed=9"]).unwrap();
        assert_eq!(config.label.kind, labels::LabelKind::ForwardDirection);
        assert_eq!(config.lstm.training.max_epochs, 3);
        assert_eq!(config.seed.0, 9);
        for setting in
            ["label.kind=nonsense", "label", "label.horizon=x", "nothing.here=1", "validation.folds=0"]
        {
            let error = load(BASE, &[setting]).unwrap_err();
            assert!(error.starts_with(&format!("--set {setting}: ")), "{error}");
        }
    }

    #[test]
    fn a_split_from_the_command_line_replaces_the_configs_own() {
        let text = format!("{BASE}\n[validation]\nfolds = 3\nearly_stopping_share = 0.3\n");
        let config = load(&text, &["validation.split.combinatorial.groups=4"]).unwrap();
        assert_eq!(config.validation.scheme().name(), "combinatorial");
        assert!((config.validation.early_stopping_share - 0.3).abs() < 1e-12);
        let text = format!("{BASE}\n[validation.split.purged_k_fold]\nfolds = 7\n");
        let other = load(&text, &["validation.split.time_series.folds=4"]).unwrap();
        assert_eq!(other.validation.scheme().name(), "time_series");
        // In the file itself both would be ambiguous.
        let both = format!("{BASE}\n[validation]\nfolds = 3\n[validation.split.purged_k_fold]\n");
        let error = load(&both, &[]).unwrap_err();
        assert!(error.starts_with("run.toml:9: validation.folds: it belongs to"), "{error}");
        let error = load(&text.replace("folds = 7", "folds = 1"), &[]).unwrap_err();
        assert!(error.starts_with("run.toml:9: validation.split.purged_k_fold.folds: 1 is not"), "{error}");
        let hmm = format!("{}\n[validation.split.purged_k_fold]\n", BASE.replace("volatility", "hmm"));
        assert!(load(&hmm, &[]).unwrap_err().contains("learnt from the bars before the test block"));
    }

    #[test]
    fn the_transformer_keeps_its_own_learning_rate() {
        let text = format!("{BASE}\n[transformer.training]\nmax_epochs = 2\n");
        assert!((load(&text, &[]).unwrap().transformer.training.learning_rate - 1e-4).abs() < 1e-12);
        let text = format!("{text}learning_rate = 0.01\n");
        assert!((load(&text, &[]).unwrap().transformer.training.learning_rate - 0.01).abs() < 1e-12);
    }
}
