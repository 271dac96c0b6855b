//! The edge: what a program printed, without what is of this machine or of this project.
//!
//! Frames of adapters and of the stage go, because a user of the package has none. What a
//! release of Python moves about goes, too: lines of its own modules.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;

use unscathed_verdict::judge::{Ending, signal_name};

/// So many equal frames are shown one by one; newer interpreters do the same.
const SHOWN: usize = 3;

/// Frames that adapters make elsewhere, by file and what follows the line: `partial` is a
/// function of Python on PyPy, and `again` is compiled from a text.
const THEIRS: [(&str, &str); 2] = [("functools.py", "in __call__"), ("<string>", "in again")];

/// Repetitions are counted in steps of this: adapters have frames among those that a limit
/// counts, and PyPy's limit is one of memory.
const STEP: usize = 50;

/// What a user is shown by a program in `folder` that ended like this.
pub(crate) fn shown(printed: &str, ending: Ending, folder: &Path, ours: &Path) -> String {
    let mut text = String::new();
    for line in folded(parts(printed).filter_map(|part| part.normal(folder, ours))) {
        // Of itself the interpreter leaves blanks at the ends of lines in groups.
        let _ = writeln!(text, "{}", without_addresses(line.trim_end()));
    }
    let _ = match ending {
        Ending::Exited(status) => writeln!(text, "exit {status}"),
        Ending::Killed(signal) => writeln!(text, "died of {}", signal_name(signal)),
        Ending::TimedOut(time) => writeln!(text, "still running after {} s", time.as_secs()),
    };
    text
}

/// A frame with the lines below it, or any other line.
#[derive(Debug, PartialEq, Eq)]
struct Part<'a> {
    /// What stands before `File`: blanks, and the bars of a group of exceptions.
    margin: Option<&'a str>,
    lines: Vec<&'a str>,
}

/// Splits what was printed into frames and other lines.
fn parts(printed: &str) -> impl Iterator<Item = Part<'_>> {
    let mut lines = printed.lines().peekable();
    std::iter::from_fn(move || {
        let first = lines.next()?;
        let mut part = Part { margin: margin(first), lines: vec![first] };
        if let Some(margin) = part.margin {
            let below = |line: &&str| {
                let rest = line.strip_prefix(margin);
                rest.is_some_and(|rest| rest.starts_with("  ") || rest.starts_with(REPEATED))
            };
            while let Some(line) = lines.next_if(below) {
                part.lines.push(line);
            }
        }
        Some(part)
    })
}

const FILE: &str = "File \"";
const REPEATED: &str = "[Previous line repeated";

/// What stands before the word `File` of a frame.
fn margin(line: &str) -> Option<&str> {
    let at = line.find(FILE)?;
    let margin = &line[..at];
    margin.chars().all(|each| " |".contains(each)).then_some(margin)
}

impl Part<'_> {
    /// The same as everybody else would see it; nothing, if nobody else would.
    fn normal(&self, folder: &Path, ours: &Path) -> Option<Vec<String>> {
        let mut lines: Vec<String> = self.lines.iter().map(|line| (*line).to_owned()).collect();
        let Some(margin) = self.margin else { return Some(lines) };
        let named = &self.lines[0][margin.len() + FILE.len()..];
        let Some((file, rest)) = named.split_once('"') else { return Some(lines) };
        let path = Path::new(file);
        if path.starts_with(ours) || path == folder.join(super::stage::STAGE) {
            return None;
        }
        let name = path.file_name().map_or(file.into(), |name| name.to_string_lossy());
        if THEIRS.iter().any(|(theirs, end)| name == *theirs && rest.ends_with(end)) {
            return None;
        }
        let rest = if path.starts_with(folder) { rest.into() } else { without_line(rest) };
        lines[0] = format!("{margin}{FILE}{name}\"{rest}");
        for line in &mut lines {
            if let Some(times) = times(line, margin) {
                *line = repeated(margin, times);
            }
        }
        Some(lines)
    }
}

