//! Finds all memory-based dependences of a program, exactly.
//!
//! For two accesses to the same array, at least one of them a write, and for each level of the
//! original order, the pairs of instances are the integer points of one conjunction: both domains,
//! equal subscripts, the order at that level, and what is known of the parameters. It is a
//! dependence when it has a point. Elements are told apart by their subscripts, so subscripts are
//! taken to be inside their extents. A scalar is an array without dimensions: all its accesses meet.
//!
//! Inside one instance the reads come before the write; that order no schedule can change.

use crate::system::{Echelon, System};
use crate::{AccessPosition, Dependence, DependenceId, DependenceKind, Level};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Access, Affine, Constraint, Program, ScheduleTree, StatementId, Variable};
use loopwright_isl::{ConstraintRow, IslError};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{HashMap, HashSet};

/// How many elementary operations of isl one question may take (see
/// [`Context::with_quota`](loopwright_isl::Context::with_quota)).
pub const DEFAULT_QUOTA: u64 = 2_000_000;

/// Why dependences could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DependenceError {
    /// The program breaks an invariant of the representation.
    #[error("internal error: {0}")]
    Malformed(String),
    /// A question about integer sets failed otherwise than by its quota.
    #[error(transparent)]
    Set(#[from] IslError),
}

/// All dependences of one program.
#[derive(Clone, Debug)]
pub struct Dependences {
    all: Vec<Dependence>,
    statements: usize,
    quota: u64,
}

impl Dependences {
    /// All dependences of the program in its original order. `quota` limits each question to isl
    /// here and in what is asked of the result; where it runs out, a dependence is assumed.
    ///
    /// # Errors
    /// [`DependenceError`], never for a program that fulfils the invariants P1 to P4.
    pub fn compute(program: &Program, quota: u64) -> Result<Self, DependenceError> {
        let original = ScheduleTree::original(program);
        let mut paths = HashMap::new();
        for (position, (path, leaf)) in original.leaves().into_iter().enumerate() {
            let ids: Vec<_> = path.iter().map(|inner| inner.id).collect();
            paths.insert(leaf.statement, (ids, position));
        }
        let mut builder = Builder {
            program,
            quota,
            all: Vec::new(),
            seen: HashSet::new(),
            pairs: HashMap::new(),
        };
        let ids: Vec<_> = (0..program.statements.len()).map(StatementId).collect();
        for &source in &ids {
            for &destination in &ids {
                let (Some((source_path, source_position)), Some((path, position))) =
                    (paths.get(&source), paths.get(&destination))
                else {
                    return Err(DependenceError::Malformed(
                        "a statement has no place in the original order".to_owned(),
                    ));
                };
                let common =
                    source_path.iter().zip(path).take_while(|(left, right)| left == right).count();
                builder.pair(source, destination, common, source_position < position)?;
            }
        }
        Ok(Self { all: builder.all, statements: program.statements.len(), quota })
    }

    /// All dependences; a [`DependenceId`] is a position in this list.
    pub fn all(&self) -> &[Dependence] {
        &self.all
    }

    /// The dependence with an id of this list.
    pub fn get(&self, id: DependenceId) -> Option<&Dependence> {
        self.all.get(id.0)
    }

    /// One dependence for each set of pairs of instances: keeping these keeps all.
    pub fn distinct(&self) -> impl Iterator<Item = &Dependence> {
        self.all.iter().filter(|dependence| dependence.same_pairs_as.is_none())
    }

    /// The quota that each question to isl has.
    pub fn quota(&self) -> u64 {
        self.quota
    }

    /// Statements as nodes, whose indices are the statements' positions, and dependences as edges.
    pub fn graph(&self) -> DiGraph<StatementId, DependenceId> {
        let mut graph = DiGraph::with_capacity(self.statements, self.all.len());
        for position in 0..self.statements {
            graph.add_node(StatementId(position));
        }
        for dependence in &self.all {
            graph.add_edge(
                NodeIndex::new(dependence.source.0),
                NodeIndex::new(dependence.destination.0),
                dependence.id,
            );
        }
        graph
    }

    /// The strongly connected components of [`graph`](Self::graph), in an order in which no
    /// dependence leads backwards; each component's statements in textual order.
    pub fn strongly_connected_components(&self) -> Vec<Vec<StatementId>> {
        let mut components: Vec<Vec<_>> = petgraph::algo::tarjan_scc(&self.graph())
            .into_iter()
            .map(|component| {
                let mut statements: Vec<_> =
                    component.into_iter().map(|node| StatementId(node.index())).collect();
                statements.sort_unstable();
                statements
            })
            .collect();
        components.reverse();
        components
    }
}

/// What identifies a set of pairs between two statements.
type PairsKey = (StatementId, StatementId, Vec<ConstraintRow>);

