//! What the worker holds for a program, and whether that fits into memory.

use super::{LaboratoryOptions, worker_failure};
use crate::failure::{Failure, Kind, Outcome};
use loopwright_ir::{ArrayId, Program};
use loopwright_runtime::{Buffer, Contents, EntryPoint, Setup, WorkerError};

/// The seed of the contents of buffers that the input does not fill.
const CONTENTS_SEED: u64 = 0x10_0b_41_94;

/// The buffers of a specialised program, with numbers by seed where nothing fills them.
pub fn setup(program: &Program, initializer: Option<EntryPoint>) -> Outcome<Setup> {
    let buffers = program.arrays.iter().enumerate().map(|(position, array)| {
        let elements = program.elements(ArrayId(position)).ok_or_else(|| {
            Failure::new(
                Kind::Environment,
                format!("the array `{}` is too large for the memory", array.name),
            )
        })?;
        let contents = Contents::Pseudorandom { seed: CONTENTS_SEED + position as u64 };
        Ok(Buffer {
            // What the region declares for itself is no result: the original does not even have it.
            compared: array.live_outside,
            ..Buffer::new(array.element, elements, contents)
        })
    });
    Ok(Setup {
        buffers: buffers.collect::<Outcome<_>>()?,
        parameters: program
            .parameter_values()
            .map_err(|name| Failure::new(Kind::Input, format!("`{name}` has no value")))?,
        initializer,
        home: None,
    })
}

/// Refuses before anything is compiled what cannot be held.
pub fn refuse_too_large(program: &Program, options: &LaboratoryOptions) -> Outcome<()> {
    let needed = setup(program, None)?.bytes_needed().unwrap_or(u64::MAX);
    let available = loopwright_runtime::memory::available().unwrap_or(u64::MAX);
    let available = options.memory_limit.map_or(available, |limit| limit.min(available));
    if needed > available {
        return Err(worker_failure(WorkerError::TooLarge { needed, available }));
    }
    Ok(())
}
