//! Short ways to apply steps without asking for their legality, which the tests of the rewrites need.

use crate::{lower, rewrite};
use loopwright_ir::verify::verify_tree;
use loopwright_ir::{Program, Schedule, ScheduleTree};

fn try_replay(program: &Program, schedule: &str) -> Result<ScheduleTree, String> {
    let schedule: Schedule = schedule.parse().expect("a schedule");
    let mut tree = ScheduleTree::original(program);
    for step in schedule.steps() {
        tree = rewrite(program, &tree, step).map_err(|illegal| illegal.to_string())?;
        verify_tree(program, &tree).expect("a well-formed tree");
    }
    Ok(tree)
}

/// The tree after the steps.
pub fn replayed(program: &Program, schedule: &str) -> ScheduleTree {
    try_replay(program, schedule).expect("steps that make sense")
}

/// The text of the tree after the steps.
pub fn after(program: &Program, schedule: &str) -> String {
    replayed(program, schedule).display(program)
}

/// The text of the loops after the steps.
pub fn loops_after(program: &Program, schedule: &str) -> String {
    lower(program, &replayed(program, schedule)).expect("bounded loops").display(program)
}

/// The messages of schedules that are refused.
pub fn causes(program: &Program, schedules: &[&str]) -> Vec<String> {
    schedules
        .iter()
        .map(|schedule| try_replay(program, schedule).expect_err("a step to be refused"))
        .collect()
}
