//! Pointers as positions in the arrays that they point into.
//!
//! A pointer that the region sets or moves, as `const float *row = w + i * n;` or `*p++`, becomes an integer, the
//! position in its array: `row[j]` is `w[row_at + j]`. `*(a + i)`, `(&a[i])[1]` and their like become subscripts,
//! and comparisons of pointers into one array become comparisons of positions.

use super::Reader;
use super::effects::effects_apart;
use super::liveness::Function;
use super::positions::{Moved, flattened, position, rewrite, set, variable};
use crate::syntax::{
    Expression, ExpressionKind, Place, Shape, Statement, StatementKind, ValueType, VariableId,
};
use loopwright_ir::ElementType;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

impl Reader<'_> {
    /// The statements with subscripts and positions in place of pointers, as far as they are understood.
    pub(super) fn without_pointers(
        &mut self,
        statements: Vec<Statement>,
        in_loop: bool,
    ) -> Vec<Statement> {
        let mut statements = statements;
        statements.iter_mut().for_each(effects_apart);
        let mut moved = self.moved(&statements);
        // In a loop around the region, its next run begins where this one left the pointer.
        moved.retain(|pointer, it| !in_loop || it.root != *pointer);
        for statement in &mut statements {
            self.rewrite(statement, &moved);
        }
        // What is only moved begins where it is.
        let mut first = Vec::new();
        for (pointer, it) in &moved {
            if it.root == *pointer {
                let place = statements.first().map(|statement| statement.place).unwrap_or_default();
                let zero = Expression::integer(0, ElementType::I64, place);
                let kind = StatementKind::Declare(vec![(it.at, Some(zero))]);
                first.push(Statement { kind, place });
            }
        }
        first.extend(statements);
        first
    }

    /// The pointers that are set or moved and always point into one array.
    fn moved(&mut self, statements: &[Statement]) -> BTreeMap<VariableId, Moved> {
        let set = RefCell::new(BTreeMap::<VariableId, Vec<Option<Expression>>>::new());
        let add = |id: VariableId, value: Option<&Expression>| {
            set.borrow_mut().entry(id).or_default().push(value.cloned());
        };
        for statement in statements {
            statement.walk(
                &mut |inner| match &inner.kind {
                    StatementKind::Declare(declared) => {
                        declared.iter().filter(|entry| entry.1.is_some()).for_each(
                            |(id, value)| {
                                add(*id, value.as_ref());
                            },
                        );
                    }
                    StatementKind::For(inner) => {
                        if let Some((id, value)) = &inner.start {
                            add(*id, Some(value));
                        }
                    }
                    _ => {}
                },
                &mut |node| match &node.kind {
                    ExpressionKind::Assign { operation, target, value } => {
                        if let ExpressionKind::Variable(id) = target.kind {
                            add(id, operation.is_none().then_some(value));
                        }
                    }
                    ExpressionKind::Step { target, .. } => {
                        if let ExpressionKind::Variable(id) = target.kind {
                            add(id, None);
                        }
                    }
                    _ => {}
                },
            );
        }
        let set = set.into_inner();
        let mut pending: BTreeSet<VariableId> = set
            .keys()
            .copied()
            .filter(|id| self.shape(*id).is_some_and(|shape| shape.pointer))
            .collect();
        let function = Function::new(self.function, self.region);
        pending.retain(|id| {
            let variable = self.syntax.variables.get(*id);
            variable.is_some_and(|variable| {
                variable.inside
                    || variable.member.is_none()
                        && variable.storage != crate::syntax::Storage::Global
                        && self
                            .known
                            .get(*id)
                            .is_some_and(|declaration| !function.reads_after(*declaration))
            })
        });
        let mut found = BTreeMap::new();
        // Pointers that are set from others come behind those.
        while let Some((id, moved)) = pending.iter().find_map(|id| {
            let values = set.get(id)?;
            Some((*id, self.one_root(*id, values, &pending, &found)?))
        }) {
            pending.remove(&id);
            let place = self.syntax.variables.get(id).map(|it| it.place).unwrap_or_default();
            let name = self.syntax.variables.get(id).map(|it| it.name.clone()).unwrap_or_default();
            let (root, prefix) = moved;
            let prefix = (0..prefix).map(|_| self.integer(&format!("{name}_row"), place)).collect();
            let at = self.integer(&format!("{name}_at"), place);
            found.insert(id, Moved { root, prefix, at });
        }
        found
    }

    fn shape(&self, id: VariableId) -> Option<&Shape> {
        self.syntax.variables.get(id)?.shape.as_ref().ok()
    }

    /// The array that all values of a pointer point into, and how many of its dimensions they leave out.
    fn one_root(
        &self,
        pointer: VariableId,
        values: &[Option<Expression>],
        pending: &BTreeSet<VariableId>,
        found: &BTreeMap<VariableId, Moved>,
    ) -> Option<(VariableId, usize)> {
        let mut one: Option<(VariableId, usize)> = None;
        for value in values.iter().flatten() {
            let position = position(value)?;
            if position.root == pointer && position.prefix.is_empty() {
                continue;
            }
            if pending.contains(&position.root) {
                return None;
            }
            let (root, outer) = match found.get(&position.root) {
                Some(moved) if position.prefix.is_empty() => (moved.root, moved.prefix.len()),
                Some(_) => return None,
                None => (position.root, 0),
            };
            let here = (root, outer + position.prefix.len());
            if one.is_some_and(|one| one != here) {
                return None;
            }
            one = Some(here);
        }
        let inside = self.syntax.variables.get(pointer).is_some_and(|it| it.inside);
        let (root, prefix) = match one {
            Some(one) => one,
            None if !inside => (pointer, 0),
            None => return None,
        };
        let (own, array) = (self.shape(pointer)?, self.shape(root)?);
        let alike = own.element == array.element
            && array.extents.len().checked_sub(prefix) == Some(own.extents.len());
        alike.then_some((root, prefix))
    }

    fn integer(&mut self, name: &str, place: Place) -> VariableId {
        let shape = Shape::integer(ElementType::I64, "long");
        self.fresh(self.function, name, Ok(shape), place)
    }

    fn rewrite(&self, statement: &mut Statement, moved: &BTreeMap<VariableId, Moved>) {
        let place = statement.place;
        statement.each_part_mut(&mut |part| self.rewrite(part, moved));
        if let StatementKind::For(inner) = &mut statement.kind
            && let Some((id, value)) = &mut inner.start
            && let Some(it) = moved.get(id)
            && let Some((_, offset)) = flattened(value, moved)
            && it.prefix.is_empty()
        {
            *value = offset.unwrap_or_else(|| Expression::integer(0, ElementType::I64, place));
            *id = it.at;
        }
        if let StatementKind::Declare(declared) = &mut statement.kind {
            let mut all = Vec::new();
            for (id, value) in std::mem::take(declared) {
                match moved.get(&id) {
                    Some(it) => all.extend(set(it, value.as_ref(), moved, place)),
                    None => all.push((id, value)),
                }
            }
            *declared = all;
        }
        if let StatementKind::Expression(expression) = &statement.kind
            && let ExpressionKind::Assign { operation: None, target, value } = &expression.kind
            && let ExpressionKind::Variable(id) = target.kind
            && let Some(it) = moved.get(&id)
        {
            let parts = set(it, Some(value), moved, place).into_iter().filter_map(|(id, value)| {
                let value = value?;
                let kind = ExpressionKind::Assign {
                    operation: None,
                    target: Box::new(variable(id, place)),
                    value: Box::new(value),
                };
                let value_type = ValueType::Number(ElementType::I64);
                let kind = StatementKind::Expression(Expression { kind, value_type, place });
                Some(Statement { kind, place })
            });
            statement.kind = StatementKind::Block(parts.collect());
            statement.each_part_mut(&mut |part| {
                part.each_expression_mut(&mut |expression| rewrite(expression, moved));
            });
            return;
        }
        statement.each_expression_mut(&mut |expression| rewrite(expression, moved));
    }
}
