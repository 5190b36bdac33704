//! Statements in the form in which their instances run.

use super::{Flat, InterpretError, Slots};
use loopwright_ir::{Access, Affine, Program, Statement, StatementId, Variable};

/// One element of an array.
pub(crate) struct Reference {
    pub array: usize,
    /// As the program writes them, which is how a copy for some reads names them.
    pub written: Vec<Affine>,
    /// Over the statement's iterators.
    pub subscripts: Vec<Flat>,
}

/// What a statement accesses.
pub(crate) struct Instruction {
    pub name: String,
    /// The first statement that computes the same in the same loops: a divided loop has several of them, and which
    /// one an instance belongs to makes no difference.
    pub kind: u64,
    pub write: Reference,
    pub reads: Vec<Reference>,
    /// Whether it passes on the value that it reads: what an expanded array holds in the end is what the
    /// array itself would hold.
    pub copies: bool,
}

/// All statements of a program.
pub(crate) fn instructions(
    program: &Program,
    parameters: &[i64],
) -> Result<Vec<Instruction>, InterpretError> {
    let mut instructions = Vec::with_capacity(program.statements.len());
    for statement in &program.statements {
        let iterators = statement.iterators.len();
        let slot_of = |variable| match variable {
            Variable::Iterator(depth) if (depth as usize) < iterators => Some(depth as usize),
            _ => None,
        };
        let slots = Slots { parameters, slot_of: &slot_of };
        let reference = |access: &Access| -> Result<Reference, InterpretError> {
            let dimensions = program.arrays.get(access.array.0).map(|array| array.extents.len());
            if dimensions != Some(access.subscripts.len()) {
                let detail = format!("an access of {} fits no array", statement.name);
                return Err(InterpretError::BadTree(detail));
            }
            let subscripts = slots.flats(&access.subscripts)?;
            let written = access.subscripts.clone();
            Ok(Reference { array: access.array.0, written, subscripts })
        };
        let alike = |other: &&Statement| {
            other.iterators == statement.iterators
                && (&other.body, &other.text, &other.span)
                    == (&statement.body, &statement.text, &statement.span)
        };
        let kind = program.statements.iter().position(|other| alike(&other));
        instructions.push(Instruction {
            name: statement.name.clone(),
            kind: kind.unwrap_or(instructions.len()) as u64,
            write: reference(&statement.write)?,
            reads: statement.reads.iter().map(reference).collect::<Result<_, _>>()?,
            copies: program.copies_storage(StatementId(instructions.len())),
        });
    }
    Ok(instructions)
}

/// An element that an instance accesses.
pub(crate) struct Touch {
    pub array: usize,
    pub subscripts: Vec<i64>,
    pub written: bool,
    /// Which of the statement's reads it is, unless it is the write.
    pub read: usize,
}

/// The accesses of all statements.
pub(crate) struct Accesses {
    instructions: Vec<Instruction>,
}

impl Accesses {
    pub fn new(program: &Program, parameters: &[i64]) -> Result<Self, InterpretError> {
        Ok(Self { instructions: instructions(program, parameters)? })
    }

    /// What an instance accesses, reads before the write.
    pub fn of(&self, statement: usize, iterators: &[i64]) -> Result<Vec<Touch>, InterpretError> {
        let Some(instruction) = self.instructions.get(statement) else { return Ok(Vec::new()) };
        let element = |reference: &Reference, read, written| {
            let values = reference.subscripts.iter().map(|flat| flat.value(iterators));
            let subscripts = values.collect::<Result<Vec<_>, _>>()?;
            Ok(Touch { array: reference.array, subscripts, written, read })
        };
        let reads = instruction.reads.iter().enumerate();
        let reads = reads.map(|(position, read)| element(read, position, false));
        reads.chain(std::iter::once(element(&instruction.write, 0, true))).collect()
    }
}
