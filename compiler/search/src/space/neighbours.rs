//! Small changes of a whole schedule: what the refinement by measurement tries.
//!
//! Tile sizes doubled and halved, other jam factors and numbers of vectors, threads on another loop
//! or off, single marks removed, one statement left as it was. Whether a change is legal is seen on replay.

use loopwright_ir::{Schedule, Step};

const JAM_FACTORS: [u32; 6] = [2, 3, 4, 6, 8, 12];
const LARGEST_TILE: u32 = 4096;
const MOST_VECTORS: u32 = 8;

/// The schedules at one change from the given one, in a fixed order, without repetition. Only steps
/// that name one of the statements that `matters` accepts are changed. Where several statements have
/// the same step, it is changed in all of them first, then in one.
pub fn neighbours(schedule: &Schedule, matters: &dyn Fn(&str) -> bool) -> Vec<Schedule> {
    let steps = schedule.steps();
    let mut result: Vec<Schedule> = Vec::new();
    let mut add = |steps: Vec<Step>| {
        let next = Schedule::from_steps(steps);
        if next != *schedule && !result.contains(&next) {
            result.push(next);
        }
    };
    for (position, step) in steps.iter().enumerate() {
        if !matters(step.statement()) {
            continue;
        }
        let alike: Vec<usize> = (0..steps.len())
            .filter(|other| {
                steps
                    .get(*other)
                    .is_some_and(|other| matters(other.statement()) && are_alike(step, other))
            })
            .collect();
        let mut changes: Vec<Option<Step>> = variants(step, steps).into_iter().map(Some).collect();
        if !matches!(step, Step::Interchange { .. } | Step::Distribute { .. }) {
            changes.push(None);
        }
        for places in [alike.as_slice(), &[position]] {
            for change in &changes {
                add(changed(steps, places, change.as_ref()));
            }
        }
    }
    let statements = steps.iter().map(Step::statement).filter(|name| matters(name));
    let mut statements: Vec<&str> = statements.collect();
    statements.sort_unstable();
    statements.dedup();
    for statement in statements {
        add(steps.iter().filter(|step| step.statement() != statement).cloned().collect());
    }
    result
}

/// Whether two steps differ in the statement only.
fn are_alike(left: &Step, right: &Step) -> bool {
    left.clone() == right.clone().with_statement(left.statement())
}

/// The steps with those at `places` replaced, each keeping its statement, or removed.
fn changed(steps: &[Step], places: &[usize], change: Option<&Step>) -> Vec<Step> {
    let replaced = |(position, step): (usize, &Step)| {
        if places.contains(&position) {
            change.map(|change| change.clone().with_statement(step.statement()))
        } else {
            Some(step.clone())
        }
    };
    steps.iter().enumerate().filter_map(replaced).collect()
}

/// The step with one of its numbers changed; a parallel loop moved to another tile loop.
fn variants(step: &Step, steps: &[Step]) -> Vec<Step> {
    match step {
        Step::Tile { statement, loops, sizes } => {
            let mut result = Vec::new();
            for position in 0..sizes.len() {
                for change in [|size: u32| size.saturating_mul(2), |size: u32| size / 2] {
                    let mut next = sizes.clone();
                    if let Some(size) = next.get_mut(position) {
                        *size = change(*size).clamp(2, LARGEST_TILE);
                    }
                    result.push(Step::Tile {
                        statement: statement.clone(),
                        loops: loops.clone(),
                        sizes: next,
                    });
                }
            }
            result
        }
        Step::Vectorize { statement, loop_name, width, unroll } => {
            [unroll.saturating_sub(1), unroll + 1, unroll * 2]
                .into_iter()
                .filter(|unroll| (1..=MOST_VECTORS).contains(unroll))
                .map(|unroll| Step::Vectorize {
                    statement: statement.clone(),
                    loop_name: loop_name.clone(),
                    width: *width,
                    unroll,
                })
                .collect()
        }
        Step::UnrollAndJam { statement, loop_name, factor } => {
            let below = JAM_FACTORS.iter().rev().find(|other| *other < factor);
            let above = JAM_FACTORS.iter().find(|other| *other > factor);
            below
                .into_iter()
                .chain(above)
                .map(|factor| Step::UnrollAndJam {
                    statement: statement.clone(),
                    loop_name: loop_name.clone(),
                    factor: *factor,
                })
                .collect()
        }
        Step::Parallelize { statement, loop_name } => steps
            .iter()
            .filter_map(|other| match other {
                Step::Tile { statement: tiled, loops, .. } if tiled == statement => Some(loops),
                _ => None,
            })
            .flatten()
            .map(|inner| format!("{inner}_t"))
            .filter(|name| name != loop_name)
            .map(|loop_name| Step::Parallelize { statement: statement.clone(), loop_name })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(text: &str) -> Schedule {
        text.parse().expect("the test's schedule parses")
    }

    #[test]
    fn sizes_are_doubled_and_halved_one_at_a_time() {
        let texts: Vec<String> = neighbours(&schedule("tile(S1, i, j, 32, 64)"), &|_| true)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            texts,
            [
                "tile(S1, i, j, 64, 64)",
                "tile(S1, i, j, 16, 64)",
                "tile(S1, i, j, 32, 128)",
                "tile(S1, i, j, 32, 32)",
                ""
            ]
        );
    }

    #[test]
    fn one_statement_can_be_left_alone() {
        let text = "distribute(S2, i); parallelize(S1, i); parallelize(S2, i)";
        let all = neighbours(&schedule(text), &|_| true);
        assert!(all.contains(&schedule("parallelize(S1, i)")));
        assert!(all.contains(&schedule("distribute(S2, i); parallelize(S1, i)")));
    }

    #[test]
    fn what_two_statements_share_is_changed_in_both() {
        let all = neighbours(&schedule("vectorize(S1, j, 4); vectorize(S2, j, 4)"), &|_| true);
        let position = |text: &str| all.iter().position(|one| *one == schedule(text));
        let both = position("vectorize(S1, j, 4, 2); vectorize(S2, j, 4, 2)");
        let one = position("vectorize(S1, j, 4, 2); vectorize(S2, j, 4)");
        assert!(both.is_some() && one.is_some() && both < one, "{all:?}");
        assert!(all.contains(&Schedule::original()));
    }

    #[test]
    fn threads_move_to_another_tile_loop() {
        let all = neighbours(&schedule("tile(S1, i, j, 32, 64); parallelize(S1, i_t)"), &|_| true);
        assert!(all.contains(&schedule("tile(S1, i, j, 32, 64); parallelize(S1, j_t)")));
    }

    #[test]
    fn steps_of_other_statements_stay() {
        let all = neighbours(&schedule("tile(S1, i, 32); tile(S2, i, 32)"), &|name| name == "S2");
        assert!(!all.is_empty());
        assert!(all.iter().all(|one| one.to_string().starts_with("tile(S1, i, 32)")));
    }

    #[test]
    fn the_original_has_no_neighbours() {
        assert!(neighbours(&Schedule::original(), &|_| true).is_empty());
    }
}
