//! Loop variables outside of their loops: what they are read as in the region, and the statements at its
//! end that give those that are read behind it their last value.

use super::affine::Purpose;
use super::arithmetic::convert;
use super::condition::{Condition, Value, cross};
use super::roles::Role;
use super::standing::Standing;
use super::{Lowering, Scope, element_of};
use crate::lower::body::Body;
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{
    Expression, ExpressionKind, Place, Statement, StatementKind, Storage, VariableId,
};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, BinaryOperation, CompareOperation, Constraint, ElementType, Expression as Data,
    SourceNode, StatementId, Variable,
};
use std::cell::RefCell;
use std::collections::HashSet;

impl Lowering<'_> {
    /// Notes what loop variables hold before the region.
    pub(super) fn enter(&mut self) {
        for (id, position) in self.roles.entry_parameters.clone() {
            let value = Affine::variable(Variable::Parameter(position));
            self.entries.insert(id, Standing::Affine(value));
        }
        for id in self.roles.entered.clone() {
            let Some(value) = self.syntax.entries.get(&id) else { continue };
            let value = self.value(value, &Scope::outermost(), Purpose::Bound);
            self.need = None;
            // What depends on obligations might be another value in C.
            if let Ok(value) = value
                && self.obligations.is_empty()
            {
                let zero = Value::Affine(Affine::constant(0));
                let value = if planted(Fault::EntryZero) { zero } else { value };
                self.entries.insert(id, Standing::of_value(&value));
            }
            self.obligations.clear();
        }
        for (id, standing) in &self.entries {
            self.standings.set(*id, standing.clone());
        }
    }

    /// The value of a loop variable outside of its loops, in a bound or condition.
    pub(super) fn standing_value(
        &mut self,
        id: VariableId,
        place: Place,
        scope: &Scope,
    ) -> Result<Value, Rejection> {
        let standing = self.standing(id, scope);
        let value = self.value_of_standing(&standing, scope);
        value.ok_or_else(|| self.unknown_iterator(id, &standing, place))
    }

    fn value_of_standing(&mut self, standing: &Standing, scope: &Scope) -> Option<Value> {
        Some(match standing {
            Standing::Quotient { base, factor, dividend, divisor } => {
                match self.quotient(dividend, *divisor, scope) {
                    Some(quotient) => Value::Affine(base + &(&quotient * *factor)),
                    None => standing.value()?,
                }
            }
            Standing::Choose(condition, then, otherwise) => Value::Choose(
                condition.clone(),
                Box::new(self.value_of_standing(then, scope)?),
                Box::new(self.value_of_standing(otherwise, scope)?),
            ),
            _ => standing.value()?,
        })
    }

    /// The same where only an affine expression will do. A loop that may not run at all is taken to
    /// run as far as its bounds say, which is checked for the parameters' values.
    pub(super) fn standing_affine(
        &mut self,
        id: VariableId,
        place: Place,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Affine, Rejection> {
        let standing = self.standing(id, scope);
        if purpose == Purpose::Data && !matches!(standing, Standing::Affine(_)) {
            return Err(self.unknown_iterator(id, &standing, place));
        }
        match &standing {
            Standing::Affine(value) => Ok(value.clone()),
            Standing::Quotient { base, factor, dividend, divisor } => {
                match self.quotient(dividend, *divisor, scope) {
                    Some(quotient) => Ok(base + &(&quotient * *factor)),
                    None => Err(self.unknown_iterator(id, &standing, place)),
                }
            }
            Standing::Choose(..) if self.roles.is_tracked(id) => {
                let value = standing.value();
                let value = value.and_then(|value| self.resolved(&value, scope));
                value.ok_or_else(|| self.unknown_iterator(id, &standing, place))
            }
            Standing::Choose(Condition::Constraint(constraint), then, _)
                if !constraint.equality =>
            {
                let Standing::Affine(value) = &**then else {
                    return Err(self.unknown_iterator(id, &standing, place));
                };
                let reason = RejectReason::IteratorOutsideLoop { name: self.name(id) };
                self.require(constraint.affine.clone(), place, reason, scope);
                Ok(value.clone())
            }
            _ => Err(self.unknown_iterator(id, &standing, place)),
        }
    }

    /// The same in a statement's value.
    pub(super) fn standing_data(
        &mut self,
        id: VariableId,
        place: Place,
        body: &mut Body<'_, '_>,
    ) -> Result<Data, Rejection> {
        let element = self.variable(id).and_then(element_of).unwrap_or(ElementType::I32);
        let standing = self.standing(id, body.scope());
        self.standing_expression(id, &standing, element, place, body)
    }

    fn standing(&self, id: VariableId, scope: &Scope) -> Standing {
        let context = self.context(Vec::new());
        self.standings.of(id).within(scope, &context)
    }

    fn unknown_iterator(&mut self, id: VariableId, standing: &Standing, place: Place) -> Rejection {
        if standing.has_entry() {
            self.forced.entered.insert(id);
        }
        let name = self.name(id);
        if self.roles.is_tracked(id) {
            return Rejection::new(place, RejectReason::ScalarInIndex { name });
        }
        Rejection::new(
            place,
            if *standing == Standing::Entry {
                RejectReason::IteratorBeforeLoop { name }
            } else {
                RejectReason::IteratorOutsideLoop { name }
            },
        )
    }

    fn standing_expression(
        &mut self,
        id: VariableId,
        standing: &Standing,
        element: ElementType,
        place: Place,
        body: &mut Body<'_, '_>,
    ) -> Result<Data, Rejection> {
        match standing {
            Standing::Entry => match self.roles.stored(id) {
                Some(array) => Ok(body.read(Access { array, subscripts: Vec::new() }, element)),
                None => {
                    self.forced.stored.insert(id);
                    Err(self.unknown_iterator(id, standing, place))
                }
            },
            Standing::Choose(condition, then, otherwise) => {
                let then = self.standing_expression(id, then, element, place, body)?;
                let otherwise = self.standing_expression(id, otherwise, element, place, body)?;
                Ok(Data::Select {
                    element,
                    condition: Box::new(truth_of(condition)),
                    then: Box::new(then),
                    otherwise: Box::new(otherwise),
                })
            }
            _ => match known_expression(standing, element) {
                Some(value) => Ok(value),
                None => {
                    if self.roles.is_tracked(id) {
                        self.forced.scalars.insert(id);
                    }
                    Err(self.unknown_iterator(id, standing, place))
                }
            },
        }
    }

    /// Notes what an assignment outside of its loops gives a loop variable.
    pub(super) fn set_iterator(
        &mut self,
        id: VariableId,
        value: &Expression,
        scope: &Scope,
    ) -> Result<(), Rejection> {
        if scope.pieces.is_empty() {
            return Ok(());
        }
        let tracked = self.roles.is_tracked(id);
        if tracked && !self.guards.is_empty() {
            self.forced.scalars.insert(id);
        }
        let checkpoint = self.obligations.len();
        let found = self.value(value, scope, Purpose::Bound);
        if let (Err(rejection), Some(_), true) = (&found, &self.need, tracked) {
            return Err(rejection.clone());
        }
        self.need = None;
        let standing = match found {
            Ok(value) if tracked => {
                let element = self.variable(id).and_then(element_of).unwrap_or(ElementType::I32);
                if !matches!(element, ElementType::I32 | ElementType::I64) {
                    for leaf in value.leaves() {
                        self.require_in_range(leaf, element, Place::default(), scope);
                    }
                }
                Standing::of_value(&value)
            }
            // What depends on obligations might be another value in C.
            Ok(value) if self.obligations.len() == checkpoint => Standing::of_value(&value),
            _ => Standing::Unknown,
        };
        if !tracked {
            self.obligations.truncate(checkpoint);
        }
        self.standings.set(id, standing);
        Ok(())
    }

    /// The statements at the region's end.
    pub(super) fn write_back(
        &mut self,
        scope: &Scope,
        pragma: Place,
    ) -> Result<Vec<SourceNode>, Rejection> {
        let mut order = Vec::new();
        for id in 0..self.syntax.variables.len() {
            let Some(variable) = self.variable(id) else { continue };
            let is_iterator = matches!(self.roles.of(id), Role::Iterator);
            // In a loop around the region, its next run may be what reads the value.
            let read = variable.storage == Storage::Global
                || (self.surroundings.read_after)(id)
                || (self.surroundings.in_loop && self.roles.stored(id).is_some());
            if !is_iterator || variable.inside || !read {
                continue;
            }
            let context = self.context(Vec::new());
            let standing = self.standings.of(id).within(scope, &context);
            if standing == Standing::Entry || self.entries.get(&id) == Some(&standing) {
                continue;
            }
            let Some(array) = self.roles.stored(id) else {
                self.forced.stored.insert(id);
                continue;
            };
            let place = self.last_loops.get(&id).copied().unwrap_or(pragma);
            let element = element_of(variable).unwrap_or(ElementType::I32);
            let mut cases = Vec::new();
            if !leaves(&standing, &scope.pieces, &mut cases) {
                if self.roles.is_tracked(id) {
                    self.forced.scalars.insert(id);
                }
                let reason = RejectReason::IteratorAfterRegion { name: self.name(id) };
                return Err(Rejection::new(place, reason));
            }
            self.roles.written.insert(id);
            for (piece, leaf) in cases {
                let Some(value) = known_expression(&leaf, element) else { continue };
                let statement = StatementId(self.statements.len());
                self.statements.push(loopwright_ir::Statement {
                    name: statement.to_string(),
                    iterators: Vec::new(),
                    domain: piece,
                    write: Access { array, subscripts: Vec::new() },
                    reads: Vec::new(),
                    body: value,
                    span: self.span(place),
                    text: format!("{} = {};", self.name(id), self.leaf_text(&leaf)),
                });
                self.unconditional.push(Vec::new());
                self.certain_writes.push(true);
                order.push(SourceNode::Statement(statement));
            }
        }
        Ok(order)
    }

    fn leaf_text(&self, leaf: &Standing) -> String {
        let name = |variable| match variable {
            loopwright_ir::Variable::Parameter(position) => self
                .roles
                .parameters
                .get(position as usize)
                .map(|id| self.name(*id))
                .unwrap_or_default(),
            other => other.to_string(),
        };
        match leaf {
            Standing::Affine(value) => value.display_with(&name),
            Standing::Quotient { base, factor, dividend, divisor } => {
                let quotient = format!("(({}) / {divisor})", dividend.display_with(&name));
                let product =
                    if *factor == 1 { quotient } else { format!("{factor} * {quotient}") };
                match base.as_constant() {
                    Some(0) => product,
                    _ => format!("{} + {product}", base.display_with(&name)),
                }
            }
            _ => String::new(),
        }
    }
}

