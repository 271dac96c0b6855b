//! A process of an interpreter that makes a copy of itself for each probe.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use unscathed_audit::child::{end_strays, finish, spawn};
use unscathed_audit::one_line;
use unscathed_catalogue::record::BYTES;
use unscathed_verdict::journal::{Description, Journal};
use unscathed_verdict::judge::script::{Told, record};
use unscathed_verdict::judge::{Ending, signal_name};

use crate::embedded::Unpacked;
use crate::interpreter::Found;

/// How processes are started for one subject on one interpreter.
#[derive(Clone, Debug)]
pub(crate) struct Launch<'a> {
    pub(crate) found: &'a Found,
    pub(crate) unpacked: &'a Unpacked,
    /// How the subject is named to the child.
    pub(crate) reach: &'a str,
    /// A folder of packages before all others.
    pub(crate) site: Option<&'a Path>,
    /// A folder for what children write.
    pub(crate) folder: &'a Path,
    pub(crate) seed: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Greeting {
    Refused(String),
    Subject(Description),
}

#[derive(Serialize)]
struct Order<'a> {
    probe: &'a str,
    subject: Option<&'a str>,
    journal: &'a Path,
    record: &'a Path,
    errors: &'a Path,
    seed: u64,
    timeout: f64,
    nonce: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    status: i32,
    timed_out: bool,
    elapsed_us: u64,
}

/// A process that carries out orders.
pub(crate) struct Server {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
}

/// How much longer than a probe the server may take to say how it ended: it imports
/// all probes before the first one.
const SLACK: Duration = Duration::from_secs(10);

impl Launch<'_> {
    fn command(&self) -> io::Result<Command> {
        let errors = File::create(self.folder.join("server.errors"))?;
        let mut command = Command::new(&self.found.executable);
        command
            .arg("-B")
            .arg(self.unpacked.child())
            .args(["serve", self.reach])
            .env("UNSCATHED_LIBRARY", self.unpacked.library())
            .env("PYTHONHASHSEED", (self.seed % 4_294_967_296).to_string())
            // Whoever turns warnings into errors means his own code.
            .env_remove("PYTHONWARNINGS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .process_group(0);
        if let Some(site) = self.site {
            command.env("UNSCATHED_SITE", site);
        }
        Ok(command)
    }

    /// Starts a process, and hears what it says of its subject.
    ///
    /// # Errors
    ///
    /// A sentence, if the subject cannot be reached.
    pub(crate) fn start(&self, timeout: Duration) -> Result<(Server, Description), String> {
        let cannot = |error: io::Error| {
            format!("{} cannot be started: {error}", self.found.executable.display())
        };
        let mut child =
            self.command().and_then(|mut command| spawn(&mut command)).map_err(cannot)?;
        let orders = child.stdin.take().expect("it was piped");
        let answers = listen(BufReader::new(child.stdout.take().expect("it was piped")));
        let server = Server { child, orders, answers };
        let line = server.answers.recv_timeout(timeout);
        match line.map(|line| serde_json::from_str(&line)) {
            Ok(Ok(Greeting::Subject(description))) => Ok((server, description)),
            Ok(Ok(Greeting::Refused(why))) => Err(one_line(&why)),
            Ok(Err(_)) => Err("while it was imported, something else answered in its place".into()),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("it was not imported within {} s (--timeout)", timeout.as_secs_f64()))
            }
            Err(RecvTimeoutError::Disconnected) => {
                let how = match server.bury() {
                    Ending::Exited(status) => format!("ended the process with status {status}"),
                    Ending::Killed(signal) => format!("died of {}", signal_name(signal)),
                    Ending::TimedOut(_) => "closed what is not its own".into(),
                };
                let words = last_words(&self.folder.join("server.errors"));
                let words = words.map(|words| format!(": {words}")).unwrap_or_default();
                Err(format!("it {how} while it was imported{words}"))
            }
        }
    }

    /// Runs one probe in a copy of a server, which is started if there is none.
    ///
    /// # Errors
    ///
    /// If no process can be had.
    pub(crate) fn run(
        &self,
        server: &mut Option<Server>,
        probe: &str,
        subject: Option<&str>,
        timeout: Duration,
    ) -> Result<Told, String> {
        let files = Files::new(self.folder).map_err(|error| error.to_string())?;
        let nonce = files.journal.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let order = Order {
            probe,
            subject,
            journal: &files.journal,
            record: &files.record,
            errors: &files.errors,
            seed: self.seed,
            timeout: timeout.as_secs_f64(),
            nonce: &nonce,
        };
        let clock = Instant::now();
        if server.is_none() {
            *server = Some(self.start(timeout + SLACK)?.0);
        }
        let running = server.as_mut().expect("it was just started");
        let (ending, elapsed_us) = match running.ask(&order, timeout) {
            Some(answer) => (answer.ending(timeout), answer.elapsed_us),
            None => {
                // It took its own server down: the next probe gets another one.
                let ending = server.take().map_or(Ending::Exited(0), Server::bury);
                (ending, u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX))
            }
        };
        end_strays();
        Ok(files.told(ending, &nonce, elapsed_us))
    }
}

