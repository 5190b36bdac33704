//! Arrays of one dimension that are used as matrices: `a[i * n + j]` with `n` a parameter is `a[i][j]` of rows of `n`.
//!
//! A subscript is a polynomial: for each product of parameters an affine expression of the loops. The products that loops
//! are multiplied with are the strides of the dimensions; all subscripts of an array have to fit the same ones, and each
//! inner subscript has to stay within its row, which is an [`Obligation`](super::Obligation). Where that
//! is not so, parameters of known value become numbers.

use super::roles::Role;
use super::{Lowering, Scope, number};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, Operator, Place, Prefix, VariableId};
use loopwright_ir::{Affine, BinaryOperation, Variable};
use std::collections::BTreeMap;

/// Parameters that are multiplied, in order; none for 1.
type Product = Vec<u32>;

/// How many elements apart the rows of a dimension are: `factor * product`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stride {
    pub factor: i64,
    pub product: Product,
}

/// Affine expressions of the loops alone, by what they are multiplied with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Polynomial {
    terms: BTreeMap<Product, Affine>,
}

impl Polynomial {
    fn of(affine: &Affine) -> Self {
        let mut polynomial = Self::default();
        let mut loops = Affine::constant(affine.constant_term());
        for (variable, factor) in affine.terms() {
            match variable {
                Variable::Parameter(position) => {
                    polynomial.add(&vec![*position], &Affine::constant(*factor));
                }
                other => loops.add_term(*other, *factor),
            }
        }
        polynomial.add(&Vec::new(), &loops);
        polynomial
    }

    fn add(&mut self, product: &Product, affine: &Affine) {
        let entry = self.terms.entry(product.clone()).or_default();
        *entry = &*entry + affine;
        if entry.as_constant() == Some(0) {
            self.terms.remove(product);
        }
    }

    fn plus(mut self, other: &Self, factor: i64) -> Self {
        for (product, affine) in &other.terms {
            self.add(product, &(affine * factor));
        }
        self
    }

    fn times(&self, other: &Self) -> Option<Self> {
        let mut result = Self::default();
        for (left, one) in &self.terms {
            for (right, another) in &other.terms {
                let affine = match (one.as_constant(), another.as_constant()) {
                    (_, Some(factor)) => super::condition::scaled(one, factor)?,
                    (Some(factor), None) => super::condition::scaled(another, factor)?,
                    (None, None) => return None,
                };
                let mut product: Product = left.iter().chain(right).copied().collect();
                product.sort_unstable();
                result.add(&product, &affine);
            }
        }
        Some(result)
    }

    /// Whether loops are multiplied with parameters, or parameters with each other.
    fn is_affine(&self) -> bool {
        self.terms.iter().all(|(product, affine)| {
            product.is_empty() || (product.len() == 1 && affine.as_constant().is_some())
        })
    }
}

