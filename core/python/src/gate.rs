//! Who may import this: the one minor version and ABI that it was built for.
//!
//! A module of another minor loads without complaint, and reads other fields than it
//! means to. So nothing else is done before this has looked, and this looks only at what
//! is the same in every version.

use core::ffi::CStr;

use pyo3::ffi;

use crate::error::{Kind, Set, raise};
use crate::state;

/// How a release is numbered: `PY_VERSION_HEX`.
struct Version(u32);

impl Version {
    fn built_for() -> Self {
        Self(state::build().python)
    }

    fn minor(&self) -> (u32, u32) {
        (self.0 >> 24, self.0 >> 16 & 0xff)
    }

    /// Whether layouts may still change before its release.
    fn is_early(&self) -> bool {
        self.0 >> 4 & 0xf < 0xc
    }

    fn text(&self) -> String {
        let (major, minor) = self.minor();
        let micro = self.0 >> 8 & 0xff;
        let level = match self.0 >> 4 & 0xf {
            0xa => "a",
            0xb => "b",
            0xc => "rc",
            _ => return format!("{major}.{minor}.{micro}"),
        };
        format!("{major}.{minor}.{micro}{level}{}", self.0 & 0xf)
    }
}

/// What runs: the first word of its version, and the whole.
fn running() -> (&'static str, &'static str) {
    // SAFETY: any version has it.
    let whole = unsafe { ffi::Py_GetVersion() };
    // SAFETY: a string that stays.
    let whole = unsafe { CStr::from_ptr(whole) }.to_str().unwrap_or("?");
    (whole.split(' ').next().unwrap_or("?"), whole)
}

/// The major and minor of a version's text, and whether it is an alpha or a beta.
fn parsed(text: &str) -> Option<((u32, u32), bool)> {
    let mut parts = text.splitn(3, '.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    let micro = parts.next()?.trim_end_matches('+');
    let early = micro.contains('a') || (micro.contains('b') && !micro.contains("rc"));
    Some(((major, minor), early))
}

/// Whether the interpreter is a debug build: only those count all references.
fn is_debug() -> bool {
    // SAFETY: a name; the answer is borrowed, or null without an exception.
    !unsafe { ffi::PySys_GetObject(c"gettotalrefcount".as_ptr()) }.is_null()
}

/// Lets nobody in but the interpreter that this was built for. It sets an ImportError that
/// names both.
pub(crate) fn admit() -> Result<(), Set> {
    let build = state::build();
    let built = Version::built_for();
    let (version, whole) = running();
    let debug = |is: bool| if is { ", a debug build" } else { "" };
    let built_text = format!("CPython {}{}", built.text(), debug(build.debug != 0));
    let refuse = |what: &str| {
        let text = format!(
            "this unscathed_core was built for {built_text}, and {what}: install it for this interpreter"
        );
        Err(raise(Kind::Import, &text))
    };
    if whole.contains("free-threading build") {
        return refuse(&format!(
            "this is {version}, a free-threaded build, which it does not support"
        ));
    }
    let Some((minor, early)) = parsed(version) else {
        return refuse(&format!("this is `{version}`, which is no version of CPython"));
    };
    if minor != built.minor() {
        return refuse(&format!("this is CPython {version}"));
    }
    if early || built.is_early() {
        return refuse(&format!(
            "this is CPython {version}: alphas and betas still change their layout"
        ));
    }
    if is_debug() != (build.debug != 0) {
        return refuse(&format!("this is CPython {version}{}", debug(is_debug())));
    }
    // SAFETY: the version fits, so these mean what they say.
    let here = unsafe { ffi::PyInterpreterState_Get() };
    // SAFETY: as above.
    if here != unsafe { ffi::PyInterpreterState_Main() } {
        let text = "unscathed_core cannot be imported by a subinterpreter: it has one state for the process";
        return Err(raise(Kind::Import, text));
    }
    if let Err(place) = state::canary() {
        let place = place.to_string_lossy();
        return refuse(&format!("CPython {version} here differs from it in {place}"));
    }
    if let Err(why) = state::start() {
        let text = format!(
            "unscathed_core does not work with this CPython {version}: {}",
            why.to_string_lossy()
        );
        return Err(raise(Kind::Import, &text));
    }
    Ok(())
}
