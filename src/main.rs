//! The program: hands over to the command line or the full-screen console, and ends the process.

use std::io::BufWriter;
use std::process::ExitCode;

use ringmaster::cli::{self, Console, Ended};
use ringmaster::desk::Desk;
use ringmaster::tui::{self, terminal};

fn main() -> ExitCode {
    no_core_dumps();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut err = std::io::stderr().lock();
    let code = match cli::run(std::env::args_os(), &mut out, &mut err) {
        Ended::Code(code) => code,
        Ended::Console(console) => {
            drop((out, err));
            full_screen(*console)
        }
    };
    ExitCode::from(code)
}

/// Opens the full-screen console.
fn full_screen(console: Console) -> u8 {
    let opened = terminal::check()
        .and_then(|()| Desk::open(&console.config, console.workspace.as_deref(), console.read_only))
        .and_then(|desk| tui::run::run(&console.config, desk));
    match opened {
        Ok(code) => code,
        Err(error) => {
            cli::report::write(&mut std::io::stderr().lock(), &error);
            error.exit_code()
        }
    }
}

/// Keeps keys and passwords out of core files and away from debuggers of the same user. Where the system refuses, the
/// program works all the same.
fn no_core_dumps() {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
