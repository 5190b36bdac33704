//! Code that has the program's arrays among its own variables, and who fills them.

mod support;

use loopwright_runtime::{
    Buffer, Contents, ElementType, EntryPoint, Mismatch, Origin, Outcome, Setup, Worker,
    WorkerOptions,
};
use std::time::Duration;
use support::{Library, command};

const LIMIT: Duration = Duration::from_secs(20);
const COUNT: u64 = 100;

/// A program with arrays at file scope, and one (`d`) that is an argument.
const PROGRAM: &str = r#"
#include <stdlib.h>
double a[100], b[100], c[100], scale = 0.0;
const double table[100] = {1, 2, 3};
double behind = 7;
void initialize(void **buffers, const long *parameters) {
  for (int i = 0; i < 100; i++) { a[i] = i; c[i] = 0; }
}
void locate(void **buffers, const long *parameters) {
  buffers[0] = a; buffers[1] = b; buffers[2] = c; buffers[4] = &scale; buffers[5] = (void *)table;
}
void region(void **buffers, const long *parameters) {
  double *d = buffers[3];
  if (buffers[0] != a || behind != 7) abort();
  for (int i = 0; i < 100; i++) { c[i] += a[i] + b[i] + table[i] * scale; d[i] = 2 * d[i]; }
}
"#;

/// The same on what it is given, in several ways.
const CANDIDATES: &str = r#"
#include <stdlib.h>
#include <stdint.h>
static void run(double **buffers) {
  double *a = buffers[0], *b = buffers[1], *c = buffers[2], *d = buffers[3], *table = buffers[5];
  for (int i = 99; i >= 0; i--) { c[i] += a[i] + b[i] + table[i] * *buffers[4]; d[i] += d[i]; }
}
void right(void **buffers, const long *parameters) { run((double **)buffers); }
void wrong(void **buffers, const long *parameters) { run((double **)buffers); ((double *)buffers[2])[7] += 1; }
void past_the_end(void **buffers, const long *parameters) {
  run((double **)buffers);
  ((double *)buffers[1])[100] = 3;
}
/* Where it works, in a page of its own or not. */
void is_guarded(void **buffers, const long *parameters) {
  if (((uintptr_t)buffers[0] & 4095) != 0) abort();
  run((double **)buffers);
}
void check_contents(void **buffers, const long *parameters) {
  double *a = buffers[0], *b = buffers[1], *c = buffers[2], *d = buffers[3], *scale = buffers[4];
  for (int i = 0; i < 100; i++)
    if (a[i] != i || c[i] != 0 || b[i] < 0.5 || d[i] < 0.5 || *scale != 0) abort();
}
void check_replaced(void **buffers, const long *parameters) {
  double *a = buffers[0], *table = buffers[5];
  for (int i = 0; i < 100; i++) if (a[i] < 0.5 || a[i] > 1.5) abort();
  if (table[2] != 3) abort();
}
"#;

fn setup(program: &Library) -> Setup {
    let array = |count, seed| Buffer::new(ElementType::F64, count, Contents::Pseudorandom { seed });
    let mut buffers: Vec<Buffer> = [COUNT, COUNT, COUNT, COUNT, 1, COUNT]
        .into_iter()
        .zip(1..)
        .map(|(count, seed)| array(count, seed))
        .collect();
    buffers[4].initialised = true;
    Setup {
        buffers,
        parameters: Vec::new(),
        initializer: Some(program.entry("initialize")),
        home: Some(region(program)),
        cold: false,
    }
}

fn region(program: &Library) -> EntryPoint {
    program.entry("region").with_locator(Some("locate".to_owned()))
}

fn start(setup: Setup) -> Worker {
    let options = WorkerOptions { command: command(), ..WorkerOptions::default() };
    Worker::start(options, setup).expect("starts")
}

#[test]
fn who_fills_what_is_found_out() {
    let (program, candidates) = (Library::compile(PROGRAM), Library::compile(CANDIDATES));
    let mut worker = start(setup(&program));
    use Origin::{Contents, Initializer, Source};
    // `c` is set to zero by the initializer, `b` by nobody; `scale` has an initial value, which is zero.
    let expected = [Initializer, Contents, Initializer, Contents, Source, Source];
    assert_eq!(worker.origins(), expected);
    for entry in [candidates.entry("check_contents"), region(&program)] {
        let outcome = worker.sample(&entry, LIMIT).expect("answers");
        assert!(matches!(outcome, Outcome::Time(_)), "{}: {outcome}", entry.symbol);
    }
}

