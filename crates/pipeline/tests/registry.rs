//! The registry under attack: wherever a process is killed, and whenever the disk is full, the champion can be loaded and
//! is the one before or the one after.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use durable::{StagedDirectory, faults};
use ensemble::CalibrationMethod;
use features::{FeatureSet, FeatureSpec, FeatureTable};
use market::{Classes, Seed, Timeframe};
use models::{FittedModel, LabelledRows, ModelSpec, NoProgress, TrainingSet};
use pipeline::{Alias, AliasMove, Bundle, BundleFacts, Core, GitState, Member, Pipeline, Registry, Version};
use serde_json::{Value, json};
use synthetic::Preset;
use trees::ForestConfig;

const NAME: &str = "forest";

/// A forest of a few trees.
fn pipeline(trees: usize) -> Pipeline {
    let series = synthetic::generate(&Preset::Easy.parameters(), 300, Timeframe::HOUR, Seed(7)).series;
    let features = FeatureSpec { sets: vec!["returns_1".into(), "vol_20".into()], ..FeatureSpec::default() };
    let set = FeatureSet::resolve(&features, series.timeframe()).unwrap();
    let table = FeatureTable::compute(&set, &series, |_| ());
    let rows: Vec<usize> = (0..series.len() - 1).filter(|bar| table.is_usable(*bar, 1)).collect();
    let closes = series.closes();
    let classes: Vec<u8> = rows.iter().map(|&bar| u8::from(closes[bar + 1] > closes[bar])).collect();
    let data = TrainingSet {
        values: table.values(),
        n_features: set.schema().len(),
        n_classes: 2,
        train: LabelledRows { ends: &rows, classes: &classes },
        validation: LabelledRows { ends: &[], classes: &[] },
        columns: None,
    };
    let spec = ModelSpec::RandomForest(ForestConfig { trees, min_leaf: 20, ..ForestConfig::default() });
    let (model, _) = FittedModel::fit(&spec, &data, CalibrationMethod::None, Seed(7), &NoProgress).unwrap();
    let core = Core {
        classes: Classes::volatility(),
        horizon: 1,
        timeframe: series.timeframe(),
        gaps: series.gaps(),
        features,
        forecast: None,
        calibration: None,
        missing: std::collections::BTreeMap::new(),
        conformal: None,
        forecast_interval: None,
    };
    let member = Member { name: NAME.to_owned(), weight: 1.0, model: Arc::new(model) };
    Pipeline::new(core, vec![member], None).unwrap()
}

fn facts(version: Version) -> BundleFacts {
    BundleFacts {
        name: NAME.to_owned(),
        version: version.to_string(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        program_version: "0.1.0".to_owned(),
        git: GitState { commit: None, dirty: false },
        run: "run".to_owned(),
        fitted_on: "final".to_owned(),
        seed: 7,
        config: json!({}),
        labellers: std::collections::BTreeMap::new(),
        references: std::collections::BTreeMap::new(),
        label: json!({}),
        data: json!({}),
        metrics: json!({}),
    }
}

/// Writes the next version and makes it the champion.
fn save_and_promote(root: &Path, pipeline: &Pipeline) -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new(root);
    let (version, directory) = registry.next(NAME);
    let staged = StagedDirectory::create(&directory)?;
    Bundle::write(pipeline, facts(version), &staged, "")?;
    staged.publish()?;
    let locked = registry.lock(NAME)?;
    let from = locked.aliases()?.get(Alias::Champion);
    locked.move_aliases(vec![AliasMove {
        alias: Alias::Champion,
        from,
        to: Some(version),
        at: "2026-01-01T00:00:00Z".to_owned(),
        by: "promote".to_owned(),
        forced: false,
        evidence: Value::Null,
    }])?;
    Ok(())
}

fn champion(root: &Path) -> Bundle {
    Bundle::load(&root.join(format!("{NAME}@champion"))).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What this process left half-done is from now on that of a dead one: no process has the largest id that the kernel
/// could give.
fn bury(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix(&format!(".staging-{}-", std::process::id())) {
            fs::rename(&path, directory.join(format!(".staging-4194304-{rest}"))).unwrap();
        }
    }
}

/// Breaks the second promotion at every place by `break_at`, and checks what is left each time.
fn broken_everywhere(places: usize, break_at: impl Fn(usize, &dyn Fn() -> bool) -> bool) {
    let (old, new) = (pipeline(3), pipeline(4));
    let start = tempfile::tempdir().unwrap();
    save_and_promote(start.path(), &old).unwrap();
    let before = champion(start.path()).manifest.content_hash;
    let reference = tempfile::tempdir().unwrap();
    copy(start.path(), reference.path());
    save_and_promote(reference.path(), &new).unwrap();
    let after = champion(reference.path()).manifest.content_hash;
    assert_ne!(before, after);
    let (mut kept, mut moved) = (0, 0);
    for place in 0..places {
        let root = tempfile::tempdir().unwrap();
        copy(start.path(), root.path());
        let finished = break_at(place, &|| save_and_promote(root.path(), &new).is_ok());
        let found = champion(root.path()).manifest.content_hash;
        assert!(found == before || found == after, "place {place}");
        assert!(!finished || found == after, "place {place}: said to be done");
        *(if found == before { &mut kept } else { &mut moved }) += 1;
        bury(&root.path().join(NAME));
        // Whatever was left, the next one goes through, and every version that is listed can be loaded.
        save_and_promote(root.path(), &old).unwrap();
        assert_eq!(champion(root.path()).manifest.content_hash, before);
        let registry = Registry::new(root.path());
        for version in registry.versions(NAME) {
            Bundle::load(&registry.directory(NAME, version)).unwrap();
        }
    }
    assert!(kept > 0 && places == kept + moved, "{kept} kept, {moved} moved");
}

fn operations_and_writes() -> (usize, usize) {
    let root = tempfile::tempdir().unwrap();
    save_and_promote(root.path(), &pipeline(3)).unwrap();
    let ((), operations, writes) = faults::counted(|| save_and_promote(root.path(), &pipeline(4)).unwrap());
    assert!(operations > 10 && writes > 2, "{operations}, {writes}");
    (operations, writes)
}

#[test]
fn killed_before_every_operation() {
    let (operations, _) = operations_and_writes();
    broken_everywhere(operations, |place, work| faults::killed_at(place, work));
}

#[test]
fn the_disk_full_at_every_write() {
    let (_, writes) = operations_and_writes();
    broken_everywhere(writes, |place, work| faults::full_at(place, work));
}
