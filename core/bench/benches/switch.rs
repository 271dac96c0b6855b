//! `cargo bench`: every row for every column, in turns.
//!
//! An argument is a part of a row's name; without one, all rows are measured.

use unscathed_bench::peer::Peer;
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
use unscathed_bench::table::{Heading, Row, measure, print_headings, print_row};
use unscathed_core::raw::{Separate, Sliced, Ucontext};

/// One function for each column, in their order.
macro_rules! columns {
    ($row:path) => {{
        use $row as row;
        vec![
            row::<Floor> as fn() -> f64,
            row::<Reference>,
            row::<Untyped<Separate>>,
            row::<Contexts>,
            #[cfg(boost)]
            row::<Boost>,
            row::<Corosensei>,
            row::<Generators>,
            row::<WasmtimeFiber>,
            row::<Swapcontext>,
        ]
    }};
}

/// One row for each size: a switch from one coroutine to another.
macro_rules! slices {
    ($($name:literal $bytes:literal),*) => {
        vec![$( (Row {
            name: $name,
            columns: vec![
                rows::holding::<Reference, $bytes> as fn() -> f64,
                rows::holding::<Untyped<Separate>, $bytes>,
                rows::holding::<Untyped<Sliced>, $bytes>,
                rows::holding::<Untyped<Ucontext>, $bytes>,
            ],
            rounds: 10,
        }, [
            rows::counted::<Separate, $bytes> as fn() -> [f64; 3],
            rows::counted::<Sliced, $bytes>,
            rows::counted::<Ucontext, $bytes>,
        ]) ),*]
    };
}

fn heading<P: Peer>() -> Heading {
    Heading { name: P::NAME, subject: P::SUBJECT }
}

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted =
        |row: &Row| wanted.is_empty() || wanted.iter().any(|part| row.name.contains(&**part));

    let row = |name, columns, rounds| Row { name, columns, rounds };
    let switches = [
        row("hot", columns!(rows::hot), 200),
        row("under 8 frames", columns!(rows::under_frames), 100),
        row("10 000 in order", columns!(rows::in_order), 8),
        row("10 000 shuffled", columns!(rows::shuffled), 8),
        row("a life, stack reused", columns!(rows::pooled), 100),
        row("a life, stack new", columns!(rows::fresh), 20),
    ];
    println!("best of all rounds: ns of a round trip or of a life, and ratio to the floor");
    print_headings(&[
        heading::<Floor>(),
        heading::<Reference>(),
        heading::<Untyped<Separate>>(),
        heading::<Contexts>(),
        #[cfg(boost)]
        heading::<Boost>(),
        heading::<Corosensei>(),
        heading::<Generators>(),
        heading::<WasmtimeFiber>(),
        heading::<Swapcontext>(),
    ]);
    for row in switches.iter().filter(|row| is_wanted(row)) {
        print_row(row.name, &measure(row));
    }

    let slices = slices!(
        "slice of 256 B" 256,
        "slice of 1 KiB" 1024,
        "slice of 4 KiB" 4096,
        "slice of 16 KiB" 16384,
        "slice of 64 KiB" 65536,
        "slice of 128 KiB" 131072
    );
    println!("\nns of a switch from one coroutine to another, by what each has on its stack");
    print_headings(&[
        heading::<Reference>(),
        heading::<Untyped<Separate>>(),
        heading::<Untyped<Sliced>>(),
        heading::<Untyped<Ucontext>>(),
    ]);
    for (row, _) in slices.iter().filter(|(row, _)| is_wanted(row)) {
        print_row(row.name, &measure(row));
    }

    println!("\nof each such switch: bytes copied, allocations, system calls");
    let methods = [<Untyped<Separate>>::NAME, <Untyped<Sliced>>::NAME, <Untyped<Ucontext>>::NAME];
    println!("{:<22}{:>26}{:>26}{:>26}", "", methods[0], methods[1], methods[2]);
    for (row, methods) in slices.iter().filter(|(row, _)| is_wanted(row)) {
        let counts = methods.map(|method| method());
        let texts = counts.map(|[bytes, allocations, calls]| {
            format!("{bytes:.0} B, {allocations:.3}, {calls:.1}")
        });
        println!("{:<22}{:>26}{:>26}{:>26}", row.name, texts[0], texts[1], texts[2]);
    }
}
