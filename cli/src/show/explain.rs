//! The pages of `explain`: one element, or one probe.

use std::fmt::Write as _;

use unscathed_catalogue::abi::{SYSV_X86_64, elements};
use unscathed_catalogue::probe::all;
use unscathed_catalogue::{Element, Feature, Interpreted, Keep, Known, Level, Plant, Probe, words};

use super::Style;
use super::field::compact;
use super::fold::{Page, plain, strong, whole};
use super::trial::Trial;

/// Where texts begin.
const TEXTS: usize = 12;
/// Where the next commands begin.
const COMMANDS: usize = 10;

/// What an element is, who says that it must survive, and what a pass is worth.
pub(crate) fn element(row: &Element, trial: Option<Trial>, style: Style) -> String {
    let mut page = Page::new(style);
    let about = row.about;
    let of = row.interpreted.map_or(SYSV_X86_64.title.to_owned(), Interpreted::phrase);
    let head = [row.level.word(), &of, row.owner.phrase()].join(" · ");
    page.line(2, &[strong(row.id), plain(format!(" · {head}"))]);
    page.blank();
    label(&mut page, "What", about.what);
    label(&mut page, "Rule", about.rule);
    label(&mut page, "", &clause(row));
    label(&mut page, "Why", about.why);
    label(&mut page, "Shows as", about.shows);
    label(&mut page, "Seen in", about.bug);
    for release in row.interpreted.iter().flat_map(|it| it.known) {
        label(&mut page, "Known", &known(release));
    }
    if row.interpreted.is_none() {
        label(&mut page, "Keeps", &keeps(row));
        label(&mut page, "Plants", &plants(row));
    }
    if let Some(feature) = row.gate {
        label(&mut page, "Needs", feature.title());
    }
    label(&mut page, "Usually", about.cause);
    label(&mut page, "Repair", about.fix);
    let probes = probes_of(row);
    label(&mut page, "Probes", &observed_by(row, &probes));
    if row.level != Level::Free {
        label(&mut page, "On trial", &on_trial(trial));
    }
    label(&mut page, "A pass", &format!("does not prove what was not tried. {}", about.limits));
    page.blank();
    let next = match family_glob(&probes) {
        Some(glob) => format!("unscathed audit SUBJECT --probe '{glob}'"),
        None => "unscathed list elements".into(),
    };
    page.put_at(&[plain("next")], COMMANDS, &[whole(next)]);
    page.finish()
}

/// What a probe asks, how, and of what.
pub(crate) fn probe(probe: &Probe, trial: Option<Trial>, style: Style) -> String {
    let mut page = Page::new(style);
    let family = probe.family.noun();
    page.line(2, &[strong(probe.id), plain(format!(" · {family} probe"))]);
    page.blank();
    label(&mut page, "Asks", probe.title);
    label(&mut page, "Schedule", probe.schedule);
    let looks: Vec<_> = probe.events.iter().map(|event| event.phrase()).collect();
    label(&mut page, "Looks", &looks.join(", "));
    let rows: Vec<_> = elements().filter(|row| probe.observes(row)).collect();
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    label(&mut page, "Observes", &compact(&ids));
    let mut gates: Vec<_> = rows.iter().filter_map(|row| row.gate).map(Feature::title).collect();
    gates.dedup();
    let claims: Vec<_> = probe.needs.iter().map(|needed| needed.claim()).collect();
    gates.extend(claims.iter().map(String::as_str));
    label(&mut page, "Needs", &gates.join(", "));
    label(&mut page, "On trial", &on_trial(trial));
    page.blank();
    let next = [
        format!("unscathed audit SUBJECT --probe {}", probe.id),
        format!("unscathed explain {}", ids.first().copied().unwrap_or("ELEMENT")),
    ];
    for (n, command) in next.into_iter().enumerate() {
        let lead = if n == 0 { "next" } else { "" };
        page.put_at(&[plain(lead)], COMMANDS, &[whole(command)]);
    }
    page.finish()
}

fn label(page: &mut Page, name: &str, text: &str) {
    if !text.is_empty() {
        page.put_at(&[plain(format!("  {name}"))], TEXTS, &[plain(text)]);
    }
}

fn clause(row: &Element) -> String {
    let clause = row.clause;
    let unread = if clause.verified { "" } else { " (unverified)" };
    format!("{} {}, {}{unread}", clause.document, clause.revision, clause.section)
}

/// Which bits must come back.
fn keeps(row: &Element) -> String {
    let name = row.register;
    match row.keep {
        Keep::Nothing => "nothing".into(),
        Keep::All if row.width == 1 => format!("bit {} of {name}", row.low),
        Keep::All => format!("all {} bits of {name}", row.width),
        Keep::Low(bits) => format!("the low {bits} bits of {name}"),
        Keep::Mask(bits) => format!("bits {bits:#x} of {name}"),
    }
}

/// What a probe puts there before a switch.
fn plants(row: &Element) -> String {
    match row.plant {
        Plant::Canary => {
            let mut text =
                "a value that names its coroutine, row and step, and its complement on odd steps"
                    .to_owned();
            if row.width > 64 {
                let _ = write!(text, ", repeated over {} bits", row.width);
            }
            text
        }
        Plant::Codes { even, odd } => {
            format!("on even steps: {}; on odd steps: {}", codes(row, even), codes(row, odd))
        }
        Plant::Token => "a value of its own, while the rival sets another".into(),
        Plant::Inherent => "nothing of its own: what it holds at the call is remembered".into(),
        Plant::Never { .. } => format!("nothing; what is owed: {}", words::required(row)),
    }
}

/// The codes of a field in words; as numbers, where the field has none.
fn codes(row: &Element, codes: [u64; 2]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for code in codes {
        let mut value = [0; 8];
        value[0] = code;
        let text = words::describe(row, &value);
        let text = match text.rsplit_once(" (0x") {
            Some((words, _)) => words.to_owned(),
            None => format!("{code:#x}"),
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join(" or ")
}

fn probes_of(row: &Element) -> Vec<&'static str> {
    all().filter(|probe| probe.observes(row)).map(|probe| probe.id).collect()
}

/// A release that loses it, and one that does not.
fn known(release: &Known) -> String {
    let Known { package, bad, good, remark } = release;
    let good = good.map_or("no release is known to keep it".into(), |it| format!("kept by {it}"));
    format!("lost by {package} {bad}, {good}; {remark}")
}

fn observed_by(row: &Element, probes: &[&str]) -> String {
    match row.level {
        Level::Free => "none judges it".into(),
        _ => compact(probes),
    }
}

/// Probes of one family share the part of their ids before the dot.
fn family_glob(probes: &[&str]) -> Option<String> {
    match probes {
        [] => None,
        [only] => Some((*only).to_owned()),
        [first, ..] => Some(format!("{}.*", first.split_once('.')?.0)),
    }
}

fn on_trial(trial: Option<Trial>) -> String {
    match trial {
        Some(trial) => trial.sentence(),
        None => "unscathed self-test".into(),
    }
}
