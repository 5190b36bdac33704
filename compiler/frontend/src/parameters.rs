//! Values of parameters and extents of arrays that the source implies.
//!
//! A parameter's value is, in this order: what the options say; what the file says (a constant, what a
//! local was set to, what all calls in the file pass: see [`crate::values`]); the largest value for which
//! every access stays inside the constant extents of the arrays, which is how `for (i = 0; i < ni; i++)`
//! over `double C[NI][NJ]` gives `ni = NI`. For the extents, the largest subscript is computed by elimination
//! as a function of the parameters, and each bound on it that mentions one parameter of unknown value
//! limits that one. Where nothing says anything, the value stays unknown. Where calls pass different
//! values, the extents choose among them, if they suggest one of them; else the user is asked.
//!
//! The outermost extent of a pointer (`double *A`) or incomplete array is one more than the largest
//! subscript of the accesses that the source may make.

use crate::error::FrontendError;
use crate::lower::{Lowered, limits};
use crate::origin::ValueOrigin;
use crate::polyhedron::System;
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Place, Syntax, ValueType, VariableId};
use crate::values::{Known, Source};
use loopwright_ir::{Access, Affine, ArrayId, Constraint, Program, Statement, Variable};
use std::collections::HashMap;

/// The program with parameter values and open extents filled in, once what the lowering relied on
/// has been checked for these values, and where each value comes from. `given` are the options' values.
pub(crate) fn complete(
    lowered: &Lowered,
    syntax: &Syntax,
    given: &[(String, i64)],
    known: &HashMap<VariableId, Known>,
) -> Result<(Program, Vec<ValueOrigin>), Rejection> {
    let mut program = lowered.program.clone();
    let mut origins = Vec::new();
    for (parameter, id) in program.parameters.iter_mut().zip(&lowered.parameters) {
        let line = syntax.variables.get(*id).map_or(0, |variable| variable.place.line);
        let option = given.iter().rev().find(|(name, _)| *name == parameter.name);
        origins.push(match (option, known.get(id)) {
            (Some((_, value)), _) => {
                parameter.value = Some(*value);
                ValueOrigin::Given
            }
            (None, Some(Known::Value(value, source))) => {
                parameter.value = Some(*value);
                match source {
                    Source::Set { line } => ValueOrigin::Set { line: *line },
                    Source::Call { line } => ValueOrigin::Call { line: *line },
                }
            }
            (None, Some(Known::Contradiction(values))) => {
                parameter.value = None;
                ValueOrigin::Contradicting { values: values.clone() }
            }
            _ if parameter.value.is_some() => ValueOrigin::Set { line },
            _ => ValueOrigin::Unknown,
        });
    }
    infer_values(&mut program, lowered);
    infer_strides(&mut program, lowered, syntax)?;
    for (parameter, origin) in program.parameters.iter_mut().zip(&mut origins) {
        let Some(value) = parameter.value else { continue };
        match origin {
            ValueOrigin::Unknown => *origin = ValueOrigin::Extents,
            ValueOrigin::Contradicting { values } => {
                if values.iter().any(|known| known.0 == value) {
                    *origin = ValueOrigin::Chosen { values: std::mem::take(values) };
                } else {
                    parameter.value = None;
                }
            }
            _ => {}
        }
    }
    let running = if lowered.open_arrays.is_empty() { program.clone() } else { running(&program) };
    for id in &lowered.open_arrays {
        let accessed_in =
            |program: &Program| possible_accesses(program).any(|(_, access)| access.array == *id);
        let extent = if accessed_in(&program) && !accessed_in(&running) {
            Affine::constant(0)
        } else {
            open_extent(&running, *id, 0)
                .ok_or_else(|| unknown_extent(&program, lowered, syntax, *id))?
        };
        // Where no access is made, one element is as good as none.
        let empty = with_values(&program, &extent).as_constant().is_some_and(|value| value <= 0);
        let extent = if empty { Affine::constant(1) } else { extent };
        if let Some(array) = program.arrays.get_mut(id.0)
            && let Some(outermost) = array.extents.first_mut()
        {
            *outermost = extent;
        }
    }
    let all_known = program.parameter_values().is_ok();
    for obligation in &lowered.obligations {
        // With a value missing nothing can be run; the check is made when it is given.
        if !obligation.holds(&program) && all_known {
            return Err(obligation.rejection());
        }
    }
    Ok((program, origins))
}

