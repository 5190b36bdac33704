//! Gives the iterations of a loop storage of their own for an array that they use as a temporary.
//!
//! `expand(S1, t, i)`:
//! ```text
//! for (i = 0; i < n; i++) {            for (i = 0; i < n; i++) {
//!   t = A[i];                            t_expanded[i] = A[i];
//!   B[i] = t * t;                →       B[i] = t_expanded[i] * t_expanded[i];
//! }                                      if (i == n - 1)
//!                                          t = t_expanded[i];
//!                                      }
//! ```
//! The storage has a dimension for the loop and each loop of the source around it, before those of the array.
//! It lives as long as the loops run; `pack(S1, t_expanded, i_t)` makes it live for one iteration of a
//! loop, and as large as that needs. The last iteration writes the array, unless nobody reads it. What uses the array
//! outside of the loop goes on to do so, or has a second storage, `t_expanded2`, by a step of its own.
//!
//! The step changes the program, not the order: it means the same wherever it stands in a schedule.
//! [`prepared`](super::prepared) makes the program that all steps of a schedule are then applied to.
//!
//! Legal when each iteration reads only what it wrote, nothing outside of the loop reads that, and the last one writes all (the exact
//! condition stands in `loopwright_analysis`, file `expansion.rs`).

use super::place::{Place, known_statement};
use crate::Cause;
use loopwright_analysis::{DEFAULT_QUOTA, Expansion, expansion};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, Constraint, Expression, Program, ScheduleTree,
    SourceNode, Statement, StatementId, Variable, expanded_name,
};

/// The tree as it is, if the program is one in which the array is expanded.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    array: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    let named = known_statement(program, statement)?;
    let own = program.statement(named);
    let is_storage = |access: &Access| {
        let of = program.arrays.get(access.array.0).and_then(Array::storage_of);
        of.and_then(|of| program.arrays.get(of.0)).is_some_and(|of| of.name == array)
    };
    if own.reads.iter().chain([&own.write]).any(is_storage) {
        Place::find(program, tree, statement)?;
        return Ok(tree.clone());
    }
    expand(program, statement, array, loop_name)?;
    Err(Cause::NotExpanded { array: array.to_owned() })
}

/// The program with an array expanded at a loop.
pub fn expand(
    program: &Program,
    statement: &str,
    array: &str,
    loop_name: &str,
) -> Result<Program, Cause> {
    let Some(position) = program.arrays.iter().position(|known| known.name == array) else {
        let known = program.arrays.iter().map(|known| known.name.clone()).collect();
        return Err(Cause::UnknownArray { name: array.to_owned(), known });
    };
    let named = known_statement(program, statement)?;
    let own = program.statement(named);
    let has_storage = own.reads.iter().chain([&own.write]).any(|access| {
        program.arrays.get(access.array.0).and_then(Array::storage_of) == Some(ArrayId(position))
    });
    if has_storage || program.is_expanded(ArrayId(position)) {
        return Err(Cause::ExpandedAlready { array: array.to_owned() });
    }
    let name = (1..)
        .map(|number| expanded_name(array, number))
        .find(|name| program.arrays.iter().all(|known| known.name != *name))
        .unwrap_or_default();
    let array = ArrayId(position);
    let found =
        expansion(program, named, array, loop_name, DEFAULT_QUOTA).map_err(Cause::Expansion)?;
    let mut result = program.clone();
    let storage = ArrayId(result.arrays.len());
    let of = program.array(array);
    let one = Affine::constant(1);
    let sizes = found.greatest.iter().map(|greatest| greatest + &one);
    result.arrays.push(Array {
        name,
        extents: sizes.chain(of.extents.iter().cloned()).collect(),
        kind: ArrayKind::Expanded { of: array },
        live_outside: false,
        ..of.clone()
    });
    for id in &found.statements {
        let Some(statement) = result.statements.get_mut(id.0) else { continue };
        for access in statement.reads.iter_mut().chain([&mut statement.write]) {
            if access.array == array {
                *access = in_storage(access, storage, found.depth);
            }
        }
    }
    // What an earlier step added to make copies shows by its text that it is no statement of the source.
    let copies = (0..program.statements.len()).map(StatementId);
    for id in copies.filter(|id| program.copies_storage(*id)) {
        let text = result.copy_text(result.statement(id));
        if let Some(statement) = result.statements.get_mut(id.0) {
            statement.text = text;
        }
    }
    if let Some(filler) = found.filler {
        copy_back(program, &mut result, &found, filler, storage);
    }
    Ok(result)
}

