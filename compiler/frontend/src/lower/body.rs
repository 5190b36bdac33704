//! The value that a statement assigns, as an expression tree over reads, indices and constants.

use super::affine::Purpose;
use super::arithmetic::{absolute, arithmetic, common_element, convert, negate, to_boolean, truth};
use super::roles::Role;
use super::{Lowering, Scope, number};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, Extent, Operator, Place, Prefix, ValueType};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, BinaryOperation, CompareOperation, ElementType, Expression as Value, MathFunction,
    UnaryOperation,
};

/// An assignment inside the value that has been made a statement of its own before this one: it
/// stands for the element that it assigned.
#[derive(Clone, Copy)]
pub(super) struct Substitution<'e> {
    pub of: &'e Expression,
    pub by: &'e Expression,
}

/// What is gathered while the value of one statement is lowered.
pub(super) struct Body<'s, 'e> {
    scope: &'s Scope,
    substitutions: &'s [Substitution<'e>],
    decisions: &'s [(&'e Expression, bool)],
    pub reads: Vec<Access>,
    /// For each read, whether the source makes it at every point of the domain.
    pub unconditional: Vec<bool>,
    /// How many conditions that depend on data are around.
    guards: usize,
}

impl<'s, 'e> Body<'s, 'e> {
    pub fn new(
        scope: &'s Scope,
        substitutions: &'s [Substitution<'e>],
        decisions: &'s [(&'e Expression, bool)],
    ) -> Self {
        Self {
            scope,
            substitutions,
            decisions,
            reads: Vec::new(),
            unconditional: Vec::new(),
            guards: 0,
        }
    }

    /// The value of an element; reading it twice is one read.
    pub fn read(&mut self, access: Access, element: ElementType) -> Value {
        let certain = self.guards == 0;
        let known = self.reads.iter().position(|known| *known == access);
        let position = known.unwrap_or_else(|| {
            self.reads.push(access);
            self.unconditional.push(certain);
            self.reads.len() - 1
        });
        if certain && let Some(flag) = self.unconditional.get_mut(position) {
            *flag = true;
        }
        Value::Read { position, element }
    }

    pub fn scope(&self) -> &'s Scope {
        self.scope
    }

    /// What is read from here on is read where a condition holds.
    pub fn enter_guard(&mut self) {
        self.guards += 1;
    }

    fn outcome(&self, node: &Expression) -> Option<bool> {
        let decided = self.decisions.iter().find(|decision| std::ptr::eq(decision.0, node));
        decided.map(|decision| decision.1)
    }
}

impl<'a> Lowering<'a> {
    /// The element that a variable or a chain of subscripts names.
    pub(super) fn access(
        &mut self,
        expression: &Expression,
        scope: &Scope,
    ) -> Result<Access, Rejection> {
        let mut subscripts = Vec::new();
        let mut current = expression;
        if let ExpressionKind::Subscript { base, index } = &expression.kind
            && let Some(access) = self.matrix_access(base, index, scope)?
        {
            return Ok(access);
        }
        let id = loop {
            match &current.kind {
                ExpressionKind::Subscript { base, index } => {
                    let value = self.affine(index, scope, Purpose::Subscript)?;
                    // C does not promote a subscript: one of unsigned type may have wrapped around.
                    if let Some(element) = number(&index.value_type)
                        && !element.is_signed_integer()
                    {
                        self.require_in_range(&value, element, index.place, scope);
                    }
                    subscripts.push(value);
                    current = base;
                }
                ExpressionKind::Convert { operand, explicit: false }
                    if operand.value_type == ValueType::Address
                        || matches!(operand.kind, ExpressionKind::Unsupported(_)) =>
                {
                    current = operand;
                }
                ExpressionKind::Variable(id) => break *id,
                ExpressionKind::Unsupported(reason) => {
                    return Err(Rejection::new(current.place, reason.clone()));
                }
                _ => return Err(Rejection::new(current.place, RejectReason::PointerUse)),
            }
        };
        if !planted(Fault::SubscriptOrder) {
            subscripts.reverse();
        }
        let place = current.place;
        let Some(variable) = self.variable(id) else {
            return Err(Rejection::new(place, RejectReason::PointerUse));
        };
        let shape = match &variable.shape {
            Ok(shape) => shape,
            Err(reason) => return Err(Rejection::new(place, reason.clone())),
        };
        let Role::Array(array) = self.roles.of(id) else {
            return Err(Rejection::new(place, RejectReason::PointerUse));
        };
        if subscripts.is_empty() && !shape.extents.is_empty() {
            return Err(Rejection::new(place, RejectReason::PointerUse));
        }
        if shape.extents.len() != subscripts.len() {
            let name = variable.name.clone();
            return Err(Rejection::new(expression.place, RejectReason::PartialSubscript { name }));
        }
        Ok(Access { array, subscripts })
    }