impl Lowering<'_> {
    /// An integer expression as a polynomial.
    pub(super) fn polynomial(
        &mut self,
        expression: &Expression,
        scope: &Scope,
    ) -> Option<Polynomial> {
        match &expression.kind {
            ExpressionKind::Binary { operator: Operator::Arithmetic(operation), left, right } => {
                if !number(&expression.value_type)?.is_signed_integer()
                    && expression.value_type != left.value_type
                {
                    return None;
                }
                let one = self.polynomial(left, scope)?;
                let other = self.polynomial(right, scope)?;
                match operation {
                    BinaryOperation::Add => Some(one.plus(&other, 1)),
                    BinaryOperation::Subtract => Some(one.plus(&other, -1)),
                    BinaryOperation::Multiply => one.times(&other),
                    _ => self.leaf(expression, scope),
                }
            }
            ExpressionKind::Unary { operator: Prefix::Minus, operand } => {
                Some(Polynomial::default().plus(&self.polynomial(operand, scope)?, -1))
            }
            ExpressionKind::Unary { operator: Prefix::Plus, operand }
            | ExpressionKind::Inlined(operand) => self.polynomial(operand, scope),
            // What is in its array is no more than what fits the type.
            ExpressionKind::Convert { operand, .. } => {
                let (from, to) = (number(&operand.value_type)?, number(&expression.value_type)?);
                let widens = to.bytes() >= from.bytes() && !to.is_float() && !from.is_float();
                let exact = from.is_signed_integer() || from.bytes() == 8;
                if widens && exact { self.polynomial(operand, scope) } else { None }
            }
            ExpressionKind::Variable(id) if matches!(self.roles.of(*id), Role::Alias) => {
                match self.alias_polynomial(*id) {
                    Some(polynomial) => Some(polynomial),
                    None => self.leaf(expression, scope),
                }
            }
            _ => self.leaf(expression, scope),
        }
    }

    fn leaf(&mut self, expression: &Expression, scope: &Scope) -> Option<Polynomial> {
        let obligations = self.obligations.len();
        let value = self.affine(expression, scope, super::affine::Purpose::Data);
        let exact = self.obligations.len() == obligations;
        self.obligations.truncate(obligations);
        self.need = None;
        value.ok().filter(|_| exact).map(|value| Polynomial::of(&value))
    }

    /// The subscripts of an array of one dimension that is a matrix; `None` where it is none.
    pub(super) fn row_subscripts(
        &mut self,
        id: VariableId,
        index: &Expression,
        place: Place,
        scope: &Scope,
    ) -> Result<Option<Vec<Affine>>, Rejection> {
        if self.surroundings.flat || self.forced.flat.contains(&id) {
            return Ok(None);
        }
        let polynomial = self.polynomial(index, scope);
        let known = self.forced.shapes.get(&id).cloned();
        let polynomial = match (polynomial, &known) {
            (None, None) => return Ok(None),
            (Some(polynomial), None) if polynomial.is_affine() => return Ok(None),
            (Some(polynomial), _) => polynomial,
            (None, Some(_)) => return Err(self.flattened(id, place)),
        };
        let Some(strides) = strides(&polynomial, known.as_deref().unwrap_or_default()) else {
            return Err(self.flattened(id, place));
        };
        if known.as_ref() != Some(&strides) {
            self.forced.shapes.insert(id, strides);
            let reason = RejectReason::RowOverrun { name: self.name(id) };
            return Err(Rejection::new(place, reason));
        }
        match self.divided(&polynomial, &strides, id, place, scope) {
            Some(subscripts) => Ok(Some(subscripts)),
            None => Err(self.flattened(id, place)),
        }
    }

    /// Has the lowering begin again with the array as it is declared.
    fn flattened(&mut self, id: VariableId, place: Place) -> Rejection {
        self.forced.flat.insert(id);
        self.forced.shapes.remove(&id);
        Rejection::new(place, RejectReason::RowOverrun { name: self.name(id) })
    }

    /// The polynomial as one subscript for each stride, and one within the innermost rows.
    fn divided(
        &mut self,
        polynomial: &Polynomial,
        strides: &[Stride],
        id: VariableId,
        place: Place,
        scope: &Scope,
    ) -> Option<Vec<Affine>> {
        let mut rest = polynomial.clone();
        let mut subscripts = Vec::new();
        for stride in strides {
            let affine = rest.terms.remove(&stride.product).unwrap_or_default();
            subscripts.push(super::affine::exact_quotient(&affine, stride.factor)?);
        }
        // What is left has no products, or parameters alone.
        let mut innermost = rest.terms.remove(&Vec::new()).unwrap_or_default();
        for (product, affine) in rest.terms {
            // The number of a row may be a parameter, too: `a[i + k * ld]`.
            let rows = strides.iter().enumerate().find_map(|(dimension, stride)| {
                Some((dimension, stride.factor, row_number(&product, &stride.product)?))
            });
            if let Some((dimension, factor, parameter)) = rows {
                let count = super::affine::exact_quotient(&affine, factor)?.as_constant()?;
                subscripts.get_mut(dimension)?.add_term(Variable::Parameter(parameter), count);
                continue;
            }
            let [parameter] = product.as_slice() else { return None };
            innermost.add_term(Variable::Parameter(*parameter), affine.as_constant()?);
        }
        subscripts.push(innermost);
        let sizes = row_sizes(strides)?;
        for (dimension, size) in sizes.iter().enumerate().rev() {
            let inner = subscripts.get(dimension + 1)?.clone();
            let below = |inner: &Affine| &(size - inner) - &Affine::constant(1);
            let mut chosen = (inner.clone(), 0);
            for carry in [0, 1, -1] {
                let moved = &inner + &(size * carry);
                if self.implied(scope, &moved) && self.implied(scope, &below(&moved)) {
                    chosen = (moved, carry);
                    break;
                }
                let negative = &(&inner * -1) - &Affine::constant(1);
                if carry == 1 && self.implied(scope, &negative) {
                    chosen = (moved, carry);
                    break;
                }
            }
            let (moved, carry) = chosen;
            self.require(moved.clone(), place, self.overrun(id), scope);
            self.require(below(&moved), place, self.overrun(id), scope);
            let outer = subscripts.get(dimension)?.clone();
            let row = outer.constant_term() - carry;
            *subscripts.get_mut(dimension)? = outer.with_constant(row);
            *subscripts.get_mut(dimension + 1)? = moved;
        }
        Some(subscripts)
    }

    fn overrun(&self, id: VariableId) -> RejectReason {
        RejectReason::RowOverrun { name: self.name(id) }
    }

    /// The sizes of an array's rows, from the outermost ones in; `None` where it is no matrix.
    pub(super) fn rows_of(&self, id: VariableId) -> Option<Vec<Affine>> {
        row_sizes(self.forced.shapes.get(&id)?)
    }
}