/// The access to the storage of the iteration.
fn in_storage(access: &Access, storage: ArrayId, depth: usize) -> Access {
    let mut subscripts: Vec<Affine> = iterators(depth).map(Affine::variable).collect();
    if planted(Fault::ExpandSubscript)
        && let Some(last) = subscripts.last_mut()
    {
        *last = Affine::constant(0);
    }
    subscripts.extend(access.subscripts.iter().cloned());
    Access { array: storage, subscripts }
}

fn iterators(depth: usize) -> impl Iterator<Item = Variable> {
    (0_u32..).take(depth).map(Variable::Iterator)
}

/// Adds the statement that writes the array at the end of the last iteration: the instances of the
/// filling statement in it, each of which copies what that instance wrote.
fn copy_back(
    program: &Program,
    result: &mut Program,
    found: &Expansion,
    filler: StatementId,
    storage: ArrayId,
) {
    let id = StatementId(result.statements.len());
    let filling = program.statement(filler);
    let mut domain = filling.domain.clone();
    let early = Affine::constant(i64::from(planted(Fault::ExpandLast)));
    for (iterator, greatest) in iterators(found.depth).zip(&found.greatest) {
        domain.push(Constraint::equal(&Affine::variable(iterator), &(greatest - &early)));
    }
    let read = in_storage(&filling.write, storage, found.depth);
    let element = program.array(filling.write.array).element;
    let [target, source] =
        [&filling.write, &read].map(|access| result.display_access(filling, access));
    result.statements.push(Statement {
        name: result.free_statement_name(),
        domain,
        reads: vec![read],
        body: Expression::Read { position: 0, element },
        text: format!("{target} = {source};"),
        ..filling.clone()
    });
    append(&mut result.order, filler, found.depth, id);
}

/// Puts a statement with loops like those around `filler` to the end of the loop at a depth around it;
/// whether that was here.
fn append(nodes: &mut Vec<SourceNode>, filler: StatementId, depth: usize, id: StatementId) -> bool {
    if depth == 0 {
        let Some(node) = nodes.iter().find_map(|node| like(node, filler, id)) else { return false };
        nodes.push(node);
        return true;
    }
    nodes.iter_mut().any(|node| match node {
        SourceNode::Loop(inner) => append(&mut inner.body, filler, depth - 1, id),
        SourceNode::Statement(_) => false,
    })
}

