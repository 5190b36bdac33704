//! What is promised of a search, with a scorer and a measurer made for the tests.

mod common;
mod recipes;

use common::{
    Countdown, MACHINE, dependences, factorisation, paths, product, run, swapped, sweeps,
    through_a_scalar, triangle, two_products,
};
use loopwright_ir::{LoopTree, Mark, Program};
use loopwright_search::{Budget, Scorer, SearchOptions, Silent, Space, StopReason, search};
use loopwright_transform::testing::{Body, ProgramBuilder};
use loopwright_transform::{lower, replay};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn options() -> SearchOptions {
    SearchOptions { measure: Some(24), ..SearchOptions::default() }
}

#[test]
fn a_matrix_product_gets_packed_register_tiles_on_threads() {
    let report = run(&product(), &options(), None);
    let text = report.best.loops.display(&product());
    let loops = report.best.loops.loops();
    let marked = |wanted: fn(&Mark) -> bool| loops.iter().any(|inner| wanted(&inner.mark));
    assert!(marked(|mark| matches!(mark, Mark::Parallel)), "{text}");
    assert!(marked(|mark| matches!(mark, Mark::Vector { width: 4, unroll: 3 })), "{text}");
    assert!(marked(|mark| matches!(mark, Mark::UnrollJam { factor: 4 })), "{text}");
    let schedule = report.best.schedule.to_string();
    assert_eq!(schedule.matches("pack(S2").count(), 2, "{schedule}");
    assert!(report.best.origin.to_string().contains("contract"), "{}", report.best.origin);
}

#[test]
fn sweeps_over_time_get_time_tiles() {
    let report = run(&sweeps(), &options(), None);
    let text = report.best.schedule.to_string();
    for step in ["affine(S1: [t, ", "tile(S1, t, i, j, ", "wavefront(S1, ", "pipeline(S1, "] {
        assert!(text.contains(step), "{text}");
    }
    assert!(text.contains("vectorize(S1, j, 4") && text.contains("vectorize(S2, j, 4"), "{text}");
}

#[test]
fn a_factorisation_gets_one_band_of_blocks() {
    let report = run(&factorisation(), &options(), None);
    let text = report.best.schedule.to_string();
    for step in
        ["affine(S1: [i, j, k, ", "split(S1, k_t, j_t)", "unroll_and_jam(S1, i, 4)", "wavefront"]
    {
        assert!(text.contains(step), "{text}");
    }
}

#[test]
fn a_matrix_with_two_uses_is_passed_once() {
    let report = run(&two_products(), &options(), None);
    assert!(report.best.origin.to_string().contains("one pass"), "{}", report.best.origin);
}

#[test]
fn loops_are_divided_at_the_pivot() {
    let report = run(&paths(), &options(), None);
    let text = report.best.schedule.to_string();
    assert!(text.contains("divide(S1, i, k)") && text.contains("divide(S1, j, k)"), "{text}");
    assert!(text.contains("parallelize("), "{text}");
}

#[test]
fn a_triangular_system_is_solved_in_blocks_of_rows() {
    let report = run(&triangle(), &options(), None);
    let text = report.best.schedule.to_string();
    assert!(report.best.origin.to_string().contains("rows in order"), "{}", report.best.origin);
    assert!(text.contains("doacross(S2, i_t)") && text.contains("vectorize(S2_2, i, 4"), "{text}");
}

#[test]
fn a_scalar_of_the_body_is_private() {
    let report = run(&through_a_scalar(), &options(), None);
    let text = report.best.schedule.to_string();
    assert!(text.contains("expand(S1, t, j)"), "{text}");
    assert!(text.contains("parallelize(") && text.contains("vectorize("), "{text}");
}

#[test]
fn deep_nests_and_many_statements_have_an_answer_in_time() {
    let deep = |depth: usize| {
        fn nest(body: &mut Body<'_>, level: usize, depth: usize) {
            if level == depth {
                body.assign("A[i0]", &["A[i0]"]);
            } else {
                body.each(&format!("i{level}"), "0", "1", |body| nest(body, level + 1, depth));
            }
        }
        ProgramBuilder::new("deep", &["N"])
            .value("N", 4)
            .array("A", &["N"])
            .build(|body| nest(body, 0, depth))
            .specialize()
    };
    for depth in [8, 16, 24] {
        let started = Instant::now();
        let limited =
            SearchOptions { budget: Budget::lasting(Duration::from_secs(2)), ..options() };
        run(&deep(depth), &limited, None);
        assert!(started.elapsed() < Duration::from_secs(8), "{depth}: {:?}", started.elapsed());
    }
}