    /// An element of an array of one dimension that is a matrix.
    fn matrix_access(
        &mut self,
        base: &Expression,
        index: &Expression,
        scope: &Scope,
    ) -> Result<Option<Access>, Rejection> {
        let mut current = base;
        while let ExpressionKind::Convert { operand, explicit: false } = &current.kind {
            current = operand;
        }
        let ExpressionKind::Variable(id) = current.kind else { return Ok(None) };
        let shape = self.variable(id).and_then(|variable| variable.shape.as_ref().ok());
        let (Some(shape), Role::Array(array)) = (shape, self.roles.of(id)) else { return Ok(None) };
        // Where the source says how many elements there are, rows might be more.
        if !matches!(shape.extents.as_slice(), [Extent::Unknown | Extent::Expression(_)]) {
            return Ok(None);
        }
        let subscripts = self.row_subscripts(id, index, index.place, scope)?;
        Ok(subscripts.map(|subscripts| Access { array, subscripts }))
    }

    /// The value of an expression over data.
    pub(super) fn data(
        &mut self,
        expression: &Expression,
        body: &mut Body<'_, '_>,
    ) -> Result<Value, Rejection> {
        let place = expression.place;
        if let Some(value) = self.index(expression, body.scope) {
            return Ok(value);
        }
        match &expression.kind {
            ExpressionKind::Integer(value) => {
                let element = self.number(expression)?;
                Ok(Value::Integer { value: *value, element })
            }
            ExpressionKind::Float(value) => {
                let element = self.number(expression)?;
                Ok(Value::Float { value: *value, element })
            }
            ExpressionKind::Variable(id) => match self.roles.of(*id) {
                Role::Iterator if !body.scope.is_active(*id) => {
                    self.standing_data(*id, place, body)
                }
                Role::Parameter(_) | Role::Iterator => {
                    let element = self.number(expression)?;
                    let value = self.affine(expression, body.scope, Purpose::Subscript)?;
                    Ok(Value::Index { value, element })
                }
                Role::Alias => self.alias_data(*id, place),
                Role::Array(_) | Role::None => {
                    let access = self.access(expression, body.scope)?;
                    let element = self.number(expression)?;
                    Ok(body.read(access, element))
                }
            },
            ExpressionKind::Subscript { .. } => {
                let element = self.number(expression)?;
                let obligations = self.obligations.len();
                match self.access(expression, body.scope) {
                    Ok(access) => Ok(body.read(access, element)),
                    Err(rejection) => {
                        self.obligations.truncate(obligations);
                        self.gathered(expression, element, rejection, body)
                    }
                }
            }
            ExpressionKind::Unary { operator, operand } => {
                let value = self.data(operand, body)?;
                let element = self.number(expression)?;
                Ok(match operator {
                    Prefix::Plus => value,
                    Prefix::Minus => negate(value, element),
                    Prefix::BitwiseNot => Value::Unary {
                        operation: UnaryOperation::BitwiseNot,
                        element,
                        operand: Box::new(value),
                    },
                    Prefix::LogicalNot if planted(Fault::NotDropped) => {
                        truth(value, CompareOperation::NotEqual)
                    }
                    Prefix::LogicalNot => truth(value, CompareOperation::Equal),
                })
            }
            ExpressionKind::Binary { operator, left, right } => match operator {
                Operator::Arithmetic(operation) => {
                    self.binary(*operation, left, right, expression, body)
                }
                Operator::Compare(operation) => {
                    let left = self.data(left, body)?;
                    let right = self.data(right, body)?;
                    let operand_element = common_element(left.element(), right.element());
                    Ok(Value::Compare {
                        operation: *operation,
                        operand_element,
                        left: Box::new(convert(left, operand_element)),
                        right: Box::new(convert(right, operand_element)),
                    })
                }
                Operator::LogicalAnd => self.logical(expression, left, right, true, body),
                Operator::LogicalOr => self.logical(expression, left, right, false, body),
                Operator::Comma => {
                    let construct = "a comma operator in a value".to_owned();
                    Err(Rejection::new(place, RejectReason::Unsupported { construct }))
                }
            },
            ExpressionKind::Conditional { condition, then, otherwise } => {
                // A choice that the compiler does not decide is a border for multiply-adds.
                let decided = is_constant(condition);
                let border = |value: Value| if decided { value } else { apart(value) };
                if let Some(outcome) = body.outcome(expression) {
                    return self.data(if outcome { then } else { otherwise }, body).map(border);
                }
                let element = self.number(expression)?;
                let condition = truth(self.data(condition, body)?, CompareOperation::NotEqual);
                if let Value::Integer { value, .. } = condition {
                    let chosen = if value != 0 { then } else { otherwise };
                    return self.data(chosen, body).map(border);
                }
                body.guards += 1;
                let then = self.data(then, body);
                let otherwise = self.data(otherwise, body);
                body.guards -= 1;
                Ok(Value::Select {
                    element,
                    condition: Box::new(condition),
                    then: Box::new(then?),
                    otherwise: Box::new(otherwise?),
                })
            }
            ExpressionKind::Convert { operand, .. } => {
                let value = self.data(operand, body)?;
                if expression.value_type == ValueType::Boolean {
                    let already = operand.value_type == ValueType::Boolean;
                    return Ok(if already { value } else { to_boolean(value) });
                }
                let (to, from) = (self.number(expression)?, value.element());
                let narrower = to.bytes() < from.bytes();
                if narrower && to.is_float() && planted(Fault::FloatCastDropped) {
                    return Ok(value);
                }
                if narrower && !from.is_float() && planted(Fault::CastDropped) {
                    return Ok(value);
                }
                Ok(convert(value, to))
            }
            // The conversion to the same type is what keeps the multiply-add from being contracted
            // across the call's border.
            ExpressionKind::Inlined(operand) => {
                let element = self.number(expression)?;
                Ok(apart(convert(self.data(operand, body)?, element)))
            }
            ExpressionKind::Call { name, arguments } => {
                self.call(name, arguments, expression, body)
            }
            ExpressionKind::Assign { .. } => {
                let substitution =
                    body.substitutions.iter().find(|entry| std::ptr::eq(entry.of, expression));
                match substitution.map(|entry| entry.by) {
                    Some(target) => self.data(target, body),
                    None => Err(Rejection::new(place, RejectReason::SideEffect)),
                }
            }
            ExpressionKind::Step { .. } => Err(Rejection::new(place, RejectReason::SideEffect)),
            ExpressionKind::AddressOf(_) => Err(Rejection::new(place, RejectReason::PointerUse)),
            ExpressionKind::Unsupported(reason) => Err(Rejection::new(place, reason.clone())),
        }
    }