/// What the value at the region's end is, case by case; false where it is not known in one. Cases in which
/// it is what it was before are left out: nothing is written there.
fn leaves(
    standing: &Standing,
    pieces: &[Vec<Constraint>],
    cases: &mut Vec<(Vec<Constraint>, Standing)>,
) -> bool {
    match standing {
        Standing::Entry => true,
        Standing::Unknown => pieces.is_empty(),
        Standing::Affine(_) | Standing::Quotient { .. } => {
            cases.extend(pieces.iter().map(|piece| (piece.clone(), standing.clone())));
            true
        }
        Standing::Choose(condition, then, otherwise) => {
            let within = |condition: &Condition| {
                condition.pieces().and_then(|inner| cross(pieces, &inner)).ok()
            };
            match (within(condition), within(&condition.negate())) {
                (Some(holds), Some(fails)) => {
                    leaves(then, &holds, cases) && leaves(otherwise, &fails, cases)
                }
                _ => false,
            }
        }
    }
}

/// A known value as C's variable of the given type has it.
fn known_expression(standing: &Standing, element: ElementType) -> Option<Data> {
    let index = |value: &Affine| match value.as_constant() {
        Some(value) => Data::Integer { value, element: ElementType::I64 },
        None => Data::Index { value: value.clone(), element: ElementType::I64 },
    };
    let integer = |value| Data::Integer { value, element: ElementType::I64 };
    let binary = |operation, left: Data, right: Data| Data::Binary {
        operation,
        element: ElementType::I64,
        left: Box::new(left),
        right: Box::new(right),
    };
    let value = match standing {
        Standing::Affine(value) if value.as_constant().is_none() && element.is_signed_integer() => {
            return Some(Data::Index { value: value.clone(), element });
        }
        Standing::Affine(value) => index(value),
        Standing::Quotient { base, factor, dividend, divisor } => {
            // Rounded down also where the dividend is negative.
            let remainder = |value| binary(BinaryOperation::Remainder, value, integer(*divisor));
            let positive =
                binary(BinaryOperation::Add, remainder(index(dividend)), integer(*divisor));
            let exact = binary(BinaryOperation::Subtract, index(dividend), remainder(positive));
            let quotient = binary(BinaryOperation::Divide, exact, integer(*divisor));
            binary(
                BinaryOperation::Add,
                index(base),
                binary(BinaryOperation::Multiply, integer(*factor), quotient),
            )
        }
        _ => return None,
    };
    Some(convert(value, element))
}

