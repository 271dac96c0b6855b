//! The pages of `list` and `explain`.

use unscathed_catalogue::abi::{self, SYSV_X86_64};
use unscathed_catalogue::probe;
use unscathed_catalogue::{Element, Feature};

use super::{pin, pin_list};
use crate::show::list::{self, FeatureRow, SubjectRow};
use crate::show::trial::Trial;
use crate::show::{Style, explain, json};

const TRIAL: Trial = Trial { convicted: (6, 6), silent: (76, 76) };

fn row(id: &str) -> &'static Element {
    SYSV_X86_64.element(id).expect("an element")
}

fn of_element(id: &str, trial: Option<Trial>) -> String {
    explain::element(row(id), trial, Style::PLAIN)
}

/// What, who says so, what is planted, how to repair it, and what a pass is worth.
#[test]
fn element() {
    pin("explain-element", &of_element("gpr.r12", Some(TRIAL)));
}

/// Which bits of the word, and both sets of codes in words.
#[test]
fn control_field() {
    pin("explain-control-field", &of_element("mxcsr.masks", None));
}

/// Not planted but owed.
#[test]
fn observed_element() {
    pin("explain-observed", &of_element("stack.align", None));
}

/// A negative control: nothing is owed, and no probe judges it.
#[test]
fn volatile_element() {
    pin("explain-volatile", &of_element("vec.zmm17", None));
}

/// A clause that nobody has read is marked.
#[test]
fn unread_clauses_are_marked() {
    let mut row = *row("gpr.rbx");
    assert!(!explain::element(&row, None, Style::PLAIN).contains("unverified"));
    row.clause.verified = false;
    assert!(explain::element(&row, None, Style::PLAIN).contains("(unverified)"));
}

/// Every page holds the width, and explains something.
#[test]
fn every_page_is_well_formed() {
    let elements = abi::elements();
    let elements = elements.map(|row| explain::element(row, None, Style::PLAIN));
    let probes = probe::all();
    let probes = probes.map(|it| explain::probe(it, None, Style::PLAIN));
    for page in elements.chain(probes) {
        for line in page.lines() {
            assert!(line.chars().count() <= 100 && line == line.trim_end(), "{line}");
        }
        assert!(page.lines().count() > 6, "{page}");
    }
}

/// The question, the schedule, when it looks, what it needs.
#[test]
fn probe_page() {
    let probe = probe::find("regs.nested").expect("a probe");
    let trial = Some(TRIAL);
    let page = explain::probe(probe, trial, Style::PLAIN);
    pin("explain-probe", &page);
}

/// The id stands first on each line.
#[test]
fn probes_and_elements() {
    pin_list("list-probes", &list::page(&list::probes(), Style::PLAIN));
    pin_list("list-elements", &list::page(&list::elements(), Style::PLAIN));
}

/// What is audited by default, and what the machine lacks.
#[test]
fn subjects_and_features() {
    let subject =
        |id: &str, default, about: &str| SubjectRow { id: id.into(), about: about.into(), default };
    let subjects = [
        subject("native:reference", true, "this project's own coroutines"),
        subject("native:wasmtime-fiber", false, "the crate wasmtime-internal-fiber"),
    ];
    pin("list-subjects", &list::page(&subjects, Style::PLAIN));
    let lacking = |feature| match feature {
        Feature::ShadowStack => Some("the kernel does not offer it".to_owned()),
        _ => None,
    };
    let features = Feature::ALL.map(|feature| FeatureRow {
        id: feature.id(),
        title: feature.title(),
        lacking: lacking(feature),
    });
    pin("list-features", &list::page(&features, Style::PLAIN));
    let line = json::list(&features);
    assert_eq!(line.lines().count(), 1);
    assert!(line.starts_with(r#"[{"id":"avx","title":"AVX registers","lacking":null},"#), "{line}");
}
