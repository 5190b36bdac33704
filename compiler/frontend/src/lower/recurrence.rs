//! Integers that each iteration of a loop changes alike: `k += 2`, and those that keep what the iteration before left.

use super::condition::{Condition, Value};
use super::loops::Head;
use super::standing::Standing;
use super::{Lowering, Scope};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{ForLoop, VariableId};
use loopwright_ir::{Affine, Constraint, Variable};
use std::collections::HashSet;

/// What a variable holds before an iteration, while that is found out; no program has so many loops.
fn symbol(id: VariableId) -> Variable {
    Variable::Loop(u32::MAX - 16 - u32::try_from(id).unwrap_or(0).min(1 << 20))
}

fn is_symbol(variable: Variable) -> bool {
    matches!(variable, Variable::Loop(number) if number > u32::MAX / 2)
}

/// The one value of a standing, and what must not be negative for it to be that: loops inside are taken to run as far as
/// their bounds say.
fn surely(standing: Standing) -> Option<(Affine, Option<Affine>)> {
    match standing {
        Standing::Affine(value) => Some((value, None)),
        Standing::Choose(Condition::Constraint(constraint), then, _) if !constraint.equality => {
            match *then {
                Standing::Affine(value) => Some((value, Some(constraint.affine))),
                _ => None,
            }
        }
        _ => None,
    }
}

impl<'a> Lowering<'a> {
    /// What the variables that a loop's body changes hold at the beginning of an iteration, as far as that is a
    /// function of the iteration. The body is lowered once with a symbol for each; what comes of that is forgotten.
    pub(super) fn recurrences(
        &mut self,
        source: &'a ForLoop,
        changed: &HashSet<VariableId>,
        inner: &Scope,
        outer: &Scope,
        head: &Head,
    ) -> Result<Vec<(VariableId, Standing)>, Rejection> {
        let own = source.start.as_ref().map(|start| start.0);
        let mut variables: Vec<VariableId> = changed
            .iter()
            .copied()
            .filter(|id| Some(*id) != own && self.roles.is_tracked(*id))
            .collect();
        variables.sort_unstable();
        let Value::Affine(first) = &head.first else { return Ok(Vec::new()) };
        if variables.is_empty() || inner.pieces.is_empty() {
            return Ok(Vec::new());
        }
        let checkpoint = self.checkpoint();
        let (forced, splits) = (self.forced.clone(), self.splits);
        self.forget(changed);
        for id in &variables {
            self.standings.set(*id, Standing::Affine(Affine::variable(symbol(*id))));
        }
        let scope = match self.loop_condition(&source.condition, inner, outer, head) {
            Ok(condition) => inner.restricted(&condition, source.condition.place)?,
            Err(_) => inner.clone(),
        };
        self.need = None;
        let lowered = self.with_quotients(scope, source.header, &mut |lowering, scope| {
            lowering.loop_body(&source.body, scope, outer, head)
        });
        let behind = self.standings.clone();
        self.go_back(&checkpoint);
        self.need = None;
        self.splits = splits;
        self.forced = forced;
        if lowered.is_err() {
            return Ok(Vec::new());
        }
        let iterator = Variable::Iterator(head.depth);
        let first = head.first_iterator(first);
        let mut found = Vec::new();
        for id in variables {
            let entry = self.standings.of(id);
            let Some((left, condition)) = surely(behind.of(id)) else { continue };
            let mut advance = left.clone();
            advance.add_term(symbol(id), -1);
            let fixed = |variable: Variable| match variable {
                Variable::Iterator(depth) => depth < head.depth,
                other => !is_symbol(other),
            };
            if left.coefficient(symbol(id)) == 1 && advance.variables().all(fixed) {
                let iterations = &Affine::variable(iterator) - &first;
                let Some(growth) = self.product(&iterations, &advance) else { continue };
                if entry.has_entry() && self.forced.entered.insert(id) {
                    // The lowering begins again.
                    let reason = RejectReason::ScalarInIndex { name: self.name(id) };
                    return Err(Rejection::new(source.header, reason));
                }
                if let Some(standing) = entry.plus(&growth)
                    && condition.iter().all(|condition| condition.variables().all(fixed))
                {
                    let reason = RejectReason::ScalarInIndex { name: self.name(id) };
                    if let Some(condition) = condition {
                        self.require(condition, source.header, reason.clone(), outer);
                    }
                    found.push((id, standing));
                }
            } else if condition.is_none() && !left.variables().any(is_symbol) {
                // From the second iteration on it is what the one before left.
                let before = Affine::variable(iterator).with_constant(-1);
                let kept = Standing::Affine(left.substitute_one(iterator, &before));
                let at_start = Constraint::less_or_equal(&Affine::variable(iterator), &first);
                let known = left.variables().all(|variable| match variable {
                    Variable::Iterator(depth) => depth <= head.depth,
                    _ => true,
                });
                if known {
                    let condition = Condition::Constraint(at_start);
                    found.push((id, Standing::choose(condition, entry, kept)));
                }
            }
        }
        Ok(found)
    }
}