/// The strides that a polynomial needs, those known before among them; `None` where none are as rows in rows.
fn strides(polynomial: &Polynomial, known: &[Stride]) -> Option<Vec<Stride>> {
    let mut strides: BTreeMap<Product, i64> =
        known.iter().map(|stride| (stride.product.clone(), stride.factor)).collect();
    let constant = |affine: &Affine| affine.as_constant().is_some();
    for (product, affine) in &polynomial.terms {
        if product.is_empty() || (constant(affine) && !strides.contains_key(product)) {
            continue;
        }
        let numbers = affine.terms().iter().map(|term| term.1).chain([affine.constant_term()]);
        let own = numbers.fold(0, gcd);
        let factor = strides.get(product).map_or(own, |factor| gcd(*factor, own));
        strides.insert(product.clone(), factor);
    }
    // Products of parameters alone are rows of what is known; of something unknown the first one is the number of the
    // row, as people write it.
    for (product, affine) in &polynomial.terms {
        let known = strides.contains_key(product)
            || strides.keys().any(|stride| row_number(product, stride).is_some());
        if product.len() > 1 && constant(affine) && !known {
            strides.insert(product.iter().skip(1).copied().collect(), 1);
        }
    }
    let mut strides: Vec<Stride> =
        strides.into_iter().map(|(product, factor)| Stride { factor, product }).collect();
    strides.sort_by_key(|stride| std::cmp::Reverse(stride.product.len()));
    row_sizes(&strides)?;
    Some(strides)
}

/// The one parameter of a product that a stride does not have.
fn row_number(product: &[u32], stride: &[u32]) -> Option<u32> {
    let rest = without(product, stride)?;
    match rest.as_slice() {
        [parameter] if !stride.is_empty() => Some(*parameter),
        _ => None,
    }
}

/// A product without the factors of another one; `None` where it does not have all of them.
fn without(product: &[u32], factors: &[u32]) -> Option<Product> {
    let mut rest = product.to_vec();
    for parameter in factors {
        let position = rest.iter().position(|other| other == parameter)?;
        rest.remove(position);
    }
    Some(rest)
}

fn gcd(left: i64, right: i64) -> i64 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i64::try_from(left).unwrap_or(1).max(1)
}

/// How many elements, or inner rows, each row has.
fn row_sizes(strides: &[Stride]) -> Option<Vec<Affine>> {
    let one = Stride { factor: 1, product: Vec::new() };
    let inner = strides.iter().skip(1).chain([&one]);
    strides.iter().zip(inner).map(|(outer, inner)| quotient(outer, inner)).collect()
}

fn quotient(outer: &Stride, inner: &Stride) -> Option<Affine> {
    if outer.factor % inner.factor != 0 {
        return None;
    }
    let rest = without(&outer.product, &inner.product)?;
    let [parameter] = rest.as_slice() else { return None };
    let parameter = Affine::variable(Variable::Parameter(*parameter));
    Some(&parameter * (outer.factor / inner.factor))
}
