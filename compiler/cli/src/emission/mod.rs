//! What is written of a region so that it becomes part of the user's program: the user's own file with the
//! scheduled loops in the region's place.
//!
//! The C compiler makes an object of that file, with the region's text where the loops' conditions do not hold,
//! and LLVM one of the loops; both become one object. Its symbols are weak: it may take the place of the
//! object that the C compiler alone would make, or be linked beside it.

mod c;
mod header;
mod in_place;
mod object;

pub use c::c_file;
pub use header::header;
pub use object::{assembly, llvm, object, shared};

use crate::failure::{Kind, OrFail, Outcome};
use crate::laboratory::CompilerSettings;
use loopwright_codegen::{ENTRY, Kernel, Options, SymbolNames, Target, host_target, typed_name};
use loopwright_frontend::{Region, Replacement, Unit, own_name, program_unit};
use loopwright_ir::{LoopTree, Program, Schedule};

/// One region and what runs in its place.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub region: &'a Region,
    /// The program for its known sizes, with its loops; `None` where nothing is faster than the source.
    pub scheduled: Option<(&'a Program, &'a LoopTree)>,
    /// The program as the region has it, for its known sizes.
    pub source: &'a Program,
    /// With symbolic parameters and the original order: what runs where the checks fail, on other machines
    /// than this one.
    pub generic: Option<(&'a Program, &'a LoopTree)>,
    /// The steps that made the loops, where that is known.
    pub schedule: Option<&'a Schedule>,
}

impl Part<'_> {
    /// The function with the scheduled loops, which takes arrays and parameters one by one.
    fn symbol(&self, unit: &Unit) -> String {
        own_name(unit, &format!("scheduled_{}", self.source.name))
    }

    fn replacement(&self, unit: &Unit) -> Replacement<'_> {
        Replacement {
            region: self.region,
            program: self.source,
            scheduled: self.scheduled.map(|_| self.symbol(unit)),
        }
    }
}

/// The user's file, how it is compiled, and what takes the place of its regions.
#[derive(Clone, Copy, Debug)]
pub struct Emission<'a> {
    pub unit: &'a Unit,
    pub parts: &'a [Part<'a>],
    pub settings: &'a CompilerSettings,
    pub target: &'a Target,
    pub fast_math: bool,
}

impl Emission<'_> {
    /// The C of the whole file.
    fn unit_text(&self) -> Outcome<Vec<u8>> {
        let replacements: Vec<Replacement<'_>> =
            self.parts.iter().map(|part| part.replacement(self.unit)).collect();
        program_unit(self.unit, &replacements).or_fail(Kind::Other)
    }

    /// Whether the code is for another machine than this one, for which C can hardly be compiled here.
    pub fn is_foreign(&self) -> bool {
        self.target.triple != host_target().triple
    }

    /// What LLVM makes of one part's loops, and how.
    fn kernel<'p>(&self, part: &Part<'p>) -> Option<(Kernel<'p>, Options)> {
        let (program, tree) = part.scheduled?;
        // The untyped door runs one region's loops, where the file has nothing of that name.
        let entry = (self.parts.len() == 1 && own_name(self.unit, "entry") == ENTRY)
            .then(|| ENTRY.to_owned());
        let typed =
            if self.is_foreign() { typed_name(part.source) } else { part.symbol(self.unit) };
        let fallback = part.generic.filter(|_| self.is_foreign());
        let names = SymbolNames { entry, typed: Some(typed) };
        let options =
            Options { fast_math: self.fast_math, ..Options::new(self.target.clone(), names) };
        Some((Kernel { program, tree, fallback }, options))
    }
}
