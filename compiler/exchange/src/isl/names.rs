//! Names in isl's notation, and domains as its text.

use super::quasi::Quasi;
use loopwright_ir::{Constraint, Program, Statement, StatementId, Variable};
use std::collections::HashSet;

/// Words that isl reads as operators or values.
const RESERVED: [&str; 14] = [
    "and", "or", "not", "exists", "implies", "mod", "floor", "floord", "ceil", "ceild", "min",
    "max", "true", "false",
];

/// The names that a statement's iterators have in isl's notation: their own, where those are
/// different from one another and from the parameters'.
pub fn iterator_names(program: &Program, statement: &Statement) -> Vec<String> {
    let mut taken: HashSet<&str> =
        program.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    taken.extend(RESERVED);
    let mut names: Vec<String> = Vec::new();
    for iterator in &statement.iterators {
        let mut name = iterator.name.clone();
        while taken.contains(name.as_str()) || names.contains(&name) {
            name.push('_');
        }
        names.push(name);
    }
    names
}

/// `S1[i, j]`.
pub fn tuple(program: &Program, id: StatementId) -> String {
    let statement = program.statement(id);
    format!("{}[{}]", statement.name, iterator_names(program, statement).join(", "))
}

/// A naming function for iterators of a statement and parameters.
pub fn naming(program: &Program, id: StatementId) -> impl Fn(Variable) -> String + '_ {
    let names = iterator_names(program, program.statement(id));
    move |variable| match variable {
        Variable::Iterator(depth) => {
            names.get(depth as usize).cloned().unwrap_or_else(|| variable.to_string())
        }
        other => program.parameter_name(other),
    }
}

/// `[N, M] -> `, or nothing without parameters.
pub fn parameters(program: &Program) -> String {
    let names: Vec<&str> =
        program.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("[{}] -> ", names.join(", ")) }
}

/// `S1[i, j] : i >= 0 and …`, a piece of a set.
pub fn piece(program: &Program, id: StatementId, conditions: &[String]) -> String {
    let tuple = tuple(program, id);
    if conditions.is_empty() { tuple } else { format!("{tuple} : {}", conditions.join(" and ")) }
}

/// The constraints of a statement's domain.
pub fn domain_conditions(program: &Program, id: StatementId) -> Vec<String> {
    conditions(program, id, &program.statement(id).domain)
}

/// Constraints over a statement's iterators.
pub fn conditions(program: &Program, id: StatementId, constraints: &[Constraint]) -> Vec<String> {
    let names = naming(program, id);
    constraints.iter().map(|constraint| constraint.display_with(&names)).collect()
}

/// What is known of the parameters: the context, and the values that the program is compiled for.
pub fn context_conditions(program: &Program) -> Vec<String> {
    let names = |variable| program.parameter_name(variable);
    let context = program.context.iter().map(|constraint| constraint.display_with(&names));
    let values = program.parameters.iter().filter_map(|parameter| {
        parameter.value.map(|value| format!("{} = {value}", parameter.name))
    });
    context.chain(values).collect()
}

/// `quasi >= 0` or `quasi = 0`, as a condition without quotients where that is possible:
/// `⌊e/d⌋ + r >= 0` is `e >= -d*r`, `-⌊e/d⌋ + r >= 0` is `e <= d*r + d - 1`.
pub fn condition(program: &Program, id: StatementId, quasi: &Quasi, equality: bool) -> String {
    let names = naming(program, id);
    let plain = match quasi.floors.as_slice() {
        [(1, floor)] if !equality => {
            floor.numerator.add_scaled(floor.divisor, &quasi.affine.clone().into())
        }
        [(-1, floor)] if !equality => Quasi::constant(floor.divisor - 1)
            .add_scaled(floor.divisor, &quasi.affine.clone().into())
            .and_then(|bound| bound.add_scaled(-1, &floor.numerator)),
        _ => None,
    };
    match plain.as_ref().unwrap_or(quasi) {
        quasi if quasi.floors.is_empty() => {
            let affine = quasi.affine.clone();
            Constraint { affine, equality }.display_with(&names)
        }
        quasi => {
            let sign = if equality { "=" } else { ">=" };
            format!("{} {sign} 0", quasi.display_with(&names))
        }
    }
}
