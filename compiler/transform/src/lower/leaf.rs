//! What the scanner knows of one leaf on the way down to it.

use super::LowerError;
use super::space::Space;
use loopwright_analysis::{Polyhedron, Row};
use loopwright_ir::{Affine, Leaf, LoopId, Program, StatementId};

/// The number of rows from which a shadow is worth the tests for redundancy.
const MANY_ROWS: usize = 14;

/// Beyond this many rows, which only wild combinations of steps come to, the scan is given up.
const MOST_ROWS: usize = 300;

/// No elimination may make more than this many, of which most are redundant.
const MOST_COMBINED: usize = 4000;

/// A constraint of the leaf and whether the facts above have been found to imply it.
#[derive(Clone)]
pub struct Requirement {
    pub row: Row,
    pub holds: bool,
}

/// A leaf whose outer loops of one iteration have been substituted.
#[derive(Clone)]
pub struct LeafState {
    pub statement: StatementId,
    pub name: String,
    /// The statement's iterators over the loops that remain.
    pub iterators: Vec<Affine>,
    /// Whether its stores go past the caches.
    pub streamed: bool,
    /// The leaf's own constraints: all of them must hold where it runs, and nothing else.
    pub required: Vec<Requirement>,
    /// At position `d`, what the constraints and the context say of the parameters and the `d`
    /// outermost loops alone.
    shadows: Vec<Polyhedron>,
    /// Found in another way than by a contradiction in a shadow.
    never_runs: bool,
}

impl LeafState {
    /// The state at the root.
    pub fn new(
        program: &Program,
        space: &Space,
        context: &Polyhedron,
        path: &[LoopId],
        leaf: &Leaf,
    ) -> Result<Self, LowerError> {
        let rows: Result<Vec<_>, _> =
            leaf.constraints.iter().map(|constraint| space.row(constraint, path)).collect();
        let own = Polyhedron::new(space.columns(), rows?);
        let mut whole = own.clone();
        context.rows().iter().for_each(|row| whole.add(row.clone()));
        let mut shadows = vec![whole];
        let mut never_runs = false;
        for depth in (0..path.len()).rev() {
            let Some(inner) = shadows.last() else { break };
            let column = space.columns_at(depth);
            let growth = inner.growth(column).unwrap_or(0);
            if inner.rows().len().saturating_add_signed(growth) > MOST_COMBINED {
                let statement = program.statement(leaf.statement).name.clone();
                return Err(LowerError::TooComplex { statement });
            }
            let mut shadow = inner.eliminate(column);
            if shadow.rows().len() >= MANY_ROWS {
                // Of an empty set, whatever remains of its rows may leave a loop without bounds.
                never_runs |= shadow.is_empty();
                shadow = shadow.without_redundant_rows();
            }
            if shadow.rows().len() > MOST_ROWS {
                let statement = program.statement(leaf.statement).name.clone();
                return Err(LowerError::TooComplex { statement });
            }
            shadows.push(shadow);
        }
        shadows.reverse();
        let required =
            own.rows().iter().map(|row| Requirement { row: row.clone(), holds: false }).collect();
        Ok(Self {
            statement: leaf.statement,
            name: program.statement(leaf.statement).name.clone(),
            iterators: leaf.iterators.clone(),
            streamed: leaf.streamed,
            required,
            shadows,
            never_runs,
        })
    }

    /// Whether it is known that there are no instances.
    pub fn never_runs(&self) -> bool {
        self.never_runs || self.shadows.iter().any(Polyhedron::has_contradiction)
    }

    /// Looks harder whether there are instances, by what is known of the `depth` outermost loops.
    pub fn prove_never_runs(&mut self, depth: usize) -> bool {
        self.never_runs |= self.shadows.get(depth).is_some_and(Polyhedron::is_empty);
        self.never_runs
    }

    /// What is known of the `depth` outermost loops and the parameters: no rows beyond the leaf.
    pub fn shadow_rows(&self, depth: usize) -> &[Row] {
        self.shadows.get(depth).map_or(&[], Polyhedron::rows)
    }

    /// That knowledge as a whole.
    pub fn shadow(&self, depth: usize) -> Option<&Polyhedron> {
        self.shadows.get(depth)
    }

    /// Whether every instance satisfies a row over the `depth` outermost loops.
    pub fn implies(&self, depth: usize, row: &Row) -> bool {
        self.shadows.get(depth).is_some_and(|shadow| shadow.implies(row))
    }

    /// Whether the row is one of the leaf's own, not a consequence of several.
    pub fn requires(&self, row: &Row) -> bool {
        self.required.iter().any(|requirement| requirement.row == *row)
    }
}

/// Replaces the loop at `depth` in all leaves below it by the value that `definition` gives it.
/// Returns false, and changes nothing, if a number would not fit.
pub fn substitute(
    leaves: &mut [LeafState],
    depth: usize,
    column: usize,
    definition: &Row,
    id: LoopId,
    value: &Affine,
) -> bool {
    let mut replaced = Vec::with_capacity(leaves.len());
    for leaf in leaves.iter() {
        let required: Option<Vec<Row>> = leaf
            .required
            .iter()
            .map(|requirement| requirement.row.substitute(column, definition))
            .collect();
        let shadows: Option<Vec<Polyhedron>> = leaf
            .shadows
            .iter()
            .enumerate()
            .map(|(at, shadow)| {
                if at <= depth {
                    Some(shadow.clone())
                } else {
                    shadow.substitute(column, definition)
                }
            })
            .collect();
        let (Some(required), Some(shadows)) = (required, shadows) else { return false };
        replaced.push((required, shadows));
    }
    for (leaf, (required, shadows)) in leaves.iter_mut().zip(replaced) {
        for (requirement, row) in leaf.required.iter_mut().zip(required) {
            requirement.row = row;
        }
        leaf.shadows = shadows;
        for iterator in &mut leaf.iterators {
            *iterator = iterator.substitute_one(id.variable(), value);
        }
    }
    true
}
