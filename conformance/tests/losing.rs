//! A library that passes values through an `int`: what is lost is told, what is
//! expected is borne, and what is expected in vain is told too.

use unscathed::__private::{expected_failures, probe};
use unscathed::{Body, Coroutine, caps};
use unscathed_core::{Step, Suspender};

struct Losing(unscathed_core::Coroutine<usize, usize, usize>);

// SAFETY: each function does what its name says, and `resume` loses half of its
// value, which harms nobody else.
unsafe impl Coroutine for Losing {
    const NAME: &'static str = "losing";
    const VERSION: &'static str = "1";
    const CAPS: u64 = caps::NEST;

    type Suspender = Suspender<usize, usize>;

    fn create(stack_bytes: usize, body: Body<Self>) -> Option<Self> {
        let run = move |suspender: &_, first| body.run(suspender, first);
        unscathed_core::Coroutine::new(stack_bytes, run).ok().map(Self)
    }

    fn resume(&mut self, value: usize) -> usize {
        match self.0.resume(value & 0xffff_ffff) {
            Step::Suspended(value) | Step::Finished(value) => value,
        }
    }

    fn suspend(suspender: &Self::Suspender, value: usize) -> usize {
        suspender.suspend(value)
    }

    fn done(&self) -> bool {
        self.0.is_done()
    }
}

unscathed::__child!(Losing);

#[test]
#[should_panic(expected = "value.resume  corrupted  must")]
fn what_is_lost_is_told_as_the_command_tells_it() {
    probe::<Losing>("losing::what_is_lost_is_told_as_the_command_tells_it", "value.pair", &[]);
}

#[test]
fn what_is_kept_passes() {
    probe::<Losing>("losing::what_is_kept_passes", "regs.resume", &[]);
}

#[test]
fn what_is_expected_is_borne() {
    probe::<Losing>("losing::what_is_expected_is_borne", "value.pair", &["value.resume"]);
}

#[test]
#[should_panic(expected = "value.resume  corrupted  must")]
fn what_is_expected_of_another_element_is_not_borne() {
    let test = "losing::what_is_expected_of_another_element_is_not_borne";
    probe::<Losing>(test, "value.pair", &["value.suspend", "mxcsr.*"]);
}

#[test]
fn a_list_that_is_true_passes() {
    expected_failures::<Losing>("losing::a_list_that_is_true_passes", &["value.r*"]);
}

#[test]
#[should_panic(expected = "gpr.rbx: expected to fail, but nothing of it fails any more")]
fn a_list_that_is_out_of_date_is_told() {
    let list = ["value.resume", "gpr.rbx"];
    expected_failures::<Losing>("losing::a_list_that_is_out_of_date_is_told", &list);
}

#[test]
#[should_panic(expected = "gpr.r31: there is no such element")]
fn a_list_of_what_does_not_exist_is_told() {
    let list = ["value.resume", "gpr.r31"];
    expected_failures::<Losing>("losing::a_list_of_what_does_not_exist_is_told", &list);
}

#[test]
#[should_panic(expected = "POLICIES: there is no policy `tls.colour`")]
fn a_policy_that_does_not_exist_is_told() {
    struct Declaring(Losing);

    // SAFETY: nothing of it is ever run.
    unsafe impl Coroutine for Declaring {
        const NAME: &'static str = "declaring";
        const VERSION: &'static str = "1";
        const CAPS: u64 = 0;
        const POLICIES: &'static [(&'static str, unscathed::Declared)] =
            &[("tls.colour", unscathed::Declared::Thread)];

        type Suspender = ();

        fn create(_: usize, _: Body<Self>) -> Option<Self> {
            None
        }

        fn resume(&mut self, value: usize) -> usize {
            self.0.resume(value)
        }

        fn suspend((): &(), value: usize) -> usize {
            value
        }

        fn done(&self) -> bool {
            self.0.done()
        }
    }

    probe::<Declaring>("losing::a_policy_that_does_not_exist_is_told", "regs.resume", &[]);
}
