//! Expressions.

use super::{DEPTH_LIMIT, Reader};
use crate::libclang::{Cursor, Literal, kind_name};
use crate::reject::RejectReason;
use crate::syntax::{Expression, ExpressionKind, Operator, Place, Prefix, ValueType};
use clang_sys::*;
use loopwright_ir::{BinaryOperation, CompareOperation, ElementType};

impl<'unit> Reader<'unit> {
    pub(super) fn expression(&mut self, cursor: Cursor<'unit>, depth: usize) -> Expression {
        let place = self.place(cursor);
        if depth > DEPTH_LIMIT {
            return self.unsupported(place, RejectReason::TooDeep);
        }
        let value_type = Self::value_type(cursor);
        if let Some(value) = constant(cursor, &value_type) {
            return Expression { kind: ExpressionKind::Integer(value), value_type, place };
        }
        let children = cursor.children();
        let kind = match (cursor.kind(), children.as_slice()) {
            (CXCursor_ParenExpr, [inner]) => return self.expression(*inner, depth + 1),
            // One that only unsigned numbers of 64 bits hold has their bits.
            (CXCursor_IntegerLiteral, _) => match cursor.evaluate_unsigned() {
                Some(value) if value_type == ValueType::Number(ElementType::U64) => {
                    ExpressionKind::Integer(value as i64)
                }
                _ => other("this integer constant"),
            },
            (CXCursor_FloatingLiteral, _) => match cursor.evaluate() {
                Some(Literal::Float(value)) => ExpressionKind::Float(value),
                _ => other("this floating-point constant"),
            },
            (CXCursor_DeclRefExpr, _) => return self.mention(cursor, place, depth),
            (CXCursor_ArraySubscriptExpr, [base, index]) => ExpressionKind::Subscript {
                base: self.boxed(*base, depth),
                index: self.boxed(*index, depth),
            },
            (CXCursor_UnaryOperator, [operand]) => self.unary(cursor, *operand, place, depth),
            (CXCursor_BinaryOperator, [left, right]) => self.binary(cursor, *left, *right, depth),
            (CXCursor_CompoundAssignOperator, [target, value]) => {
                match compound(cursor.binary_operator()) {
                    Some(operation) => ExpressionKind::Assign {
                        operation: Some(operation),
                        target: self.boxed(*target, depth),
                        value: self.boxed(*value, depth),
                    },
                    None => other("this assignment"),
                }
            }
            (CXCursor_ConditionalOperator, [condition, then, otherwise]) => {
                let condition = self.boxed(*condition, depth);
                self.guarded += 1;
                let then = self.boxed(*then, depth);
                let otherwise = self.boxed(*otherwise, depth);
                self.guarded -= 1;
                ExpressionKind::Conditional { condition, then, otherwise }
            }
            (CXCursor_CStyleCastExpr, [.., operand]) if operand.is_expression() => {
                ExpressionKind::Convert { operand: self.boxed(*operand, depth), explicit: true }
            }
            (CXCursor_UnexposedExpr, [operand]) if operand.is_expression() => {
                ExpressionKind::Convert { operand: self.boxed(*operand, depth), explicit: false }
            }
            (CXCursor_CallExpr, _) => return self.call(cursor, value_type, place, depth),
            (CXCursor_MemberRefExpr, [base]) => return self.member(cursor, *base, place, depth),
            (CXCursor_StringLiteral, _) => other("a string"),
            (CXCursor_InitListExpr, _) => {
                ExpressionKind::Unsupported(RejectReason::ArrayInitializer)
            }
            (CXCursor_CompoundLiteralExpr, _) => other("a compound literal"),
            (CXCursor_GenericSelectionExpr, _) => other("`_Generic`"),
            (CXCursor_AddrLabelExpr, _) => other("the address of a label"),
            (CXCursor_UnaryExpr, _) => other("`sizeof` of what has no constant size"),
            (CXCursor_BlockExpr, _) => other("a block"),
            (CXCursor_StmtExpr, _) => other("a statement as an expression"),
            (CXCursor_ImaginaryLiteral, _) => other("a complex number"),
            (kind, _) => other(&named(kind, "expression")),
        };
        Expression { kind, value_type, place }
    }

    fn boxed(&mut self, cursor: Cursor<'unit>, depth: usize) -> Box<Expression> {
        Box::new(self.expression(cursor, depth + 1))
    }

