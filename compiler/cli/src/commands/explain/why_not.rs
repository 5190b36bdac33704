//! `loopwright explain --why-not STEP`: why a step is refused, and what would make it legal.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_ir::Step;
use loopwright_transform::{Cause, State, enabling_steps};
use serde_json::{Value, json};

/// What was found out about a step.
pub struct Answer {
    step: Step,
    /// The step with its numbers where it is legal; otherwise the refusal.
    result: Result<Step, Refusal>,
}

struct Refusal {
    message: String,
    /// The dependence in words, where one is violated.
    dependence: Option<String>,
    /// The steps that would make it legal, where some were found.
    enabling: Option<Vec<Step>>,
}

/// Tries the step in a state.
pub fn answer(state: &State, text: &str) -> Outcome<Answer> {
    let step: Step = text
        .parse()
        .map_err(|error| Failure::new(Kind::Schedule, format!("the step of --why-not, {error}")))?;
    let result = match state.apply(&step) {
        Ok(next) => Ok(next.schedule().steps().last().unwrap_or(&step).clone()),
        Err(illegal) => {
            let (program, dependences) =
                (state.program(), state.dependences().or_fail(Kind::Other)?);
            let dependence = match &illegal.cause {
                Cause::Dependence(violation) => {
                    dependences.get(violation.dependence).map(|found| found.describe(program))
                }
                _ => None,
            };
            // Nothing in the order helps a step that changes the program.
            let enabling = (!step.changes_program())
                .then(|| enabling_steps(program, dependences, state.applied(), &step));
            let message = illegal.cause.to_string();
            Err(Refusal { message, dependence, enabling: enabling.flatten() })
        }
    };
    Ok(Answer { step, result })
}

impl Answer {
    /// A few lines for a person.
    pub fn text(&self) -> String {
        let refusal = match &self.result {
            Ok(resolved) if *resolved == self.step => {
                return format!("`{}` is legal here\n", self.step);
            }
            Ok(resolved) => {
                return format!("`{}` is legal here, as `{resolved}`\n", self.step);
            }
            Err(refusal) => refusal,
        };
        let mut text = format!("`{}` is not possible here\n", self.step);
        if let Some(dependence) = &refusal.dependence {
            text.push_str(&format!("  dependence  {dependence}\n"));
        }
        text.push_str(&format!("  because     {}\n", refusal.message));
        match &refusal.enabling {
            Some(steps) => {
                let steps: Vec<_> = steps.iter().map(Step::to_string).collect();
                text.push_str(&format!("  legal after {}\n", steps.join("; ")));
            }
            None => text.push_str(
                "  no skew, shift, distribution, fusion or other order of up to three steps was found that makes it legal\n",
            ),
        }
        text
    }

    /// The same for a machine.
    pub fn json(&self) -> Value {
        match &self.result {
            Ok(resolved) => json!({
                "step": self.step.to_string(), "legal": true, "as": resolved.to_string(),
            }),
            Err(refusal) => json!({
                "step": self.step.to_string(),
                "legal": false,
                "dependence": refusal.dependence,
                "because": refusal.message,
                "legal_after": refusal.enabling.as_ref().map(|steps| {
                    steps.iter().map(Step::to_string).collect::<Vec<_>>()
                }),
            }),
        }
    }
}
