//! Round trips or lives of one column and nothing else, for counting instructions:
//! `trips COLUMN trip|life TIMES`.

use std::env;
use std::mem;

use unscathed_bench::peer::{Echo, Peer};
#[cfg(boost)]
use unscathed_bench::peers::boost::Boost;
use unscathed_bench::peers::context::Contexts;
use unscathed_bench::peers::corosensei::Corosensei;
use unscathed_bench::peers::floor::Floor;
use unscathed_bench::peers::generator::Generators;
use unscathed_bench::peers::reference::{Reference, Untyped};
use unscathed_bench::peers::swapcontext::Swapcontext;
use unscathed_bench::peers::wasmtime_fiber::WasmtimeFiber;
use unscathed_bench::rows;
use unscathed_core::raw::{Separate, Sliced, Ucontext};

/// A name, and what counts for it.
type Column = (&'static str, fn(&str, usize));

fn run<P: Peer>(what: &str, times: usize) {
    if what == "life" {
        rows::lives::<P>(times);
    } else {
        let mut coroutine = P::new::<Echo>(P::stack(64 << 10));
        rows::trips(&mut coroutine, times);
        mem::forget(coroutine);
    }
}

fn main() {
    let columns: &[Column] = &[
        (Floor::NAME, run::<Floor>),
        (Reference::NAME, run::<Reference>),
        (<Untyped<Separate>>::NAME, run::<Untyped<Separate>>),
        (<Untyped<Sliced>>::NAME, run::<Untyped<Sliced>>),
        (<Untyped<Ucontext>>::NAME, run::<Untyped<Ucontext>>),
        (Contexts::NAME, run::<Contexts>),
        #[cfg(boost)]
        (Boost::NAME, run::<Boost>),
        (Corosensei::NAME, run::<Corosensei>),
        (Generators::NAME, run::<Generators>),
        (WasmtimeFiber::NAME, run::<WasmtimeFiber>),
        (Swapcontext::NAME, run::<Swapcontext>),
    ];
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, what, times] = &arguments[..] else {
        for (name, _) in columns {
            println!("{name}");
        }
        return;
    };
    let (_, run) = columns.iter().find(|(column, _)| column == name).expect("a column");
    run(what, times.parse().expect("a number"));
}
