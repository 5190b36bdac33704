//! Timing: ratios that are known, early ends, and parallel code.

mod support;

use loopwright_runtime::{
    Buffer, Contents, ElementType, Outcome, Setup, TimingOptions, Worker, WorkerOptions,
};
use std::time::{Duration, Instant};
use support::{Library, command};

/// A chain of dependent divisions, whose time is proportional to its length and to little else.
const SOURCE: &str = r#"
#include <stdint.h>
static void work(double *a, int64_t steps) {
  double value = a[0];
  for (int64_t i = 0; i < steps; i++) value = 1.0 / (value + 0.5);
  a[0] = value;
}
void once(void **buffers, const int64_t *parameters) { work(buffers[0], parameters[0]); }
void four_times(void **buffers, const int64_t *parameters) { work(buffers[0], 4 * parameters[0]); }
"#;

fn worker(parameters: &[i64], threads: Option<usize>) -> Worker {
    let setup = Setup {
        buffers: vec![Buffer::new(ElementType::F64, 4, Contents::Pseudorandom { seed: 9 })],
        parameters: parameters.to_vec(),
        initializer: None,
        home: None,
        cold: false,
    };
    let options = WorkerOptions { command: command(), threads, ..WorkerOptions::default() };
    Worker::start(options, setup).expect("starts")
}

#[test]
fn four_times_the_work_takes_four_times_as_long() {
    let library = Library::compile(SOURCE);
    // About a quarter of a millisecond, and about ten microseconds.
    for steps in [50_000, 2_000] {
        let mut worker = worker(&[steps], None);
        let comparison = worker
            .compare(
                &library.entry("four_times"),
                &library.entry("once"),
                &TimingOptions::default(),
            )
            .expect("answers");
        let speedup = comparison.speedup().expect("both were timed");
        assert!((2.8..5.2).contains(&speedup), "{steps} steps: {speedup}");
        let timing = comparison.candidate.timing().expect("timed");
        assert_eq!(timing.runs.len(), comparison.original.expect("timed").runs.len());
        assert!(timing.runs.len() >= TimingOptions::default().minimum_runs);
    }
}

/// Each load's address depends on the one before, so that nothing fetches ahead; one element a line.
const WALK: &str = r#"
#include <stdint.h>
void walk(void **buffers, const int64_t *parameters) {
  double *a = buffers[0];
  int64_t at = 0;
  for (int64_t i = 0; i < parameters[0]; i++) {
    double value = a[at];
    at = (at + 9704 + (value > 1000.0)) % parameters[1];
  }
  a[0] = at;
}
"#;

#[test]
fn cold_runs_find_their_data_in_memory() {
    const COUNT: u64 = 32 << 10;
    let library = Library::compile(WALK);
    let time = |cold: bool| {
        let setup = Setup {
            buffers: vec![Buffer::new(ElementType::F64, COUNT, Contents::Pseudorandom { seed: 9 })],
            parameters: vec![4096, COUNT as i64],
            initializer: None,
            home: None,
            cold,
        };
        let options = WorkerOptions { command: command(), ..WorkerOptions::default() };
        let mut worker = Worker::start(options, setup).expect("starts");
        let options = TimingOptions { minimum_runs: 20, ..TimingOptions::default() };
        let outcome = worker.time(&library.entry("walk"), &options).expect("answers");
        outcome.timing().expect("it ran").minimum_ns
    };
    let (hot, cold) = (time(false), time(true));
    assert!(cold > hot * 3 / 2, "{cold} ns from memory, {hot} ns from the caches");
}

#[test]
fn a_hopeless_candidate_runs_once() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&[50_000], None);
    let entry = library.entry("four_times");
    let hopeless = TimingOptions { give_up_above_ns: Some(1000), ..TimingOptions::default() };
    let Outcome::Time(timing) = worker.time(&entry, &hopeless).expect("answers") else {
        panic!("it ran")
    };
    assert_eq!(timing.runs.len(), 1);
}

#[test]
fn the_budget_and_the_limit_bound_a_measurement() {
    let library = Library::compile(SOURCE);
    let mut worker = worker(&[2_000_000], None);
    let start = Instant::now();
    let options = TimingOptions {
        budget: Duration::from_millis(100),
        minimum_runs: 1000,
        maximum_runs: 1000,
        ..TimingOptions::default()
    };
    let outcome = worker.time(&library.entry("once"), &options).expect("answers");
    assert!(matches!(outcome, Outcome::Time(_)), "{outcome}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());

    let run_limit = Duration::from_millis(1);
    let options = TimingOptions { run_limit, ..TimingOptions::default() };
    let outcome = worker.time(&library.entry("once"), &options).expect("answers");
    assert_eq!(outcome, Outcome::TimedOut { limit: run_limit });
}

/// Calls the OpenMP runtime as generated code does: undefined symbols that the worker supplies.
const PARALLEL: &str = r#"
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
typedef struct { int32_t reserved, flags, unused[2]; const char *source; } location;
static location here = {0, 2, {0, 0}, ";unknown;unknown;0;0;;"};
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern void __kmpc_fork_call(location *, int32_t, void (*)(int32_t *, int32_t *, ...), ...);
static void body(int32_t *global, int32_t *local, int64_t *found) {
  if (omp_get_thread_num() < 2) found[omp_get_thread_num()] = sched_getcpu() + 1;
  if (omp_get_thread_num() == 0) found[2] = omp_get_num_threads();
}
void threads(void **buffers, const int64_t *parameters) {
  int64_t found[3] = {0, 0, 0};
  __kmpc_fork_call(&here, 1, (void (*)(int32_t *, int32_t *, ...))body, found);
  if (found[2] != parameters[0]) __builtin_trap();
  /* Two threads sit on two cores. */
  if (parameters[1] && found[0] == found[1]) __builtin_trap();
}
"#;

#[test]
fn threads_are_as_many_as_asked_for_and_on_cores_of_their_own() {
    let library = Library::compile(PARALLEL);
    let cores = loopwright_runtime::Machine::detect().cores;
    for threads in [1, 2, 3] {
        let apart = threads == 2 && cores >= 2;
        let mut worker = worker(&[threads, i64::from(apart)], Some(threads as usize));
        for _ in 0..20 {
            let outcome =
                worker.sample(&library.entry("threads"), Duration::from_secs(10)).expect("answers");
            assert!(matches!(outcome, Outcome::Time(_)), "{threads}: {outcome}");
        }
    }
}
