//! Verdicts on random orders against brute force.
//!
//! A case is a small program with numbers in place of its parameters, and up to eight random steps
//! that are applied as they are, legal or not. The verdict is `loopwright_analysis::check`'s; the
//! truth comes from [`instances`]: all pairs of instances that touch the same element, of which one
//! writes, and whether the later one may run first. Steps that copy array parts are left out: a copy
//! changes no order.

mod instances;

use crate::draw::random_of;
use crate::steps::{Surroundings, random_step};
use crate::subject::{Subject, SubjectError, program_of};
use instances::Clash;
use loopwright_analysis::{LegalityError, check};
use loopwright_ir::{Schedule, ScheduleTree, Step};
use loopwright_transform::rewrite;
use rand::RngExt;

/// Programs with more instances are passed over: pairs grow with the square.
const MOST_INSTANCES: usize = 400;
const MOST_STEPS: usize = 8;
const MOST_LOOPS: usize = 9;

/// What the verdict and the truth were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Both say that the order is legal.
    Legal,
    /// Both say that it is not.
    Illegal,
    /// The verdict is that it is legal, and it is not: a fault.
    Accepted { program: String, schedule: String, clash: Clash },
    /// The verdict could not be found within its bounds, and the order is legal.
    Undecided { program: String, schedule: String },
    /// The verdict is that it is illegal, and it is legal.
    Refused { program: String, schedule: String, reason: String },
}

/// The case of a number; `None` where the program is too large or no step fits.
///
/// # Errors
/// A program that is not well formed: a fault of ours.
pub fn case(seed: u64, number: u64) -> Result<Option<Agreement>, SubjectError> {
    let subject = Subject::from_synthetic(program_of(seed, number), number, false)?;
    let program = &subject.program;
    let mut random = random_of(seed, number, 7);
    let surroundings = Surroundings::of(&subject);
    let mut tree = ScheduleTree::original(program);
    let mut steps: Vec<Step> = Vec::new();
    let wanted = random.random_range(1..=MOST_STEPS);
    for _ in 0..4 * wanted {
        if steps.len() >= wanted {
            break;
        }
        let step = random_step(program, &tree, &surroundings, &mut random);
        let Some(step) = step.filter(|step| !matches!(step.name(), "pack" | "promote")) else {
            continue;
        };
        let Ok(next) = rewrite(program, &tree, &step) else { continue };
        if next.leaves().iter().any(|(path, _)| path.len() > MOST_LOOPS) {
            continue;
        }
        tree = next;
        steps.push(step);
    }
    let Some(all) = instances::placed(program, &tree, MOST_INSTANCES).filter(|_| !steps.is_empty())
    else {
        return Ok(None);
    };
    let clash = instances::clash(program, &all);
    let name = || subject.synthetic.source_c.clone();
    let schedule = || Schedule::from_steps(steps.clone()).to_string();
    let verdict = check(program, &subject.dependences, &tree);
    Ok(Some(match (verdict, clash) {
        (Ok(()), None) => Agreement::Legal,
        (Ok(()), Some(clash)) => {
            Agreement::Accepted { program: name(), schedule: schedule(), clash }
        }
        (Err(_), Some(_)) => Agreement::Illegal,
        (Err(LegalityError::Undecided { .. }), None) => {
            Agreement::Undecided { program: name(), schedule: schedule() }
        }
        (Err(error), None) => {
            Agreement::Refused { program: name(), schedule: schedule(), reason: error.to_string() }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_agree_with_brute_force() {
        let (mut legal, mut illegal) = (0, 0);
        for number in 0..300 {
            match case(11, number).expect("a well-formed program") {
                Some(Agreement::Legal) => legal += 1,
                Some(Agreement::Illegal) => illegal += 1,
                Some(other) => panic!("case {number}: {other:?}"),
                None => {}
            }
        }
        assert!(legal > 30 && illegal > 30, "{legal} legal, {illegal} illegal");
    }
}
