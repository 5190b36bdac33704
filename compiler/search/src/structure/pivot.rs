//! I: loops that meet a pivot. Where a statement reads, in each step `k` of an outer loop, a row or column `k` of
//! what it writes, only the iterations at the pivot depend on it; divided there, the others are free.
//!
//! ```c
//! for (k) for (i) for (j) P[i][j] = min(P[i][j], P[i][k] + P[k][j]);
//! // i < k, i = k, i > k, and the same for j: in each step k, all but the pivot's row and column is parallel
//! ```

use crate::Base;
use loopwright_ir::{Affine, Schedule, Statement, Step, Variable};
use loopwright_transform::{Rounding, prepared};
use std::sync::Arc;

/// A program grows to at most so many statements by divisions.
const MOST_STATEMENTS: usize = 24;

/// The program with its loops divided at pivots; `None` where there are none.
pub fn divided(base: &Arc<Base>) -> Option<Arc<Base>> {
    let mut prefix: Vec<Step> = base.prefix.clone();
    let mut program = Arc::clone(&base.program);
    // New statements stand behind those that they were divided from, and are looked at in their turn.
    let mut position = 0;
    while position < program.statements.len()
        && program.statements.len() < MOST_STATEMENTS
        && !base.patience.is_over()
    {
        let statement = program.statements.get(position)?;
        let next = pivots(statement).into_iter().find_map(|(inner, pivot)| {
            let (loop_name, at) = (inner, pivot);
            [at.clone(), format!("{at} + 1")].into_iter().find_map(|at| {
                let text = format!("divide({}, {loop_name}, {at})", statement.name);
                let step = text.parse::<Schedule>().ok()?.steps().first()?.clone();
                if prefix.contains(&step) {
                    return None;
                }
                let steps = [prefix.as_slice(), std::slice::from_ref(&step)].concat();
                let schedule = Schedule::from_steps(steps.clone());
                let next = prepared(&base.program, &schedule, Rounding::Strict).ok()?;
                let parts = next.statements.len() > program.statements.len();
                (parts && both_run(&next)).then_some((steps, next))
            })
        });
        match next {
            Some((steps, changed)) => (prefix, program) = (steps, Arc::new(changed)),
            None => position += 1,
        }
    }
    if prefix.len() == base.prefix.len() {
        return None;
    }
    base.beginning_with(prefix)
}

/// Whether no statement's domain is plainly empty.
fn both_run(program: &loopwright_ir::Program) -> bool {
    program.statements.iter().all(|statement| {
        let contradicts = |left: &Affine, right: &Affine| {
            let sum = left + right;
            sum.as_constant().is_some_and(|value| value < 0)
        };
        !statement.domain.iter().enumerate().any(|(position, one)| {
            let others = statement.domain.iter().skip(position + 1);
            others
                .filter(|other| !other.equality && !one.equality)
                .any(|other| contradicts(&one.affine, &other.affine))
        })
    })
}

/// The loops of a statement that meet an outer one, with the outer one's name: a read of what is written has the outer
/// iterator where the write has the inner one.
pub fn pivots(statement: &Statement) -> Vec<(String, String)> {
    let depth = |affine: &Affine| match affine.as_variable() {
        Some(Variable::Iterator(depth)) => Some(depth as usize),
        _ => None,
    };
    let mut found = Vec::new();
    for read in statement.reads.iter().filter(|read| read.array == statement.write.array) {
        for (written, used) in statement.write.subscripts.iter().zip(&read.subscripts) {
            if let (Some(inner), Some(outer)) = (depth(written), depth(used))
                && outer < inner
                && !statement.write.subscripts.iter().any(|one| depth(one) == Some(outer))
                && let (Some(inner), Some(outer)) =
                    (statement.iterators.get(inner), statement.iterators.get(outer))
            {
                let pair = (inner.name.clone(), outer.name.clone());
                if !found.contains(&pair) {
                    found.push(pair);
                }
            }
        }
    }
    found
}
