//! What the structs of a thread state consist of, by the C compiler's own account:
//! it resolves conditions and macros, and then confirms that nothing lies between
//! the members that were read.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use unscathed_catalogue::python::fields::{Structure, fields};

use crate::headers::Headers;

mod declarations;

use declarations::{Member, Source};

/// Ways of building that change the structs; each is looked at with the headers of
/// each interpreter, whatever that was built with.
pub(crate) const VARIANTS: [&[&str]; 6] = [
    &[],
    &["-DPy_GIL_DISABLED=1"],
    &["-DPy_GIL_DISABLED=1", "-DPy_REF_DEBUG"],
    &["-DPy_STATS"],
    &["-DPy_GIL_DISABLED=1", "-DPy_STATS"],
    &["-D_Py_TIER2=1"],
];

const HEADERS: &str = "\
#include <stddef.h>
#include <Python.h>
#if PY_VERSION_HEX >= 0x030D0000
#include \"internal/pycore_gc.h\"
#include \"internal/pycore_tstate.h\"
#endif
";

/// The macros that fields depend on.
const ASKED: [&str; 4] = ["Py_GIL_DISABLED", "Py_REF_DEBUG", "Py_STATS", "_Py_TIER2"];

pub(crate) struct Layout {
    pub(crate) minor: u8,
    pub(crate) patch: u8,
    /// Those of [`ASKED`] that are set.
    pub(crate) macros: BTreeSet<String>,
    pub(crate) members: BTreeSet<(Structure, String)>,
}

impl Layout {
    pub(crate) fn of(headers: &Headers, variant: &[&str]) -> Result<Self, String> {
        let mut asking = HEADERS.to_owned();
        asking.push_str("unscathed_version PY_MINOR_VERSION PY_MICRO_VERSION ;\n");
        for name in ASKED {
            let value = if name == "_Py_TIER2" { "_Py_TIER2" } else { &format!("defined({name})") };
            let _ = write!(asking, "#if {value}\nunscathed_macro \"{name}\" ;\n#endif\n");
        }
        let text = compiler(headers, variant, &["-E", "-P"], &asking)?;
        let source = Source::new(&text);
        let numbers = source.after("unscathed_version").next().ok_or("it says no version")?;
        let number = |at: usize| numbers.get(at).and_then(|it| it.parse().ok());
        let (minor, patch) = number(0).zip(number(1)).ok_or("it says no version")?;
        let macros = source.after("unscathed_macro").filter_map(|words| words.first().cloned());
        let macros = macros.map(|it| it.trim_matches('"').to_owned()).collect();

        let public = source.structure("_ts").ok_or("there is no struct _ts")?;
        let mut members = BTreeSet::new();
        let mut proof = HEADERS.to_owned();
        for (structure, read) in [
            (Structure::Public, Some(public)),
            (Structure::Internal, source.structure("_PyThreadStateImpl")),
        ] {
            let Some(mut read) = read else { continue };
            prove(&mut proof, structure.name(), &read);
            if structure == Structure::Internal {
                let base = read.first().ok_or("_PyThreadStateImpl is empty")?;
                assert_eq!(base.name, "base", "it does not begin with the public struct");
                read.remove(0);
            }
            for member in read {
                let names = expand(&source, structure, minor, member)?;
                members.extend(names.into_iter().map(|name| (structure, name)));
            }
        }
        if minor >= 13 && !members.iter().any(|member| member.0 == Structure::Internal) {
            return Err("there is no struct _PyThreadStateImpl".to_owned());
        }
        compiler(headers, variant, &["-fsyntax-only"], &proof)?;
        Ok(Self { minor, patch, macros, members })
    }
}

/// The names under which a member has rows: its own, those of its members where it
/// has no type of its own, and those of its members that some row is about.
fn expand(
    source: &Source,
    structure: Structure,
    minor: u8,
    member: Member,
) -> Result<Vec<String>, String> {
    let name = &member.name;
    let joined = |sign: &str, members: &[Member]| -> Vec<String> {
        members.iter().map(|inner| format!("{name}{sign}{}", inner.name)).collect()
    };
    if !member.inner.is_empty() {
        return Ok(joined(".", &member.inner));
    }
    let told = |sign: &str| {
        let begin = format!("{name}{sign}");
        fields()
            .any(|row| row.structure == structure && row.of(minor) && row.name.starts_with(&begin))
    };
    for sign in [".", "->"] {
        if !told(sign) {
            continue;
        }
        let inner = member.words.iter().find_map(|word| source.structure(word));
        let inner = inner.ok_or_else(|| format!("the type of {name} is not declared"))?;
        // What a pointer points to is a matter of its own; the pointer stays one.
        let own = if sign == "->" { vec![name.clone()] } else { Vec::new() };
        return Ok([own, joined(sign, &inner)].concat());
    }
    Ok(vec![member.name])
}

/// C statements that hold only if the members follow each other without anything
/// but padding in between, from the beginning of the struct to its end.
fn prove(proof: &mut String, structure: &str, members: &[Member]) {
    let mut end = "0".to_owned();
    let aligned = |end: &str, to: &str| format!("({end} + {to} - 1) / {to} * {to}");
    for name in members.iter().map(|member| &member.name) {
        let value = format!("(({structure} *)0)->{name}");
        let begin = aligned(&end, &format!("_Alignof(__typeof__({value}))"));
        let offset = format!("offsetof({structure}, {name})");
        let _ = writeln!(proof, "_Static_assert({offset} == {begin}, \"before {name}\");");
        end = format!("({offset} + sizeof({value}))");
    }
    let whole = aligned(&end, &format!("_Alignof({structure})"));
    let _ = writeln!(proof, "_Static_assert(sizeof({structure}) == {whole}, \"at the end\");");
}

fn compiler(
    headers: &Headers,
    variant: &[&str],
    mode: &[&str],
    text: &str,
) -> Result<String, String> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut run = Command::new(compiler)
        .args(["-std=gnu11", "-w", "-DPy_BUILD_CORE", "-xc"])
        .args(mode)
        .args(variant)
        .arg("-I")
        .arg(&headers.include)
        .arg("-I")
        .arg(headers.include.join("internal"))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the C compiler cannot be started: {error}"))?;
    let mut input = run.stdin.take().ok_or("the C compiler reads nothing")?;
    input.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    drop(input);
    let done = run.wait_with_output().map_err(|error| error.to_string())?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let error = said.lines().find(|line| line.contains("error:")).unwrap_or("no reason");
        return Err(error.to_owned());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