#[test]
fn statements_change_places_where_that_separates_them() {
    // S1 of later iterations depends on S2 of earlier ones: S2 comes first.
    let program = swapped();
    let report = run(&program, &options(), None);
    let distributed =
        report.predicted.iter().find(|one| one.origin.structure.starts_with("distributed"));
    let text = distributed.expect("it can be distributed").schedule.to_string();
    assert!(text.contains("affine(S1: [1, i]; S2: [0, i])"), "{text}");
}

#[test]
fn every_schedule_replays_to_the_same_loops() {
    for program in [product(), sweeps(), factorisation(), two_products(), swapped()] {
        let dependences = dependences(&program);
        let space = Space::new(&program, &dependences, &MACHINE);
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut kinds = HashSet::new();
        for _ in 0..12 {
            let Some(candidate) = space.sample(&mut random).map(|member| member.candidate) else {
                continue;
            };
            let parsed = candidate.schedule.to_string().parse().expect("schedules parse back");
            assert_eq!(candidate.schedule, parsed);
            let applied = replay(&program, &dependences, &parsed).expect("what was found is legal");
            assert_eq!(lower(&program, &applied.tree).expect("it has loops"), *candidate.loops);
            kinds.insert(candidate.schedule.to_string());
        }
        assert!(kinds.len() > 3, "{}: {kinds:?}", program.name);
    }
}

#[test]
fn equal_seeds_give_equal_results() {
    let texts = |seed| {
        let mut measurer = Countdown::default();
        let options = SearchOptions { seed, measure: Some(30), ..options() };
        run(&product(), &options, Some(&mut measurer));
        measurer.measured
    };
    for seed in [7, 8] {
        let first = texts(seed);
        for _ in 0..3 {
            assert_eq!(first, texts(seed));
        }
    }
}

#[test]
fn seeds_are_measured_first() {
    let seed: loopwright_ir::Schedule = "parallelize(S1, i)".parse().expect("a schedule");
    let illegal = "parallelize(S2, k)".parse().expect("a schedule");
    let mut measurer = Countdown::default();
    let seeds = vec![illegal, seed.clone()];
    run(&product(), &SearchOptions { seeds, ..options() }, Some(&mut measurer));
    assert_eq!(measurer.measured.get(1), Some(&seed.to_string()));
}

#[test]
fn the_original_is_measured_first_and_the_fastest_measured_is_chosen() {
    let mut measurer = Countdown::default();
    let report =
        run(&product(), &SearchOptions { measure: Some(5), ..options() }, Some(&mut measurer));
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
    fn score(&mut self, _: (&Program, &LoopTree), _: &Program, trees: &[&LoopTree]) -> Vec<f64> {
        trees.iter().skip(1).map(|_| f64::NAN).collect()
    }
}

#[test]
fn broken_scores_leave_the_choice_to_the_rules() {
    let program = product();
    let dependences = dependences(&program);
    let report =
        search(&program, &dependences, &mut Broken, &MACHINE, &options(), &mut Silent, None)
            .expect("the original order has loops");
    assert!(report.best.origin.to_string().contains("contract"));
    assert!(report.predicted.iter().all(|one| one.predicted.is_finite()));
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
    assert_eq!(report.stop, StopReason::BudgetEnded);
    assert!(report.best.schedule.is_original());
}

/// Takes a candidate's time for each tree.
struct Slow;

impl Scorer for Slow {
    fn score(&mut self, _: (&Program, &LoopTree), _: &Program, trees: &[&LoopTree]) -> Vec<f64> {
        std::thread::sleep(Duration::from_millis(trees.len() as u64));
        (1..=trees.len()).map(|position| position as f64).collect()
    }
}

#[test]
fn what_was_found_when_the_time_ends_is_scored() {
    let program = product();
    let dependences = dependences(&program);
    for milliseconds in [5, 20, 60, 150] {
        let time = Duration::from_millis(milliseconds);
        let short = SearchOptions { budget: Budget::lasting(time), ..options() };
        let report = search(&program, &dependences, &mut Slow, &MACHINE, &short, &mut Silent, None)
            .expect("the original order has loops");
        // One batch takes this scorer 32 ms.
        assert!(report.seconds < 2.0, "{}", report.seconds);
        assert!(!report.predicted.is_empty());
    }
}
