//! What pip says when it fails, in one sentence. Its words differ between releases; the
//! parts that are looked for are in all of them since 18.

use unscathed_audit::one_line;

use super::requirement::{Requirement, normal, release};

/// Why an installation failed.
pub(super) fn why(text: &str, requirement: &Requirement, title: &str) -> String {
    let release = requirement.title();
    if let Some(needs) = needs_other_python(text, requirement.version()) {
        return format!("{release} needs Python {needs}, and this is {title}");
    }
    let missing = no_match(text);
    // A connection that broke and was made again explains nothing.
    let looked = missing.as_ref().is_some_and(|(_, offered)| !offered.is_empty());
    let built = culprit(text).is_some() && missing.is_none();
    if let Some(trouble) = unreachable(text).filter(|_| !looked && !built) {
        return format!("{release}: the package index cannot be reached: {trouble}");
    }
    if let Some((wanted, offered)) = missing {
        return match () {
            () if normal(name_of(wanted)) != normal(requirement.name()) => {
                format!("{release} needs {wanted}, which there is not for {title}")
            }
            () if offered.is_empty() => {
                format!("there is no package {} for {title} where pip looks", requirement.name())
            }
            () => {
                let near = nearest(requirement.version(), &offered).join(" and ");
                format!("there is no {release} for {title} (nearest: {near})")
            }
        };
    }
    let cause = cause(text);
    match culprit(text).or_else(|| collected(text)) {
        Some(package) if normal(package) != normal(requirement.name()) => {
            format!("{release} needs {package}, which does not build on {title}: {cause}")
        }
        _ => format!("{release} does not build on {title}: {cause}"),
    }
}

/// Why pip itself cannot be fetched.
pub(super) fn briefly(text: &str) -> String {
    unreachable(text).map_or_else(
        || last_word(text),
        |trouble| format!("the package index cannot be reached: {trouble}"),
    )
}

/// The last line that says something, for failures that nobody foresaw.
fn last_word(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let telling = |line: &&str| {
        !line.is_empty()
            && !["note:", "hint:", "WARNING:", "[notice]"].iter().any(|head| line.starts_with(head))
    };
    lines.rfind(telling).map_or_else(|| "it said nothing".into(), one_line)
}

/// `>=3.10`, if the release is there for another Python.
fn needs_other_python<'a>(text: &'a str, version: &str) -> Option<&'a str> {
    // "Package 'x' requires a different Python: 3.9.18 not in '>=3.10'"
    let direct = text.lines().find(|line| line.contains("requires a different Python"));
    if let Some((_, range)) = direct.and_then(|line| line.split_once(" not in ")) {
        return Some(range.trim().trim_matches('\''));
    }
    // "Ignored the following versions that require a different python version: 1 Requires-Python >=3; ..."
    let (_, list) = text.lines().find_map(|line| {
        line.split_once("Ignored the following versions that require a different python version: ")
    })?;
    let entries = list.split(';').map(str::trim);
    let mut ranges = entries.filter_map(|entry| entry.split_once(" Requires-Python "));
    ranges.find(|&(ignored, _)| ignored == version).map(|(_, range)| range.trim())
}

/// What the network says.
fn unreachable(text: &str) -> Option<String> {
    const SIGNS: [&str; 6] = [
        "after connection broken by",
        "Failed to establish a new connection",
        "Max retries exceeded",
        "Could not fetch URL",
        "Temporary failure in name resolution",
        "Read timed out",
    ];
    let line = text.lines().rfind(|line| SIGNS.iter().any(|sign| line.contains(sign)))?;
    // The reason is inside the representation of an exception: "...: words')': /path", or
    // "...: words',)': /path" of the older Pythons.
    let inner = line.split_once("broken by").map_or(line, |(_, rest)| rest);
    let inner = inner.rsplit_once("': ").map_or(inner, |(exception, _)| exception);
    let inner = inner.trim_matches(|c: char| c.is_whitespace() || "'\"(),.".contains(c));
    inner.rsplit(": ").next().map(one_line)
}

