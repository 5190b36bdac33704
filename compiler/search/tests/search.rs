//! What is promised of a search, with a scorer and a measurer made for the tests.

mod common;

use common::{Countdown, MACHINE, dependences, product, run, sweeps};
use loopwright_ir::{LoopTree, Mark, Program};
use loopwright_search::{Budget, Ground, Scorer, SearchOptions, Silent, StopReason, search};
use loopwright_transform::{lower, replay};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn options() -> SearchOptions {
    SearchOptions { evaluations: 300, ..SearchOptions::default() }
}

#[test]
fn the_register_tile_of_a_matrix_product_is_reached() {
    let report = run(&product(), &options(), None);
    let text = report.best.loops.display(&product());
    let loops = report.best.loops.loops();
    let marked = |wanted: fn(&Mark) -> bool| loops.iter().any(|inner| wanted(&inner.mark));
    assert!(marked(|mark| matches!(mark, Mark::Parallel)), "{text}");
    assert!(marked(|mark| matches!(mark, Mark::Vector { width: 4, unroll: 2.. })), "{text}");
    assert!(marked(|mark| matches!(mark, Mark::UnrollJam { factor: 2.. })), "{text}");
    let innermost = loops.iter().rev().find(|inner| inner.name == "k").map(|inner| inner.mark);
    assert_eq!(innermost, Some(Mark::Sequential), "{text}");
    let name = |mark: fn(&Mark) -> bool| {
        loops.iter().rev().find(|inner| mark(&inner.mark)).map(|inner| inner.name.clone())
    };
    assert_eq!(name(|mark| matches!(mark, Mark::UnrollJam { .. })).as_deref(), Some("i"), "{text}");
}

#[test]
fn nests_of_one_form_are_treated_alike() {
    let report = run(&sweeps(), &options(), None);
    let text = report.best.schedule.to_string();
    for statement in ["S1", "S2"] {
        assert!(text.contains(&format!("parallelize({statement}, i")), "{text}");
        assert!(text.contains(&format!("vectorize({statement}, j, 4")), "{text}");
    }
}

#[test]
fn every_schedule_replays_to_the_same_loops() {
    for program in [product(), sweeps()] {
        let dependences = dependences(&program);
        let many = SearchOptions { measure: 60, ..options() };
        let report = run(&program, &many, None);
        assert!(report.predicted.len() > 30);
        for candidate in &report.predicted {
            let parsed = candidate.schedule.to_string().parse().expect("schedules parse back");
            assert_eq!(candidate.schedule, parsed);
            let applied = replay(&program, &dependences, &parsed).expect("what was found is legal");
            assert_eq!(lower(&program, &applied.tree).expect("it has loops"), *candidate.loops);
        }
    }
}

