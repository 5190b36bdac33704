//! Libraries that lack something, that do something when they are loaded, and that change how the
//! processor computes.

mod support;

use loopwright_runtime::{
    Buffer, Contents, ElementType, Outcome, Setup, Worker, WorkerError, WorkerOptions, compile_c,
};
use std::time::{Duration, Instant};
use support::{Library, command};

const LIMIT: Duration = Duration::from_secs(20);

fn setup() -> Setup {
    let contents = Contents::Pseudorandom { seed: 1 };
    Setup {
        buffers: vec![Buffer::new(ElementType::F64, 100, contents)],
        parameters: Vec::new(),
        initializer: None,
        home: None,
        cold: false,
    }
}

fn start() -> Worker {
    let options = WorkerOptions { command: command(), ..WorkerOptions::default() };
    Worker::start(options, setup()).expect("starts")
}

fn is_right(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Time(_))
}

/// The region needs nothing of what the file's other functions need.
const PART: &str = r#"
#include <stdlib.h>
extern void elsewhere(double *);
extern double table[10], *pointer;
extern int counter;
typedef void function(double *);
function *address(void) { return elsewhere; }
double other(void) { elsewhere(pointer); return table[3] + counter; }
double *first = &table[1];
void region(void **b, const long *p) { double *a = b[0]; for (int i = 0; i < 100; i++) a[i] *= 2; }
void calls(void **b, const long *p) { elsewhere(b[0]); }
void reads(void **b, const long *p) { ((double *)b[0])[0] = table[5]; }
"#;

#[test]
fn what_a_region_does_not_need_may_be_missing() {
    for flags in [&[][..], &["-Wl,-z,now"], &["-fno-plt"], &["-Wl,-z,now", "-Wl,-z,relro"]] {
        let library = Library::compile_with(PART, flags);
        let mut worker = start();
        worker.set_original(&library.entry("region"), LIMIT).expect("it runs");
        let outcome = worker.check(&library.entry("region"), LIMIT).expect("answers");
        assert!(is_right(&outcome), "{flags:?}: {outcome}");
    }
}

#[test]
fn what_is_needed_and_missing_is_named() {
    let calls = "extern void elsewhere(double *);
        void calls(void **b, const long *p) { elsewhere(b[0]); }";
    let library = Library::compile(calls);
    let mut worker = start();
    let outcome = worker.sample(&library.entry("calls"), LIMIT).expect("answers");
    let expected = Outcome::Undefined { symbols: vec!["elsewhere".to_owned()], signal: None };
    assert_eq!(outcome, expected);
    assert!(outcome.to_string().contains("`elsewhere`"), "{outcome}");

    let library = Library::compile(PART);
    for symbol in ["reads", "calls"] {
        let outcome = worker.sample(&library.entry(symbol), LIMIT).expect("answers");
        let Outcome::Undefined { symbols, .. } = &outcome else { panic!("{symbol}: {outcome}") };
        assert!(symbols.iter().any(|name| name == "table" || name == "elsewhere"), "{symbols:?}");
        assert!(!symbols.iter().any(|name| name == "malloc"), "{symbols:?}");
    }
}