/// The program without the statements that never run for the known values: what they would access need not be there. Where
/// nothing runs, all of it.
fn running(program: &Program) -> Program {
    let values = program.parameters.iter().enumerate().filter_map(|(position, parameter)| {
        let variable = Variable::Parameter(u32::try_from(position).ok()?);
        Some(Constraint::equal(&Affine::variable(variable), &Affine::constant(parameter.value?)))
    });
    let values: Vec<Constraint> = values.collect();
    let runs =
        |statement: &&Statement| !System::new(statement.domain.iter().chain(&values)).is_empty();
    let statements: Vec<Statement> = program.statements.iter().filter(runs).cloned().collect();
    if statements.is_empty() { program.clone() } else { Program { statements, ..program.clone() } }
}

/// The program with no parameter's value known.
pub(crate) fn without_values(program: &Program) -> Program {
    let mut program = program.clone();
    for parameter in &mut program.parameters {
        parameter.value = None;
    }
    program
}

/// The error of an option's value that the parameter of that name cannot have.
pub(crate) fn misfit(
    lowered: &Lowered,
    syntax: &Syntax,
    name: &str,
    value: i64,
) -> Option<FrontendError> {
    lowered.program.parameters.iter().zip(&lowered.parameters).find_map(|(parameter, id)| {
        let variable = syntax.variables.get(*id)?;
        let shape = variable.shape.as_ref().ok()?;
        let (least, greatest) = if shape.element == ValueType::Boolean {
            (0, 1)
        } else {
            let (least, greatest) = limits(parameter.element);
            (least.unwrap_or(i64::MIN), greatest.unwrap_or(i64::MAX))
        };
        let misfits = parameter.name == name && !(least..=greatest).contains(&value);
        misfits.then(|| FrontendError::ParameterType {
            name: name.to_owned(),
            value,
            type_spelling: variable.type_spelling.clone(),
            least,
            greatest,
        })
    })
}

fn unknown_extent(program: &Program, lowered: &Lowered, syntax: &Syntax, id: ArrayId) -> Rejection {
    let place = lowered
        .arrays
        .get(id.0)
        .and_then(|variable| syntax.variables.get(*variable))
        .map_or_else(Place::default, |variable| variable.place);
    let name = program.arrays.get(id.0).map(|array| array.name.clone()).unwrap_or_default();
    Rejection::new(place, RejectReason::UnknownExtent { name })
}

fn is_parameter(variable: Variable) -> bool {
    matches!(variable, Variable::Parameter(_))
}

/// The expression with the known parameter values put in.
fn with_values(program: &Program, affine: &Affine) -> Affine {
    affine.substitute(|variable| match variable {
        Variable::Parameter(position) => program
            .parameter_value(position)
            .map_or_else(|| Affine::variable(variable), Affine::constant),
        other => Affine::variable(other),
    })
}

/// Each access that the source surely makes, with its statement.
fn certain_accesses<'a>(
    program: &'a Program,
    lowered: &'a Lowered,
) -> impl Iterator<Item = (&'a Statement, &'a Access)> {
    let certain = lowered.unconditional.iter().zip(&lowered.certain_writes);
    program.statements.iter().zip(certain).flat_map(|(statement, (certain, written))| {
        let reads = statement.reads.iter().zip(certain);
        let reads = reads.filter(|(_, certain)| **certain).map(|(access, _)| access);
        let write = written.then_some(&statement.write);
        write.into_iter().chain(reads).map(move |access| (statement, access))
    })
}