    fn mention(&mut self, cursor: Cursor<'unit>, place: Place, depth: usize) -> Expression {
        let value_type = Self::value_type(cursor);
        let kind = match cursor.referenced() {
            Some(declaration) => match declaration.kind() {
                CXCursor_EnumConstantDecl => {
                    ExpressionKind::Integer(declaration.enumeration_value())
                }
                CXCursor_VarDecl | CXCursor_ParmDecl => {
                    let bound = self.bindings.iter().rev().find(|binding| binding.0 == declaration);
                    if let Some((_, value)) = bound {
                        return argument(place, value.clone());
                    }
                    if depth > DEPTH_LIMIT {
                        ExpressionKind::Unsupported(RejectReason::TooDeep)
                    } else {
                        ExpressionKind::Variable(self.variable(declaration))
                    }
                }
                CXCursor_FunctionDecl => other("a function as a value"),
                kind => other(&named(kind, "name")),
            },
            None => other("a name without a declaration"),
        };
        Expression { kind, value_type, place }
    }

    fn unary(
        &mut self,
        cursor: Cursor<'unit>,
        operand: Cursor<'unit>,
        place: Place,
        depth: usize,
    ) -> ExpressionKind {
        let operator = cursor.unary_operator();
        let operand = self.boxed(operand, depth);
        match operator {
            CXUnaryOperator_Plus => ExpressionKind::Unary { operator: Prefix::Plus, operand },
            CXUnaryOperator_Minus => ExpressionKind::Unary { operator: Prefix::Minus, operand },
            CXUnaryOperator_Not => ExpressionKind::Unary { operator: Prefix::BitwiseNot, operand },
            CXUnaryOperator_LNot => ExpressionKind::Unary { operator: Prefix::LogicalNot, operand },
            CXUnaryOperator_PostInc | CXUnaryOperator_PreInc => ExpressionKind::Step {
                increment: true,
                postfix: operator == CXUnaryOperator_PostInc,
                target: operand,
            },
            CXUnaryOperator_PostDec | CXUnaryOperator_PreDec => ExpressionKind::Step {
                increment: false,
                postfix: operator == CXUnaryOperator_PostDec,
                target: operand,
            },
            CXUnaryOperator_Deref => ExpressionKind::Subscript {
                base: operand,
                index: Box::new(Expression {
                    kind: ExpressionKind::Integer(0),
                    value_type: ValueType::Number(loopwright_ir::ElementType::I64),
                    place,
                }),
            },
            CXUnaryOperator_Extension => ExpressionKind::Convert { operand, explicit: false },
            CXUnaryOperator_Real | CXUnaryOperator_Imag => other("`__real__` or `__imag__`"),
            CXUnaryOperator_AddrOf => ExpressionKind::AddressOf(operand),
            _ => other("this operator"),
        }
    }

    fn binary(
        &mut self,
        cursor: Cursor<'unit>,
        left: Cursor<'unit>,
        right: Cursor<'unit>,
        depth: usize,
    ) -> ExpressionKind {
        let operator = cursor.binary_operator();
        let left = self.boxed(left, depth);
        let guards = matches!(operator, CXBinaryOperator_LAnd | CXBinaryOperator_LOr);
        self.guarded += usize::from(guards);
        let right = self.boxed(right, depth);
        self.guarded -= usize::from(guards);
        if operator == CXBinaryOperator_Assign {
            return ExpressionKind::Assign { operation: None, target: left, value: right };
        }
        match binary_operator(operator) {
            Some(operator) => ExpressionKind::Binary { operator, left, right },
            None => other("this operator"),
        }
    }
}

/// What a parameter stands for: a value from outside of the function, of which the compiler makes no constant and
/// no multiply-add together with what is inside.
pub(super) fn argument(place: Place, value: Expression) -> Expression {
    let is_number = matches!(value.value_type, ValueType::Number(_) | ValueType::Boolean);
    let plain = matches!(value.kind, ExpressionKind::Inlined(_) | ExpressionKind::Variable(_));
    if !is_number || plain {
        return Expression { place, ..value };
    }
    let value_type = value.value_type.clone();
    let value = Expression { place, ..value };
    Expression { kind: ExpressionKind::Inlined(Box::new(value)), value_type, place }
}

/// Whether an expression has an array's element in it that the source may read, though its value does not depend on
/// it, as in `A[i] || 1`. What `sizeof` asks about is not read.
fn reads_memory(cursor: Cursor<'_>, depth: usize) -> bool {
    match cursor.kind() {
        CXCursor_UnaryExpr => false,
        CXCursor_ArraySubscriptExpr => true,
        _ => {
            depth > DEPTH_LIMIT
                || cursor.children().into_iter().any(|child| reads_memory(child, depth + 1))
        }
    }
}

