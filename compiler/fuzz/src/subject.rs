//! One program of a run, ready to be scheduled.

use crate::draw::random_of;
use crate::failure::{Finding, View};
use loopwright_analysis::{DEFAULT_QUOTA, DependenceError, Dependences};
use loopwright_checker::{Limits, Memory, check_derivation, run_original};
use loopwright_ir::{ArrayId, ElementType, Program, Schedule, Step};
use loopwright_synth::{SynthProgram, Variety, generate_varied};
use loopwright_transform::{Rounding, forward_scalars, stages};
use rand::RngExt;
use std::fmt::Display;
use std::iter::once;
use std::time::Duration;

/// How many schedules each program gets: pair `k` is the schedule `k % SCHEDULES` of the program
/// `k / SCHEDULES`.
pub const SCHEDULES: u64 = 12;

/// The most instances and iterations that the interpreter runs.
pub const BUDGET: u64 = 2_000_000;

/// What the independent check of an expansion may take.
const LIMITS: Limits =
    Limits { operations: 200_000, time: Duration::from_millis(200), enumeration: 0 };

/// A program, what must be known of it, and what must come out.
pub struct Subject {
    /// Its position among the seed's programs.
    pub index: u64,
    pub synthetic: SynthProgram,
    /// With numbers or with symbols in place of the parameters, by a draw.
    pub source: Program,
    /// The source; every second one without the scalars that stand for elements, which then nothing
    /// outside sees.
    pub program: Program,
    pub parameters: Vec<i64>,
    pub dependences: Dependences,
    /// What the interpreter leaves behind in the order of the source.
    pub memory: Memory,
    /// Whether programs that are made of this one are taken as they are, for whoever judges them later.
    pub trusting: bool,
}

/// Why a program has no subject: a fault of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    #[error(transparent)]
    Dependences(#[from] DependenceError),
    #[error("the order of the source: {0}")]
    Original(#[from] loopwright_checker::InterpretError),
    #[error("the parameter {0} has no value")]
    Parameter(String),
    #[error("the program is not well formed: {0}")]
    Malformed(#[from] loopwright_ir::verify::InvariantBroken),
}

/// The program at a position of a seed's run.
pub fn program_of(seed: u64, index: u64) -> SynthProgram {
    generate_varied(mixed(seed, index), &Variety::default())
}

/// Another number for each seed and index.
pub fn mixed(seed: u64, index: u64) -> u64 {
    let mut value = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_add(0x51ed);
    for _ in 0..2 {
        value = (value ^ (value >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    value ^ (value >> 29)
}

impl Subject {
    /// The subject at a position of a seed's run.
    pub fn of(seed: u64, index: u64) -> Result<Self, SubjectError> {
        Self::from_synthetic(program_of(seed, index), index, is_symbolic(seed, index))
    }

    /// A subject of a given program.
    pub fn from_synthetic(
        synthetic: SynthProgram,
        index: u64,
        symbolic: bool,
    ) -> Result<Self, SubjectError> {
        let whole = &synthetic.program;
        loopwright_ir::verify::verify_program(whole)?;
        let parameters = whole.parameter_values().map_err(SubjectError::Parameter)?;
        let mut source = if symbolic { whole.clone() } else { whole.specialize() };
        let mut program = source.clone();
        if index.is_multiple_of(2) {
            hide_scalars(&mut source);
            program = without_stand_ins(&source);
        }
        loopwright_ir::verify::verify_program(&program)?;
        let dependences = Dependences::compute(&program, DEFAULT_QUOTA)?;
        let memory = run_original(&program, &parameters, BUDGET)?;
        let trusting = false;
        Ok(Self { index, synthetic, source, program, parameters, dependences, memory, trusting })
    }

    /// The same subject with the sums taken apart and the arrays expanded that a schedule says; `None` where
    /// they cannot be.
    pub fn prepared(&self, schedule: &Schedule) -> Option<Result<Self, Finding>> {
        let stages = stages(&self.program, schedule, Rounding::Strict).ok()?;
        let sums = schedule.steps().iter().any(|step| matches!(step, Step::Regroup { .. }));
        Some(self.with_program(&stages, sums))
    }

    /// With the last of some programs that come of one another. Where that has other `sums` than this subject,
    /// only what runs natively tells whether they come to the same: values that remember their history do not.
    fn with_program(&self, stages: &[Program], sums: bool) -> Result<Self, Finding> {
        let program = stages.last().unwrap_or(&self.program).clone();
        let wrong = |error: &dyn Display| Finding::new(View::Forward, error);
        loopwright_ir::verify::verify_program(&program).map_err(|error| wrong(&error))?;
        if !self.trusting {
            let pairs = stages.iter().zip(stages.iter().skip(1));
            for (before, after) in once(&self.program).zip(stages).chain(pairs) {
                check_derivation(before, after, &LIMITS).map_err(|error| wrong(&error))?;
            }
        }
        let dependences =
            Dependences::compute(&program, DEFAULT_QUOTA).map_err(|error| wrong(&error))?;
        let memory =
            run_original(&program, &self.parameters, BUDGET).map_err(|error| wrong(&error))?;
        if !sums
            && !self.trusting
            && let Some(difference) = self.memory.first_different_element(&memory, &self.program)
        {
            return Err(wrong(&format!("expanded: {difference}")));
        }
        Ok(Self {
            index: self.index,
            synthetic: self.synthetic.clone(),
            source: self.source.clone(),
            program,
            parameters: self.parameters.clone(),
            dependences,
            memory,
            trusting: self.trusting,
        })
    }

    /// Element types and numbers of elements of the program's buffers.
    pub fn buffers(&self) -> Vec<(ElementType, u64)> {
        let program = &self.program;
        (0..program.arrays.len())
            .map(|position| {
                let id = ArrayId(position);
                (program.array(id).element, program.elements(id).unwrap_or(0).max(1))
            })
            .collect()
    }
}

/// Nothing outside of the region sees scalars.
fn hide_scalars(program: &mut Program) {
    for array in &mut program.arrays {
        array.live_outside = !array.extents.is_empty();
    }
}

/// The program in which elements take the place of scalars that stand for them, as far as it is
/// allowed.
fn without_stand_ins(program: &Program) -> Program {
    let mut forwarded = forward_scalars(program);
    for position in 0..forwarded.arrays.len() {
        let id = ArrayId(position);
        let used = forwarded.statements.iter().any(|statement| {
            std::iter::once(&statement.write)
                .chain(&statement.reads)
                .any(|access| access.array == id)
        });
        // Of a scalar that stays the last value counts as well.
        if let Some(array) = forwarded.arrays.get_mut(position) {
            array.live_outside |= used;
        }
    }
    forwarded
}

/// Whether the parameters stay symbols while the program is scheduled.
pub fn is_symbolic(seed: u64, index: u64) -> bool {
    random_of(seed, index, u64::MAX).random_bool(0.5)
}
