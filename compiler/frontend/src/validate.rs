//! Checks a program for the known values of its parameters: extents and bounds.

use crate::polyhedron::System;
use crate::reject::{OutOfBounds, Reject, RejectReason};
use loopwright_ir::{Access, Affine, Constraint, Program, Span, Statement, Variable};

/// Checks that every extent is positive and every access inside its array, for the parameters'
/// known values. What depends on an unknown one is not judged. Bounds are rational, so that an access
/// is only refused where some bound proves nothing and a point of the relaxed domain leaves the array.
///
/// # Errors
/// The first array or access at fault.
pub fn validate(program: &Program) -> Result<(), Reject> {
    let program = &program.specialize();
    for array in &program.arrays {
        for (dimension, extent) in array.extents.iter().enumerate() {
            if let Some(value) = extent.as_constant()
                && value <= 0
            {
                let reason = RejectReason::NonPositiveExtent {
                    array: array.name.clone(),
                    dimension: dimension + 1,
                    value,
                };
                return Err(Reject { span: program.span.clone(), reason, source: None });
            }
        }
    }
    for statement in &program.statements {
        let domain = System::new(statement.domain.iter().chain(&program.context));
        if domain.is_empty() {
            continue;
        }
        for access in std::iter::once(&statement.write).chain(&statement.reads) {
            check_access(program, statement, access, &domain)?;
        }
    }
    Ok(())
}

fn check_access(
    program: &Program,
    statement: &Statement,
    access: &Access,
    domain: &System,
) -> Result<(), Reject> {
    let Some(array) = program.arrays.get(access.array.0) else {
        return Ok(());
    };
    for (dimension, (subscript, extent)) in access.subscripts.iter().zip(&array.extents).enumerate()
    {
        let Some(extent) = extent.as_constant() else { continue };
        if domain.implies_non_negative(subscript)
            && domain.implies_non_negative(&(&Affine::constant(extent - 1) - subscript))
        {
            continue;
        }
        let Some(value) = escaping_value(subscript, extent, domain) else { continue };
        let outside = OutOfBounds {
            access: program.display_access(statement, access),
            array: array.name.clone(),
            dimension: dimension + 1,
            extent,
            value,
        };
        let reason = RejectReason::OutOfBounds(Box::new(outside));
        return Err(Reject { span: statement.span.clone(), reason, source: read(&statement.span) });
    }
    Ok(())
}

/// A value of the subscript outside `0..extent`; `None` when none is found.
fn escaping_value(subscript: &Affine, extent: i64, domain: &System) -> Option<i64> {
    let none = |_: Variable| false;
    let greatest = |expression: &Affine| {
        let bounds = domain.upper_bounds(expression, none)?;
        bounds
            .iter()
            .filter_map(|bound| Some(bound.bound.as_constant()?.div_euclid(bound.factor)))
            .min()
    };
    let high = greatest(subscript);
    let low = greatest(&(subscript * -1)).map(|value| -value);
    let candidates = [high.filter(|value| *value >= extent), low.filter(|value| *value < 0)];
    // A rational bound may be one that no integer point has; it counts if the relaxed domain has it.
    candidates.into_iter().flatten().find(|value| {
        let mut at_value = domain.clone();
        at_value.add(&Constraint::equal(subscript, &Affine::constant(*value)));
        !at_value.is_empty()
    })
}

fn read(span: &Span) -> Option<crate::reject::SharedSource> {
    crate::source::read_source(&span.file)
}
