//! The state of the source tree this program was built from.

use std::path::Path;
use std::process::Command;

use pipeline::GitState;

/// Commit and whether files differ from it; no commit where the source tree or git is gone.
pub(crate) fn state() -> GitState {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ask = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(source).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    GitState {
        commit: ask(&["rev-parse", "HEAD"]),
        dirty: ask(&["status", "--porcelain", "--untracked-files=no"])
            .is_some_and(|changes| !changes.is_empty()),
    }
}