/// How often the interpreter says that a frame is repeated.
fn times(line: &str, margin: &str) -> Option<usize> {
    line.strip_prefix(margin)?.strip_prefix(REPEATED)?.split(' ').nth(1)?.parse().ok()
}

/// The line that says it.
fn repeated(margin: &str, times: usize) -> String {
    let about = (times + STEP / 2) / STEP * STEP;
    if about == 0 {
        return format!("{margin}{REPEATED} {times} more times]");
    }
    format!("{margin}{REPEATED} about {about} more times]")
}

/// `, line 12, in f` without its number.
fn without_line(rest: &str) -> String {
    let number = rest.strip_prefix(", line ");
    let after = number.map(|text| text.trim_start_matches(|each: char| each.is_ascii_digit()));
    after.map_or(rest.into(), |after| format!(", line [line]{after}"))
}

/// Folds equal frames, as interpreters do since 3.6.
fn folded(parts: impl Iterator<Item = Vec<String>>) -> impl Iterator<Item = String> {
    let mut all: VecDeque<(Vec<String>, usize)> = VecDeque::new();
    for part in parts {
        match all.back_mut() {
            Some((last, times)) if *last == part && margin(&part[0]).is_some() => *times += 1,
            _ => all.push_back((part, 1)),
        }
    }
    all.into_iter().flat_map(|(part, times)| {
        let mut lines: Vec<String> = Vec::new();
        for _ in 0..times.min(SHOWN) {
            lines.extend_from_slice(&part);
        }
        if times > SHOWN {
            let margin = margin(&part[0]).unwrap_or_default();
            lines.push(repeated(margin, times - SHOWN));
        }
        lines
    })
}

/// Addresses differ from run to run.
fn without_addresses(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].trim_start_matches(|each: char| each.is_ascii_hexdigit());
        text.push_str(&rest[..at]);
        text.push_str(if digits.len() < rest.len() - at - 2 { "[address]" } else { "0x" });
        rest = digits;
    }
    text + rest
}

#[test]
fn frames_of_adapters_are_left_out_with_all_that_belongs_to_them() {
    let printed = "\
  + Exception Group Traceback (most recent call last):
  |   File \"/a/tracebacks/groups.py\", line 35, in <module>
  |     subject.resume(co)
  |     ~~~~~~~~~~~~~~^^^^
  |   File \"/a/unscathed/subjects/some.py\", line 75, in resume
  |     return co.switch(value)
  |   [Previous line repeated 3 more times]
  |   File \"/usr/lib/python3.13/threading.py\", line 992, in run
  |     self._target(*self._args, **self._kwargs)
  | ExceptionGroup: a <coroutine object at 0x7f00c0de> and 0x
";
    let expected = "\
  + Exception Group Traceback (most recent call last):
  |   File \"groups.py\", line 35, in <module>
  |     subject.resume(co)
  |     ~~~~~~~~~~~~~~^^^^
  |   File \"threading.py\", line [line], in run
  |     self._target(*self._args, **self._kwargs)
  | ExceptionGroup: a <coroutine object at [address]> and 0x
exit 1
";
    let (folder, ours) = (Path::new("/a/tracebacks"), Path::new("/a/unscathed"));
    assert_eq!(shown(printed, Ending::Exited(1), folder, ours), expected);
}

#[test]
fn equal_frames_are_folded_where_the_interpreter_does_not_do_it() {
    let frame = "  File \"/a/tracebacks/f.py\", line 1, in f\n    f()\n";
    let printed = frame.repeat(292);
    let text = shown(&printed, Ending::Exited(1), Path::new("/a/tracebacks"), Path::new("/b"));
    let once = "  File \"f.py\", line 1, in f\n    f()\n";
    assert_eq!(text, once.repeat(3) + "  [Previous line repeated about 300 more times]\nexit 1\n");
}