#[test]
fn equal_seeds_give_equal_results_with_any_number_of_workers() {
    let texts = |seed, workers| {
        let report =
            run(&product(), &SearchOptions { seed, workers, measure: 40, ..options() }, None);
        report.predicted.iter().map(|one| one.schedule.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(texts(7, 1), texts(7, 3));
    assert_eq!(texts(8, 2), texts(8, 2));
}

#[test]
fn the_original_is_measured_first_and_the_fastest_measured_is_chosen() {
    let mut measurer = Countdown::default();
    let report = run(&product(), &SearchOptions { measure: 5, ..options() }, Some(&mut measurer));
    assert_eq!(measurer.measured.first().map(String::as_str), Some(""));
    assert_eq!(report.measured.len(), measurer.measured.len());
    let most = report.measured.iter().map(|one| one.candidate.schedule.steps().len()).max();
    assert_eq!(Some(report.best.schedule.steps().len()), most);
    assert_eq!(report.stop, StopReason::Finished);
    assert!(report.to_string().contains("(the original)"));
}

#[test]
fn seeds_that_apply_are_measured_behind_the_original() {
    let text = "interchange(S2, k, j)\nunroll(S2, k, 3)";
    let seeds = ["parallelize(S9, x)", "interchange(S2, k, j)", text];
    let seeds = seeds.map(|text| text.parse().expect("a schedule")).to_vec();
    let mut measurer = Countdown::default();
    let options = SearchOptions { seeds, ..options() };
    let report = run(&product(), &options, Some(&mut measurer));
    let first: Vec<&str> = measurer.measured.iter().take(3).map(String::as_str).collect();
    assert_eq!(first, ["", "interchange(S2, k, j)", text], "{report}");
}

#[test]
fn when_all_others_fail_the_original_is_chosen() {
    let mut measurer = Countdown { fail: true, ..Countdown::default() };
    let report = run(&sweeps(), &options(), Some(&mut measurer));
    assert!(report.measured.len() > 1);
    assert!(report.best.schedule.is_original());
}

#[test]
fn a_budget_is_kept() {
    let started = Instant::now();
    let mut measurer = Countdown { delay: Duration::from_millis(50), ..Countdown::default() };
    let limited =
        SearchOptions { budget: Budget::lasting(Duration::from_millis(700)), ..options() };
    let report = run(&product(), &limited, Some(&mut measurer));
    assert_eq!(report.stop, StopReason::BudgetEnded);
    assert!(report.measured.len() > 1, "{report}");
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
}

#[test]
fn a_cancelled_search_returns_what_it_has() {
    let flag = Arc::new(AtomicBool::new(true));
    let cancelled = SearchOptions { budget: Budget::unlimited().with_cancel(flag), ..options() };
    let report = run(&product(), &cancelled, Some(&mut Countdown::default()));
    assert_eq!(report.stop, StopReason::Cancelled);
    assert!(report.best.schedule.is_original());
}

/// Scores that no model should give.
struct Broken;

impl Scorer for Broken {
    fn score(&mut self, _program: &Program, _original: &LoopTree, trees: &[&LoopTree]) -> Vec<f64> {
        trees.iter().skip(1).map(|_| f64::NAN).collect()
    }
}

#[test]
fn broken_scores_cannot_beat_the_original() {
    let program = product();
    let dependences = dependences(&program);
    let report =
        search(&program, &dependences, &mut Broken, &MACHINE, &options(), &mut Silent, None)
            .expect("the original order has loops");
    assert!(report.best.schedule.is_original());
    assert_eq!(report.best.predicted, 1.0);
}

#[test]
fn steps_that_do_not_apply_are_counted_and_refused() {
    let program = sweeps();
    let dependences = dependences(&program);
    let ground = Ground::new(&program, &dependences);
    let schedule = "parallelize(S1, t)".parse().expect("it parses");
    assert!(ground.replay(&schedule).is_none());
    assert_eq!(ground.refused(), 1);
}

#[test]
fn a_measurer_without_time_ends_the_search() {
    let mut measurer = Countdown { most: Some(3), ..Countdown::default() };
    let report = run(&product(), &options(), Some(&mut measurer));
    assert_eq!((report.measured.len(), report.stop), (3, StopReason::BudgetEnded));
    assert!(report.measured.iter().any(|one| one.candidate.schedule == report.best.schedule));
}

#[test]
fn nothing_is_tried_after_the_end() {
    let ended = SearchOptions { budget: Budget::until(std::time::Instant::now()), ..options() };
    let report = run(&sweeps(), &ended, None);
    assert_eq!((report.evaluated, report.stop), (1, StopReason::BudgetEnded));
    assert!(report.best.schedule.is_original());
}

/// Takes a candidate's time for each tree.
struct Slow;

impl Scorer for Slow {
    fn score(&mut self, _program: &Program, _original: &LoopTree, trees: &[&LoopTree]) -> Vec<f64> {
        std::thread::sleep(Duration::from_millis(trees.len() as u64));
        (1..=trees.len()).map(|position| position as f64).collect()
    }
}

#[test]
fn what_was_found_when_the_time_ends_is_scored() {
    let program = product();
    let dependences = dependences(&program);
    for milliseconds in [5, 20, 60] {
        let time = Duration::from_millis(milliseconds);
        let short = SearchOptions { budget: Budget::lasting(time), ..options() };
        let report = search(&program, &dependences, &mut Slow, &MACHINE, &short, &mut Silent, None)
            .expect("the original order has loops");
        assert_eq!(report.predicted.is_empty(), report.evaluated == 0);
        // One batch takes this scorer 32 ms.
        assert!(report.seconds < 2.0, "{}", report.seconds);
    }
    let some = SearchOptions { budget: Budget::lasting(Duration::from_millis(150)), ..options() };
    let report = search(&program, &dependences, &mut Slow, &MACHINE, &some, &mut Silent, None)
        .expect("the original order has loops");
    assert!(report.evaluated > 1 && !report.best.schedule.is_original(), "{report}");
}