struct Builder<'a> {
    program: &'a Program,
    quota: u64,
    all: Vec<Dependence>,
    seen: HashSet<(DependenceKind, PairsKey)>,
    pairs: HashMap<PairsKey, DependenceId>,
}

/// Where the variables of the two statements and the parameters stand.
#[derive(Clone, Copy)]
struct Columns {
    source: usize,
    destination: usize,
    parameters: usize,
}

impl Columns {
    fn total(self) -> usize {
        self.source + self.destination + self.parameters
    }

    fn of(self, variable: Variable, in_destination: bool) -> Option<usize> {
        match variable {
            Variable::Iterator(depth) if in_destination => {
                let depth = depth as usize;
                (depth < self.destination).then_some(self.source + depth)
            }
            Variable::Iterator(depth) => {
                let depth = depth as usize;
                (depth < self.source).then_some(depth)
            }
            Variable::Parameter(position) => {
                let position = position as usize;
                (position < self.parameters).then_some(self.source + self.destination + position)
            }
            Variable::Loop(_) => None,
        }
    }
}

fn accesses(program: &Program, id: StatementId) -> Vec<(AccessPosition, &Access)> {
    let Some(statement) = program.statements.get(id.0) else {
        return Vec::new();
    };
    let reads = statement
        .reads
        .iter()
        .enumerate()
        .map(|(position, access)| (AccessPosition::Read(position), access));
    std::iter::once((AccessPosition::Write, &statement.write)).chain(reads).collect()
}

impl Builder<'_> {
    /// All dependences from one statement to another, which may be the same.
    fn pair(
        &mut self,
        source: StatementId,
        destination: StatementId,
        common: usize,
        textually_before: bool,
    ) -> Result<(), DependenceError> {
        let source_accesses = accesses(self.program, source);
        let destination_accesses = accesses(self.program, destination);
        let mut related: Vec<_> = source_accesses
            .iter()
            .flat_map(|left| destination_accesses.iter().map(move |right| (left, right)))
            .filter(|(left, right)| left.1.array == right.1.array)
            .filter_map(|(left, right)| {
                let kind = match (left.0, right.0) {
                    (AccessPosition::Write, AccessPosition::Read(_)) => {
                        DependenceKind::ReadAfterWrite
                    }
                    (AccessPosition::Read(_), AccessPosition::Write) => {
                        DependenceKind::WriteAfterRead
                    }
                    (AccessPosition::Write, AccessPosition::Write) => {
                        DependenceKind::WriteAfterWrite
                    }
                    (AccessPosition::Read(_), AccessPosition::Read(_)) => return None,
                };
                Some((kind, *left, *right))
            })
            .collect();
        if related.is_empty() {
            return Ok(());
        }
        // Where several kinds have the same pairs, a user is told of the true dependence.
        related.sort_by_key(|(kind, _, _)| *kind);
        let (domains, columns) = self.domains(source, destination)?;
        let mut levels: Vec<_> = (0..common).map(Level::Carried).collect();
        if textually_before && source != destination {
            levels.push(Level::Independent);
        }
        // Several reads of the same element give the same relation: it is asked about once.
        let mut answers: HashMap<(Vec<Affine>, Vec<Affine>, Level), bool> = HashMap::new();
        for (kind, (source_access, left), (destination_access, right)) in related {
            let mut meeting = domains.clone();
            let off = i64::from(planted(Fault::SubscriptOff));
            let moved: Vec<Affine> =
                left.subscripts.iter().map(|one| one + &Affine::constant(off)).collect();
            for (subscript, other) in moved.iter().zip(&right.subscripts) {
                add_equal_subscripts(&mut meeting, columns, subscript, other)?;
            }
            for &level in &levels {
                let mut system = meeting.clone();
                add_order(&mut system, columns, level, common);
                let key = (left.subscripts.clone(), right.subscripts.clone(), level);
                let empty = match answers.get(&key) {
                    Some(empty) => *empty,
                    None => {
                        let empty = match system.is_empty(self.quota) {
                            Err(IslError::Quota) => false,
                            other => other?,
                        };
                        answers.insert(key, empty);
                        empty
                    }
                };
                let lost = match kind {
                    DependenceKind::WriteAfterRead => planted(Fault::NoWriteAfterRead),
                    DependenceKind::WriteAfterWrite => planted(Fault::NoWriteAfterWrite),
                    DependenceKind::ReadAfterWrite => {
                        planted(Fault::NoReadAfterWrite) && source != destination
                    }
                } || match level {
                    Level::Carried(0) => planted(Fault::NoOuterLevel),
                    Level::Carried(1) => planted(Fault::NoInnerLevel),
                    Level::Carried(_) => false,
                    Level::Independent => planted(Fault::NoIndependentLevel),
                } || (planted(Fault::NoScalarDependences) && left.subscripts.is_empty())
                    || (planted(Fault::NoSelfDependences) && source == destination);
                if !empty && !lost {
                    let dependence = Dependence {
                        id: DependenceId(self.all.len()),
                        kind,
                        source,
                        destination,
                        array: left.array,
                        source_access,
                        destination_access,
                        level,
                        distances: distances(&system, columns, common),
                        constraints: canonical(system.rows),
                        same_pairs_as: None,
                    };
                    self.keep(dependence);
                }
            }
        }
        Ok(())
    }

    /// Both domains and the context.
    fn domains(
        &self,
        source: StatementId,
        destination: StatementId,
    ) -> Result<(System, Columns), DependenceError> {
        let depth = |id: StatementId| {
            self.program.statements.get(id.0).map_or(0, |statement| statement.iterators.len())
        };
        let columns = Columns {
            source: depth(source),
            destination: depth(destination),
            parameters: self.program.parameters.len(),
        };
        let mut system = System::new(columns.total());
        let domain = |id: StatementId| -> &[Constraint] {
            self.program.statements.get(id.0).map_or(&[], |statement| &statement.domain)
        };
        let parts = [
            (domain(source), false),
            (domain(destination), true),
            (self.program.context.as_slice(), false),
        ];
        for (constraints, in_destination) in parts {
            for constraint in constraints {
                system
                    .add(constraint, |variable| columns.of(variable, in_destination))
                    .ok_or_else(stray)?;
            }
        }
        Ok((system, columns))
    }

    fn keep(&mut self, mut dependence: Dependence) {
        let key = (dependence.source, dependence.destination, dependence.constraints.clone());
        if !self.seen.insert((dependence.kind, key.clone())) {
            return;
        }
        match self.pairs.get(&key) {
            Some(first) => dependence.same_pairs_as = Some(*first),
            None => {
                self.pairs.insert(key, dependence.id);
            }
        }
        self.all.push(dependence);
    }
}

