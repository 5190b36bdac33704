//! An affine scheduler: orders of several statements in one permutable band, from exact dependences.
//!
//! It answers for every group of statements within a bounded effort, with no rows where there are none.

mod distance;
mod rank;
mod solve;

use crate::structure::statements_below;
use crate::{Base, Draft};
use distance::Pairs;
use loopwright_analysis::ConstraintRow;
use loopwright_ir::{Access, Affine, Statement, StatementId, Variable};
use rank::rank;
use solve::{Group, Row};

/// A group has at most so many statements.
const MOST_STATEMENTS: usize = 12;
/// A statement has at most so many loops around it.
const DEEPEST: usize = 6;
/// A group has at most so many dependences.
const MOST_DEPENDENCES: usize = 400;
/// How many partial assignments are looked at for one row.
const EFFORT: usize = 60_000;

/// Rows that some statements have in common, as many as keep all dependences.
pub struct Band {
    group: Group,
    rows: Vec<Row>,
}

impl Band {
    /// Of the statements of some of the outermost loops, which no step has touched.
    pub fn of_roots(draft: &Draft, roots: &[usize]) -> Option<Self> {
        let original = draft.base.original();
        let nodes = roots.iter().map(|root| original.tree.roots.get(*root));
        let statements = nodes.collect::<Option<Vec<_>>>()?.into_iter().flat_map(statements_below);
        Self::of(&draft.base, statements.collect())
    }

    /// Of some statements; `None` where they are too many.
    fn of(base: &Base, statements: Vec<StatementId>) -> Option<Self> {
        let group = group(base, statements)?;
        let rows = group.band();
        Some(Self { group, rows })
    }

    /// Whether the rows determine all iterators of all statements.
    pub fn is_whole(&self) -> bool {
        let deepest = self.group.depths.iter().copied().max().unwrap_or(0);
        self.rows.len() >= deepest.max(2)
    }

    /// The same rows, which may change places, with the one first that has every statement in the iteration of the
    /// outermost loop that it has in the source; `None` where there is no such row.
    pub fn in_steps(&self) -> Option<Self> {
        let unit = |vector: &Vec<i64>| {
            vector.iter().enumerate().all(|(at, value)| *value == i64::from(at == 0))
        };
        let at = self.rows.iter().position(|row| {
            row.coefficients.iter().all(unit) && row.shifts.iter().all(|shift| *shift == 0)
        })?;
        let mut rows = self.rows.clone();
        let first = rows.remove(at);
        rows.insert(0, first);
        Some(Self { group: self.group.clone(), rows })
    }

    /// How many rows there are.
    pub fn depth(&self) -> usize {
        self.rows.len()
    }

    pub fn statements(&self) -> &[StatementId] {
        &self.group.statements
    }

    /// The draft with its statements in this band and nothing else inside; `None` where the rows do not suffice.
    pub fn apply(&self, draft: &Draft) -> Option<Draft> {
        let parts = self.entries(&draft.base, None)?;
        draft.allowing(&format!("affine({})", parts.join("; ")))
    }

    /// What the `affine` step says of each statement, behind a number if one is given.
    fn entries(&self, base: &Base, number: Option<usize>) -> Option<Vec<String>> {
        if !self.is_whole() {
            return None;
        }
        let order = in_text(&self.group, &self.rows)?;
        Some(text(base, &self.group, &self.rows, &order, number))
    }

    /// The same with some statements one iteration of the outermost row later.
    pub fn later(&self, statements: &[StatementId]) -> Self {
        let mut rows = self.rows.clone();
        if let Some(row) = rows.first_mut() {
            for (id, shift) in self.group.statements.iter().zip(&mut row.shifts) {
                *shift += i64::from(statements.contains(id));
            }
        }
        Self { group: self.group.clone(), rows }
    }

    /// The dependences that no row keeps apart, by the statements at their ends.
    pub fn open(&self) -> Vec<(StatementId, StatementId)> {
        let statement = |position: usize| self.group.statements.get(position).copied();
        let all = self.group.kept_apart(&self.rows).into_iter();
        let open = all.filter(|(.., apart)| !apart);
        open.filter_map(|(from, to, _)| statement(from).zip(statement(to))).collect()
    }

