//! Integers declared in the region that only stand for a value of iterators and parameters.
//!
//! The value is the one that the expression has where the variable is declared: a loop variable in it
//! may have another value, or belong to another loop, where the alias is read.

use super::affine::Purpose;
use super::body::Body;
use super::condition::Value;
use super::polynomial::Polynomial;
use super::{Lowering, Obligation, Scope};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, Place, VariableId};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Expression as Data, Variable};

/// What an alias stands for. C's scopes see to it that the loops around the declaration are still the
/// outermost ones around each use.
#[derive(Clone, Debug)]
pub(super) struct Alias {
    /// In a bound, subscript or condition, with what has to hold there.
    value: Result<(Value, Vec<Obligation>), Rejection>,
    /// In a statement's value.
    data: Result<Data, Rejection>,
    /// In the subscript of a matrix in one dimension.
    polynomial: Option<Polynomial>,
}

impl Lowering<'_> {
    pub(super) fn declare_alias(
        &mut self,
        id: VariableId,
        expression: &Expression,
        scope: &Scope,
    ) -> Result<(), Rejection> {
        let polynomial = self.polynomial(expression, scope);
        let checkpoint = self.obligations.len();
        let value = self.value(expression, scope, Purpose::Bound);
        if value.is_err() && self.need.is_some() && self.roles.is_index(id) {
            return value.map(|_| ());
        }
        self.need = None;
        let obligations = self.obligations.split_off(checkpoint);
        let value = value.map(|value| (value, obligations));
        let mut body = Body::new(scope, &[], &[]);
        let data = self.data(expression, &mut body);
        self.obligations.truncate(checkpoint);
        if !body.reads.is_empty() {
            self.forced.scalars.insert(id);
            let reason = RejectReason::IteratorBeforeLoop { name: self.name(id) };
            return Err(Rejection::new(expression.place, reason));
        }
        self.aliases.insert(id, Alias { value, data, polynomial });
        Ok(())
    }

    /// The alias's value in a bound or condition at `place`.
    pub(super) fn alias_value(
        &mut self,
        id: VariableId,
        place: Place,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Value, Rejection> {
        let Some(alias) = self.aliases.get(&id) else {
            return Err(Rejection::new(place, purpose.not_affine("a name without a value")));
        };
        let (value, obligations) = alias.value.clone().map_err(|error| {
            // The words of a bound were chosen before it was known what the alias is used for.
            Rejection::new(place, purpose.reworded(error.reason))
        })?;
        if planted(Fault::AliasLate) {
            let innermost = scope.iterators.last().map(|active| active.source_value.clone());
            let late = value.map_leaves(&mut |leaf| match (leaf, &innermost) {
                (Value::Affine(value), Some(innermost)) => {
                    Some(Value::Affine(value.substitute(|variable| match variable {
                        Variable::Iterator(_) => innermost.clone(),
                        other => Affine::variable(other),
                    })))
                }
                _ => None,
            });
            return Ok(late.unwrap_or(value));
        }
        for obligation in obligations {
            self.require(obligation.value, obligation.place, obligation.reason, scope);
        }
        Ok(value)
    }

    /// The alias's value where only an affine expression will do.
    pub(super) fn alias_affine(
        &mut self,
        id: VariableId,
        place: Place,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Affine, Rejection> {
        match self.alias_value(id, place, scope, purpose)? {
            Value::Affine(value) => Ok(value),
            value if purpose != Purpose::Data => self.resolved(&value, scope).ok_or_else(|| {
                let construct = "a minimum, maximum, choice or rounded quotient";
                Rejection::new(place, purpose.not_affine(construct))
            }),
            _ => {
                let construct = "a minimum, maximum, choice or rounded quotient";
                Err(Rejection::new(place, purpose.not_affine(construct)))
            }
        }
    }

    /// The alias's value as a polynomial.
    pub(super) fn alias_polynomial(&self, id: VariableId) -> Option<Polynomial> {
        self.aliases.get(&id)?.polynomial.clone()
    }

    /// The alias's value in a statement.
    pub(super) fn alias_data(&self, id: VariableId, place: Place) -> Result<Data, Rejection> {
        match self.aliases.get(&id) {
            Some(alias) => alias.data.clone().map_err(|error| Rejection::new(place, error.reason)),
            None => Err(Rejection::new(place, RejectReason::NoEffect)),
        }
    }
}
