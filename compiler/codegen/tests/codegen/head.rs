//! Vector loops that begin with a cache line.

use crate::build::*;
use crate::harness::options;
use crate::neighbours::check;
use loopwright_codegen::{Kernel, Options, QUICK_PIPELINE, SymbolNames, Target, emit_llvm};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;
const LINES: i64 = 5;

/// `B[i][j + left] = A[i][j] - 1` for `j` from `first` on, with rows of `extent` elements.
fn rows(
    extent: i64,
    first: i64,
    length: Affine,
    left: i64,
    marks: [Mark; 2],
) -> (Program, LoopTree) {
    let mut builder = Builder::new("rows", &[("N", 40)]);
    let [a, b] = ["A", "B"].map(|name| builder.array(name, F, vec![c(LINES), c(extent)]));
    let less = binary(BinaryOperation::Subtract, F, read(0, F), number(1.0, F));
    let reads = vec![at(a, vec![i(0), i(1)])];
    builder.statement(2, at(b, vec![i(0), plus(i(1), left)]), reads, less);
    let body = vec![instance(0, vec![v(0), v(1)])];
    let last = q(plus(length, first - 1));
    let inner = loop_(1, "j", q(c(first)), last, marks[1], body);
    (builder.program, tree(vec![count(0, c(LINES), marks[0], vec![inner])]))
}

#[test]
fn every_beginning_and_every_end() {
    for first in [0, 1, 3, 7, 8, 9] {
        for length in [0, 1, 4, 7, 8, 15, 23, 40] {
            for marks in
                [[SEQUENTIAL, vector(8, 1)], [jam(2), vector(8, 2)], [jam(5), vector(4, 1)]]
            {
                for left in [-3, 0, 2].into_iter().filter(|left| first + left >= 0) {
                    let end: i64 = first + length + left.max(0);
                    let extent = (end + 7) / 8 * 8;
                    let (program, tree) = rows(extent, first, c(length), left, marks);
                    check(&program, &tree);
                }
            }
        }
    }
}

/// How many stores of some lanes the loop has: one for each of its ends.
fn ends(program: &Program, tree: &LoopTree) -> usize {
    let kernel = Kernel { program, tree, fallback: None };
    let target = Target {
        triple: "x86_64-unknown-linux-gnu".to_owned(),
        cpu: "x86-64-v4".to_owned(),
        features: String::new(),
        vector_bits: None,
    };
    let names = SymbolNames::entry_only();
    // No loop is unrolled.
    let pipeline = QUICK_PIPELINE.to_owned();
    let options = Options { target, names, pipeline, ..options(program) };
    let text = emit_llvm(&kernel, &options).unwrap();
    text.matches("call void @llvm.masked.store").count()
}

#[test]
fn the_first_vector_is_there_where_it_aligns_the_others() {
    let marks = [SEQUENTIAL, vector(8, 1)];
    let count = |extent, first, length, left| {
        let (program, tree) = rows(extent, first, length, left, marks);
        ends(&program, &tree)
    };
    assert_eq!(count(64, 1, c(62), 0), 2);
    assert_eq!(count(64, 8, c(55), 0), 1, "aligned from its first iteration");
    assert_eq!(count(64, 8, c(54), 1), 2, "aligned where it reads, not where it stores");
    assert_eq!(count(62, 1, c(60), 0), 1, "every row elsewhere");
    assert_eq!(count(64, 3, c(3), 0), 1, "all in one vector");
    assert_eq!(count(64, 5, c(19), 0), 1, "a vector more is not worth it");
    assert_eq!(count(64, 1, p(0), 0), 1, "an end that is not known");
}

/// `A[j] = 1; B[j + 1] = 2`: no beginning aligns both.
#[test]
fn all_stores_have_to_agree() {
    let mut builder = Builder::new("both", &[]);
    let [a, b] = ["A", "B"].map(|name| builder.array(name, F, vec![c(64)]));
    builder.statement(1, at(a, vec![i(0)]), vec![], number(1.0, F));
    builder.statement(1, at(b, vec![plus(i(0), 1)]), vec![], number(2.0, F));
    let body = vec![instance(0, vec![v(0)]), instance(1, vec![v(0)])];
    let tree = tree(vec![loop_(0, "j", q(c(1)), q(c(60)), vector(8, 1), body)]);
    assert_eq!(ends(&builder.program, &tree), 2, "one for each statement");
    check(&builder.program, &tree);
}