    /// A statement's rows, as the `affine` step has them.
    pub fn rows_of(&self, base: &Base, id: StatementId) -> Vec<String> {
        let position = self.group.statements.iter().position(|known| *known == id);
        let Some(position) = position else { return Vec::new() };
        self.rows.iter().map(|row| entry(base.program.statement(id), row, position)).collect()
    }

    /// The iterators of a statement that its rows leave open, outermost first.
    pub fn iterators_left(&self, id: StatementId) -> Vec<usize> {
        let position = self.group.statements.iter().position(|known| *known == id);
        let Some(position) = position else { return Vec::new() };
        let depth = self.group.depths.get(position).copied().unwrap_or(0);
        let mut known: Vec<Vec<i64>> =
            self.rows.iter().filter_map(|row| row.coefficients.get(position).cloned()).collect();
        let mut left = Vec::new();
        for at in 0..depth {
            let before = rank(&known);
            known.push((0..depth).map(|one| i64::from(one == at)).collect());
            if rank(&known) > before {
                left.push(at);
            } else {
                known.pop();
            }
        }
        left
    }
}

/// The draft with components of an outermost loop's statements one behind the other, each in a band where there is
/// one, otherwise in its own loops.
pub fn banded_components(
    draft: &Draft,
    root: usize,
    components: &[Vec<StatementId>],
) -> Option<Draft> {
    let base = &draft.base;
    if statements_below(base.original().tree.roots.get(root)?).len() > MOST_STATEMENTS {
        return None;
    }
    let mut parts = Vec::new();
    for (number, component) in components.iter().enumerate() {
        match component.as_slice() {
            [single] => {
                let statement = base.program.statement(*single);
                let loops = statement.iterators.iter().map(|iterator| iterator.name.clone());
                let row: Vec<String> = std::iter::once(number.to_string()).chain(loops).collect();
                parts.push(format!("{}: [{}]", statement.name, row.join(", ")));
            }
            several => parts.extend(Band::of(base, several.to_vec())?.entries(base, Some(number))?),
        }
    }
    draft.allowing(&format!("affine({})", parts.join("; ")))
}

/// Some statements with their dependences; `None` where they are too many.
fn group(base: &Base, statements: Vec<StatementId>) -> Option<Group> {
    if statements.is_empty() || statements.len() > MOST_STATEMENTS {
        return None;
    }
    let program = &base.program;
    let depths: Vec<usize> =
        statements.iter().map(|id| program.statement(*id).iterators.len()).collect();
    let many = base.dependences.distinct().filter(|one| statements.contains(&one.source)).count();
    if depths.iter().any(|depth| *depth > DEEPEST) || many > MOST_DEPENDENCES {
        return None;
    }
    let contiguous = statements
        .iter()
        .map(|id| {
            let last = program.statement(*id).write.subscripts.last()?;
            let moves = |at: &usize| last.coefficient(iterator(*at)).abs() == 1;
            // A vector says nothing of how a matrix lies.
            let flat = program.statement(*id).write.subscripts.len() < 2;
            (0..program.statement(*id).iterators.len()).rev().find(|at| !flat && moves(at))
        })
        .collect();
    let writes = |at: usize| {
        let written = &program.statement(*statements.get(at)?).write;
        let whole = Some(depths.get(at)?) == depths.iter().max();
        (whole && written.subscripts.len() > 1).then_some(written.array)
    };
    let pairs = (0..statements.len()).flat_map(|one| (0..one).map(move |other| (other, one)));
    let same =
        pairs.filter(|(one, other)| writes(*one).is_some() && writes(*one) == writes(*other));
    let same = same.collect();
    let shared = shared_reads(base, &statements);
    let dependences = base.dependences.distinct();
    let mut group = Group::new(statements, depths, contiguous, dependences, shared, EFFORT);
    group.same = same;
    group.patience = Some(base.patience.clone());
    Some(group)
}

fn iterator(depth: usize) -> Variable {
    Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX))
}

