//! What coroutines cost that do nothing: `idle COLUMN TIMES`. Suspends that many,
//! and prints bytes and mappings of each.

use std::{env, fs, mem};

use unscathed_bench::peer::{Echo, Peer};
use unscathed_bench::peers::context::Contexts;
use unscathed_bench::peers::corosensei::Corosensei;
use unscathed_bench::peers::floor::Floor;
use unscathed_bench::peers::generator::Generators;
use unscathed_bench::peers::reference::{Reference, Untyped};
use unscathed_bench::peers::swapcontext::Swapcontext;
use unscathed_bench::peers::wasmtime_fiber::WasmtimeFiber;
use unscathed_core::raw::{Separate, Sliced, Ucontext};

/// A line of the kernel's, in KiB.
fn status(line: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("the kernel says it");
    let value = status.lines().find_map(|text| text.strip_prefix(line));
    let value = value.and_then(|text| text.split_whitespace().next());
    value.and_then(|number| number.parse().ok()).expect("a number of KiB")
}

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").expect("the kernel says it").lines().count()
}

/// A name, and what counts for it.
type Column = (&'static str, fn(usize));

fn run<P: Peer>(times: usize) {
    let mut many: Vec<P> = Vec::with_capacity(times);
    // The memory of the list itself is not theirs, but what is in it is.
    let before = (status("VmRSS:"), status("VmPTE:"), mappings());
    for _ in 0..times {
        let mut coroutine = P::new::<Echo>(P::stack(64 << 10));
        coroutine.resume(1);
        many.push(coroutine);
    }
    let each = |after: f64, before: f64| (after - before) / times as f64;
    let resident = each(status("VmRSS:"), before.0);
    let tables = each(status("VmPTE:"), before.1);
    let mapped = each(mappings() as f64, before.2 as f64);
    println!(
        "{:<16} {times:>8} suspended: {resident:>6.2} KiB resident, {tables:.2} KiB of page \
         tables, {mapped:.2} mappings each",
        P::NAME
    );
    mem::forget(many);
}

fn main() {
    let columns: &[Column] = &[
        (Floor::NAME, run::<Floor>),
        (Reference::NAME, run::<Reference>),
        (<Untyped<Separate>>::NAME, run::<Untyped<Separate>>),
        (<Untyped<Sliced>>::NAME, run::<Untyped<Sliced>>),
        (<Untyped<Ucontext>>::NAME, run::<Untyped<Ucontext>>),
        (Contexts::NAME, run::<Contexts>),
        (Corosensei::NAME, run::<Corosensei>),
        (Generators::NAME, run::<Generators>),
        (WasmtimeFiber::NAME, run::<WasmtimeFiber>),
        (Swapcontext::NAME, run::<Swapcontext>),
    ];
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, times] = &arguments[..] else {
        for (name, _) in columns {
            println!("{name}");
        }
        return;
    };
    let (_, run) = columns.iter().find(|(column, _)| column == name).expect("a column");
    run(times.parse().expect("a number"));
}
