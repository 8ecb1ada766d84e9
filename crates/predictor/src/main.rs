//! The `predictor` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

// Networks allocate a tensor per operation; the system allocator gives each back to the kernel.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // What is told on the way goes to standard error; RUST_LOG says how much.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match predictor::run(std::env::args_os(), &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place where an error is told")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::from(2)
        }
    }
}