    fn number(&self, expression: &Expression) -> Result<ElementType, Rejection> {
        number(&expression.value_type).ok_or_else(|| {
            let reason = match &expression.value_type {
                ValueType::Address => RejectReason::PointerUse,
                ValueType::Void => RejectReason::UnsupportedType { spelling: "void".to_owned() },
                ValueType::Other(spelling) => {
                    RejectReason::UnsupportedType { spelling: spelling.clone() }
                }
                ValueType::Number(_) | ValueType::Boolean => RejectReason::NoEffect,
            };
            Rejection::new(expression.place, reason)
        })
    }

    /// An affine expression of signed type as one index. Unsigned arithmetic stays as it is written,
    /// since it may wrap around.
    fn index(&mut self, expression: &Expression, scope: &Scope) -> Option<Value> {
        let ValueType::Number(element) = expression.value_type else {
            return None;
        };
        if !element.is_signed_integer() {
            return None;
        }
        let checkpoint = self.obligations.len();
        let value = self.affine(expression, scope, Purpose::Data);
        self.need = None;
        let exact = self.obligations.len() == checkpoint;
        self.obligations.truncate(checkpoint);
        let value = value.ok().filter(|_| exact)?;
        Some(match value.as_constant() {
            Some(value) => Value::Integer { value, element },
            None => Value::Index { value, element },
        })
    }