#[test]
fn a_constructor_that_never_ends_is_bounded_and_said() {
    let library = Library::compile(
        "__attribute__((constructor)) void c(void) { for (;;) __asm__ volatile(\"\"); }
         void region(void **b, const long *p) {}",
    );
    let limit = Duration::from_secs(1);
    let options =
        WorkerOptions { command: command(), load_limit: Some(limit), ..WorkerOptions::default() };
    let mut worker = Worker::start(options, setup()).expect("starts");
    let begin = Instant::now();
    let outcome = worker.sample(&library.entry("region"), LIMIT).expect("answers");
    assert!(matches!(outcome, Outcome::LoadTimedOut { .. }), "{outcome}");
    let text = outcome.to_string();
    assert!(text.contains("constructors did not end"), "{text}");
    assert!(begin.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_constructor_that_ends_the_process_is_an_outcome() {
    let library = Library::compile(
        "#include <stdlib.h>
         __attribute__((constructor)) void c(void) { exit(7); }
         void region(void **b, const long *p) {}",
    );
    let mut worker = start();
    let outcome = worker.sample(&library.entry("region"), LIMIT).expect("answers");
    assert!(matches!(outcome, Outcome::Exited { status: 7, .. }), "{outcome}");
    let initializer = Setup { initializer: Some(library.entry("region")), ..setup() };
    let options = WorkerOptions { command: command(), ..WorkerOptions::default() };
    let error = Worker::start(options, initializer).expect_err("it ends");
    assert!(matches!(error, WorkerError::Setup(_)), "{error}");
}

#[test]
fn a_copy_of_the_worker_that_code_makes_ends() {
    let library = Library::compile(
        "#include <unistd.h>
         __attribute__((constructor)) void c(void) { fork(); }
         void region(void **b, const long *p) { double *a = b[0]; fork(); a[0] += 1; }",
    );
    let mut worker = start();
    worker.set_original(&library.entry("region"), LIMIT).expect("it runs");
    for _ in 0..20 {
        let outcome = worker.check(&library.entry("region"), LIMIT).expect("answers");
        assert!(is_right(&outcome), "{outcome}");
    }
    assert_eq!(worker.restarts(), 0);
}

/// Sums denormals, with and without threads.
#[cfg(target_arch = "x86_64")]
const DENORMALS: &str = r#"
#include <immintrin.h>
#include <pthread.h>
#ifdef FLUSH
__attribute__((constructor)) static void flush(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
#endif
void fill(void **b, const long *p) { double *a = b[0]; for (int i = 0; i < 100; i++) a[i] = (i + 1) * 4.9e-324; }
void region(void **b, const long *p) { double *a = b[0]; for (int i = 0; i < 100; i++) a[i] *= 0.75; }
static void *on_thread(void *b) { region(b, 0); return 0; }
void threaded(void **b, const long *p) {
  pthread_t thread;
  pthread_create(&thread, 0, on_thread, b);
  pthread_join(thread, 0);
}
void changes(void **b, const long *p) { _mm_setcsr(_mm_getcsr() | 0x8040); region(b, p); }
void rounds(void **b, const long *p) { region(b, p); _mm_setcsr(_mm_getcsr() | 0x4000); }
"#;

#[test]
#[cfg(target_arch = "x86_64")]
fn one_librarys_mode_reaches_no_other() {
    let usual = Library::compile_with(DENORMALS, &["-pthread"]);
    let flushing = Library::compile_with(DENORMALS, &["-pthread", "-DFLUSH"]);
    let changing = Library::compile_with(DENORMALS, &["-pthread"]);
    let rounding = Library::compile_with(DENORMALS, &["-pthread"]);
    let candidate = Library::compile_with(DENORMALS, &["-pthread"]);
    let setup = Setup { initializer: Some(usual.entry("fill")), ..setup() };
    let options = WorkerOptions { command: command(), ..WorkerOptions::default() };
    let mut worker = Worker::start(options, setup).expect("starts");
    worker.set_original(&usual.entry("region"), LIMIT).expect("it runs");
    let mut check = |library: &Library, symbol: &str| {
        worker.check(&library.entry(symbol), LIMIT).expect("answers")
    };
    for _ in 0..2 {
        for symbol in ["region", "threaded"] {
            let outcome = check(&flushing, symbol);
            assert!(matches!(outcome, Outcome::WrongResult(_)), "{symbol}: {outcome}");
            for library in [&candidate, &usual] {
                let outcome = check(library, symbol);
                assert!(is_right(&outcome), "{symbol}: {outcome}");
            }
        }
        let outcome = check(&changing, "changes");
        assert!(matches!(outcome, Outcome::WrongResult(_)), "{outcome}");
        // What is changed after the work is done is nobody's difference.
        let outcome = check(&rounding, "rounds");
        assert!(is_right(&outcome), "{outcome}");
        let outcome = check(&candidate, "threaded");
        assert!(is_right(&outcome), "{outcome}");
    }
    let flushed = worker.sample(&flushing.entry("region"), LIMIT).expect("answers");
    assert!(is_right(&flushed));
}

/// A program whose own code flushes denormals is compared with what it computes itself.
#[test]
#[cfg(target_arch = "x86_64")]
fn candidates_compute_as_the_program_does() {
    let program = Library::compile_with(DENORMALS, &["-pthread", "-DFLUSH"]);
    let candidate = Library::compile_with(DENORMALS, &["-pthread"]);
    let setup = Setup { initializer: Some(candidate.entry("fill")), ..setup() };
    let options = WorkerOptions { command: command(), ..WorkerOptions::default() };
    let mut worker = Worker::start(options, setup).expect("starts");
    worker.set_original(&program.entry("region"), LIMIT).expect("it runs");
    for _ in 0..2 {
        let outcome = worker.check(&candidate.entry("region"), LIMIT).expect("answers");
        assert!(is_right(&outcome), "{outcome}");
    }
}

/// The threads of GCC's OpenMP runtime keep the mode in which they were started.
#[test]
#[cfg(target_arch = "x86_64")]
fn threads_that_stay_do_not_keep_anothers_mode() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("parallel.c");
    let text = format!(
        "{DENORMALS}
         void parallel(void **b, const long *p) {{
           double *a = b[0];
           #pragma omp parallel for num_threads(2)
           for (int i = 0; i < 100; i++) a[i] *= 0.75;
         }}"
    );
    std::fs::write(&file, text).expect("written");
    let make = |name: &str, more: &[&str]| {
        let library = folder.path().join(name);
        let mut flags = vec!["-O1", "-w", "-shared", "-fPIC", "-fopenmp", "-pthread"];
        flags.extend(more);
        compile_c(&file, &flags, "gcc", &library, Duration::from_secs(60)).map(|()| library)
    };
    let (Ok(flushing), Ok(usual)) = (make("flushing.so", &["-DFLUSH"]), make("usual.so", &[]))
    else {
        eprintln!("skipped: there is no gcc with OpenMP");
        return;
    };
    let entry = |library: &std::path::Path, symbol: &str| {
        loopwright_runtime::EntryPoint::new(library, symbol)
    };
    let setup = Setup { initializer: Some(entry(&usual, "fill")), ..setup() };
    let options =
        WorkerOptions { command: command(), threads: Some(2), ..WorkerOptions::default() };
    let mut worker = Worker::start(options, setup).expect("starts");
    worker.set_original(&entry(&usual, "region"), LIMIT).expect("it runs");
    let outcome = worker.check(&entry(&flushing, "parallel"), LIMIT).expect("answers");
    assert!(matches!(outcome, Outcome::WrongResult(_)), "{outcome}");
    let outcome = worker.check(&entry(&usual, "parallel"), LIMIT).expect("answers");
    assert!(is_right(&outcome), "{outcome}");
}
