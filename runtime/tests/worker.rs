//! The worker against code that is right, wrong, crashing, hanging, greedy and ill-mannered.

mod support;

use loopwright_runtime::{
    Buffer, Contents, ElementType, EntryPoint, Mismatch, Outcome, Setup, Worker, WorkerError,
    WorkerOptions,
};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{Library, command};

const LIMIT: Duration = Duration::from_secs(20);
const COUNT: u64 = 1000;

/// The function `original` doubles a buffer in place; the others go wrong in one way each.
const SOURCE: &str = r#"
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <math.h>

void original(void **buffers, const int64_t *parameters) {
  double *a = buffers[0];
  for (int64_t i = 0; i < parameters[0]; i++) a[i] = a[i] * 2.0;
}
void reordered(void **buffers, const int64_t *parameters) {
  double *a = buffers[0];
  for (int64_t i = parameters[0] - 1; i >= 0; i--) a[i] = a[i] + a[i];
}
void last_bit(void **buffers, const int64_t *parameters) {
  double *a = buffers[0];
  original(buffers, parameters);
  a[17] = nextafter(a[17], 10.0);
}
void other_buffer(void **buffers, const int64_t *parameters) {
  original(buffers, parameters);
  ((int32_t *)buffers[1])[2] = 99;
}
void past_the_end(void **buffers, const int64_t *parameters) {
  original(buffers, parameters);
  ((double *)buffers[0])[parameters[0]] = 1.0;
}
void far_past_the_end(void **buffers, const int64_t *parameters) {
  ((double *)buffers[0])[parameters[0] + 4096] = 1.0;
}
void before_the_start(void **buffers, const int64_t *parameters) {
  ((volatile double *)buffers[0])[-1] = 1.0;
}
void null_pointer(void **buffers, const int64_t *parameters) { *(volatile int *)0 = 1; }
void aborts(void **buffers, const int64_t *parameters) { abort(); }
void hangs(void **buffers, const int64_t *parameters) { for (volatile int i = 0;; i = 0) {} }
void hangs_without_timer(void **buffers, const int64_t *parameters) {
  signal(SIGALRM, SIG_IGN);
  for (volatile int i = 0;; i = 0) {}
}
void exits(void **buffers, const int64_t *parameters) {
  fprintf(stderr, "giving up\n");
  exit(3);
}
void killed(void **buffers, const int64_t *parameters) { kill(getpid(), SIGKILL); }
void chatters(void **buffers, const int64_t *parameters) {
  char line[256];
  printf("{\"ran\":{\"ns\":1}}\n");
  fflush(stdout);
  if (fgets(line, sizeof line, stdin)) exit(4);
  original(buffers, parameters);
}
void greedy(void **buffers, const int64_t *parameters) {
  char *memory = malloc((size_t)8 << 30);
  if (!memory) { fprintf(stderr, "no memory\n"); exit(5); }
  memset(memory, 1, (size_t)8 << 30);
}
void initialize(void **buffers, const int64_t *parameters) {
  double *a = buffers[0];
  for (int64_t i = 0; i < parameters[0]; i++) a[i] = i % 7;
}
void wants_initialized(void **buffers, const int64_t *parameters) {
  double *a = buffers[0];
  for (int64_t i = 0; i < parameters[0]; i++) if (a[i] != i % 7) abort();
}
"#;

fn setup() -> Setup {
    Setup {
        buffers: vec![
            Buffer::new(ElementType::F64, COUNT, Contents::Pseudorandom { seed: 1 }),
            Buffer::new(ElementType::I32, 10, Contents::Zero),
        ],
        parameters: vec![COUNT as i64],
        initializer: None,
        home: None,
        cold: false,
    }
}

fn options() -> WorkerOptions {
    WorkerOptions { command: command(), ..WorkerOptions::default() }
}

fn worker(library: &Library) -> Worker {
    let mut worker = Worker::start(options(), setup()).expect("starts");
    worker.set_original(&library.entry("original"), LIMIT).expect("the original runs");
    worker
}

#[test]
fn right_results_are_right_and_stay_so() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&library);
    for _ in 0..3 {
        for symbol in ["reordered", "original", "chatters"] {
            let outcome = worker.check(&library.entry(symbol), LIMIT).expect("answers");
            assert!(matches!(outcome, Outcome::Time(_)), "{symbol}: {outcome}");
        }
    }
    assert_eq!(worker.restarts(), 0);
}

