//! Steps inside of other assignments as statements of their own.

use crate::syntax::{Expression, ExpressionKind, Operator, Statement, StatementKind, VariableId};
use std::collections::BTreeMap;

/// `*p++ = a[k++];` as `*p = a[k]; p++; k++;`, where each variable is mentioned only once.
pub(super) fn effects_apart(statement: &mut Statement) {
    statement.each_part_mut(&mut effects_apart);
    let place = statement.place;
    let StatementKind::Expression(expression) = &mut statement.kind else { return };
    let ExpressionKind::Assign { target, value, .. } = &mut expression.kind else { return };
    let mut counts: BTreeMap<VariableId, usize> = BTreeMap::new();
    let mut chosen = false;
    for side in [&**target, &**value] {
        side.walk(&mut |node| match node.kind {
            ExpressionKind::Variable(id) => *counts.entry(id).or_default() += 1,
            ExpressionKind::Conditional { .. }
            | ExpressionKind::Binary {
                operator: Operator::LogicalAnd | Operator::LogicalOr | Operator::Comma,
                ..
            } => chosen = true,
            _ => {}
        });
    }
    if chosen {
        return;
    }
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    for side in [&mut **target, &mut **value] {
        side.rewrite(&mut |node| {
            let ExpressionKind::Step { increment, postfix, target } = &node.kind else { return };
            let ExpressionKind::Variable(id) = target.kind else { return };
            if counts.get(&id) != Some(&1) {
                return;
            }
            let step = Expression {
                kind: ExpressionKind::Step {
                    increment: *increment,
                    postfix: true,
                    target: target.clone(),
                },
                ..node.clone()
            };
            let step = Statement { kind: StatementKind::Expression(step), place };
            if *postfix {
                behind.push(step)
            } else {
                before.push(step)
            }
            *node = (**target).clone();
        });
    }
    if before.is_empty() && behind.is_empty() {
        return;
    }
    let own = Statement { kind: statement.kind.clone(), place };
    let parts = before.into_iter().chain([own]).chain(behind).collect();
    statement.kind = StatementKind::Block(parts);
}