fn stray() -> DependenceError {
    DependenceError::Malformed(
        "a domain or subscript mentions what is not an iterator or parameter".to_owned(),
    )
}

fn add_equal_subscripts(
    system: &mut System,
    columns: Columns,
    source: &Affine,
    destination: &Affine,
) -> Result<(), DependenceError> {
    let mut row = ConstraintRow::zero(vec![0; columns.total()], 0);
    row.constant =
        source.constant_term().checked_sub(destination.constant_term()).ok_or_else(stray)?;
    for (affine, in_destination, sign) in [(source, false, 1), (destination, true, -1)] {
        for &(variable, coefficient) in affine.terms() {
            let entry = columns
                .of(variable, in_destination)
                .and_then(|column| row.coefficients.get_mut(column))
                .ok_or_else(stray)?;
            *entry = coefficient
                .checked_mul(sign)
                .and_then(|value| entry.checked_add(value))
                .ok_or_else(stray)?;
        }
    }
    if row.constant != 0 || row.coefficients.iter().any(|value| *value != 0) {
        system.rows.push(row);
    }
    Ok(())
}

fn add_order(system: &mut System, columns: Columns, level: Level, common: usize) {
    let equal = match level {
        Level::Carried(depth) => depth,
        Level::Independent => common,
    };
    for depth in 0..equal {
        let row = system.difference(columns.source + depth, depth, 0, true);
        system.rows.push(row);
    }
    if let Level::Carried(depth) = level {
        let least = if planted(Fault::DistanceTwo) { -2 } else { -1 };
        let row = system.difference(columns.source + depth, depth, least, false);
        system.rows.push(row);
    }
}

fn distances(system: &System, columns: Columns, common: usize) -> Vec<Option<i64>> {
    let echelon = Echelon::new(system);
    (0..common)
        .map(|depth| {
            let row = system.difference(columns.source + depth, depth, 0, false);
            echelon.as_ref()?.constant(&row)
        })
        .collect()
}

/// Sorted and without repetition, so that equal conjunctions look equal.
fn canonical(mut rows: Vec<ConstraintRow>) -> Vec<ConstraintRow> {
    for row in &mut rows {
        let first = row.coefficients.iter().find(|value| **value != 0);
        if row.equality && first.is_some_and(|value| *value < 0) {
            for value in row.coefficients.iter_mut().chain([&mut row.constant]) {
                *value = value.saturating_neg();
            }
        }
    }
    rows.sort_unstable_by(|left, right| {
        (&left.coefficients, left.constant, left.equality).cmp(&(
            &right.coefficients,
            right.constant,
            right.equality,
        ))
    });
    rows.dedup();
    rows
}
