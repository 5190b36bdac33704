//! Lets the vectors that a statement stores go past the caches.
//!
//! `stream(S1)` after `vectorize(S1, i, 8)`:
//! ```text
//! for (i = 0; i + 7 < N; i += 8)       …one by one until &B[i] is a multiple of 64 bytes
//!   B[i : 8] = A[i : 8];          →    for (; i + 7 < N; i += 8)
//!                                        store_past_caches(&B[i], A[i : 8]);
//!                                      …and what is left of N
//! ```
//! An ordinary store reads its cache line first and writes it back later; such a store does the second only.
//! That pays where an array is written as a whole that no cache holds and that nobody reads soon, and it
//! costs where one would have held it. It is about whole vectors of neighbouring elements in innermost vector
//! loops: all other stores stay what they are. Rows in lock-step share one beginning, so they need rows of
//! whole vectors.
//!
//! Always legal, since no order changes. Refused where it cannot pay: the statement reads the element
//! that it writes, or writes to a copy.

use super::place::Place;
use crate::Cause;
use loopwright_ir::{LeafId, Node, Program, ScheduleTree};

/// The tree with the leaf marked.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
) -> Result<ScheduleTree, Cause> {
    let leaf = Place::find(program, tree, statement)?.leaf;
    let body = program.statement(leaf.statement);
    if body.reads.contains(&body.write) {
        let array = program.array(body.write.array).name.clone();
        return Err(Cause::StreamedRead { statement: statement.to_owned(), array });
    }
    let mut tree = tree.clone();
    if !mark(&mut tree.roots, leaf) {
        return Err(Cause::StreamedAlready { statement: statement.to_owned() });
    }
    Ok(tree)
}

/// Whether there was such a leaf without the mark.
fn mark(nodes: &mut [Node], wanted: LeafId) -> bool {
    nodes.iter_mut().any(|node| match node {
        Node::Loop(inner) => mark(&mut inner.body, wanted),
        Node::Leaf(leaf) => leaf.id() == wanted && !std::mem::replace(&mut leaf.streamed, true),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, loops_after, matrix_product, transpose};

    #[test]
    fn the_documented_example() {
        let steps = "vectorize(S1, i, 8); stream(S1)";
        assert_eq!(after(&transpose(), steps), "i vector 8\n  j\n    S1 streamed\n");
        let loops = loops_after(&transpose(), "stream(S1)");
        assert!(loops.contains("\n    stream S1(i, j)\n"), "{loops}");
    }

    #[test]
    fn pieces_split_off_later_are_streamed_as_well() {
        assert_eq!(
            after(&transpose(), "stream(S1); split(S1, j, 4)"),
            "i\n  j\n    S1 streamed\n  j\n    S1_2 streamed\n"
        );
        assert_eq!(
            after(&transpose(), "split(S1, j, 4); stream(S1_2)"),
            "i\n  j\n    S1\n  j\n    S1_2 streamed\n"
        );
    }

    #[test]
    fn what_cannot_pay_is_refused() {
        let twice = causes(&transpose(), &["stream(S1); stream(S1)", "stream(S2)"]);
        assert!(twice[0].contains("S1 go past the caches already"), "{twice:?}");
        assert!(twice[1].contains("there is no statement `S2`"), "{twice:?}");
        let product = causes(
            &matrix_product(),
            &[
                "stream(S2)",
                "promote(S1, C, j); stream(S1)",
                "stream(S1); pack(S1, C, i)",
                "stream(S1); pack(S2, A, i); promote(S2, C, j)",
            ],
        );
        assert!(product[0].contains("S2 reads the element of `C` that it writes"), "{product:?}");
        for message in &product[1..] {
            assert!(message.contains("S1 writes `C` to a copy"), "{product:?}");
        }
    }

    #[test]
    fn copies_of_what_is_read_do_not_matter() {
        let text = after(&transpose(), "pack(S1, B, i); stream(S1)");
        assert_eq!(text, "i pack B\n  j\n    S1 streamed\n");
    }
}
