//! Finds all memory-based dependences of a program, exactly.
//!
//! For two accesses to the same array, at least one of them a write, and for each level of the
//! original order, the pairs of instances are the integer points of one conjunction: both domains,
//! equal subscripts, the order at that level, and what is known of the parameters. It is a
//! dependence when it has a point. Elements are told apart by their subscripts, so subscripts are
//! taken to be inside their extents. A scalar is an array without dimensions: all its accesses meet.
//!
//! Inside one instance the reads come before the write; that order no schedule can change.

mod rows;

use crate::system::System;
use crate::{AccessPosition, Dependence, DependenceId, DependenceKind, Level};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Access, Constraint, LoopId, Program, ScheduleTree, Statement, StatementId};
use loopwright_isl::{ConstraintRow, IslError};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rows::{Columns, add_order, canonical, distances, equal_subscripts, stray};

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
    /// More than can be held and looked through.
    #[error(
        "there are more than {MOST_DEPENDENCES} dependences between the {statements} statements of the region; \
         split it into several regions"
    )]
    TooMany { statements: usize },
    /// Whoever asked has no more time.
    #[error("the dependences were not all found in the time that there was")]
    Stopped,
}

/// A region with more dependences is refused: they would take hundreds of megabytes.
const MOST_DEPENDENCES: usize = 1_500_000;

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
    /// [`DependenceError::TooMany`], otherwise never for a program that fulfils the invariants P1 to P4.
    pub fn compute(program: &Program, quota: u64) -> Result<Self, DependenceError> {
        Self::compute_until(program, quota, &|| false)
    }

    /// The same, given up when `stop` says so: it is asked between any two questions.
    ///
    /// # Errors
    /// As for [`Self::compute`], and [`DependenceError::Stopped`].
    pub fn compute_until(
        program: &Program,
        quota: u64,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, DependenceError> {
        let original = ScheduleTree::original(program);
        let mut paths: Vec<Option<(Vec<LoopId>, usize)>> = vec![None; program.statements.len()];
        for (position, (path, leaf)) in original.leaves().into_iter().enumerate() {
            let ids = path.iter().map(|inner| inner.id).collect();
            if let Some(place) = paths.get_mut(leaf.statement.0) {
                *place = Some((ids, position));
            }
        }
        let accesses: Vec<_> = program.statements.iter().map(accesses).collect();
        let users = users(program, &accesses);
        let mut builder = Builder {
            program,
            quota,
            stop,
            accesses,
            domains: domains(program),
            all: Vec::new(),
            answers: HashMap::new(),
            conjunctions: HashSet::new(),
        };
        for source in 0..program.statements.len() {
            if stop() {
                return Err(DependenceError::Stopped);
            }
            let of_source = builder.accesses.get(source).map_or(&[][..], Vec::as_slice);
            for destination in sharing(of_source, &users) {
                let place = |id: usize| paths.get(id).and_then(Option::as_ref);
                let (Some((source_path, source_position)), Some((path, position))) =
                    (place(source), place(destination))
                else {
                    return Err(DependenceError::Malformed(
                        "a statement has no place in the original order".to_owned(),
                    ));
                };
                let common =
                    source_path.iter().zip(path).take_while(|(left, right)| left == right).count();
                let before = source_position < position;
                builder.pair(StatementId(source), StatementId(destination), common, before)?;
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

/// The pairs of instances of one dependence.
#[derive(Clone)]
struct Found {
    constraints: Arc<[ConstraintRow]>,
    distances: Arc<[Option<i64>]>,
}

/// A question about two accesses: the kinds of the two domains, the loops that they have in common, and what makes
/// the subscripts equal. Statements of one nest share most of theirs, so there are few of them where there are many
/// pairs of statements.
type Question = (usize, usize, usize, Vec<ConstraintRow>);

struct Builder<'a> {
    program: &'a Program,
    quota: u64,
    stop: &'a dyn Fn() -> bool,
    /// By statement.
    accesses: Vec<Vec<(AccessPosition, &'a Access)>>,
    /// By statement: which of the different domains it has.
    domains: Vec<usize>,
    all: Vec<Dependence>,
    /// For each level that was asked about, what there is, if there is anything.
    answers: HashMap<Question, Vec<(Level, Option<Found>)>>,
    /// Equal conjunctions are one and the same.
    conjunctions: HashSet<Arc<[ConstraintRow]>>,
}

fn accesses(statement: &Statement) -> Vec<(AccessPosition, &Access)> {
    let reads = statement
        .reads
        .iter()
        .enumerate()
        .map(|(position, access)| (AccessPosition::Read(position), access));
    std::iter::once((AccessPosition::Write, &statement.write)).chain(reads).collect()
}

/// The different domains of the statements, counted.
fn domains(program: &Program) -> Vec<usize> {
    let mut known = HashMap::new();
    let kinds = program.statements.iter().map(|statement| {
        let next = known.len();
        *known.entry((statement.iterators.len(), &statement.domain)).or_insert(next)
    });
    kinds.collect()
}

/// The statements that access each array, in their order.
fn users(program: &Program, accesses: &[Vec<(AccessPosition, &Access)>]) -> Vec<Vec<usize>> {
    let mut users: Vec<Vec<usize>> = program.arrays.iter().map(|_| Vec::new()).collect();
    for (statement, list) in accesses.iter().enumerate() {
        for (_, access) in list {
            if let Some(users) = users.get_mut(access.array.0)
                && users.last() != Some(&statement)
            {
                users.push(statement);
            }
        }
    }
    users
}

/// The statements, the one of the accesses among them, that access an array which these do.
fn sharing(accesses: &[(AccessPosition, &Access)], users: &[Vec<usize>]) -> Vec<usize> {
    let mut arrays: Vec<usize> = accesses.iter().map(|(_, access)| access.array.0).collect();
    arrays.sort_unstable();
    arrays.dedup();
    let lists = arrays.iter().filter_map(|array| users.get(*array));
    let mut others: Vec<usize> = lists.flatten().copied().collect();
    others.sort_unstable();
    others.dedup();
    others
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
        let empty: &[(AccessPosition, &Access)] = &[];
        let of = |id: StatementId| self.accesses.get(id.0).map_or(empty, Vec::as_slice);
        let mut related: Vec<_> = of(source)
            .iter()
            .flat_map(|left| of(destination).iter().map(move |right| (*left, *right)))
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
                Some((kind, left, right))
            })
            .collect();
        // Where several kinds have the same pairs, a user is told of the true dependence.
        related.sort_by_key(|(kind, _, _)| *kind);
        let columns = self.columns(source, destination);
        let mut levels: Vec<_> = (0..common).map(Level::Carried).collect();
        if textually_before && source != destination {
            levels.push(Level::Independent);
        }
        let first = self.all.len();
        for (kind, (source_access, left), (destination_access, right)) in related {
            let off = i64::from(planted(Fault::SubscriptOff));
            let mut equal = Vec::with_capacity(left.subscripts.len());
            for (subscript, other) in left.subscripts.iter().zip(&right.subscripts) {
                equal.extend(equal_subscripts(columns, subscript, other, off)?);
            }
            // Two constants that differ never meet.
            if equal.iter().any(|row| row.coefficients.iter().all(|value| *value == 0)) {
                continue;
            }
            let domain = |id: StatementId| self.domains.get(id.0).copied().unwrap_or(usize::MAX);
            let question = (domain(source), domain(destination), common, equal);
            for &level in &levels {
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
                let found = self.answer(&question, source, destination, level)?;
                if let Some(found) = found.filter(|_| !lost) {
                    let dependence = Dependence {
                        id: DependenceId(self.all.len()),
                        kind,
                        source,
                        destination,
                        array: left.array,
                        source_access,
                        destination_access,
                        level,
                        distances: found.distances,
                        constraints: found.constraints,
                        same_pairs_as: None,
                    };
                    self.keep(dependence, first)?;
                }
            }
        }
        Ok(())
    }

    /// The pairs of two statements that a question is about, ordered by one level; `None` where there are none.
    fn answer(
        &mut self,
        question: &Question,
        source: StatementId,
        destination: StatementId,
        level: Level,
    ) -> Result<Option<Found>, DependenceError> {
        let known = self.answers.get(question).and_then(|levels| {
            levels.iter().find(|(known, _)| *known == level).map(|(_, found)| found.clone())
        });
        if let Some(found) = known {
            return Ok(found);
        }
        if (self.stop)() {
            return Err(DependenceError::Stopped);
        }
        let (_, _, common, equal) = question;
        let (mut system, columns) = self.domains(source, destination)?;
        system.rows.extend_from_slice(equal);
        add_order(&mut system, columns, level, *common);
        let empty = match system.is_empty(self.quota) {
            Err(IslError::Quota) => false,
            other => other?,
        };
        let found = (!empty).then(|| {
            let distances = distances(&system, columns, *common).into();
            let constraints: Arc<[ConstraintRow]> = canonical(system.rows).into();
            let known = self.conjunctions.get(&constraints).cloned();
            let constraints = known.unwrap_or_else(|| {
                self.conjunctions.insert(Arc::clone(&constraints));
                constraints
            });
            Found { constraints, distances }
        });
        self.answers.entry(question.clone()).or_default().push((level, found.clone()));
        Ok(found)
    }

    fn columns(&self, source: StatementId, destination: StatementId) -> Columns {
        let depth = |id: StatementId| {
            self.program.statements.get(id.0).map_or(0, |statement| statement.iterators.len())
        };
        Columns {
            source: depth(source),
            destination: depth(destination),
            parameters: self.program.parameters.len(),
        }
    }

    /// Both domains and the context.
    fn domains(
        &self,
        source: StatementId,
        destination: StatementId,
    ) -> Result<(System, Columns), DependenceError> {
        let columns = self.columns(source, destination);
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

    /// Adds a dependence between two statements of which the first one stands at `first`, unless it is there.
    fn keep(&mut self, mut dependence: Dependence, first: usize) -> Result<(), DependenceError> {
        let before = self.all.get(first..).unwrap_or_default();
        let same = |one: &&Dependence| Arc::ptr_eq(&one.constraints, &dependence.constraints);
        if before.iter().filter(same).any(|one| one.kind == dependence.kind) {
            return Ok(());
        }
        dependence.same_pairs_as = before.iter().find(same).map(|one| one.id);
        if self.all.len() >= MOST_DEPENDENCES {
            return Err(DependenceError::TooMany { statements: self.program.statements.len() });
        }
        self.all.push(dependence);
        Ok(())
    }
}