/// Lines of a process as they come. Once it is gone there are no more.
fn listen(mut output: BufReader<std::process::ChildStdout>) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut line = String::new();
        while matches!(output.read_line(&mut line), Ok(length) if length > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Server {
    fn send(&mut self, order: &Order<'_>) -> io::Result<()> {
        let line = serde_json::to_string(order)? + "\n";
        self.orders.write_all(line.as_bytes())
    }

    /// `None`: it does not answer.
    fn ask(&mut self, order: &Order<'_>, timeout: Duration) -> Option<Answer> {
        self.send(order).ok()?;
        let line = self.answers.recv_timeout(timeout + SLACK).ok()?;
        serde_json::from_str(&line).ok()
    }

    /// Ends it, if it has not ended, and says how.
    fn bury(self) -> Ending {
        let Self { mut child, orders, .. } = self;
        drop(orders);
        finish(&mut child, Duration::from_millis(500)).unwrap_or(Ending::Exited(0))
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        if let Some(server) = self.0.take() {
            let _ = server.bury();
        }
    }
}

/// A place for a server that ends it when it is left.
#[derive(Default)]
pub(crate) struct Finished(pub(crate) Option<Server>);

impl Answer {
    fn ending(&self, timeout: Duration) -> Ending {
        if self.timed_out {
            return Ending::TimedOut(timeout);
        }
        let status = ExitStatus::from_raw(self.status);
        match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exited(code),
            (None, signal) => Ending::Killed(signal.unwrap_or_default()),
        }
    }
}

/// What one run of a probe writes.
struct Files {
    journal: PathBuf,
    record: PathBuf,
    errors: PathBuf,
}

impl Files {
    fn new(folder: &Path) -> io::Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let named = |kind| folder.join(format!("{number}.{kind}"));
        let files =
            Self { journal: named("journal"), record: named("record"), errors: named("errors") };
        File::create(&files.record)?.set_len(BYTES as u64)?;
        Ok(files)
    }

    fn told(&self, ending: Ending, nonce: &str, elapsed_us: u64) -> Told {
        let journal = fs::read(&self.journal).unwrap_or_default();
        let record = fs::read(&self.record).ok().and_then(|bytes| record(&bytes));
        Told {
            ending,
            journal: Journal::read(&String::from_utf8_lossy(&journal), nonce),
            record,
            last_words: last_words(&self.errors),
            elapsed_us,
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for file in [&self.journal, &self.record, &self.errors] {
            let _ = fs::remove_file(file);
        }
    }
}

/// The line by which an interpreter says why it dies, or else its last one.
fn last_words(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    let start = bytes.len().saturating_sub(64 << 10);
    let text = String::from_utf8_lossy(&bytes[start..]).into_owned();
    let fatal = text.lines().find(|line| line.starts_with("Fatal Python error"));
    let last = || text.lines().rfind(|line| !line.trim().is_empty());
    fatal.or_else(last).map(|line| one_line(line.trim()).chars().take(200).collect())
}
