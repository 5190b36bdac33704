//! Reads at subscripts that are data: `x[column[k]]`, `table[p[i] >> 4]`, `a[i * i]`.
//!
//! Where the region does not write the array, which of its elements is read changes nothing in any order, so the
//! read is no access: the value is that of [`Value::Gather`].

use super::Lowering;
use super::arithmetic::convert;
use super::body::Body;
use super::roles::Role;
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, ValueType, VariableId};
use loopwright_ir::{ElementType, Expression as Value};

impl Lowering<'_> {
    /// The element, where what keeps it from being an access is that a subscript is no affine function; else the
    /// rejection again.
    pub(super) fn gathered(
        &mut self,
        expression: &Expression,
        element: ElementType,
        rejection: Rejection,
        body: &mut Body<'_, '_>,
    ) -> Result<Value, Rejection> {
        if self.need.is_some() || !is_for_its_value(&rejection.reason) {
            return Err(rejection);
        }
        let Some((id, indices)) = chain(expression) else { return Err(rejection) };
        let Role::Array(array) = self.roles.of(id) else { return Err(rejection) };
        let shape = self.variable(id).and_then(|variable| variable.shape.as_ref().ok());
        if self.roles.changed.contains(&id)
            || shape.is_none_or(|shape| shape.extents.len() != indices.len())
        {
            return Err(rejection);
        }
        // The matrix that other subscripts make of it has other dimensions.
        if self.rows_of(id).is_some() {
            self.forced.flat.insert(id);
            return Err(rejection);
        }
        let mut subscripts = Vec::new();
        for index in indices {
            let Ok(subscript) = self.data(index, body) else { return Err(rejection) };
            if subscript.element().is_float() {
                return Err(rejection);
            }
            subscripts.push(convert(subscript, ElementType::I64));
        }
        Ok(Value::Gather { array, element, subscripts })
    }
}

/// Whether a subscript was refused for what it is made of.
fn is_for_its_value(reason: &RejectReason) -> bool {
    matches!(
        reason,
        RejectReason::DataSubscript { .. }
            | RejectReason::DataCondition { .. }
            | RejectReason::ScalarInIndex { .. }
            | RejectReason::FloatInIndex { .. }
            | RejectReason::NonAffine { .. }
            | RejectReason::UnknownFunction { .. }
    )
}

/// The array and all its subscripts, outermost first.
fn chain(expression: &Expression) -> Option<(VariableId, Vec<&Expression>)> {
    let mut indices = Vec::new();
    let mut current = expression;
    let id = loop {
        match &current.kind {
            ExpressionKind::Subscript { base, index } => {
                indices.push(&**index);
                current = base;
            }
            ExpressionKind::Convert { operand, explicit: false }
                if operand.value_type == ValueType::Address =>
            {
                current = operand;
            }
            ExpressionKind::Variable(id) => break *id,
            _ => return None,
        }
    };
    indices.reverse();
    Some((id, indices))
}
