use super::*;

fn sentence(text: &str, requirement: &str) -> String {
    why(text, &Requirement::parse(requirement).expect(requirement), "CPython 3.9.18")
}

#[test]
fn another_release_is_named() {
    for text in [
        // Of pip 18, 19, and 23.
        "Collecting greenlet==1.5\n  Could not find a version that satisfies the requirement greenlet==1.5 \
         (from versions: 0.4.17, 1.1.3, 1.1.10, 2.0.0)\nNo matching distribution found for greenlet==1.5",
        "  ERROR: Could not find a version that satisfies the requirement greenlet==1.5 \
         (from versions: 0.4.17, 1.1.3, 1.1.10, 2.0.0)\nERROR: No matching distribution found for greenlet==1.5",
        "ERROR: Ignored the following yanked versions: 1.5.1\nERROR: Could not find a version that satisfies \
         the requirement greenlet==1.5 (from versions: 0.4.17, 1.1.3, 1.1.10, 2.0.0)",
    ] {
        assert_eq!(
            sentence(text, "greenlet==1.5"),
            "there is no greenlet 1.5 for CPython 3.9.18 (nearest: 1.1.10 and 2.0.0)"
        );
    }
}

#[test]
fn no_such_package_and_no_network_differ() {
    let nothing =
        "Could not find a version that satisfies the requirement nosuch==1 (from versions: none)";
    assert_eq!(
        sentence(nothing, "nosuch==1"),
        "there is no package nosuch for CPython 3.9.18 where pip looks"
    );
    for end in ["')'", "',)'"] {
        let broken = format!(
            "Retrying (Retry(total=0, connect=None)) after connection broken by \
             'NewConnectionError('<pip.Connection object at 0x7f6>: Failed to establish a new \
             connection: [Errno 111] Connection refused{end}: /simple/nosuch/\nERROR: {nothing}"
        );
        assert_eq!(
            sentence(&broken, "nosuch==1"),
            "nosuch 1: the package index cannot be reached: [Errno 111] Connection refused"
        );
        assert_eq!(
            briefly(&broken),
            "the package index cannot be reached: [Errno 111] Connection refused"
        );
    }
}

#[test]
fn a_connection_that_was_made_again_is_not_the_reason() {
    let text = "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(\"x: Read timed out.\")': /simple/x/\n\
        Collecting x==1\n      x.c:1:1: error: no\n  ERROR: Failed building wheel for x\n";
    assert_eq!(sentence(text, "x==1"), "x 1 does not build on CPython 3.9.18: x.c:1:1: error: no");
    let text = "WARNING: Retrying (Retry(total=4)) after connection broken by 'X('no')': /simple/x/\n\
        ERROR: Could not find a version that satisfies the requirement x==1 (from versions: 2)\n";
    assert_eq!(sentence(text, "x==1"), "there is no x 1 for CPython 3.9.18 (nearest: 2)");
}

#[test]
fn what_needs_another_python_says_which() {
    let listed = "ERROR: Ignored the following versions that require a different python version: \
        0.1.0rc1 Requires-Python >=3.10; 0.1.0rc4 Requires-Python >=3.11,<4\n\
        ERROR: Could not find a version that satisfies the requirement tealet==0.1.0rc4 (from versions: none)";
    assert_eq!(
        sentence(listed, "tealet==0.1.0rc4"),
        "tealet 0.1.0rc4 needs Python >=3.11,<4, and this is CPython 3.9.18"
    );
    let direct = "ERROR: Package 'x' requires a different Python: 3.9.18 not in '>=3.10'";
    assert_eq!(sentence(direct, "x==1"), "x 1 needs Python >=3.10, and this is CPython 3.9.18");
    let other = "ERROR: Ignored the following versions that require a different python version: 2 Requires-Python >=3.10\n\
        ERROR: Could not find a version that satisfies the requirement x==1 (from versions: 0.9)";
    assert_eq!(sentence(other, "x==1"), "there is no x 1 for CPython 3.9.18 (nearest: 0.9)");
}

#[test]
fn a_dependency_that_is_missing_is_told_from_the_release() {
    let text = "Collecting gevent==1\nERROR: Could not find a version that satisfies the requirement \
        greenlet>=9 (from gevent) (from versions: 1.0)\n";
    assert_eq!(
        sentence(text, "gevent==1"),
        "gevent 1 needs greenlet>=9, which there is not for CPython 3.9.18"
    );
}

#[test]
fn the_compiler_has_the_first_word() {
    let text = "Collecting greenlet==3.0.3\n  Building wheel for greenlet (pyproject.toml): finished with status 'error'\n\
        \x20 error: subprocess-exited-with-error\n  \u{2502} exit code: 1\n      src/a.c: In function 'f':\n\
        \x20     /home/x/src/a.c:8:4: error: #error \"no\"\n      src/a.c:9:1: error: unknown type\n\
        \x20     error: command '/usr/bin/gcc' failed with exit code 1\n  ERROR: Failed building wheel for greenlet\n";
    assert_eq!(
        sentence(text, "greenlet==3.0.3"),
        "greenlet 3.0.3 does not build on CPython 3.9.18: a.c:8:4: error: #error \"no\""
    );
    assert_eq!(
        sentence(text, "gevent==21.1.0"),
        "gevent 21.1.0 needs greenlet, which does not build on CPython 3.9.18: a.c:8:4: error: #error \"no\""
    );
}

#[test]
fn without_a_compilers_word_the_last_exception_or_error_counts() {
    let python = "Collecting x==1\n  error: subprocess-exited-with-error\n      Traceback (most recent call last):\n\
        \x20     ModuleNotFoundError: No module named 'pkg_resources'\n      [end of output]\n  note: this is not pip\n";
    assert_eq!(
        sentence(python, "x==1"),
        "x 1 does not build on CPython 3.9.18: ModuleNotFoundError: No module named 'pkg_resources'"
    );
    let tool = "Collecting x==1\n  error: subprocess-exited-with-error\n      error: command 'gcc' failed: No such file or directory\n";
    assert_eq!(
        sentence(tool, "x==1"),
        "x 1 does not build on CPython 3.9.18: error: command 'gcc' failed: No such file or directory"
    );
    let pip = "Collecting x==1\nERROR: Failed building wheel for x\nERROR: Could not install packages: no space left\n";
    assert!(sentence(pip, "x==1").ends_with("ERROR: Could not install packages: no space left"));
    assert!(sentence("", "x==1").ends_with("it said nothing"));
}
