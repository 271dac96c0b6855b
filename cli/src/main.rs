//! The command.

mod commands;
mod error;
mod exit;
mod output;
mod progress;
mod show;
mod stage;
mod subjects;
mod tool;
mod trial;

use std::env;
use std::process::ExitCode;

use clap::Parser as _;

use commands::Arguments;
use error::Error;
use exit::Exit;

fn main() -> ExitCode {
    let arguments: Vec<String> =
        env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    if arguments.get(1).is_some_and(|first| first == unscathed_audit::child::HIDDEN) {
        return unscathed_abi_probes::child::main(
            &arguments[2..],
            subjects::table,
            subjects::counter,
        );
    }
    let ended = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments.command.run(),
        // Help and version are answers, not errors.
        Err(answer) if !answer.use_stderr() => {
            let _ = answer.print();
            return Exit::Clean.into();
        }
        Err(error) => Err(Error::usage(&error)),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            anstream::eprintln!("unscathed: {error}");
            Exit::CouldNotRun.into()
        }
    }
}
