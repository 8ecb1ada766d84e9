//! The `trainer` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

// Networks allocate a tensor per operation; the system allocator gives each back to the kernel.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match trainer::run(std::env::args_os(), &mut std::io::stdout()) {
        Ok(outcome) => ExitCode::from(outcome as u8),
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place where an error is told")]
            {
                match trainer::exit_code(&error) {
                    trainer::STOPPED => eprintln!("{error:#}"),
                    _ => eprintln!("error: {error:#}"),
                }
            }
            ExitCode::from(trainer::exit_code(&error))
        }
    }
}
