//! A program in the order of a schedule, ready for a laboratory.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::given::{Given, Order, rounding};
use crate::laboratory::{Laboratory, worker_failure};
use crate::tuning::Surroundings;
use loopwright_codegen::{Kernel, Options, SymbolNames};
use loopwright_ir::{LoopTree, Program};
use loopwright_runtime::{EntryPoint, Outcome as RunOutcome};
use loopwright_transform::{State, lower};

/// The loops of a legal order.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// As the steps that change a program make it.
    program: Program,
    loops: LoopTree,
    pub order: Order,
}

impl Scheduled {
    /// Applies a schedule to a specialised program.
    ///
    /// # Errors
    /// The schedule is not for this program, or illegal.
    pub fn of(program: &Program, given: &Given, fast_math: bool) -> Outcome<Self> {
        let (state, order) = given.apply(&State::original(program, rounding(fast_math)))?;
        let loops = lower(state.program(), &order.tree).or_fail(Kind::Other)?;
        Ok(Self { program: state.program().clone(), loops, order })
    }

    /// LLVM's text of what is compiled, behind its last pass.
    ///
    /// # Errors
    /// It cannot be compiled.
    pub fn optimised(&self, surroundings: &Surroundings, fast_math: bool) -> Outcome<String> {
        let kernel = Kernel { program: &self.program, tree: &self.loops, fallback: None };
        let target = surroundings.target.clone();
        let options = Options { fast_math, ..Options::new(target, SymbolNames::entry_only()) };
        loopwright_codegen::emit_llvm(&kernel, &options).or_fail(Kind::Other)
    }

    /// Native code, whose results are the original's as far as the laboratory asks for that.
    ///
    /// # Errors
    /// It cannot be compiled, does not run, or computes something else.
    pub fn compile(&self, laboratory: &mut Laboratory<'_>) -> Outcome<EntryPoint> {
        let entry = laboratory
            .compile_expanded(&self.program, &self.loops)
            .map_err(|reason| Failure::new(Kind::Other, reason))?;
        match laboratory.check(&entry).map_err(worker_failure)? {
            RunOutcome::Time(_) => Ok(entry),
            other => Err(Failure::new(Kind::WrongResult, other.to_string())),
        }
    }
}
