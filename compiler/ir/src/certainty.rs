//! What a statement does in each of its instances, and what under a condition on data only.
//!
//! In `B[i] = f[i] ? A[i] : A[0]` each instance reads `f[i]`, but neither `A[i]` nor `A[0]` is read by all: where no
//! flag is set, `A` may be a null pointer. So an element whose every read is under a condition must not be read where
//! the condition is not known to hold: not ahead of a loop, not in lanes, and not by a copy of an array's part.
//!
//! A statement is *guarded* if its body is a choice that otherwise is what it would overwrite, as in
//! `A[i] = f[i] ? B[i] : A[i]`: where the condition does not hold it stores nothing, and the element need not exist.
//!
//! An access is *certain* if each instance of its statement makes one to the same element:
//! - the write, and reads of what is written, unless the statement is guarded;
//! - what the body reads under no condition, in a condition itself, or in both arms of one;
//! - what the body does not mention, although it is listed.

use crate::{Access, ArrayId, BinaryOperation, Expression, Statement};

impl Statement {
    /// Whether an access of the statement is made by each of its instances.
    pub fn is_certain(&self, access: &Access) -> bool {
        let certain = || self.reads.iter().zip(self.certain_reads());
        *access == self.write && self.guard().is_none()
            || certain().any(|(read, certain)| certain && read == access)
    }

    /// Whether each instance of the statement accesses some element of an array, so that the array exists.
    pub fn surely_uses(&self, array: ArrayId) -> bool {
        let certain = || self.reads.iter().zip(self.certain_reads());
        self.write.array == array && self.guard().is_none()
            || certain().any(|(read, certain)| certain && read.array == array)
    }

    /// The condition without which the statement leaves alone what it writes, and the value where it holds.
    pub fn guard(&self) -> Option<(&Expression, &Expression)> {
        let Expression::Select { condition, then, otherwise, .. } = &self.body else { return None };
        let Expression::Read { position, .. } = **otherwise else { return None };
        (self.reads.get(position) == Some(&self.write)).then_some((condition, then))
    }

    /// For each read, by position, whether it is certain.
    pub fn certain_reads(&self) -> Vec<bool> {
        let mut made = vec![false; self.reads.len()];
        self.body.mark_certain(&mut made);
        let mut mentioned = vec![false; self.reads.len()];
        self.body.mark_reads(&mut mentioned);
        self.reads
            .iter()
            .zip(&mentioned)
            .map(|(read, mentioned)| {
                let alike = || self.reads.iter().zip(&made).any(|(one, made)| *made && one == read);
                !mentioned || *read == self.write && self.guard().is_none() || alike()
            })
            .collect()
    }
}

impl Expression {
    /// Marks, by position, what is read whenever the expression is evaluated.
    pub fn mark_certain(&self, certain: &mut [bool]) {
        match self {
            Self::Read { position, .. } => {
                if let Some(mark) = certain.get_mut(*position) {
                    *mark = true;
                }
            }
            Self::Select { condition, then, otherwise, .. } => {
                condition.mark_certain(certain);
                let mut arms = [vec![false; certain.len()], vec![false; certain.len()]];
                then.mark_certain(&mut arms[0]);
                otherwise.mark_certain(&mut arms[1]);
                let [then, otherwise] = arms;
                for (mark, (one, other)) in certain.iter_mut().zip(then.into_iter().zip(otherwise))
                {
                    *mark |= one && other;
                }
            }
            other => {
                for operand in other.operands() {
                    operand.mark_certain(certain);
                }
            }
        }
    }

    /// Marks, by position, what is read in some case.
    pub fn mark_reads(&self, read: &mut [bool]) {
        self.walk(&mut |node| {
            if let Self::Read { position, .. } = node
                && let Some(mark) = read.get_mut(*position)
            {
                *mark = true;
            }
        });
    }

    /// Whether this operation by itself ends the program for some operands: a division of integers, unless the divisor
    /// is a constant that divides everything.
    pub fn may_trap(&self) -> bool {
        let Self::Binary { operation, element, right, .. } = self else { return false };
        let divides = matches!(operation, BinaryOperation::Divide | BinaryOperation::Remainder);
        let harmless =
            matches!(&**right, Self::Integer { value, .. } if *value != 0 && *value != -1);
        divides && !element.is_float() && !harmless
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, CompareOperation, ElementType, Span};

    const F: ElementType = ElementType::F64;

    fn read(position: usize) -> Expression {
        Expression::Read { position, element: F }
    }

    fn select(condition: Expression, then: Expression, otherwise: Expression) -> Expression {
        let zero = Expression::Float { value: 0.0, element: F };
        let condition = Expression::Compare {
            operation: CompareOperation::Less,
            operand_element: F,
            left: Box::new(condition),
            right: Box::new(zero),
        };
        Expression::Select {
            element: F,
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        }
    }

    /// Reads of the given elements of one array, the write being to element 9.
    fn statement(elements: &[i64], body: Expression) -> Statement {
        let access = |element: &i64| Access {
            array: ArrayId(0),
            subscripts: vec![Affine::constant(*element)],
        };
        Statement {
            name: "S1".to_owned(),
            iterators: Vec::new(),
            domain: Vec::new(),
            write: access(&9),
            reads: elements.iter().map(access).collect(),
            body,
            span: Span::default(),
            text: String::new(),
        }
    }

    #[test]
    fn arms_are_uncertain_and_conditions_are_not() {
        let body = select(read(0), read(1), read(2));
        assert_eq!(statement(&[0, 1, 2], body.clone()).certain_reads(), [true, false, false]);
        // The same element is read by the condition, or written.
        let written = select(read(0), read(2), read(1));
        assert_eq!(statement(&[0, 0, 9], written).certain_reads(), [true, true, true]);
        // What keeps its value otherwise is neither read nor written there.
        let guarded = statement(&[0, 0, 9], body.clone());
        assert_eq!(guarded.certain_reads(), [true, true, false]);
        assert!(guarded.guard().is_some() && !guarded.is_certain(&guarded.write));
        // What the body does not mention is taken at its word.
        assert_eq!(statement(&[0, 1, 2, 3], body).certain_reads(), [true, false, false, true]);
    }

    #[test]
    fn both_arms_make_it_certain_and_nesting_does_not() {
        let both = select(read(0), read(1), select(read(2), read(1), read(1)));
        assert_eq!(statement(&[0, 1, 2], both).certain_reads(), [true, true, false]);
        let nested = select(read(0), select(read(1), read(2), read(0)), read(0));
        assert_eq!(statement(&[0, 1, 2], nested).certain_reads(), [true, false, false]);
    }

    #[test]
    fn divisions_trap_unless_the_divisor_is_a_harmless_constant() {
        let divide = |element, right| Expression::Binary {
            operation: BinaryOperation::Divide,
            element,
            left: Box::new(Expression::Read { position: 0, element }),
            right: Box::new(right),
        };
        let integer = |value| Expression::Integer { value, element: ElementType::I32 };
        for (value, traps) in [(0, true), (-1, true), (1, false), (-7, false)] {
            assert_eq!(divide(ElementType::I32, integer(value)).may_trap(), traps, "{value}");
        }
        assert!(!divide(F, read(0)).may_trap());
    }
}
