//! Copies for some reads of an array: where the verdict accepts them, and where it does not.

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{Program, Schedule};
use loopwright_transform::testing::ProgramBuilder;
use loopwright_transform::{lower, replay};

/// `A[i] = A[i] + A[k]` for all `k` before `i`.
fn sums_of_prefixes() -> Program {
    ProgramBuilder::new("prefixes", &["N"]).array("A", &["N"]).context("N >= 64").build(|body| {
        body.each("i", "0", "63", |body| {
            body.each("k", "0", "i - 1", |body| body.assign("A[i]", &["A[i]", "A[k]"]));
        });
    })
}

/// `A[i][j] = A[i][j] + A[i][k] + A[k][j]` for `k` before `i` and `j`: an elimination without its division.
fn elimination(context: &str) -> Program {
    let program = ProgramBuilder::new("elimination", &["N"]).array("A", &["N", "N"]);
    program.context(context).build(|body| {
        body.each("k", "0", "N - 1", |body| {
            body.each("i", "k + 1", "N - 1", |body| {
                body.each("j", "k + 1", "N - 1", |body| {
                    body.assign("A[i][j]", &["A[i][j]", "A[i][k]", "A[k][j]"]);
                });
            });
        });
    })
}

/// The loops of an accepted schedule, or why it is refused.
fn verdict(program: &Program, text: &str) -> Result<String, String> {
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).expect("dependences");
    let schedule: Schedule = text.parse().expect("steps");
    let applied = replay(program, &dependences, &schedule).map_err(|error| error.to_string())?;
    assert_eq!(applied.schedule.to_string().parse::<Schedule>().as_ref(), Ok(&applied.schedule));
    Ok(lower(program, &applied.tree).expect("loops").display(program))
}

#[test]
fn a_copy_is_refused_where_its_elements_are_written_before_they_are_read() {
    let program = sums_of_prefixes();
    let loops =
        verdict(&program, "pack(S1, A[k], i)").expect("legal: A[i] is not read as A[k] in i");
    assert!(loops.contains("pack A[k] of S1: [0 : 63] in\n"), "{loops}");
    for text in ["pack(S1, A[i], i)", "tile(S1, i, 8); pack(S1, A[k], i_t)"] {
        let cause = verdict(&program, text).expect_err("refused");
        assert!(cause.contains("writes elements before it reads them as `A["), "{cause}");
    }
    // Each sum's own element changes from one k to the next, but not within one.
    verdict(&program, "pack(S1, A[i], k)").expect("legal");
}

#[test]
fn blocks_of_an_elimination_have_packed_operands() {
    let program = elimination("N >= 1");
    let blocks = "interchange(S1, k, i); interchange(S1, k, j); tile(S1, i, j, k, 8, 8, 8); \
                  split(S1, k_t, j_t); split(S1, k_t, i_t)";
    let packs = "pack(S1, A[i][k], k_t); pack(S1, A[k][j], k_t, 1, 0)";
    let loops = verdict(&program, &format!("{blocks}; {packs}")).expect("legal");
    assert!(loops.contains("pack A[i][k] of S1: [8*i_t : 8][8*k_t : 8] in\n"), "{loops}");
    assert!(
        loops.contains("pack A[k][j] of S1: [8*k_t : 8][8*j_t : 8] order(1, 0) in\n"),
        "{loops}"
    );
    // Where there is one block, no earlier ones are packed.
    let loops = verdict(&elimination("N <= 7"), &format!("{blocks}; {packs}")).expect("legal");
    assert!(!loops.contains("pack"), "{loops}");
    // In the last block of k, elements that are read were written by the steps before.
    let cause =
        verdict(&program, &format!("{blocks}; pack(S1_2, A[k][j], k_t)")).expect_err("refused");
    assert!(cause.contains("writes elements before it reads them"), "{cause}");
}

#[test]
fn other_threads_must_not_write_what_is_in_the_copy() {
    let program = ProgramBuilder::new("thirds", &["N"]).array("A", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "1", |body| body.assign("A[3*i + j]", &["A[3*i + 3*j + 2]"]));
        });
    });
    // No element that is written is read, but the box has two that the next iteration writes.
    let pack = "pack(S1, A[3*i + 3*j + 2], i)";
    verdict(&program, pack).expect("legal");
    verdict(&program, "parallelize(S1, i)").expect("legal");
    let cause = verdict(&program, &format!("{pack}; parallelize(S1, i)")).expect_err("refused");
    assert!(cause.contains("could write what another one has in its copy"), "{cause}");
}
