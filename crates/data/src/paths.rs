//! Which files a path means: itself, the bar files of a directory, or those that fit a pattern.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::LoadError;
use crate::place::listed;
use crate::source::unopened;

/// Endings of files that a directory is searched for.
const ENDINGS: [&str; 6] = [".csv", ".csv.gz", ".csv.zip", ".zip", ".parquet", ".pq"];

/// Every file that the paths mean: those of a directory or pattern in the order of their names.
pub(crate) fn files(paths: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>, LoadError> {
    let mut files = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let is_pattern = path.components().any(|part| has_star(&part.as_os_str().to_string_lossy()));
        if !is_pattern || path.exists() {
            files.extend(files_at(path)?);
            continue;
        }
        let found = matching(path).map_err(|cause| unopened(path, cause))?;
        if found.is_empty() {
            return Err(LoadError::NoMatch { pattern: path.to_owned() });
        }
        for path in found {
            files.extend(files_at(&path)?);
        }
    }
    if files.is_empty() { Err(LoadError::NoPaths) } else { Ok(files) }
}

/// A file that is to be written is one of those that are read.
#[derive(Debug, thiserror::Error)]
#[error("{} is one of the files that are read, and writing would destroy it; name another file to write", path.display())]
pub struct OverwritesInput {
    path: PathBuf,
}

/// Refuses to write to a file that `inputs` mean.
///
/// # Errors
/// [`OverwritesInput`] when `output` is one of them, under whatever name.
pub fn keep_inputs(output: &Path, inputs: &[impl AsRef<Path>]) -> Result<(), OverwritesInput> {
    // What does not exist yet is no input.
    let Ok(written) = output.canonicalize() else { return Ok(()) };
    let read = files(inputs).unwrap_or_default();
    if read.iter().any(|input| input.canonicalize().is_ok_and(|input| input == written)) {
        return Err(OverwritesInput { path: output.to_owned() });
    }
    Ok(())
}

/// The file itself, or the bar files of the directory.
fn files_at(path: &Path) -> Result<Vec<PathBuf>, LoadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = sorted(path).map_err(|cause| unopened(path, cause))?;
    let is_bars = |name: &str| {
        let name = name.to_lowercase();
        ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
    };
    let files: Vec<PathBuf> = entries
        .iter()
        .filter(|name| is_bars(name) && !name.starts_with('.'))
        .map(|name| path.join(name))
        .filter(|file| !file.is_dir())
        .collect();
    if files.is_empty() {
        let names: Vec<&str> = entries.iter().map(String::as_str).collect();
        let found = if names.is_empty() { "nothing".to_owned() } else { listed(&names) };
        return Err(LoadError::NoBarFiles { path: path.to_owned(), found });
    }
    Ok(files)
}

/// The names in a directory, in order; names that are not UTF-8 are left out.
fn sorted(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn has_star(part: &str) -> bool {
    part.contains(['*', '?'])
}

/// The paths that fit a pattern, in order. `*` stands for any text within a name and `?` for one
/// character; a name that starts with a dot is matched only by a pattern that does.
fn matching(pattern: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let text = part.as_os_str().to_string_lossy();
        let is_pattern = matches!(part, Component::Normal(_)) && has_star(&text);
        let mut next = Vec::new();
        for base in found {
            if !is_pattern {
                next.push(base.join(part));
                continue;
            }
            let directory = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
            if directory.is_dir() {
                let names = sorted(directory)?.into_iter();
                let fits =
                    |name: &String| fits(&text, name) && (!name.starts_with('.') || text.starts_with('.'));
                next.extend(names.filter(fits).map(|name| base.join(name)));
            }
        }
        found = next;
    }
    Ok(found.into_iter().filter(|path| path.exists()).collect())
}

/// True when `name` is what a pattern of characters, `*` and `?` says.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut read) = (0, 0);
    // Where the last star stands, and how much of the name it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, until)) = star else { return false };
                star = Some((place, until + 1));
                (at, read) = (place + 1, until + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_not_written_whatever_it_is_called() {
        let directory = tempfile::tempdir().unwrap();
        let bars = directory.path().join("bars.csv");
        fs::write(&bars, b"").unwrap();
        std::os::unix::fs::symlink(&bars, directory.path().join("link.csv")).unwrap();
        let other = directory.path().join("x/../bars.csv");
        fs::create_dir(directory.path().join("x")).unwrap();
        for output in [&bars, &directory.path().join("link.csv"), &other] {
            for inputs in [bars.clone(), directory.path().to_owned(), directory.path().join("b*.csv")] {
                let refused = keep_inputs(output, &[inputs]).unwrap_err().to_string();
                assert!(refused.contains("name another file"), "{refused}");
            }
        }
        keep_inputs(&directory.path().join("new.csv"), &[&bars]).unwrap();
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, name, fit) in [
            ("BTC*.csv", "BTCUSDT-5m.csv", true),
            ("BTC*.csv", "BTCUSDT-5m.csv.gz", false),
            ("*", "", true),
            ("*-5m-*", "ETHUSDT-5m-2024-01.zip", true),
            ("*-5m-*", "ETHUSDT-5m.zip", false),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbXbd", false),
            ("20??.csv", "2024.csv", true),
            ("20??.csv", "20245.csv", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }
}
