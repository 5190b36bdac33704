//! What the worker holds for a program, and whether that fits into memory.

use super::{LaboratoryOptions, worker_failure};
use crate::failure::{Failure, Kind, Outcome};
use loopwright_frontend::Region;
use loopwright_ir::{ArrayId, Expression, MathFunction, Program};
use loopwright_runtime::{Buffer, Contents, EntryPoint, Setup, WorkerError};

/// The seed of the contents of buffers that the input does not fill.
const CONTENTS_SEED: u64 = 0x10_0b_41_94;

/// What the source says of an array beside its type.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// It has an initial value.
    pub initialised: bool,
    /// The only values that its elements may have.
    pub values: Option<Vec<i64>>,
}

/// The facts of a region's arrays, in the program's order.
pub fn facts(region: &Region, program: &Program) -> Vec<Facts> {
    let mut facts = vec![Facts::default(); program.arrays.len()];
    for declaration in region.host.iter().flat_map(|host| &host.declarations) {
        if let Some(facts) = declaration.array.and_then(|array| facts.get_mut(array.0)) {
            facts.initialised = declaration.initialised;
            facts.values.clone_from(&declaration.values);
        }
    }
    facts
}

/// Where a program's code and data are.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    pub initializer: Option<EntryPoint>,
    /// See [`Setup::home`].
    pub home: Option<EntryPoint>,
}

/// The buffers of a specialised program, with numbers by seed where nothing fills them.
pub fn setup(program: &Program, facts: &[Facts], entries: Entries) -> Outcome<Setup> {
    let signed = arrays_whose_signs_become_values(program);
    let buffers = program.arrays.iter().enumerate().map(|(position, array)| {
        let elements = program.elements(ArrayId(position)).ok_or_else(|| {
            Failure::new(
                Kind::Environment,
                format!("the array `{}` is too large for the memory", array.name),
            )
        })?;
        let contents = Contents::Pseudorandom { seed: CONTENTS_SEED + position as u64 };
        let facts = facts.get(position).cloned().unwrap_or_default();
        Ok(Buffer {
            // What the region declares for itself is no result: the original does not even have it.
            compared: array.live_outside,
            initialised: facts.initialised,
            values: facts.values,
            signed_nan: signed.contains(&ArrayId(position)),
            ..Buffer::new(array.element, elements, contents)
        })
    });
    Ok(Setup {
        buffers: buffers.collect::<Outcome<_>>()?,
        parameters: program
            .parameter_values()
            .map_err(|name| Failure::new(Kind::Input, format!("`{name}` has no value")))?,
        initializer: entries.initializer,
        home: entries.home,
        cold: false,
    })
}

/// The arrays of which an element is what `copysign` takes the sign of: a NaN's sign becomes an ordinary
/// value there.
fn arrays_whose_signs_become_values(program: &Program) -> Vec<ArrayId> {
    let mut arrays = Vec::new();
    for statement in &program.statements {
        statement.body.walk(&mut |expression| {
            let Expression::Call { function: MathFunction::CopySign, arguments, .. } = expression
            else {
                return;
            };
            let Some(sign) = arguments.get(1) else { return };
            sign.walk(&mut |operand| {
                if let Expression::Read { position, .. } = operand {
                    arrays.extend(statement.reads.get(*position).map(|read| read.array));
                }
            });
        });
    }
    arrays
}

/// Contents under which elimination and square roots of pivots stay finite: each square matrix of
/// floating-point numbers gets a diagonal that outweighs the rest. `None` where there is no such matrix.
pub fn with_raised_diagonals(program: &Program, setup: &Setup) -> Option<Setup> {
    let mut changed = setup.clone();
    let mut any = false;
    for (position, buffer) in changed.buffers.iter_mut().enumerate() {
        let extents = program.extents(ArrayId(position)).unwrap_or_default();
        if let ([rows, columns], Contents::Pseudorandom { seed }) =
            (extents.as_slice(), buffer.contents)
            && rows == columns
            && *rows > 0
            && buffer.element.is_float()
        {
            buffer.contents = Contents::Dominant { seed, order: rows.unsigned_abs() };
            any = true;
        }
    }
    any.then_some(changed)
}

/// Contents without zeros among the integers, for programs that divide by them.
pub fn without_zeros(setup: &Setup) -> Setup {
    let mut changed = setup.clone();
    for buffer in changed.buffers.iter_mut().filter(|buffer| !buffer.element.is_float()) {
        buffer.values = Some(match buffer.values.take() {
            Some(values) if values.iter().any(|value| *value != 0) => {
                values.into_iter().filter(|value| *value != 0).collect()
            }
            Some(values) => values,
            None => (1..=15).collect(),
        });
    }
    changed
}

/// Refuses before anything is compiled what cannot be held.
pub fn refuse_too_large(program: &Program, options: &LaboratoryOptions) -> Outcome<()> {
    let needed = setup(program, &[], Entries::default())?.bytes_needed().unwrap_or(u64::MAX);
    let available = loopwright_runtime::memory::available().unwrap_or(u64::MAX);
    let available = options.memory_limit.map_or(available, |limit| limit.min(available));
    if needed > available {
        return Err(worker_failure(WorkerError::TooLarge { needed, available }));
    }
    Ok(())
}