#[test]
fn a_wrong_bit_is_found_and_does_not_outlive_its_run() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&library);
    let outcome = worker.check(&library.entry("last_bit"), LIMIT).expect("answers");
    let Outcome::WrongResult(Mismatch::Value { buffer: 0, index: 17, differing: 1, .. }) = outcome
    else {
        panic!("{outcome}")
    };
    let outcome = worker.check(&library.entry("other_buffer"), LIMIT).expect("answers");
    let Outcome::WrongResult(Mismatch::Value { buffer, index, expected, found, .. }) = outcome
    else {
        panic!("{outcome}")
    };
    assert_eq!((buffer, index, expected.as_str(), found.as_str()), (1, 2, "0", "99"));
    let outcome = worker.check(&library.entry("past_the_end"), LIMIT).expect("answers");
    assert_eq!(outcome, Outcome::WrongResult(Mismatch::OutOfBounds { buffer: 0 }));
    let outcome = worker.check(&library.entry("reordered"), LIMIT).expect("answers");
    assert!(matches!(outcome, Outcome::Time(_)), "{outcome}");
}

#[test]
fn how_far_results_are_off_is_no_verdict() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&library);
    let mut check = |name: &str| worker.check_near(&library.entry(name), LIMIT).expect("answers");
    let (outcome, deviations) = check("last_bit");
    assert!(matches!(outcome, Outcome::Time(_)), "{outcome}");
    let [doubles, integers] = deviations.as_slice() else { panic!("{deviations:?}") };
    assert_eq!((doubles.buffer, doubles.index, doubles.differing), (0, 17, 1));
    assert!(doubles.is_expected() && doubles.relative > 0.0 && doubles.relative < 3e-16);
    assert_eq!(integers.differing, 0);
    let (outcome, deviations) = check("other_buffer");
    assert!(matches!(outcome, Outcome::Time(_)), "{outcome}");
    assert_eq!(deviations.iter().map(|one| one.is_expected()).collect::<Vec<_>>(), [true, false]);
    let none = check("past_the_end");
    assert_eq!(none, (Outcome::WrongResult(Mismatch::OutOfBounds { buffer: 0 }), Vec::new()));
    let (outcome, deviations) = check("null_pointer");
    assert!(matches!(outcome, Outcome::Crashed { .. }) && deviations.is_empty());
}

#[test]
fn every_death_is_an_outcome_and_the_worker_comes_back() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&library);
    let deaths = [
        ("null_pointer", Outcome::Crashed { signal: libc::SIGSEGV }),
        ("far_past_the_end", Outcome::Crashed { signal: libc::SIGSEGV }),
        ("before_the_start", Outcome::Crashed { signal: libc::SIGSEGV }),
        ("aborts", Outcome::Crashed { signal: libc::SIGABRT }),
        ("exits", Outcome::Exited { status: 3, message: "giving up".to_owned() }),
        ("killed", Outcome::Killed),
    ];
    for (restarts, (symbol, expected)) in deaths.into_iter().enumerate() {
        let outcome = worker.check(&library.entry(symbol), LIMIT).expect("answers");
        assert_eq!(outcome, expected, "{symbol}");
        assert_eq!(worker.restarts(), restarts as u64);
        let outcome = worker.check(&library.entry("reordered"), LIMIT).expect("answers");
        assert!(matches!(outcome, Outcome::Time(_)), "after {symbol}: {outcome}");
    }
}

#[test]
fn a_hang_ends_at_its_limit() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&library);
    let limit = Duration::from_millis(200);
    for (symbol, patience) in [("hangs", 2), ("hangs_without_timer", 15)] {
        let start = Instant::now();
        let outcome = worker.sample(&library.entry(symbol), limit).expect("answers");
        assert_eq!(outcome, Outcome::TimedOut { limit }, "{symbol}");
        assert!(start.elapsed() >= limit && start.elapsed() < Duration::from_secs(patience));
    }
}

#[test]
fn an_interrupt_ends_a_running_call() {
    let library = Library::compile(SOURCE);
    let interrupt = Arc::new(AtomicBool::new(false));
    let options = WorkerOptions { interrupt: Some(Arc::clone(&interrupt)), ..options() };
    let mut worker = Worker::start(options, setup()).expect("starts");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            interrupt.store(true, Ordering::SeqCst);
        });
        let start = Instant::now();
        let result = worker.sample(&library.entry("hangs"), Duration::from_secs(60));
        assert!(matches!(result, Err(WorkerError::Interrupted)), "{result:?}");
        assert!(start.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn memory_is_limited_before_and_while_code_runs() {
    let library = Library::compile(SOURCE);
    let mut large = setup();
    large.buffers[0].count = 1 << 50;
    let error = Worker::start(options(), large).expect_err("too large");
    let WorkerError::TooLarge { needed, available } = error else { panic!("{error}") };
    assert!(needed == 3 * ((8 << 50) + 40) && available < needed);

    let mut overflowing = setup();
    overflowing.buffers[0].count = u64::MAX;
    let error = Worker::start(options(), overflowing).expect_err("too large");
    assert!(matches!(error, WorkerError::TooLarge { .. }), "{error}");

    let limited = WorkerOptions { memory_limit: Some(64 << 20), ..options() };
    let mut worker = Worker::start(limited.clone(), setup()).expect("starts");
    let outcome = worker.sample(&library.entry("greedy"), LIMIT).expect("answers");
    assert_eq!(outcome, Outcome::Exited { status: 5, message: "no memory".to_owned() });

    let mut medium = setup();
    medium.buffers[0].count = 4 << 20;
    let error = Worker::start(limited, medium).expect_err("above the given limit");
    assert!(matches!(error, WorkerError::TooLarge { .. }), "{error}");
}

#[test]
fn what_cannot_be_loaded_is_said_and_harms_nothing() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&library);
    let missing = EntryPoint::new("/nonexistent/kernel.so", "f");
    for entry in [missing, library.entry("no_such_symbol"), library.entry("nul\0symbol")] {
        let outcome = worker.check(&entry, LIMIT).expect("answers");
        assert!(matches!(outcome, Outcome::LoadFailed(_)), "{outcome}");
    }
    assert_eq!(worker.restarts(), 0);
}

