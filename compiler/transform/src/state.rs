//! The one way to follow a schedule: steps that change the order and steps that change the program alike take a state to
//! a state.
//!
//! A [`State`] is a program, its dependences and the order that a schedule gives it. Steps such as `tile` change the
//! order. Steps that change the program (`divide`, `keep`, `regroup`, `expand`) speak of the loops of the source, not of
//! what the order has made of them; so such a step means the same wherever it stands: the program becomes the one that all steps of
//! this kind make of the first one, and the order what the others make of that. The state after it is legal if all of that is,
//! which is decided anew, for the other program has other dependences.

use crate::apply::{Applied, Effort, apply, replay, try_apply_within};
use crate::steps::prepared;
use crate::{Cause, Illegal, Rounding};
use loopwright_analysis::{DEFAULT_QUOTA, DependenceError, Dependences};
use loopwright_ir::{Program, Schedule, ScheduleTree, Step};
use std::sync::{Arc, OnceLock};

/// A program under a legal schedule.
#[derive(Clone, Debug)]
pub struct State {
    /// The program before the first step.
    first: Arc<Program>,
    program: Arc<Program>,
    /// Found when they are asked for.
    dependences: Arc<OnceLock<Result<Dependences, DependenceError>>>,
    applied: Applied,
    rounding: Rounding,
}

impl State {
    /// A program in its own order.
    pub fn original(program: &Program, rounding: Rounding) -> Self {
        let program = Arc::new(program.clone());
        let (first, applied) = (Arc::clone(&program), Applied::original(&program));
        Self { first, program, dependences: Arc::default(), applied, rounding }
    }

    /// The same, where its dependences are known.
    pub fn with_dependences(program: &Program, known: Dependences, rounding: Rounding) -> Self {
        let dependences = Arc::new(OnceLock::from(Ok(known)));
        Self { dependences, ..Self::original(program, rounding) }
    }

    /// The same program in a legal order that no steps made.
    pub fn in_order(&self, tree: ScheduleTree) -> Self {
        Self { applied: Applied { schedule: Schedule::original(), tree }, ..self.clone() }
    }

    /// The program, as the steps so far have changed it.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its dependences.
    ///
    /// # Errors
    /// They cannot be found out.
    pub fn dependences(&self) -> Result<&Dependences, DependenceError> {
        let found =
            self.dependences.get_or_init(|| Dependences::compute(&self.program, DEFAULT_QUOTA));
        found.as_ref().map_err(Clone::clone)
    }

    /// The schedule and the tree.
    pub fn applied(&self) -> &Applied {
        &self.applied
    }

    /// The order.
    pub fn tree(&self) -> &ScheduleTree {
        &self.applied.tree
    }

    /// The steps that led here, with all their numbers.
    pub fn schedule(&self) -> &Schedule {
        &self.applied.schedule
    }

    /// The state after one more step.
    ///
    /// # Errors
    /// [`Illegal`] with the step's number and its cause.
    pub fn apply(&self, step: &Step) -> Result<Self, Box<Illegal>> {
        if step.changes_program() {
            return self.replay(&Schedule::from_steps(vec![step.clone()]));
        }
        let dependences = self.known(step)?;
        let applied = apply(&self.program, dependences, &self.applied, step)?;
        Ok(Self { applied, ..self.clone() })
    }

    /// [`apply`](Self::apply) for whoever does not ask why a step is refused, with no more than so much work
    /// for its verdict.
    pub fn try_apply(&self, step: &Step, effort: Effort) -> Option<Self> {
        if step.changes_program() {
            return self.apply(step).ok();
        }
        let dependences = self.dependences().ok()?;
        let applied = try_apply_within(&self.program, dependences, &self.applied, step, effort)?;
        Some(Self { applied, ..self.clone() })
    }

    /// The state after further steps, of which only the last order has to keep the dependences.
    ///
    /// # Errors
    /// [`Illegal`] for the first step that makes no sense, or after which the order is not legal.
    pub fn replay(&self, steps: &Schedule) -> Result<Self, Box<Illegal>> {
        let Some(last) = steps.steps().last() else { return Ok(self.clone()) };
        let all = self.applied.schedule.steps().iter().chain(steps.steps());
        let schedule = Schedule::from_steps(all.cloned().collect());
        let mut next = self.clone();
        if steps.steps().iter().any(Step::changes_program) {
            next.program = Arc::new(prepared(&self.first, &schedule, self.rounding)?);
            next.dependences = Arc::default();
        }
        let applied = replay(&next.program, next.known(last)?, &schedule)?;
        Ok(Self { applied, ..next })
    }

    /// The dependences that a step needs.
    fn known(&self, step: &Step) -> Result<&Dependences, Box<Illegal>> {
        self.dependences().map_err(|error| Illegal::new(step, Cause::Dependences(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower;
    use crate::testing::ProgramBuilder;

    /// `for i { t = A[i]; for j B[i][j] = t }`
    fn temporary() -> Program {
        let program = ProgramBuilder::new("temporary", &["N"]).value("N", 12).array("A", &["N"]);
        let program = program.array("B", &["N", "N"]).array("t", &[]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("t", &["A[i]"]);
                body.each("j", "0", "N - 1", |body| body.assign("B[i][j]", &["t"]));
            });
        });
        program.specialize()
    }

    fn follow(program: &Program, text: &str) -> Result<State, Box<Illegal>> {
        let schedule: Schedule = text.parse().expect("a schedule");
        let start = State::original(program, Rounding::Strict);
        schedule.steps().iter().try_fold(start, |state, step| state.apply(step))
    }

    #[test]
    fn steps_that_change_the_program_stand_anywhere() {
        let program = temporary();
        let texts = [
            "expand(S1, t, i); tile(S2, j, 4); parallelize(S2, i)",
            "tile(S2, j, 4); expand(S1, t, i); parallelize(S2, i)",
        ];
        let loops = texts.map(|text| {
            let state = follow(&program, text).expect("legal");
            let again = State::original(&program, Rounding::Strict);
            let again = again.replay(state.schedule()).expect("legal");
            assert_eq!(again.tree(), state.tree());
            assert_eq!(again.program(), state.program());
            lower(state.program(), state.tree()).expect("loops").display(state.program())
        });
        assert_eq!(loops[0], loops[1]);
        assert!(loops[0].contains("parallel for i"), "{}", loops[0]);
    }

    #[test]
    fn a_step_is_legal_in_its_state_or_not_at_all() {
        let program = temporary();
        let illegal = follow(&program, "parallelize(S2, i); expand(S1, t, i)").expect_err("t");
        assert_eq!(illegal.number, 1);
        let illegal = follow(&program, "tile(S2, j, 4); expand(S1, u, i)").expect_err("no u");
        assert_eq!(illegal.number, 2);
        assert!(illegal.to_string().contains("there is no array `u`"), "{illegal}");
        let state = follow(&program, "tile(S2, j, 4)").expect("legal");
        let step = "expand(S1, t, i)".parse().expect("a step");
        let wider = state.try_apply(&step, Effort::QUICK).expect("legal");
        assert!(wider.program().arrays.len() > state.program().arrays.len());
        // The state before is as it was.
        assert_eq!(state.program(), &program);
    }

    #[test]
    fn divided_loops_have_their_statements_from_then_on() {
        let program = temporary();
        let state = follow(&program, "divide(S2, j, 5); interchange(S3, i, j)");
        assert!(state.is_err(), "t stands between");
        let state = follow(&program, "expand(S1, t, i); divide(S2, j, 5); distribute(S3, i)");
        let state = state.expect("legal");
        assert!(state.program().statement_named("S3").is_some());
    }
}
