//! The memory, the local copies and the budget of one run, and how an instance changes them.

use super::copies::Copies;
use super::memory::mix;
use super::source::{Instruction, Reference, instructions};
use super::{InterpretError, Memory};
use loopwright_ir::{Affine, Program};

pub(super) struct Machine<'a> {
    pub program: &'a Program,
    pub memory: Memory,
    pub copies: Copies,
    instructions: Vec<Instruction>,
    left: u64,
    /// Reused for the subscripts of each access.
    subscripts: Vec<i64>,
}

/// Which local copies accesses go to.
#[derive(Clone, Default)]
pub(super) struct Bindings {
    /// By array, for all accesses to it.
    pub arrays: Vec<Option<usize>>,
    /// For the reads of a statement with some subscripts: the array, these, and the copy.
    pub reads: Vec<ReadBinding>,
}

/// Reads that have a local copy to themselves.
#[derive(Clone)]
pub(super) struct ReadBinding {
    pub array: usize,
    pub statement: usize,
    pub subscripts: Vec<Affine>,
    pub copy: usize,
}

impl Bindings {
    fn of(&self, statement: usize, reference: &Reference, write: bool) -> Option<usize> {
        let own = self.reads.iter().rev().find(|known| {
            !write
                && known.array == reference.array
                && known.statement == statement
                && known.subscripts == reference.written
        });
        let own = own.map(|known| known.copy);
        own.or_else(|| self.arrays.get(reference.array).copied().flatten())
    }
}

impl<'a> Machine<'a> {
    pub fn new(
        program: &'a Program,
        parameters: &[i64],
        budget: u64,
    ) -> Result<Self, InterpretError> {
        Ok(Self {
            program,
            memory: Memory::initial(program, parameters)?,
            copies: Copies::default(),
            instructions: instructions(program, parameters)?,
            left: budget,
            subscripts: Vec::new(),
        })
    }

    /// Takes steps from the budget.
    pub fn spend(&mut self, steps: u64) -> Result<(), InterpretError> {
        self.left = self.left.checked_sub(steps).ok_or(InterpretError::Budget)?;
        Ok(())
    }

    /// Fails when a loop has more iterations than the budget has steps.
    pub fn affordable(&self, first: i64, last: i64) -> Result<(), InterpretError> {
        match last.checked_sub(first) {
            Some(difference) if difference.unsigned_abs() < self.left => Ok(()),
            _ => Err(InterpretError::Budget),
        }
    }

    /// Runs one instance.
    pub fn execute(
        &mut self,
        statement: usize,
        iterators: &[i64],
        bindings: &Bindings,
    ) -> Result<(), InterpretError> {
        self.spend(1)?;
        let Self { instructions, subscripts, memory, copies, program, .. } = self;
        let Some(instruction) = instructions.get(statement) else {
            return Err(InterpretError::BadTree(format!("there is no statement {statement}")));
        };
        let mut value = mix(0x1319_8a2e_0370_7344, instruction.kind);
        for &iterator in iterators {
            value = mix(value, iterator as u64);
        }
        memory.count(value);
        let mut place_of = |reference: &Reference, write, memory: &Memory, copies: &Copies| {
            subscripts.clear();
            for subscript in &reference.subscripts {
                subscripts.push(subscript.value(iterators)?);
            }
            let outside = || {
                let name = program.arrays.get(reference.array).map(|array| array.name.clone());
                (name.unwrap_or_default(), subscripts.clone(), instruction.name.clone())
            };
            let place = memory.place(reference.array, subscripts).ok_or_else(|| {
                let (array, subscripts, statement) = outside();
                InterpretError::OutOfBounds { array, subscripts, statement }
            })?;
            match bindings.of(statement, reference, write) {
                None => Ok((None, place)),
                Some(copy) => match copies.place(copy, subscripts) {
                    Some(place) => Ok((Some(copy), place)),
                    None => {
                        let (array, subscripts, statement) = outside();
                        Err(InterpretError::OutsideCopy { array, subscripts, statement })
                    }
                },
            }
        };
        for read in &instruction.reads {
            let (copy, place) = place_of(read, false, memory, copies)?;
            let found = match copy {
                None => memory.get(read.array, place),
                Some(copy) => copies.get(copy, place),
            };
            value = if instruction.copies { found } else { mix(value, found) };
        }
        let write = &instruction.write;
        let (copy, place) = place_of(write, true, memory, copies)?;
        match copy {
            None => memory.set(write.array, place, value),
            Some(copy) => copies.set(copy, place, value),
        }
        Ok(())
    }
}
