//! `loopwright explain --why-not STEP`: why a step is refused, and what would make it legal.

use crate::failure::{Failure, Kind, Outcome};
use loopwright_analysis::Dependences;
use loopwright_ir::{Program, Schedule, Step};
use loopwright_transform::{Applied, Cause, Rounding, apply, enabling_steps, prepared};
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

/// Tries the step after a schedule that is legal itself.
pub fn answer(
    program: &Program,
    dependences: &Dependences,
    current: &Applied,
    text: &str,
) -> Outcome<Answer> {
    let step: Step = text
        .parse()
        .map_err(|error| Failure::new(Kind::Schedule, format!("the step of --why-not, {error}")))?;
    if step.changes_program() {
        // It is a step of the program, wherever it stands.
        let result =
            match prepared(program, &Schedule::from_steps(vec![step.clone()]), Rounding::Free) {
                Ok(_) => Ok(step.clone()),
                Err(illegal) => Err(Refusal {
                    message: illegal.cause.to_string(),
                    dependence: None,
                    enabling: None,
                }),
            };
        return Ok(Answer { step, result });
    }
    let result = match apply(program, dependences, current, &step) {
        Ok(applied) => Ok(applied.schedule.steps().last().unwrap_or(&step).clone()),
        Err(illegal) => {
            let dependence = match &illegal.cause {
                Cause::Dependence(violation) => {
                    dependences.get(violation.dependence).map(|found| found.describe(program))
                }
                _ => None,
            };
            Err(Refusal {
                message: illegal.cause.to_string(),
                dependence,
                enabling: enabling_steps(program, dependences, current, &step),
            })
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
                "  no skew, shift, distribution, fusion or other order of one or two steps makes it legal\n",
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