/// The value of an integer constant expression.
fn constant(cursor: Cursor<'_>, value_type: &ValueType) -> Option<i64> {
    if !matches!(value_type, ValueType::Number(element) if !element.is_float())
        && *value_type != ValueType::Boolean
    {
        return None;
    }
    let worth_asking = matches!(
        cursor.kind(),
        CXCursor_IntegerLiteral
            | CXCursor_CharacterLiteral
            | CXCursor_DeclRefExpr
            | CXCursor_ParenExpr
            | CXCursor_UnaryOperator
            | CXCursor_BinaryOperator
            | CXCursor_ConditionalOperator
            | CXCursor_CStyleCastExpr
            | CXCursor_UnexposedExpr
            | CXCursor_UnaryExpr
    );
    if !worth_asking || reads_memory(cursor, 0) {
        return None;
    }
    match cursor.evaluate()? {
        Literal::Integer(value) => Some(value),
        Literal::Float(_) => None,
    }
}

/// Moves an inlined expression to the place of its call, where a user looks for the fault.
pub(super) fn relocate(expression: &mut Expression, place: Place) {
    expression.rewrite(&mut |node| node.place = place);
}

/// The words for what has no better ones: libclang's name of the kind.
fn named(kind: CXCursorKind, what: &str) -> String {
    format!("this {what} (`{}` to clang)", kind_name(kind))
}

pub(super) fn other(construct: &str) -> ExpressionKind {
    ExpressionKind::Unsupported(RejectReason::Unsupported { construct: construct.to_owned() })
}

fn binary_operator(kind: CXBinaryOperatorKind) -> Option<Operator> {
    use BinaryOperation as Binary;
    use CompareOperation as Compare;
    Some(match kind {
        CXBinaryOperator_Mul => Operator::Arithmetic(Binary::Multiply),
        CXBinaryOperator_Div => Operator::Arithmetic(Binary::Divide),
        CXBinaryOperator_Rem => Operator::Arithmetic(Binary::Remainder),
        CXBinaryOperator_Add => Operator::Arithmetic(Binary::Add),
        CXBinaryOperator_Sub => Operator::Arithmetic(Binary::Subtract),
        CXBinaryOperator_Shl => Operator::Arithmetic(Binary::ShiftLeft),
        CXBinaryOperator_Shr => Operator::Arithmetic(Binary::ShiftRight),
        CXBinaryOperator_And => Operator::Arithmetic(Binary::BitwiseAnd),
        CXBinaryOperator_Xor => Operator::Arithmetic(Binary::BitwiseXor),
        CXBinaryOperator_Or => Operator::Arithmetic(Binary::BitwiseOr),
        CXBinaryOperator_LT => Operator::Compare(Compare::Less),
        CXBinaryOperator_GT => Operator::Compare(Compare::Greater),
        CXBinaryOperator_LE => Operator::Compare(Compare::LessOrEqual),
        CXBinaryOperator_GE => Operator::Compare(Compare::GreaterOrEqual),
        CXBinaryOperator_EQ => Operator::Compare(Compare::Equal),
        CXBinaryOperator_NE => Operator::Compare(Compare::NotEqual),
        CXBinaryOperator_LAnd => Operator::LogicalAnd,
        CXBinaryOperator_LOr => Operator::LogicalOr,
        CXBinaryOperator_Comma => Operator::Comma,
        _ => return None,
    })
}

pub(super) fn compound(kind: CXBinaryOperatorKind) -> Option<BinaryOperation> {
    Some(match kind {
        CXBinaryOperator_MulAssign => BinaryOperation::Multiply,
        CXBinaryOperator_DivAssign => BinaryOperation::Divide,
        CXBinaryOperator_RemAssign => BinaryOperation::Remainder,
        CXBinaryOperator_AddAssign => BinaryOperation::Add,
        CXBinaryOperator_SubAssign => BinaryOperation::Subtract,
        CXBinaryOperator_ShlAssign => BinaryOperation::ShiftLeft,
        CXBinaryOperator_ShrAssign => BinaryOperation::ShiftRight,
        CXBinaryOperator_AndAssign => BinaryOperation::BitwiseAnd,
        CXBinaryOperator_XorAssign => BinaryOperation::BitwiseXor,
        CXBinaryOperator_OrAssign => BinaryOperation::BitwiseOr,
        _ => return None,
    })
}