/// What pip did not find, and the releases that it did.
fn no_match(text: &str) -> Option<(&str, Vec<&str>)> {
    const HEAD: &str = "Could not find a version that satisfies the requirement ";
    let (_, rest) = text.lines().find_map(|line| line.split_once(HEAD))?;
    let (wanted, rest) = rest.split_once(" (from ")?;
    let wanted = wanted.trim();
    let (_, list) = rest.rsplit_once("versions: ")?;
    let list = list.trim_end().trim_end_matches(')');
    let offered = list.split(',').map(str::trim);
    Some((wanted, offered.filter(|&version| !version.is_empty() && version != "none").collect()))
}

fn name_of(requirement: &str) -> &str {
    let end = |character: char| !character.is_ascii_alphanumeric() && !"-_.".contains(character);
    requirement.split(end).next().unwrap_or(requirement)
}

/// The releases just below and just above.
fn nearest<'a>(version: &str, offered: &[&'a str]) -> Vec<&'a str> {
    let wanted = release(version);
    let below = offered.iter().filter(|other| release(other) <= wanted);
    let above = offered.iter().filter(|other| release(other) > wanted);
    let below = below.max_by_key(|other| release(other));
    let above = above.min_by_key(|other| release(other));
    below.into_iter().chain(above).copied().collect()
}

/// The distribution whose build failed, if pip names it.
fn culprit(text: &str) -> Option<&str> {
    const HEADS: [&str; 3] =
        ["Failed building wheel for ", "Failed to build ", "Running setup.py install for "];
    let named = |head| text.lines().find_map(|line| line.split_once(head));
    let (_, rest) = HEADS.into_iter().find_map(named)?;
    rest.split([' ', ',', ':']).find(|word| !word.is_empty())
}

/// What pip set out to get last.
fn collected(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim);
    lines
        .rfind(|line| line.starts_with("Collecting "))
        .map(|line| name_of(&line["Collecting ".len()..]))
}

/// The first line that matters: of the compiler, of the build, of pip.
fn cause(text: &str) -> String {
    const WITHOUT_NEWS: [&str; 9] = [
        "error: subprocess-exited-with-error",
        "error: legacy-install-failure",
        "error: metadata-generation-failed",
        "error: failed-wheel-build-for-install",
        "ERROR: Failed building wheel",
        "ERROR: Failed to build",
        "ERROR: Could not build wheels",
        "ERROR: Command errored out",
        "ERROR: Complete output",
    ];
    let lines =
        || text.lines().map(|line| line.trim().trim_start_matches(['\u{2502}', '|']).trim_start());
    let news = |line: &&str| !WITHOUT_NEWS.iter().any(|head| line.starts_with(head));
    let compiler = |line: &&str| line.contains(": error: ") || line.contains(": fatal error: ");
    let build = |line: &&str| line.starts_with("error: ");
    let exception = |line: &&str| {
        let head = line.split(':').next().unwrap_or_default();
        let kind = head.rsplit('.').next().unwrap_or_default();
        (kind.ends_with("Error") || kind.ends_with("Exception"))
            && head.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_')
    };
    let pip = |line: &&str| line.starts_with("ERROR: ");
    let found = lines().find(compiler).map(without_place);
    let found = found.or_else(|| lines().rfind(exception));
    let found = found.or_else(|| lines().filter(news).find(build));
    let found = found.or_else(|| lines().filter(news).find(pip));
    found.map_or_else(|| last_word(text), one_line)
}

/// A compiler's line without the folders of the file.
fn without_place(line: &str) -> &str {
    let Some((file, _)) = line.split_once(": ") else { return line };
    file.rfind('/').map_or(line, |slash| &line[slash + 1..])
}

#[cfg(test)]
mod tests;