/// Pairs of instances of statements that do not depend on each other and read the same element of a matrix.
fn shared_reads(base: &Base, statements: &[StatementId]) -> Vec<(StatementId, StatementId, Pairs)> {
    let program = &base.program;
    let independent = |one: StatementId, other: StatementId| {
        base.dependences.distinct().all(|known| {
            (known.source, known.destination) != (one, other)
                && (known.source, known.destination) != (other, one)
        })
    };
    let mut all = Vec::new();
    for (position, from) in statements.iter().enumerate() {
        for to in statements.iter().skip(position + 1).filter(|to| independent(*from, **to)) {
            let (source, destination) = (program.statement(*from), program.statement(*to));
            for read in &source.reads {
                let alike = destination.reads.iter().filter(|other| other.array == read.array);
                for other in alike.filter(|other| other.subscripts.len() > 1) {
                    all.extend(
                        meeting(source, read, destination, other).map(|pairs| (*from, *to, pairs)),
                    );
                }
            }
        }
    }
    all
}

/// The pairs of instances whose accesses meet.
fn meeting(from: &Statement, read: &Access, to: &Statement, other: &Access) -> Option<Pairs> {
    let (first, second) = (from.iterators.len(), to.iterators.len());
    let row = |affine: &Affine, offset: usize, sign: i64, row: &mut ConstraintRow| {
        for (variable, coefficient) in affine.terms() {
            let Variable::Iterator(depth) = variable else { return None };
            *row.coefficients.get_mut(offset + *depth as usize)? += sign * coefficient;
        }
        row.constant += sign * affine.constant_term();
        Some(())
    };
    let empty =
        |equality| ConstraintRow { coefficients: vec![0; first + second], constant: 0, equality };
    let mut rows = Vec::new();
    for (statement, offset) in [(from, 0), (to, first)] {
        for constraint in &statement.domain {
            let mut one = empty(constraint.equality);
            row(&constraint.affine, offset, 1, &mut one)?;
            rows.push(one);
        }
    }
    for (left, right) in read.subscripts.iter().zip(&other.subscripts) {
        let mut one = empty(true);
        row(left, 0, 1, &mut one)?;
        row(right, first, -1, &mut one)?;
        rows.push(one);
    }
    Some(rows.into())
}

/// The order of the statements within one point of the band: what may depend on what there comes later.
fn in_text(group: &Group, rows: &[Row]) -> Option<Vec<usize>> {
    let count = group.statements.len();
    let mut after = vec![Vec::new(); count];
    for (from, to, apart) in group.kept_apart(rows) {
        if !apart && from != to {
            after.get_mut(from)?.push(to);
        }
    }
    // Kahn's algorithm, the first in the text first.
    let mut order: Vec<usize> = Vec::new();
    while order.len() < count {
        let free = (0..count).find(|one| {
            !order.contains(one)
                && (0..count).all(|other| {
                    order.contains(&other)
                        || other == *one
                        || !after.get(other).is_some_and(|list| list.contains(one))
                })
        })?;
        order.push(free);
    }
    Some(order)
}

/// What the step says of each statement.
fn text(
    base: &Base,
    group: &Group,
    rows: &[Row],
    order: &[usize],
    number: Option<usize>,
) -> Vec<String> {
    let mut parts = Vec::new();
    for (position, id) in group.statements.iter().enumerate() {
        let statement = base.program.statement(*id);
        let mut entries: Vec<String> =
            rows.iter().map(|row| entry(statement, row, position)).collect();
        if let Some(number) = number {
            entries.insert(0, number.to_string());
        }
        if group.statements.len() > 1 {
            let place = order.iter().position(|one| *one == position).unwrap_or(0);
            entries.push(place.to_string());
        }
        parts.push(format!("{}: [{}]", statement.name, entries.join(", ")));
    }
    parts
}

/// One row of the statement at a position, as the step has it.
fn entry(statement: &Statement, row: &Row, position: usize) -> String {
    let mut terms: Vec<String> = Vec::new();
    let coefficients = row.coefficients.get(position).cloned().unwrap_or_default();
    for (iterator, coefficient) in statement.iterators.iter().zip(coefficients) {
        match coefficient {
            0 => {}
            1 => terms.push(iterator.name.clone()),
            factor => terms.push(format!("{factor}*{}", iterator.name)),
        }
    }
    let shift = row.shifts.get(position).copied().unwrap_or(0);
    if shift != 0 || terms.is_empty() {
        terms.push(shift.to_string());
    }
    terms.join(" + ")
}