/// A condition as a value that is 0 or 1.
fn truth_of(condition: &Condition) -> Data {
    let element = ElementType::I32;
    let constant = |value| Data::Integer { value, element };
    let joined = |parts: &[Condition], and: bool| {
        let mut value = constant(i64::from(and));
        for part in parts.iter().rev() {
            let condition = Box::new(truth_of(part));
            let (then, otherwise) = if and { (value, constant(0)) } else { (constant(1), value) };
            value = Data::Select {
                element,
                condition,
                then: Box::new(then),
                otherwise: Box::new(otherwise),
            };
        }
        value
    };
    match condition {
        Condition::Constant(value) => constant(i64::from(*value)),
        Condition::Constraint(constraint) => Data::Compare {
            operation: if constraint.equality {
                CompareOperation::Equal
            } else {
                CompareOperation::GreaterOrEqual
            },
            operand_element: ElementType::I64,
            left: Box::new(match constraint.affine.as_constant() {
                Some(value) => Data::Integer { value, element: ElementType::I64 },
                None => Data::Index { value: constraint.affine.clone(), element: ElementType::I64 },
            }),
            right: Box::new(Data::Integer { value: 0, element: ElementType::I64 }),
        },
        Condition::And(parts) => joined(parts, true),
        Condition::Or(parts) => joined(parts, false),
    }
}

/// The loop variables that a statement changes, but for those that its loops declare.
pub(super) fn changed_in(
    statement: &Statement,
    is_iterator: &dyn Fn(VariableId) -> bool,
) -> HashSet<VariableId> {
    let changed = RefCell::new(HashSet::new());
    statement.walk(
        &mut |inner| match &inner.kind {
            StatementKind::For(inner) if !inner.declares => {
                changed.borrow_mut().extend(inner.start.iter().map(|start| start.0));
            }
            StatementKind::Declare(declared) => {
                changed.borrow_mut().extend(declared.iter().map(|entry| entry.0));
            }
            _ => {}
        },
        &mut |expression| {
            if let ExpressionKind::Assign { target, .. } | ExpressionKind::Step { target, .. } =
                &expression.kind
                && let ExpressionKind::Variable(id) = target.kind
            {
                changed.borrow_mut().insert(id);
            }
        },
    );
    let mut changed = changed.into_inner();
    changed.retain(|id| is_iterator(*id));
    changed
}
