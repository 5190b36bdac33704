//! Which column of a row stands for which variable.
//!
//! The parameters come first, then the loops on the path from the root, outermost first. Leaves
//! below one loop agree on the columns of the loops that they share.

use loopwright_analysis::{Polyhedron, Row};
use loopwright_ir::verify::InvariantBroken;
use loopwright_ir::{Affine, Constraint, LoopId, Program, ScheduleTree, Variable};
use std::collections::BTreeSet;

/// The columns of one tree.
pub struct Space {
    /// The parameters that occur.
    parameters: Vec<u32>,
    columns: usize,
}

impl Space {
    /// Columns for the parameters that occur and for the deepest path.
    pub fn of(program: &Program, tree: &ScheduleTree) -> Self {
        let mut parameters = BTreeSet::new();
        let mut see = |constraint: &Constraint| {
            for variable in constraint.affine.variables() {
                if let Variable::Parameter(position) = variable {
                    parameters.insert(position);
                }
            }
        };
        program.context.iter().for_each(&mut see);
        let mut deepest = 0;
        for (path, leaf) in tree.leaves() {
            deepest = deepest.max(path.len());
            leaf.constraints.iter().for_each(&mut see);
        }
        let parameters: Vec<u32> = parameters.into_iter().collect();
        let columns = parameters.len() + deepest;
        Self { parameters, columns }
    }

    /// The number of columns of every row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of columns that are known inside `depth` loops; also the column of the next loop.
    pub fn columns_at(&self, depth: usize) -> usize {
        self.parameters.len() + depth
    }

    /// What is known of the parameters.
    pub fn context(&self, program: &Program) -> Result<Polyhedron, InvariantBroken> {
        let rows: Result<Vec<_>, _> =
            program.context.iter().map(|constraint| self.row(constraint, &[])).collect();
        Ok(Polyhedron::new(self.columns, rows?))
    }

    /// A constraint over the loops of a path and the parameters, as a row.
    pub fn row(&self, constraint: &Constraint, path: &[LoopId]) -> Result<Row, InvariantBroken> {
        let mut coefficients = vec![0; self.columns];
        for &(variable, coefficient) in constraint.affine.terms() {
            let column = match variable {
                Variable::Parameter(position) => self.parameters.binary_search(&position).ok(),
                Variable::Loop(id) => path
                    .iter()
                    .position(|known| known.0 == id)
                    .map(|depth| self.parameters.len() + depth),
                Variable::Iterator(_) => None,
            };
            let slot = column.and_then(|column| coefficients.get_mut(column));
            *slot.ok_or_else(|| InvariantBroken {
                invariant: "T2",
                detail: format!("a constraint mentions {variable}"),
            })? = coefficient;
        }
        Ok(Row {
            coefficients,
            constant: constraint.affine.constant_term(),
            equality: constraint.equality,
        })
    }

    /// The variable of a column inside the loops of a path.
    fn variable(&self, column: usize, path: &[LoopId]) -> Option<Variable> {
        match self.parameters.get(column) {
            Some(&position) => Some(Variable::Parameter(position)),
            None => path.get(column - self.parameters.len()).map(|id| id.variable()),
        }
    }

    /// The row's left side times `sign`, without `left_out`.
    pub fn affine(&self, row: &Row, left_out: Option<usize>, sign: i64, path: &[LoopId]) -> Affine {
        let terms = row.coefficients.iter().enumerate().filter_map(|(column, &coefficient)| {
            if coefficient == 0 || Some(column) == left_out {
                return None;
            }
            self.variable(column, path).map(|variable| (variable, coefficient * sign))
        });
        Affine::from_terms(terms, row.constant * sign)
    }

    /// The row as a constraint.
    pub fn constraint(&self, row: &Row, path: &[LoopId]) -> Constraint {
        Constraint { affine: self.affine(row, None, 1, path), equality: row.equality }
    }

    /// What `column` equals by a definition in which its coefficient is 1 or −1.
    pub fn value(&self, definition: &Row, column: usize, path: &[LoopId]) -> Affine {
        self.affine(definition, Some(column), -definition.coefficient(column), path)
    }
}
