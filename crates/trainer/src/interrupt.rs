//! Ctrl-C and SIGTERM: asked for once, a run stops at the next place where nothing is lost; asked twice, at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a run that was stopped, as shells give it to a program that an interrupt ended.
pub const EXIT_CODE: u8 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static LISTENING: AtomicBool = AtomicBool::new(false);

/// A run that was stopped on request. What it had done is kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Interrupted(pub(crate) String);

/// Hears signals from now on; a process has one ear, however many runs it makes.
///
/// # Errors
/// When the system refuses.
pub(crate) fn listen() -> Result<(), ctrlc::Error> {
    if LISTENING.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(EXIT_CODE));
        }
        #[expect(clippy::print_stderr, reason = "the answer to a key belongs on the terminal")]
        {
            eprintln!("stopping; what was done is kept (once more: stop at once)");
        }
    })
}

/// True once a signal has come.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Ends what can be ended here, once a signal has come.
///
/// # Errors
/// [`Interrupted`] then.
pub(crate) fn check(doing: &str) -> Result<(), Interrupted> {
    if requested() { Err(Interrupted(format!("stopped in {doing}"))) } else { Ok(()) }
}
