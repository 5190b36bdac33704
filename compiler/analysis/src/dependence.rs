//! What a dependence is: which instance must stay before which.

use loopwright_ir::{Access, ArrayId, Program, StatementId};
use loopwright_isl::ConstraintRow;
use std::fmt;
use std::sync::Arc;

/// Position of a dependence in its [`Dependences`](crate::Dependences).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DependenceId(pub usize);

/// What the two accesses do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DependenceKind {
    /// Read after write, a true dependence.
    ReadAfterWrite,
    /// Write after read, an anti-dependence.
    WriteAfterRead,
    /// Write after write, an output dependence.
    WriteAfterWrite,
}

impl fmt::Display for DependenceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ReadAfterWrite => "RAW",
            Self::WriteAfterRead => "WAR",
            Self::WriteAfterWrite => "WAW",
        })
    }
}

/// What in the original order puts the source first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The common loop at this depth, the outermost is 0: the outer ones have equal iterators.
    Carried(usize),
    /// The place in the text: all common loops have equal iterators.
    Independent,
}

/// Which access of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessPosition {
    Write,
    /// Position in [`Statement::reads`](loopwright_ir::Statement::reads).
    Read(usize),
}

impl AccessPosition {
    /// The access itself; `None` when the statement has no such read.
    pub fn of(self, program: &Program, statement: StatementId) -> Option<&Access> {
        let statement = program.statements.get(statement.0)?;
        match self {
            Self::Write => Some(&statement.write),
            Self::Read(position) => statement.reads.get(position),
        }
    }
}

/// All pairs of instances of two statements that touch the same element through two given accesses,
/// at least one of which writes, and are ordered by one level of the original order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependence {
    pub id: DependenceId,
    pub kind: DependenceKind,
    pub source: StatementId,
    pub destination: StatementId,
    pub array: ArrayId,
    pub source_access: AccessPosition,
    pub destination_access: AccessPosition,
    pub level: Level,
    /// A conjunction with the columns: the source's iterators, the destination's iterators, the
    /// program's parameters. It holds for at least one integer point, unless the quota ran out
    /// before that was known.
    pub constraints: Arc<[ConstraintRow]>,
    /// For each loop that surrounds both statements in the original order, outermost first, the
    /// destination's iterator minus the source's where that is the same for all pairs.
    pub distances: Arc<[Option<i64>]>,
    /// An earlier dependence between the same statements with the very same pairs of instances, as
    /// the three that `c += a` has with itself. Whoever keeps that one keeps this one.
    pub same_pairs_as: Option<DependenceId>,
}

impl Dependence {
    /// The distance vector over the common loops, if it is the same for all pairs.
    pub fn constant_distance(&self) -> Option<Vec<i64>> {
        self.distances.iter().copied().collect()
    }

    /// One line for a reader, as `RAW S2 -> S2 on C, carried by k, distance (0, +, 0)`: `+` is any
    /// positive distance, `*` any at all.
    pub fn describe(&self, program: &Program) -> String {
        let name = |id: StatementId| {
            program
                .statements
                .get(id.0)
                .map_or_else(|| id.to_string(), |statement| statement.name.clone())
        };
        let array = program.arrays.get(self.array.0).map_or("?", |array| array.name.as_str());
        let order = match self.level {
            Level::Independent => "in the order of the text".to_owned(),
            Level::Carried(depth) => {
                let iterator = program
                    .statements
                    .get(self.source.0)
                    .and_then(|statement| statement.iterators.get(depth));
                let name = iterator.map_or("?", |iterator| iterator.name.as_str());
                format!("carried by {name}")
            }
        };
        let distances: Vec<_> = self
            .distances
            .iter()
            .enumerate()
            .map(|(depth, distance)| match distance {
                Some(value) => value.to_string(),
                None if self.level == Level::Carried(depth) => "+".to_owned(),
                None => "*".to_owned(),
            })
            .collect();
        format!(
            "{} {} -> {} on {array}, {order}, distance ({})",
            self.kind,
            name(self.source),
            name(self.destination),
            distances.join(", ")
        )
    }
}
