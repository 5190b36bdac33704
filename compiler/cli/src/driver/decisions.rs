//! What was decided of a region before: a build that is run again searches for nothing that is unchanged.
//!
//! One file for each region's normal form, sizes, machine and way of deciding. It holds schedules, which are
//! applied and judged again: a wrong file costs speed, never correctness.

use crate::folders::user_cache;
use loopwright_codegen::Target;
use loopwright_ir::{ElementType, Expression, Program, SourceNode, Span};
use loopwright_runtime::{Machine, read_bounded, write_atomically};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

/// More bytes than schedules have.
const LONGEST: u64 = 1 << 20;

/// A schedule as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub schedule: String,
    pub predicted: Option<f64>,
}

/// Where decisions are kept; nowhere if there is no folder for it.
#[derive(Clone, Debug)]
pub struct Key(Option<PathBuf>);

impl Key {
    /// For what is predicted of a program with its sizes.
    pub fn predicted(
        program: &Program,
        target: &Target,
        fast_math: bool,
        budget: Duration,
    ) -> Self {
        let threads = std::env::var("OMP_NUM_THREADS").ok();
        Self::of(program, &(target, fast_math, budget, threads, env!("CARGO_PKG_VERSION")))
    }

    /// For that measurements of a program with its sizes found nothing faster than its source.
    pub fn unbeaten(program: &Program, fast_math: bool) -> Self {
        Self::of(program, &("unbeaten", fast_math, env!("CARGO_PKG_VERSION")))
    }

    fn of(program: &Program, how: &impl Hash) -> Self {
        let document = serde_json::to_string(&normal(program)).ok();
        let name = document.map(|document| {
            let half = |salt: u64| {
                let mut hasher = DefaultHasher::new();
                salt.hash(&mut hasher);
                document.hash(&mut hasher);
                Machine::detect().fingerprint().hash(&mut hasher);
                how.hash(&mut hasher);
                hasher.finish()
            };
            format!("{:016x}{:016x}.json", half(1), half(2))
        });
        Self(user_cache().zip(name).map(|(folder, name)| folder.join("cc").join(name)))
    }

    /// What was decided.
    pub fn recall(&self) -> Option<Vec<Decision>> {
        let bytes = read_bounded(self.0.as_ref()?, LONGEST).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Keeps it for another time. Where that is not possible it is found again.
    pub fn keep(&self, decisions: impl Iterator<Item = Decision>) {
        let Some(path) = &self.0 else { return };
        let written = path.parent().map(std::fs::create_dir_all).is_some_and(|made| made.is_ok());
        if let (true, Ok(text)) = (written, serde_json::to_vec(&decisions.collect::<Vec<_>>())) {
            let _ = write_atomically(path, &text);
        }
    }
}

/// The program without its names, places in the file, and arithmetic: for schedules all of that is the same.
fn normal(program: &Program) -> Program {
    fn unplaced(nodes: &mut [SourceNode]) {
        for node in nodes {
            if let SourceNode::Loop(inner) = node {
                inner.span = Span::default();
                unplaced(&mut inner.body);
            }
        }
    }
    let mut program = program.clone();
    program.name = String::new();
    program.span = Span::default();
    for statement in &mut program.statements {
        statement.span = Span::default();
        statement.text = String::new();
        statement.body = Expression::Integer { value: 0, element: ElementType::I32 };
    }
    unplaced(&mut program.order);
    program
}