    fn binary(
        &mut self,
        operation: BinaryOperation,
        left: &Expression,
        right: &Expression,
        expression: &Expression,
        body: &mut Body<'_, '_>,
    ) -> Result<Value, Rejection> {
        let element = self.number(expression)?;
        let first = convert(self.data(left, body)?, element);
        let second = convert(self.data(right, body)?, element);
        // What depends on a variable is no constant to the C compiler, whatever is known of it here.
        let constant = is_constant(left) && is_constant(right);
        Ok(arithmetic(operation, element, first, second, constant))
    }

    /// `left && right` or `left || right`, where both sides are evaluated.
    fn logical(
        &mut self,
        expression: &Expression,
        left: &Expression,
        right: &Expression,
        and: bool,
        body: &mut Body<'_, '_>,
    ) -> Result<Value, Rejection> {
        let element = ElementType::I32;
        let and = and || planted(Fault::LogicalOrAsAnd);
        let constant = |value| Value::Integer { value, element };
        if let Some(outcome) = body.outcome(expression) {
            return if outcome == and {
                Ok(truth(self.data(right, body)?, CompareOperation::NotEqual))
            } else {
                Ok(constant(i64::from(!and)))
            };
        }
        let left = truth(self.data(left, body)?, CompareOperation::NotEqual);
        body.guards += 1;
        let right = self.data(right, body);
        body.guards -= 1;
        let right = truth(right?, CompareOperation::NotEqual);
        let (then, otherwise) = if and { (right, constant(0)) } else { (constant(1), right) };
        Ok(Value::Select {
            element,
            condition: Box::new(left),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        })
    }

    fn call(
        &mut self,
        name: &str,
        arguments: &[Expression],
        expression: &Expression,
        body: &mut Body<'_, '_>,
    ) -> Result<Value, Rejection> {
        let place = expression.place;
        let plain = name.strip_prefix("__builtin_").unwrap_or(name);
        let mut values = Vec::new();
        if matches!(plain, "abs" | "labs" | "llabs") {
            let element = self.number(expression)?;
            check_arity(plain, 1, arguments, place)?;
            for argument in arguments {
                values.push(convert(self.data(argument, body)?, element));
            }
            let Some(value) = values.pop() else {
                return Err(unknown(name, place));
            };
            return Ok(absolute(value, element));
        }
        if let Some(value) = self.classified(plain, arguments, expression, body)? {
            return Ok(value);
        }
        let Some((function, element)) = MathFunction::from_c_name(plain) else {
            return Err(unknown(name, place));
        };
        check_arity(plain, function.arity(), arguments, place)?;
        if self.number(expression)? != element {
            return Err(unknown(name, place));
        }
        for argument in arguments {
            values.push(convert(self.data(argument, body)?, element));
        }
        Ok(Value::Call { function, element, arguments: values })
    }
}

/// A value that takes part in no multiply-add with what is around it: the conversion to the same type is a border.
fn apart(value: Value) -> Value {
    let element = value.element();
    let product = matches!(value, Value::Binary { .. } | Value::Unary { .. })
        && element.is_float()
        && !planted(Fault::ContractedAcross);
    if product { Value::Cast { element, operand: Box::new(value) } } else { value }
}

/// Whether an expression mentions no variable and no value from outside of a function.
fn is_constant(expression: &Expression) -> bool {
    let mut constant = true;
    expression.walk(&mut |node| {
        constant &= !matches!(node.kind, ExpressionKind::Variable(_) | ExpressionKind::Inlined(_));
    });
    constant
}

fn unknown(name: &str, place: Place) -> Rejection {
    Rejection::new(place, RejectReason::UnknownFunction { name: name.to_owned() })
}

fn check_arity(
    name: &str,
    expected: usize,
    arguments: &[Expression],
    place: Place,
) -> Result<(), Rejection> {
    if arguments.len() == expected {
        return Ok(());
    }
    let found = arguments.len();
    Err(Rejection::new(
        place,
        RejectReason::ArgumentCount { name: name.to_owned(), expected, found },
    ))
}