/// The node with nothing in it but `id` in the place of `filler`.
fn like(node: &SourceNode, filler: StatementId, id: StatementId) -> Option<SourceNode> {
    match node {
        SourceNode::Statement(found) => (*found == filler).then_some(SourceNode::Statement(id)),
        SourceNode::Loop(inner) => {
            let body = inner.body.iter().find_map(|node| like(node, filler, id))?;
            let mut copy = inner.clone();
            copy.body = vec![body];
            Some(SourceNode::Loop(copy))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::ProgramBuilder;
    use crate::{Rounding, prepared};
    use crate::{apply, lower, replay};
    use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
    use loopwright_ir::verify::verify_program;
    use loopwright_ir::{Program, Schedule};

    /// `for i { t = A[i]; B[i] = t + t; }`
    fn scalar() -> Program {
        let program = ProgramBuilder::new("scalar", &["N"]).context("N >= 1");
        program.array("t", &[]).array("A", &["N"]).array("B", &["N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("t", &["A[i]"]);
                body.assign("B[i]", &["t", "t"]);
            });
        })
    }

    /// `for r, q { for p { s[p] = 0; for k s[p] += A[r][q][k]; } for p A[r][q][p] = s[p]; }`
    fn row() -> Program {
        let program = ProgramBuilder::new("row", &["N"]).context("N >= 1");
        program.array("s", &["N"]).array("A", &["N", "N", "N"]).build(|body| {
            body.each("r", "0", "N - 1", |body| {
                body.each("q", "0", "N - 1", |body| {
                    body.each("p", "0", "N - 1", |body| {
                        body.assign("s[p]", &[]);
                        body.each("k", "0", "N - 1", |body| {
                            body.assign("s[p]", &["s[p]", "A[r][q][k]"]);
                        });
                    });
                    body.each("p", "0", "N - 1", |body| body.assign("A[r][q][p]", &["s[p]"]));
                });
            });
        })
    }

    /// The loops after a legal schedule, or the message of what is refused.
    fn outcome(program: &Program, text: &str) -> Result<String, String> {
        let schedule: Schedule = text.parse().expect("a schedule");
        let program = prepared(program, &schedule, Rounding::Strict)
            .map_err(|illegal| illegal.to_string())?;
        verify_program(&program).expect("a well-formed program");
        let dependences = Dependences::compute(&program, DEFAULT_QUOTA).expect("dependences");
        let applied =
            replay(&program, &dependences, &schedule).map_err(|illegal| illegal.to_string())?;
        let mut current = crate::Applied::original(&program);
        for step in schedule.steps() {
            current = apply(&program, &dependences, &current, step)
                .map_err(|illegal| illegal.to_string())?;
        }
        assert_eq!(applied, current);
        Ok(lower(&program, &applied.tree).expect("loops").display(&program))
    }

    #[test]
    fn the_documented_example() {
        let program =
            prepared(&scalar(), &"expand(S1, t, i)".parse().expect("a schedule"), Rounding::Strict);
        let text = program.expect("a legal expansion").to_string();
        assert!(text.contains("array t_expanded[N]: f64"), "{text}");
        assert!(text.contains("writes  t_expanded[i]"), "{text}");
        assert!(text.contains("S3[i]: t = t_expanded[i];"), "{text}");
        let loops = outcome(&scalar(), "expand(S1, t, i); parallelize(S1, i)").expect("legal");
        let expected = "pack t_expanded[0 : N]\n  parallel for i = 0 .. N - 1\n    S1(i)\n    S2(i)\n    if N = i + 1\n      S3(i)\n";
        assert_eq!(loops, expected);
    }

    #[test]
    fn without_it_the_storage_orders_the_iterations() {
        let message = outcome(&scalar(), "parallelize(S1, i)").expect_err("t is shared");
        assert!(message.contains('t'), "{message}");
    }

    #[test]
    fn arrays_that_nobody_reads_afterwards_are_not_copied_back() {
        let mut program = scalar();
        program.arrays[0].live_outside = false;
        let loops = outcome(&program, "expand(S1, t, i)").expect("legal");
        assert!(!loops.contains("S3"), "{loops}");
    }

    #[test]
    fn outer_loops_are_freed_too() {
        let text = "expand(S1, s, q); parallelize(S1, r); pack(S1, s_expanded, q)";
        let loops = outcome(&row(), text).expect("legal");
        assert!(loops.contains("    pack s_expanded[r : 1][q : 1][0 : N]\n"), "{loops}");
        outcome(&row(), "expand(S1, s, q); tile(S1, q, 4); distribute(S1, q)").expect("legal");
    }

    #[test]
    fn storage_must_live_as_long_as_its_values() {
        let message = outcome(&row(), "expand(S1, s, q); pack(S1, s_expanded, p)");
        assert!(message.clone().is_err_and(|text| text.contains("outside of it")), "{message:?}");
        let text =
            "expand(S1, s, q); interchange(S1, r, q); distribute(S1, p); pack(S2, s_expanded, p)";
        assert!(outcome(&row(), text).is_err());
        // The sums of an iteration of `j` are read in the next one.
        let program = ProgramBuilder::new("sum", &["N"]).context("N >= 1");
        let mut program = program.array("t", &[]).array("A", &["N", "N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "N - 1", |body| {
                    body.when("j = 0", |body| body.assign("t", &["A[i][j]"]));
                    body.assign("t", &["t", "A[i][j]"]);
                });
            });
        });
        program.arrays[0].live_outside = false;
        let message = outcome(&program, "expand(S1, t, i); pack(S1, t_expanded, j)");
        assert!(
            message.clone().is_err_and(|text| text.contains("iterations of `j`")),
            "{message:?}"
        );
        outcome(&program, "expand(S1, t, i); pack(S1, t_expanded, i); parallelize(S1, i)")
            .expect("legal");
    }

    #[test]
    fn values_from_other_iterations_are_refused() {
        let sum = ProgramBuilder::new("sum", &["N"]).array("t", &[]).array("A", &["N"]);
        let sum = sum.build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("t", &["t", "A[i]"]);
            });
        });
        let message = outcome(&sum, "expand(S1, t, i)").expect_err("a sum");
        assert!(message.contains("may read in `t` what was written before"), "{message}");
        let sometimes = ProgramBuilder::new("sometimes", &["N"]).array("t", &[]).array("A", &["N"]);
        let sometimes = sometimes.build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.when("i >= 1", |body| body.assign("t", &["A[i]"]));
                body.assign("A[i]", &["t"]);
            });
        });
        let message = outcome(&sometimes, "expand(S1, t, i)").expect_err("the first iteration");
        assert!(message.contains("what was written before"), "{message}");
    }

    #[test]
    fn the_last_iteration_must_write_all() {
        let program = ProgramBuilder::new("triangle", &["N"]).array("t", &["N"]);
        let mut program = program.array("A", &["N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "i", "N - 1", |body| {
                    body.assign("t[j]", &["A[j]"]);
                    body.assign("A[j]", &["t[j]"]);
                });
            });
        });
        let message = outcome(&program, "expand(S1, t, i)").expect_err("only the last element");
        assert!(message.contains("may be read after the loops"), "{message}");
        program.arrays[0].live_outside = false;
        outcome(&program, "expand(S1, t, i)").expect("nobody reads it");
    }

    /// `for i { t = A[i]; B[i] = t; }` and `for j { t = B[j]; A[j] = t; }`, one behind the other.
    fn one_after_the_other(second: &[&str]) -> Program {
        let program = ProgramBuilder::new("twice", &["N"]).context("N >= 1");
        let mut program =
            program.array("t", &[]).array("A", &["N"]).array("B", &["N"]).build(|body| {
                body.each("i", "0", "N - 1", |body| {
                    body.assign("t", &["A[i]"]);
                    body.assign("B[i]", &["t"]);
                });
                body.each("j", "0", "N - 1", |body| {
                    body.assign("t", second);
                    body.assign("A[j]", &["t"]);
                });
            });
        program.arrays[0].live_outside = false;
        program
    }

    #[test]
    fn loops_one_after_the_other_have_a_storage_each() {
        let program = one_after_the_other(&["B[j]"]);
        let both = "expand(S1, t, i); expand(S3, t, j); parallelize(S1, i); parallelize(S3, j)";
        let loops = outcome(&program, both).expect("legal");
        assert!(loops.contains("pack t_expanded[0 : N]"), "{loops}");
        assert!(loops.contains("pack t_expanded2[0 : N]"), "{loops}");
        // The other loop goes on with `t`.
        outcome(&program, "expand(S3, t, j); parallelize(S3, j)").expect("legal");
        let message = outcome(&program, "expand(S3, t, j); parallelize(S1, i)");
        assert!(message.clone().is_err_and(|text| text.contains('t')), "{message:?}");
        // After the program `t` holds what the second loop left.
        let mut program = one_after_the_other(&["B[j]"]);
        program.arrays[0].live_outside = true;
        let loops = outcome(&program, both).expect("legal");
        assert_eq!(loops.matches("if N = ").count(), 2, "{loops}");
    }

    #[test]
    fn what_another_loop_reads_is_not_moved() {
        let program = one_after_the_other(&["t", "B[j]"]);
        let message = outcome(&program, "expand(S1, t, i)").expect_err("S3 reads it");
        assert!(message.contains("S3 may read in `t`, outside of the loop `i`"), "{message}");
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (text, wanted) in [
            ("expand(S1, x, i)", "there is no array `x`"),
            ("expand(S9, t, i)", "there is no statement `S9`"),
            ("expand(S1, t, k)", "the source has no loop `k` around S1"),
            ("expand(S1, B, i)", "S1 does not access `B`"),
            ("expand(S1, t, i); expand(S1, t, i)", "expanded already"),
        ] {
            let message = outcome(&scalar(), text).expect_err("a step to be refused");
            assert!(message.contains(wanted), "{message}");
        }
        let schedule: Schedule = "expand(S1, t, i)".parse().expect("a schedule");
        let dependences = Dependences::compute(&scalar(), DEFAULT_QUOTA).expect("dependences");
        let message = replay(&scalar(), &dependences, &schedule).expect_err("another program");
        assert!(message.to_string().contains("can be expanded"), "{message}");
    }
}
