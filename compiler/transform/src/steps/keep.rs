//! Lets a statement read copies that were made before a loop of the source.
//!
//! `keep(S1, A[k][j], i)`:
//! ```text
//! for (k = 0; k < n; k++)              for (k = 0; k < n; k++) {
//!                                        for (j = 0; j < n; j++)
//!                                          A_kept[k][j] = A[k][j];
//!   for (i = k + 1; i < n; i++)    →     for (i = k + 1; i < n; i++)
//!     for (j = 0; j < n; j++)              for (j = 0; j < n; j++)
//!       A[i][j] += A[k][j];                  A[i][j] += A_kept[k][j];
//!                                      }
//! ```
//! The copies have a dimension for each loop of the source around, so that later iterations may write `A[k][j]` before
//! the statement has read it: that dependence is gone. The storage is like that of `expand`: it is no argument,
//! and `pack(S1, A_kept, k_t)` makes it live for one iteration of a loop. Further ones of the same array are
//! named `A_kept2`, `A_kept3`, …
//!
//! Legal when nothing in the loop writes an element before the statement reads it in the same run
//! (`loopwright_analysis`, file `keeping.rs`).

use super::divide::loop_around;
use super::pack::reads_of;
use crate::Cause;
use loopwright_analysis::{DEFAULT_QUOTA, Keeping, keeping};
use loopwright_ir::program::Iterator as LoopIterator;
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, Constraint, Expression, NamedAffine, Program,
    SourceLoop, SourceNode, Statement, StatementId, Variable, kept_name,
};

/// The program with the reads of a statement kept.
pub fn keep(
    program: &Program,
    statement: &str,
    (array, subscripts): (&str, &[NamedAffine]),
    loop_name: &str,
) -> Result<Program, Cause> {
    let Some(named) = program.statement_named(statement) else {
        let known = program.statements.iter().map(|known| known.name.clone()).collect();
        return Err(Cause::UnknownStatement { name: statement.to_owned(), known });
    };
    let Some(position) = program.arrays.iter().position(|known| known.name == array) else {
        let known = program.arrays.iter().map(|known| known.name.clone()).collect();
        return Err(Cause::UnknownArray { name: array.to_owned(), known });
    };
    let array = ArrayId(position);
    let reads = reads_of(program, named, array, subscripts)?;
    let read = Access { array, subscripts: reads.subscripts };
    let found = keeping(program, named, &read, loop_name, DEFAULT_QUOTA).map_err(Cause::Keeping)?;
    Ok(Keep { program, named, read, found }.program())
}

struct Keep<'p> {
    program: &'p Program,
    named: StatementId,
    read: Access,
    found: Keeping,
}

fn iterator(depth: usize) -> Affine {
    Affine::variable(Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX)))
}

impl Keep<'_> {
    fn program(&self) -> Program {
        let mut result = self.program.clone();
        let storage = ArrayId(result.arrays.len());
        result.arrays.push(self.storage());
        let kept = self.in_storage(storage, &self.read);
        if let Some(statement) = result.statements.get_mut(self.named.0) {
            for read in statement.reads.iter_mut().filter(|read| **read == self.read) {
                *read = kept.clone();
            }
        }
        let id = StatementId(result.statements.len());
        let copy = self.copy(&result, id, storage);
        let mut node = SourceNode::Statement(id);
        for inner in copy.iterators.iter().skip(self.found.depth).rev() {
            let (name, span) = (inner.name.clone(), copy.span.clone());
            node = SourceNode::Loop(SourceLoop { name, span, body: vec![node] });
        }
        result.statements.push(copy);
        loop_around(&mut result.order, self.named, self.found.depth, &mut |level, position| {
            level.insert(position, node.clone());
        });
        result
    }

    /// Whether a subscript tells one element of a run from another.
    fn varies(&self, subscript: &Affine) -> bool {
        let around = self.found.depth;
        subscript
            .variables()
            .any(|one| matches!(one, Variable::Iterator(at) if at as usize >= around))
    }

    /// A dimension for each loop around, and those of the array in which the elements of one run differ.
    fn storage(&self) -> Array {
        let of = self.program.array(self.read.array);
        let known = |name: &String| self.program.arrays.iter().any(|known| known.name == *name);
        let mut names = (1..).map(|number| kept_name(&of.name, number));
        let one = Affine::constant(1);
        let around = self.found.greatest.iter().map(|greatest| greatest + &one);
        let varying = of.extents.iter().zip(&self.read.subscripts);
        let varying = varying.filter(|(_, one)| self.varies(one)).map(|(extent, _)| extent.clone());
        Array {
            name: names.find(|name| !known(name)).unwrap_or_default(),
            extents: around.chain(varying).collect(),
            kind: ArrayKind::Expanded { of: self.read.array },
            live_outside: false,
            ..of.clone()
        }
    }

    fn in_storage(&self, storage: ArrayId, read: &Access) -> Access {
        let varying = read.subscripts.iter().filter(|one| self.varies(one)).cloned();
        let subscripts = (0..self.found.depth).map(iterator).chain(varying).collect();
        Access { array: storage, subscripts }
    }

    /// The statement that makes the copies.
    fn copy(&self, result: &Program, id: StatementId, storage: ArrayId) -> Statement {
        let (depth, inner) = (self.found.depth, &self.found.inner);
        let reading = self.program.statement(self.named);
        let place = |variable: Variable| match variable {
            Variable::Iterator(at) if at as usize >= depth => {
                let position = inner.iter().position(|known| *known == at as usize);
                iterator(depth + position.unwrap_or_default())
            }
            other => Affine::variable(other),
        };
        let subscripts = self.read.subscripts.iter().map(|one| one.substitute(place)).collect();
        let read = Access { array: self.read.array, subscripts };
        let own = inner.iter().filter_map(|at| reading.iterators.get(*at)).cloned();
        let mut iterators: Vec<LoopIterator> =
            reading.iterators.iter().take(depth).cloned().chain(own).collect();
        for known in iterators.iter_mut().skip(depth) {
            known.source_value = known.source_value.substitute(place);
        }
        let element = result.array(read.array).element;
        let copy = Statement {
            name: id.to_string(),
            iterators,
            domain: self
                .found
                .elements
                .iter()
                .map(|one: &Constraint| one.substitute(place))
                .collect(),
            write: self.in_storage(storage, &read),
            reads: vec![read],
            body: Expression::Read { position: 0, element },
            span: reading.span.clone(),
            text: String::new(),
        };
        let accesses = [&copy.write].into_iter().chain(&copy.reads);
        let texts: Vec<String> =
            accesses.map(|access| result.display_access(&copy, access)).collect();
        Statement { text: format!("{};", texts.join(" = ")), ..copy }
    }
}