/// Each access that the source may make, with its statement.
fn possible_accesses(program: &Program) -> impl Iterator<Item = (&Statement, &Access)> {
    program.statements.iter().flat_map(|statement| {
        let accesses = std::iter::once(&statement.write).chain(&statement.reads);
        accesses.map(move |access| (statement, access))
    })
}

/// Values from here on are what types allow, not what arrays suggest.
const LARGEST: i64 = i32::MAX as i64;

/// `factor * parameters <= limit` for every bound on a subscript of an array of constant extents.
fn infer_values(program: &mut Program, lowered: &Lowered) {
    if program.parameters.iter().all(|parameter| parameter.value.is_some()) {
        return;
    }
    let mut limits: Vec<Affine> = Vec::new();
    for (statement, access) in certain_accesses(program, lowered) {
        let Some(array) = program.arrays.get(access.array.0) else { continue };
        let domain = System::new(&statement.domain);
        for (dimension, (subscript, extent)) in
            access.subscripts.iter().zip(&array.extents).enumerate()
        {
            let open = dimension == 0 && lowered.open_arrays.contains(&access.array);
            let Some(extent) = extent.as_constant().filter(|_| !open) else { continue };
            for bound in domain.upper_bounds(subscript, is_parameter).unwrap_or_default() {
                // The subscript's largest value is bound / factor, and it is at most extent - 1.
                let greatest = (extent - 1).saturating_mul(bound.factor);
                let room = &Affine::constant(greatest) - &bound.bound;
                if room.as_constant().is_none() && !limits.contains(&room) {
                    limits.push(room);
                }
            }
        }
    }
    // What the lowering relies on limits them, too.
    for obligation in &lowered.obligations {
        for piece in &obligation.pieces {
            let bounds = System::new(piece).upper_bounds(&(&obligation.value * -1), is_parameter);
            for bound in bounds.unwrap_or_default() {
                let room = &bound.bound * -1;
                if room.as_constant().is_none() && !limits.contains(&room) {
                    limits.push(room);
                }
            }
        }
    }
    // Values that become known may leave one unknown in another bound.
    for _ in 0..program.parameters.len() {
        let mut changed = false;
        for position in 0..program.parameters.len() {
            let Ok(number) = u32::try_from(position) else { continue };
            if program.parameter_value(number).is_some() {
                continue;
            }
            let variable = Variable::Parameter(number);
            let value = limits
                .iter()
                .filter_map(|limit| {
                    let room = with_values(program, limit);
                    let [(only, coefficient)] = room.terms() else { return None };
                    (*only == variable && *coefficient < 0)
                        .then(|| room.constant_term().div_euclid(-coefficient))
                })
                .min();
            let Some(element) = program.parameters.get(position).map(|known| known.element) else {
                continue;
            };
            let (least, greatest) = crate::lower::limits(element);
            let value = value.map(|value| greatest.map_or(value, |greatest| value.min(greatest)));
            // What only the type ends is no size that anybody has in mind.
            let value =
                value.filter(|value| least.is_none_or(|least| least <= *value) && *value < LARGEST);
            if let Some(value) = value
                && let Some(parameter) = program.parameters.get_mut(position)
            {
                parameter.value = Some(value);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// The rows of a matrix that is a pointer to pointers are as far apart as they are long, where nothing says more.
fn infer_strides(
    program: &mut Program,
    lowered: &Lowered,
    syntax: &Syntax,
) -> Result<(), Rejection> {
    for (position, id) in lowered.parameters.iter().enumerate() {
        let matrix = syntax.variables.get(*id).and_then(|variable| variable.stride_of);
        let Some(matrix) = matrix else { continue };
        let Some(array) = lowered.arrays.iter().position(|other| *other == matrix) else {
            continue;
        };
        if first_row(program, ArrayId(array)).is_none() {
            let variable = syntax.variables.get(matrix);
            let (place, spelling) = variable
                .map(|variable| (variable.place, variable.type_spelling.clone()))
                .unwrap_or_default();
            let reason = RejectReason::PointerToPointer { spelling };
            return Err(Rejection::new(place, reason));
        }
        let extent = open_extent(program, ArrayId(array), 1);
        let value = extent.and_then(|extent| with_values(program, &extent).as_constant());
        if let Some(parameter) = program.parameters.get_mut(position)
            && parameter.value.is_none()
        {
            parameter.value = value.map(|value| value.max(1));
        }
    }
    Ok(())
}

/// For each access to an array, the bounds on its outermost subscript, all of which hold: an expression in the parameters
/// and what it is divided by.
pub(crate) fn row_bounds(program: &Program, id: ArrayId) -> Vec<Vec<(Affine, i64)>> {
    let accesses = possible_accesses(program).filter(|(_, access)| access.array == id);
    let bounds = accesses.filter_map(|(statement, access)| {
        let subscript = access.subscripts.first()?;
        let bounds = System::new(&statement.domain).upper_bounds(subscript, is_parameter)?;
        Some(bounds.into_iter().map(|bound| (bound.bound, bound.factor)).collect())
    });
    bounds.collect()
}

/// The least row of a matrix that is surely bounded by a number.
pub(crate) fn first_row(program: &Program, id: ArrayId) -> Option<i64> {
    let mut first: Option<i64> = None;
    for (statement, access) in possible_accesses(program) {
        if access.array != id {
            continue;
        }
        let negated = access.subscripts.first()? * -1;
        let bounds = System::new(&statement.domain).upper_bounds(&negated, |_| false)?;
        let greatest = bounds
            .iter()
            .filter_map(|bound| Some(bound.bound.as_constant()?.div_euclid(bound.factor)))
            .min()?;
        first = Some(first.map_or(-greatest, |first| first.min(-greatest)));
    }
    first.filter(|first| *first >= 0)
}

/// One more than the largest subscript of one dimension of an array: affine in the parameters if one bound
/// is the largest whatever they are, else the number for their known values.
fn open_extent(program: &Program, id: ArrayId, dimension: usize) -> Option<Affine> {
    let mut extents: Vec<Affine> = Vec::new();
    for (statement, access) in possible_accesses(program) {
        if access.array != id {
            continue;
        }
        let subscript = access.subscripts.get(dimension)?;
        let bounds = System::new(&statement.domain).upper_bounds(subscript, is_parameter)?;
        let symbolic: Vec<_> = bounds
            .iter()
            .filter(|bound| bound.factor == 1)
            .map(|bound| bound.bound.clone().with_constant(bound.bound.constant_term() + 1))
            .collect();
        match symbolic.as_slice() {
            [single] if bounds.len() == 1 => extents.push(single.clone()),
            _ => {
                let values: Option<Vec<i64>> = bounds
                    .iter()
                    .map(|bound| {
                        let value = with_values(program, &bound.bound).as_constant()?;
                        Some(value.div_euclid(bound.factor) + 1)
                    })
                    .collect();
                match values.and_then(|values| values.into_iter().min()) {
                    Some(value) => extents.push(Affine::constant(value)),
                    // Without values the program is not run; any of the bounds holds.
                    None => extents.push(symbolic.first()?.clone()),
                }
            }
        }
    }
    let first = extents.first()?.clone();
    let dominant = extents.iter().find(|candidate| {
        extents.iter().all(|other| {
            (*candidate - other).as_constant().is_some_and(|difference| difference >= 0)
        })
    });
    if let Some(dominant) = dominant {
        return Some(dominant.clone());
    }
    let values: Option<Vec<i64>> =
        extents.iter().map(|extent| with_values(program, extent).as_constant()).collect();
    match values {
        Some(values) => values.into_iter().max().map(Affine::constant),
        None => Some(first),
    }
}
