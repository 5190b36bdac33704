//! That recipes are proposed for programs of their kind, whatever these are called, and that what they propose is legal.

mod programs;

use crate::common::{dependences, run};
use loopwright_ir::{Program, Schedule};
use loopwright_search::{Candidate, SearchOptions};
use loopwright_transform::{lower, replay};
use programs::{orthogonalisation, reflections};

/// The first plan of a structure of which the origin has a text.
fn proposed(program: &Program, origin: &str) -> Candidate {
    let report = run(program, &SearchOptions::default(), None);
    let all: Vec<String> = report.predicted.iter().map(|one| one.origin.to_string()).collect();
    let found = report.predicted.iter().find(|one| one.origin.to_string().contains(origin));
    let found = found.unwrap_or_else(|| panic!("{origin} is not among {all:#?}"));
    replays(program, &found.schedule);
    found.clone()
}

/// The schedule is legal step by step, or as a whole where it begins with an order given outright.
fn replays(program: &Program, schedule: &Schedule) {
    let parsed: Schedule = schedule.to_string().parse().expect("schedules parse back");
    assert_eq!(*schedule, parsed);
    let applied = replay(program, &dependences(program), &parsed).expect("what was found is legal");
    lower(program, &applied.tree).expect("it has loops");
}

#[test]
fn columns_made_of_columns_are_swept_once_a_step() {
    let found = proposed(&orthogonalisation(), "steps joined");
    assert!(found.origin.to_string().contains("columns (vectors"), "{}", found.origin);
    let text = found.schedule.to_string();
    let steps =
        ["S6: [s + 1, t, 2, p, 0]", "wavefront(S5_2, s_t, t_t)", "vectorize(S5_2, t, 4, 9)"];
    for step in
        steps.into_iter().chain(["split(S5_3, t, s + 1)", "pack(S5_2, W[p][s], s_t2, 1, 0)"])
    {
        assert!(text.contains(step), "{step}: {text}");
    }
    let loops = found.loops.display(&found.program);
    let both = "for p = 0 .. 699\n              S6(s - 1, t, p)\n              S5(s, t, p)";
    assert!(loops.contains(both), "{loops}");
}

#[test]
fn reflections_are_applied_to_columns_in_lanes() {
    let found = proposed(&reflections(), "outer loops in one band");
    let text = found.schedule.to_string();
    for step in
        ["S7: [k, l, 6, i]", "wavefront(", "vectorize(S7, l, 4, 9)", "vectorize(S7_3, l, 4, 4)"]
    {
        assert!(text.contains(step), "{step}: {text}");
    }
}
