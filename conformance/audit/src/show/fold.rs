//! Lines of at most 100 columns.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Color, Effects};
use unscathed_verdict::report::Verdict;

use super::Style;

/// Columns of a page, whatever it is shown on.
pub const WIDTH: usize = 100;

/// What a stretch of text is, as far as it looks different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing in particular.
    #[default]
    Plain,
    /// The word of a verdict against the subject.
    Loss,
    /// The word of a verdict that leaves the question open.
    Doubt,
    /// Nothing failed.
    Good,
    /// An id or a number to refer to.
    Strong,
    /// For those who want to read further.
    Faint,
}

impl Mark {
    /// How a verdict's word is marked.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Crashed | Verdict::Corrupted | Verdict::Leaked | Verdict::Hung => Self::Loss,
            Verdict::Error | Verdict::Skipped => Self::Doubt,
            Verdict::Unsupported | Verdict::Preserved => Self::Plain,
        }
    }

    fn style(self) -> anstyle::Style {
        let color = |color| anstyle::Style::new().fg_color(Some(Color::Ansi(color)));
        match self {
            Self::Plain => anstyle::Style::new(),
            Self::Loss => color(AnsiColor::Red),
            Self::Doubt => color(AnsiColor::Yellow),
            Self::Good => color(AnsiColor::Green),
            Self::Strong => anstyle::Style::new().effects(Effects::BOLD),
            Self::Faint => anstyle::Style::new().effects(Effects::DIMMED),
        }
    }
}

/// A stretch of text that looks alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    text: String,
    mark: Mark,
    /// Stays on one line, if it fits on one at all.
    whole: bool,
}

impl Piece {
    /// A stretch with this mark.
    pub fn new(mark: Mark, text: impl Into<String>) -> Self {
        Self {
            // A name that a subject gives itself must not move the cursor.
            text: text.into().chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
            mark,
            whole: false,
        }
    }

    /// A verdict's word.
    #[must_use]
    pub fn verdict(verdict: Verdict) -> Self {
        Self::new(Mark::of(verdict), verdict.word())
    }

    /// The text, without its mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where lines may end in it: each word with the spaces before it.
    fn words(&self, room: usize) -> Vec<(usize, &str)> {
        let trimmed = self.text.trim_matches(' ');
        if self.whole && trimmed.chars().count() <= room {
            let before = self.text.trim_start_matches(' ').len();
            return vec![(self.text.len() - before, trimmed)];
        }
        let mut words = Vec::new();
        let mut spaces = 0;
        for word in self.text.split(' ') {
            if !word.is_empty() {
                words.push((spaces, word));
                spaces = 0;
            }
            spaces += 1;
        }
        words
    }

    /// Spaces at its end, which count before the next piece.
    fn trailing(&self) -> usize {
        self.text.len() - self.text.trim_end_matches(' ').len()
    }
}

/// Ordinary text.
pub fn plain(text: impl Into<String>) -> Piece {
    Piece::new(Mark::Plain, text)
}

/// An id or a number.
pub fn strong(text: impl Into<String>) -> Piece {
    Piece::new(Mark::Strong, text)
}

/// Text that is not broken: a command to copy, a row of a table.
pub fn whole(text: impl Into<String>) -> Piece {
    Piece { whole: true, ..plain(text) }
}

/// Text that is written from top to bottom.
pub struct Page {
    style: Style,
    text: String,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { style, text: String::new() }
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A line that begins at the left, and is folded under `column`.
    pub fn line(&mut self, column: usize, pieces: &[Piece]) {
        self.put(0, &[], column, pieces);
    }

    /// `lead`, then the pieces from `column` on, folded there.
    pub fn put_at(&mut self, lead: &[Piece], column: usize, pieces: &[Piece]) {
        self.put(column, lead, column, pieces);
    }

    /// A line that is not folded, because whoever reads it reads line by line.
    pub fn row(&mut self, pieces: &[Piece]) {
        let mut line = Line::default();
        for piece in pieces {
            line.push(0, &piece.text, piece.mark);
        }
        self.end(&line);
    }

    fn put(&mut self, start: usize, lead: &[Piece], column: usize, pieces: &[Piece]) {
        let mut line = Line::default();
        for piece in lead {
            line.push(0, &piece.text, piece.mark);
        }
        let mut gap = match line.width {
            0 => start,
            width => start.saturating_sub(width).max(2),
        };
        // At the beginning of a line spaces are its indentation.
        let mut fresh = line.width == 0;
        for piece in pieces {
            for (spaces, word) in piece.words(WIDTH - column) {
                let width = word.chars().count();
                if !fresh && line.width + gap + spaces + width > WIDTH {
                    self.end(&line);
                    line = Line::default();
                    line.push(column, word, piece.mark);
                } else {
                    line.push(gap + spaces, word, piece.mark);
                }
                gap = 0;
                fresh = false;
            }
            if piece.text.trim_matches(' ').is_empty() {
                gap += piece.text.len();
            } else {
                gap += piece.trailing();
            }
        }
        self.end(&line);
    }

    fn end(&mut self, line: &Line) {
        let mut current = Mark::Plain;
        for (spaces, word, mark) in &line.words {
            let change = *mark != current && self.style.color;
            if change && current != Mark::Plain {
                let _ = write!(self.text, "{:#}", current.style());
            }
            self.text.extend(std::iter::repeat_n(' ', *spaces));
            if change {
                let _ = write!(self.text, "{}", mark.style());
            }
            current = *mark;
            self.text.push_str(word);
        }
        if self.style.color && current != Mark::Plain {
            let _ = write!(self.text, "{:#}", current.style());
        }
        self.text.push('\n');
    }

    /// Everything that was written.
    pub fn finish(self) -> String {
        if self.style.ascii { self.text.replace('·', "|").replace('→', ">") } else { self.text }
    }
}

#[derive(Default)]
struct Line {
    words: Vec<(usize, String, Mark)>,
    width: usize,
}

impl Line {
    fn push(&mut self, spaces: usize, word: &str, mark: Mark) {
        self.width += spaces + word.chars().count();
        self.words.push((spaces, word.to_owned(), mark));
    }
}
