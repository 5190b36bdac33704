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
use super::place::known_statement;
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
    let named = known_statement(program, statement)?;
    let Some(position) = program.arrays.iter().position(|known| known.name == array) else {
        let known = program.arrays.iter().map(|known| known.name.clone()).collect();
        return Err(Cause::UnknownArray { name: array.to_owned(), known });
    };
    if program.copies_storage(named) {
        return Err(Cause::KeepsCopy { statement: statement.to_owned() });
    }
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
        let copy = self.copy(&result, storage);
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
    fn copy(&self, result: &Program, storage: ArrayId) -> Statement {
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
            name: result.free_statement_name(),
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
        Statement { text: result.copy_text(&copy), ..copy }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::ProgramBuilder;
    use crate::{Rounding, lower, prepared, replay};
    use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
    use loopwright_ir::verify::verify_program;
    use loopwright_ir::{Program, Schedule};

    /// `for k, i, j A[i][j] += A[i][k] + A[k][j]`
    fn closure() -> Program {
        let program = ProgramBuilder::new("closure", &["N"]).value("N", 20);
        let program = program.array("A", &["N", "N"]).build(|body| {
            body.each("k", "0", "N - 1", |body| {
                body.each("i", "0", "N - 1", |body| {
                    body.each("j", "0", "N - 1", |body| {
                        body.assign("A[i][j]", &["A[i][j]", "A[i][k]", "A[k][j]"]);
                    });
                });
            });
        });
        program.specialize()
    }

    fn outcome(text: &str) -> Result<String, String> {
        let program = closure();
        let schedule: Schedule = text.parse().expect("a schedule");
        let program = prepared(&program, &schedule, Rounding::Strict)
            .map_err(|illegal| illegal.to_string())?;
        verify_program(&program).expect("a well-formed program");
        let dependences = Dependences::compute(&program, DEFAULT_QUOTA).expect("dependences");
        let applied =
            replay(&program, &dependences, &schedule).map_err(|illegal| illegal.to_string())?;
        Ok(lower(&program, &applied.tree).expect("loops").display(&program))
    }

    #[test]
    fn a_divided_loop_keeps_its_order() {
        let loops = outcome("divide(S1, i, k + 1)").expect("legal");
        let expected = "for k = 0 .. 19\n  for i = 0 .. k\n    for j = 0 .. 19\n      S1(k, i, j)\n  \
                        for i = k + 1 .. 19\n    for j = 0 .. 19\n      S2(k, i, j)\n";
        assert_eq!(loops, expected);
    }

    #[test]
    fn what_is_written_meanwhile_cannot_be_kept() {
        let message = outcome("keep(S1, A[k][j], i)").expect_err("row k is written");
        assert!(message.contains("S1 may write an element of `A`"), "{message}");
        let message = outcome("keep(S1, A[i][k], i)").expect_err("other rows");
        assert!(message.contains("reads another element"), "{message}");
        let text = "divide(S1, i, k + 1); keep(S2, A[k][j], i)";
        let loops = outcome(text).expect("the rows below are another matter");
        assert!(loops.contains("S3(k, j)\n    for i = k + 1"), "{loops}");
    }

    #[test]
    fn what_is_read_under_a_condition_cannot_be_kept() {
        let program = ProgramBuilder::new("flags", &["N"]).value("N", 9).array("C", &["N", "N"]);
        let program = program.array("F", &["N"]).array("A", &["N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "N - 1", |body| body.choose("C[i][j]", "F[j]", "A[j]"));
            });
        });
        let keep = |text: &str| {
            let schedule: Schedule = text.parse().expect("a schedule");
            prepared(&program.specialize(), &schedule, Rounding::Strict)
        };
        let message = keep("keep(S1, A[j], i)").expect_err("A may be none").to_string();
        assert!(message.contains("only under a condition on data"), "{message}");
        keep("keep(S1, F[j], i)").expect("the flags are read in any case");
    }

    #[test]
    fn steps_can_be_blocked_that_could_not() {
        let divided = "divide(S1, i, k); divide(S2, i, k + 1); divide(S3, j, k + 1); ";
        let blocked = "tile(S4, k, 4); split(S4, i, 4*k_t + 4); split(S4_2, j, 4*k_t + 4); \
                       distribute(S4_3, i); distribute(S4_3, k); parallelize(S4_3, i)";
        let message = outcome(&format!("{divided}{blocked}")).expect_err("row k changes");
        assert!(message.contains("reads") || message.contains("writes"), "{message}");
        let kept = "keep(S4, A[k][j], i); keep(S4, A[i][k], j); ";
        let loops = outcome(&format!("{divided}{kept}{blocked}")).expect("legal");
        assert!(loops.contains("parallel for i = 4*k_t + 4 .. 19"), "{loops}");
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (text, wanted) in [
            ("divide(S9, i, k)", "there is no statement `S9`"),
            ("divide(S1, l, k)", "there is no loop `l` around S1"),
            ("divide(S1, i, j)", "`j` is not known here; known are k, N"),
            ("keep(S1, A[k][k], j)", "S1 reads no `A[k][k]`"),
            ("keep(S1, A[k][j], l)", "the source has no loop `l` around S1"),
            (
                "divide(S1, i, k + 1); keep(S2, A[k][j], i); keep(S3, A[k][j], k)",
                "makes copies itself",
            ),
        ] {
            let message = outcome(text).expect_err("a step to be refused");
            assert!(message.contains(wanted), "{message}");
        }
    }
}
