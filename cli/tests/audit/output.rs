//! Where reports go, and what every report holds.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use unscathed_catalogue::probe::PROBES;
use unscathed_verdict::report::Report;

use crate::adapter::Adapter;
use crate::command::{end, probe_of, run, unscathed, whole};

/// Types of the contract's section 6, by path in the report.
const FIELDS: &[(&str, &[&str])] = &[
    ("number", &["/schema", "/run/seed", "/run/elapsed_ms", "/run/planned"]),
    ("string", &["/tool/name", "/tool/version", "/run/started"]),
    ("string", &["/run/host/arch", "/run/host/os", "/run/host/cpu"]),
    (
        "string",
        &["/subject/id", "/subject/name", "/subject/version", "/subject/kind", "/subject/arch"],
    ),
    ("array", &["/run/host/features", "/run/not_run", "/results", "/measurements"]),
    ("null", &["/run/partition", "/subject/runtime", "/refused"]),
    (
        "number",
        &["/summary/preserved", "/summary/leaked", "/summary/corrupted", "/summary/crashed"],
    ),
    ("number", &["/summary/hung", "/summary/unsupported", "/summary/skipped", "/summary/error"]),
    ("number", &["/summary/controls/planted", "/summary/controls/changed"]),
];

/// The same for each result.
const RESULT: &[(&str, &[&str])] = &[
    ("string", &["/probe", "/element", "/level", "/verdict", "/runs", "/detail"]),
    ("string", &["/clause/kind", "/clause/document", "/clause/revision", "/clause/section"]),
    ("string or null", &["/declared", "/expected", "/observed", "/owner", "/replay", "/baseline"]),
    ("bool", &["/fails"]),
    ("number", &["/elapsed_us"]),
];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn has_fields(value: &Value, fields: &[(&str, &[&str])]) {
    for (types, paths) in fields {
        for path in *paths {
            let found = value.pointer(path).map(kind);
            let right = found.is_some_and(|found| types.split(" or ").any(|one| one == found));
            assert!(right, "{path}: expected {types}, found {found:?}");
        }
    }
}

#[test]
fn a_report_has_every_field_of_the_contract() {
    // With losses of two kinds, so that no optional field is null everywhere.
    let adapter = Adapter::new("switch.c", &["-DPOP_R12=\"add $8, %rsp\\n\"", "-DLAST=\"std\\n\""]);
    let ended = run(["audit", &adapter.id(), "native:reference", "--format", "json"]);
    for (line, id) in ended.stdout.lines().zip([&*adapter.id(), "native:reference"]) {
        let report: Value = serde_json::from_str(line).expect("JSON");
        has_fields(&report, FIELDS);
        assert_eq!((&report["schema"], &report["subject"]["id"]), (&1.into(), &id.into()));
        assert_eq!(report["subject"]["kind"], "native");
        let started = report["run"]["started"].as_str().expect("a string");
        assert!(started.len() == 20 && started.ends_with('Z'), "{started}");
        for result in report["results"].as_array().expect("an array") {
            has_fields(result, RESULT);
            let kinds = ["abi", "language", "contract", "definition"];
            let clause = result["clause"]["kind"].as_str().unwrap_or_default();
            assert!(kinds.contains(&clause), "{result}");
        }
        for row in report["run"]["not_run"].as_array().expect("an array") {
            has_fields(row, &[("string", &["/what", "/why"])]);
        }
    }
    let reports = ended.reports();
    assert_eq!(reports.len(), 2);
    reports.iter().for_each(|report| whole(report, PROBES));
    assert!(reports[0].summary.leaked > 0 && reports[0].summary.corrupted > 0);
    assert!(reports[0].results.iter().any(|finding| finding.owner.is_some()));
    assert_eq!(ended.status, Some(1));
}

#[test]
fn a_refused_subject_has_the_same_fields() {
    let ended = run(["audit", &Adapter::of_bytes(b"").id(), "--format", "json"]);
    let mut report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert!(report["refused"].is_string(), "{report}");
    report["refused"] = Value::Null;
    has_fields(&report, FIELDS);
    assert_eq!(report["results"], Value::Array(Vec::new()));
}

#[test]
fn several_formats_at_once() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("report.json");
    fs::write(&file, "old").expect("a temporary file");
    let old = fs::File::open(&file).expect("it is there");
    let arguments = ["audit", "reference", "swapcontext", "--probe", "value.*"];
    let formats = ["--format", "human", "--format", "json", "-o", "-", "-o", "report.json"];
    let ended = end(unscathed(folder.path()).args(arguments).args(formats));
    assert_eq!(ended.status, Some(0), "{ended:?}");

    let first = ended.stdout.lines().next().unwrap_or_default();
    assert!(first.contains("seed 1"), "the seed stands on the first line: {first}");
    assert_eq!(ended.stderr, "", "and nowhere else");
    assert!(serde_json::from_str::<Value>(first).is_err());

    let text = fs::read_to_string(&file).expect("it is there");
    let reports: Vec<Report> =
        text.lines().map(|line| serde_json::from_str(line).expect("a report")).collect();
    assert_eq!(reports.len(), 2);
    for report in &reports {
        whole(report, PROBES.iter().filter(|probe| probe.id.starts_with("value.")));
    }
    // Replaced, not written over: who had it open still has the old one.
    let kept = std::io::read_to_string(old).expect("it can be read");
    assert_eq!(kept, "old");
    let names = fs::read_dir(folder.path()).expect("the folder is there").count();
    assert_eq!(names, 1, "nothing is left beside it");
}

#[test]
fn the_seed_stands_on_the_first_line_of_standard_error_otherwise() {
    let folder = TempDir::new().expect("a temporary folder");
    for output in ["-", "report"] {
        let arguments = ["audit", "reference", "--probe", "value.pair", "--seed", "77"];
        let to = ["--format", "json", "-o", output];
        let ended = end(unscathed(folder.path()).args(arguments).args(to));
        assert!(ended.stderr.lines().count() == 1 && ended.stderr.contains("seed 77"), "{ended:?}");
        assert_eq!(ended.stdout.is_empty(), output != "-");
    }
}

#[test]
fn a_glob_without_a_probe_runs_nothing() {
    let ended = run(["audit", "reference", "--probe", "nothing.*", "--format", "json"]);
    assert_eq!(ended.status, Some(4), "{ended:?}");
    whole(&ended.only_report(), []);
}

/// The order of verdicts in the report is that of the catalogue, however many
/// children there are.
#[test]
fn more_jobs_change_nothing() {
    let with = |jobs| {
        let report = run(["audit", "corosensei", "--format", "json", "--jobs", jobs]).only_report();
        // Other probes find addresses, which differ from run to run.
        let schedules = report.results.into_iter().filter(|row| !probe_of(row).is_scenario());
        let facts = schedules.map(|finding| {
            (finding.probe, finding.element, finding.verdict, finding.observed, finding.owner)
        });
        facts.collect::<Vec<_>>()
    };
    assert_eq!(with("1"), with("8"));
}
