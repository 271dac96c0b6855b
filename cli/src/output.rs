//! Where reports go: several formats at once, each whole or not at all.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tempfile::NamedTempFile;
use unscathed_audit::Plan;
use unscathed_verdict::report::Report;

use crate::error::Error;
use crate::exit::Exit;
use crate::show;
use crate::subjects::reason;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One line for each subject
    Json,
}

/// Formats with their destinations.
pub(crate) struct Outputs(Vec<(Format, Destination)>);

enum Destination {
    Standard,
    /// Written beside the file, and renamed when it is whole.
    File {
        path: PathBuf,
        beside: NamedTempFile,
    },
    /// What cannot be renamed over: a device, a pipe.
    Device {
        path: PathBuf,
        file: File,
    },
}

impl Outputs {
    /// Pairs formats and outputs, and opens all of them.
    ///
    /// # Errors
    ///
    /// If they do not pair, two go to standard output, or one cannot be written.
    pub(crate) fn open(formats: &[Format], outputs: &[String]) -> Result<Self, Error> {
        let formats = if formats.is_empty() { &[Format::Human] } else { formats };
        if let Some(output) = outputs.get(formats.len()) {
            return Err(Error::new(format!(
                "--output {output}: there are more outputs than formats (the n-th --output belongs to the n-th --format)"
            )));
        }
        let path = |n: usize| outputs.get(n).map_or("-", String::as_str);
        if (0..formats.len()).filter(|&n| path(n) == "-").count() > 1 {
            return Err(Error::new(
                "--format: only one format can go to standard output (give the others an --output FILE each)",
            ));
        }
        let device = |path: &str| fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        for (n, path) in outputs.iter().enumerate() {
            if outputs[..n].contains(path) && !device(path) {
                return Err(Error::new(format!(
                    "--output {path}: is named twice (each format goes to a file of its own)"
                )));
            }
        }
        let open = |(n, &format)| Ok((format, Destination::open(path(n))?));
        formats.iter().enumerate().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// The seed stands on the first line of the human report, else of standard
    /// error.
    pub(crate) fn announce(&self, plan: &Plan) {
        let people =
            self.0.iter().any(|(format, to)| (*format, to.is_standard()) == (Format::Human, true));
        if !people {
            anstream::eprintln!("{}", show::human::first_line(plan.seed, plan.jobs));
        }
    }

    /// Writes every format.
    ///
    /// # Errors
    ///
    /// If one cannot be written.
    pub(crate) fn write(self, reports: &[Report], exit: Exit) -> Result<(), Error> {
        for (format, destination) in self.0 {
            let text = match format {
                Format::Human => {
                    let style = match destination {
                        Destination::Standard => show::for_terminal(),
                        _ => show::Style::PLAIN,
                    };
                    show::human::document(reports, exit.status(), style)
                }
                Format::Json => {
                    reports.iter().map(|report| show::json::line(report) + "\n").collect()
                }
            };
            destination.write(&text)?;
        }
        Ok(())
    }
}

impl Destination {
    fn open(path: &str) -> Result<Self, Error> {
        if path == "-" {
            return Ok(Self::Standard);
        }
        if path.is_empty() {
            return Err(Error::new("--output: names no file (- is standard output)"));
        }
        let cannot = |error: &std::io::Error| {
            Error::new(format!("--output {path}: cannot be written: {}", reason(error)))
        };
        let target = PathBuf::from(path);
        if target.is_dir() || path.ends_with('/') {
            return Err(Error::new(format!("--output {path}: is a folder (name a file in it)")));
        }
        match fs::metadata(&target) {
            Ok(metadata) if !metadata.is_file() => {
                let file = File::options().write(true).open(&target).map_err(|e| cannot(&e))?;
                return Ok(Self::Device { path: target, file });
            }
            // It may not be writable even where its folder is.
            Ok(_) => drop(File::options().write(true).open(&target).map_err(|e| cannot(&e))?),
            Err(_) => {}
        }
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let beside = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
        Ok(Self::File { path: target, beside: beside.map_err(|error| cannot(&error))? })
    }

    fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }

    fn write(self, text: &str) -> Result<(), Error> {
        let cannot = |path: &Path, error: &std::io::Error| {
            let path = path.display();
            Error::new(format!("--output {path}: cannot be written: {}", reason(error)))
        };
        match self {
            Self::Standard => print(text),
            Self::Device { path, mut file } => {
                file.write_all(text.as_bytes()).map_err(|error| cannot(&path, &error))
            }
            Self::File { path, mut beside } => {
                beside.write_all(text.as_bytes()).map_err(|error| cannot(&path, &error))?;
                readable(&beside);
                beside.persist(&path).map_err(|error| cannot(&path, &error.error)).map(drop)
            }
        }
    }
}

/// Temporary files are their owner's only; a report is for whoever may read the
/// folder.
fn readable(file: &NamedTempFile) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = file.as_file().set_permissions(fs::Permissions::from_mode(0o644));
}

/// Writes to standard output.
///
/// # Errors
///
/// If it cannot be written, other than because its reader has read enough.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            Err(Error::new(format!("standard output cannot be written: {}", reason(&error))))
        }
        Ok(()) => Ok(()),
    }
}