#[test]
fn an_initializer_that_runs_only_once_still_counts() {
    let program = Library::compile(
        "#include <stdlib.h>\nstatic int done; double a[100];
         void initialize(void **b, const long *p) { if (done++) abort(); for (int i = 0; i < 100; i++) a[i] = i; }
         void locate(void **b, const long *p) { b[0] = a; }",
    );
    let mut setup = setup(&program);
    setup.buffers.truncate(2);
    setup.home = Some(program.entry("initialize").with_locator(Some("locate".to_owned())));
    let worker = start(setup);
    assert_eq!(worker.origins(), [Origin::Initializer, Origin::Contents]);
}

#[test]
fn candidates_are_checked_behind_guards_and_timed_in_place() {
    let (program, candidates) = (Library::compile(PROGRAM), Library::compile(CANDIDATES));
    let mut worker = start(setup(&program));
    worker.set_original(&region(&program), LIMIT).expect("the original runs");
    let mut check = |name: &str| worker.check(&candidates.entry(name), LIMIT).expect("answers");
    for right in ["right", "is_guarded", "right"] {
        let outcome = check(right);
        assert!(matches!(outcome, Outcome::Time(_)), "{right}: {outcome}");
    }
    let outcome = check("wrong");
    assert!(
        matches!(outcome, Outcome::WrongResult(Mismatch::Value { buffer: 2, index: 7, .. })),
        "{outcome}"
    );
    let outcome = check("past_the_end");
    assert_eq!(outcome, Outcome::WrongResult(Mismatch::OutOfBounds { buffer: 1 }));
    // A 100-element array at file scope does not begin on a page.
    let in_place = worker.sample(&candidates.entry("is_guarded"), LIMIT).expect("answers");
    assert!(matches!(in_place, Outcome::Crashed { .. }), "{in_place}");
}

#[test]
fn a_second_build_is_compared_in_its_own_variables() {
    let (program, second) = (Library::compile(PROGRAM), Library::compile(PROGRAM));
    let other = Library::compile(&PROGRAM.replace("c[i] += a[i]", "c[i] += 2 * a[i]"));
    let mut worker = start(setup(&program));
    worker.set_original(&region(&second), LIMIT).expect("the original runs");
    for _ in 0..2 {
        for entry in [region(&program), region(&second)] {
            let outcome = worker.check(&entry, LIMIT).expect("answers");
            assert!(matches!(outcome, Outcome::Time(_)), "{outcome}");
        }
        let outcome = worker.check(&region(&other), LIMIT).expect("answers");
        assert!(
            matches!(outcome, Outcome::WrongResult(Mismatch::Value { buffer: 2, index: 1, .. })),
            "{outcome}"
        );
    }
}

#[test]
fn other_contents_take_the_place_of_the_programs_but_not_of_constants() {
    let (program, candidates) = (Library::compile(PROGRAM), Library::compile(CANDIDATES));
    let mut setup = setup(&program);
    let mut worker = start(setup.clone());
    setup.buffers.iter_mut().for_each(|buffer| buffer.replaced = true);
    worker.set_up_again(setup).expect("starts again");
    assert_eq!(worker.origins()[0], Origin::Contents);
    assert_eq!(worker.origins()[5], Origin::Source);
    worker.set_original(&region(&program), LIMIT).expect("the original runs");
    for name in ["check_replaced", "right"] {
        let outcome = worker.sample(&candidates.entry(name), LIMIT).expect("answers");
        assert!(matches!(outcome, Outcome::Time(_)), "{name}: {outcome}");
    }
    let outcome = worker.check(&candidates.entry("right"), LIMIT).expect("answers");
    assert!(matches!(outcome, Outcome::Time(_)), "{outcome}");
}

#[test]
fn what_the_original_made_of_each_array_is_summarised() {
    let program = Library::compile(PROGRAM);
    let mut worker = start(setup(&program));
    worker.set_original(&region(&program), LIMIT).expect("the original runs");
    let [a, _, c, d, scale, _] = worker.summaries() else { panic!("one for each buffer") };
    assert!(a.changed == 0 && !a.before.uniform);
    assert!(
        c.before.zero && c.changed == COUNT && !c.changed_uniform && c.after.extraordinary == 0
    );
    assert!(d.changed == COUNT && !d.before.uniform && scale.before.zero);
}