#[test]
fn a_library_that_was_written_anew_is_not_mistaken_for_the_old_one() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&library);
    library.recompile("void original(void **b, const long *p) { *(double *)b[0] = 5; }");
    let outcome = worker.check(&library.entry("original"), LIMIT).expect("answers");
    assert!(matches!(outcome, Outcome::LoadFailed(_)), "{outcome}");
}

#[test]
fn the_initializer_sets_what_every_run_begins_with() {
    let library = Library::compile(SOURCE);
    let setup = Setup { initializer: Some(library.entry("initialize")), ..setup() };
    let mut worker = Worker::start(options(), setup.clone()).expect("starts");
    worker.set_original(&library.entry("original"), LIMIT).expect("the original runs");
    let outcome = worker.sample(&library.entry("wants_initialized"), LIMIT).expect("answers");
    assert!(matches!(outcome, Outcome::Time(_)), "{outcome}");

    let failing = Setup { initializer: Some(library.entry("aborts")), ..setup };
    let error = Worker::start(options(), failing).expect_err("the initializer aborts");
    assert!(
        matches!(&error, WorkerError::Setup(inner) if matches!(**inner, Outcome::Crashed { .. })),
        "{error}"
    );
}

#[test]
fn misuse_is_an_error() {
    let library = Library::compile(SOURCE);
    let mut worker = Worker::start(options(), setup()).expect("starts");
    let result = worker.check(&library.entry("original"), LIMIT);
    assert!(matches!(result, Err(WorkerError::NoOriginal)), "{result:?}");
    let result = worker.set_original(&library.entry("aborts"), LIMIT);
    assert!(
        matches!(&result, Err(WorkerError::Original(inner)) if matches!(**inner, Outcome::Crashed { .. })),
        "{result:?}"
    );
    worker.set_original(&library.entry("original"), LIMIT).expect("recovers");

    let not_a_worker = WorkerOptions {
        command: loopwright_runtime::WorkerCommand::program("/bin/true"),
        ..WorkerOptions::default()
    };
    assert!(Worker::start(not_a_worker, setup()).is_err());
}

/// Speaks the protocol by hand, as a parent that is killed in the middle of a call leaves it.
#[test]
fn a_worker_ends_with_its_parent_even_in_a_call() {
    let library = Library::compile(SOURCE);
    let mut child = std::process::Command::new(command().program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut input = child.stdin.take().expect("piped");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let limit = 600_000_000;
    let setup = serde_json::json!({ "setup": {
        "setup": setup(), "memory_limit": 1_u64 << 32, "limit": limit } });
    writeln!(input, "{setup}").expect("sent");
    let mut reply = String::new();
    output.read_line(&mut reply).expect("answered");
    assert_eq!(reply, "{\"ready\":{\"origins\":[\"contents\",\"contents\"]}}\n");
    let entry = library.entry("hangs_without_timer");
    let call = serde_json::json!({ "sample": { "entry": entry, "limit": limit } });
    writeln!(input, "{call}").expect("sent");
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().expect("waits").is_none(), "the call runs");
    drop(input);
    let deadline = Instant::now() + Duration::from_secs(10);
    while child.try_wait().expect("waits").is_none() {
        assert!(Instant::now() < deadline, "the worker outlives its parent");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_request_that_is_none_is_refused_and_the_worker_goes_on() {
    let mut child = std::process::Command::new(command().program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut input = child.stdin.take().expect("piped");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let call = r#"{"sample":{"entry":{"library":"x","symbol":"y"},"limit":1}}"#;
    for request in ["nonsense", "{\"setup\":{}}", call, call] {
        writeln!(input, "{request}").expect("sent");
        let mut reply = String::new();
        output.read_line(&mut reply).expect("answered");
        assert!(reply.contains("refused"), "{request}: {reply}");
    }
    drop(input);
    assert!(child.wait().expect("waits").success());
}
