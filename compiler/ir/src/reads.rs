//! The reads of one statement that have a copy of an array's part to themselves.

use crate::{Access, Affine, ArrayId, NamedAffine, Program, StatementId, Variable};
use serde::{Deserialize, Serialize};

/// All reads of a statement with the same subscripts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PackedReads {
    pub statement: StatementId,
    /// Over the statement's iterators and the parameters, as the program has them.
    pub subscripts: Vec<Affine>,
}

impl PackedReads {
    /// The reads of a statement that the source writes with these subscripts, over the source's own loop
    /// variables and the parameters; `None` where it has none.
    pub fn written(
        program: &Program,
        statement: StatementId,
        array: ArrayId,
        subscripts: &[NamedAffine],
    ) -> Option<Self> {
        let found = program.statements.get(statement.0)?;
        let value = |name: &str| {
            let iterator = found.iterators.iter().rev().find(|iterator| iterator.name == name);
            if let Some(iterator) = iterator {
                return Some(iterator.source_value.clone());
            }
            let position = program.parameters.iter().position(|known| known.name == name)?;
            Some(Affine::variable(Variable::Parameter(u32::try_from(position).ok()?)))
        };
        let resolve = |named: &NamedAffine| {
            let mut affine = Affine::constant(named.constant_term());
            for (name, coefficient) in named.terms() {
                affine = &affine + &(&value(name)? * *coefficient);
            }
            Some(affine)
        };
        let wanted: Vec<Affine> = subscripts.iter().map(resolve).collect::<Option<_>>()?;
        // A program that was specialised has numbers in the parameters' places.
        let numbers = |variable| match variable {
            Variable::Parameter(position) => program
                .parameter_value(position)
                .map_or_else(|| Affine::variable(variable), Affine::constant),
            other => Affine::variable(other),
        };
        let special: Vec<Affine> = wanted.iter().map(|one| one.substitute(numbers)).collect();
        let read = found.reads.iter().find(|read| {
            read.array == array && (read.subscripts == wanted || read.subscripts == special)
        })?;
        Some(Self { statement, subscripts: read.subscripts.clone() })
    }

    /// Whether an access that a statement reads is one of these.
    pub fn contain(&self, statement: StatementId, read: &Access) -> bool {
        self.statement == statement && self.subscripts == read.subscripts
    }

    /// `[i][k]`, as a step names them.
    pub fn brackets(&self, program: &Program) -> String {
        let text = |subscript: &Affine| match as_written(program, self.statement, subscript) {
            Some(named) => format!("[{named}]"),
            None => format!("[{subscript}]"),
        };
        self.subscripts.iter().map(text).collect()
    }

    /// `[i][k] of S2`.
    pub fn display(&self, program: &Program) -> String {
        let reader = program.statements.get(self.statement.0);
        let name = reader.map_or("", |statement| statement.name.as_str());
        format!("{} of {name}", self.brackets(program))
    }
}

/// A subscript of a statement over the source's own loop variables; `None` where numbers do not divide.
pub fn as_written(
    program: &Program,
    statement: StatementId,
    subscript: &Affine,
) -> Option<NamedAffine> {
    let statement = program.statements.get(statement.0)?;
    let (mut rest, mut terms) = (subscript.clone(), Vec::new());
    // An inner loop's variable may depend on outer ones.
    for (depth, iterator) in statement.iterators.iter().enumerate().rev() {
        let variable = Variable::Iterator(u32::try_from(depth).ok()?);
        let step = iterator.source_value.coefficient(variable);
        let factor = rest.coefficient(variable).checked_div(step)?;
        rest = &rest - &(&iterator.source_value * factor);
        if rest.mentions(variable) {
            return None;
        }
        terms.push((iterator.name.clone(), factor));
    }
    for (variable, factor) in rest.terms() {
        terms.push((program.parameter_name(*variable), *factor));
    }
    NamedAffine::from_terms(terms, rest.constant_term())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Iterator, Span, Statement};

    /// A statement in `for (i = N - 1; i >= 0; i--) for (j = i; …; j += 2)` that reads `A[j - 1][i]`.
    fn program() -> Program {
        let variable = |depth| Affine::variable(Variable::Iterator(depth));
        let n = Affine::variable(Variable::Parameter(0));
        let backwards = &(&n - &variable(0)) - &Affine::constant(1);
        let by_twos = &backwards + &(&variable(1) * 2);
        let read = Access {
            array: ArrayId(0),
            subscripts: vec![&by_twos - &Affine::constant(1), backwards.clone()],
        };
        let iterators = vec![
            Iterator { name: "i".to_owned(), source_value: backwards },
            Iterator { name: "j".to_owned(), source_value: by_twos },
        ];
        let element = crate::ElementType::F64;
        let statement = Statement {
            name: "S1".to_owned(),
            iterators,
            domain: Vec::new(),
            write: read.clone(),
            reads: vec![read],
            body: crate::Expression::Read { position: 0, element },
            span: Span::default(),
            text: String::new(),
        };
        let parameter = crate::Parameter { name: "N".to_owned(), element, value: Some(9) };
        Program {
            name: "backwards".to_owned(),
            parameters: vec![parameter],
            context: Vec::new(),
            arrays: Vec::new(),
            statements: vec![statement],
            order: Vec::new(),
            span: Span::default(),
        }
    }

    #[test]
    fn reads_are_named_by_the_variables_of_the_source() {
        let named = |terms: &[(&str, i64)], constant| {
            let terms = terms.iter().map(|(name, factor)| ((*name).to_owned(), *factor));
            NamedAffine::from_terms(terms, constant).unwrap()
        };
        let text = [named(&[("j", 1)], -1), named(&[("i", 1)], 0)];
        for program in [program(), program().specialize()] {
            let found = PackedReads::written(&program, StatementId(0), ArrayId(0), &text).unwrap();
            assert_eq!(found.display(&program), "[j - 1][i] of S1");
            let other = [text[1].clone(), text[0].clone()];
            assert_eq!(PackedReads::written(&program, StatementId(0), ArrayId(0), &other), None);
        }
    }
}
