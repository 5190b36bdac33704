//! isl's schedule trees and ours, both ways.

mod common;

use common::{loops, renamed, runs};
use loopwright_exchange::{from_isl, to_isl};
use loopwright_ir::{Program, Schedule, ScheduleTree};
use loopwright_isl::{Context, Schedule as IslSchedule};
use loopwright_transform::testing::samples::{
    imperfect, jacobi, matrix_product, transpose, triangular_sum,
};
use loopwright_transform::{lower, rewrite};

fn tree(program: &Program, schedule: &str) -> ScheduleTree {
    let schedule: Schedule = schedule.parse().unwrap();
    let mut tree = ScheduleTree::original(program);
    for step in schedule.steps() {
        tree = rewrite(program, &tree, step).unwrap();
    }
    tree
}

/// What a text reads as: the tree and the loops, which run each instance once.
fn read(program: &Program, text: &str) -> (String, String) {
    let imported = from_isl(program, text).unwrap();
    let loops = lower(program, &imported.tree).unwrap().display(program);
    let (mut found, mut wanted) =
        (runs(program, &imported.tree), runs(program, &ScheduleTree::original(program)));
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted, "{loops}");
    (imported.tree.display(program), loops)
}

fn fault(program: &Program, text: &str) -> String {
    from_isl(program, text).unwrap_err().to_string()
}

#[test]
fn trees_come_back() {
    let context = Context::new().unwrap();
    for (program, steps) in [
        (transpose(), ""),
        (transpose(), "interchange(S1, i, j)"),
        (transpose(), "tile(S1, i, j, 32, 64); parallelize(S1, i_t); vectorize(S1, j, 8, 2)"),
        (transpose(), "tile(S1, i, j, 64, 64); tile(S1, i, j, 8, 8); tile(S1, i_t, 2)"),
        (transpose(), "reverse(S1, i); skew(S1, j, i, 2); tile(S1, i, j, 16, 16)"),
        (transpose(), "shift(S1, j, i - M); tile(S1, j, 1)"),
        (transpose(), "tile(S1, i, j, 8, 8); wavefront(S1, i_t, j_t); separate(S1, j_t)"),
        (transpose(), "tile(S1, i, 32); pack(S1, B, i_t, 1, 0); unroll(S1, j, 4)"),
        (transpose(), "split(S1, j, i + 1)"),
        (transpose(), "stream(S1); vectorize(S1, j, 8)"),
        (transpose(), "split(S1, j, 4); stream(S1_2)"),
        (matrix_product(), "stream(S1)"),
        (transpose(), "split(S1, j, i + 1); tile(S1_2, i, j, 8, 8)"),
        (transpose(), "peel(S1, i, 1); reverse(S1_2, j)"),
        (transpose(), "tile(S1, i, 32); split(S1, i_t, 3)"),
        (matrix_product(), ""),
        (matrix_product(), "distribute(S2, j); distribute(S2, i); permute(S2, k, i, j)"),
        (matrix_product(), "tile(S2, i, j, k, 8, 16, 32); unroll_and_jam(S2, i, 4)"),
        (matrix_product(), "interchange(S2, j, k); promote(S2, A, k)"),
        (matrix_product(), "sink(S1, S2, k)"),
        (
            jacobi(),
            "tile(S1, i, j, 8, 8); pack(S1, A[i - 1][j], j_t); pack(S1, A[i][j], j_t, 1, 0)",
        ),
        (triangular_sum(), ""),
        (triangular_sum(), "tile(S2, i, j, 4, 4)"),
        (triangular_sum(), "shift(S3, i, 1)"),
        (triangular_sum(), "reverse(S2, j); tile(S1, i, 5)"),
        (jacobi(), "fuse(S1, S2, i, 1); fuse(S1, S2, j, 1)"),
        (
            jacobi(),
            "fuse(S1, S2, i, 1); fuse(S1, S2, j, 1); skew(S1, t, i, j, 2, 2); \
                    tile(S1, t, i, j, 8, 8, 8); wavefront(S1, t_t, i_t, j_t)",
        ),
        (jacobi(), "affine(S1: [t, 2*t + i, 2*t + j]; S2: [t, 2*t + i + 1, 2*t + j + 1, 1])"),
        (jacobi(), "affine(S1: [t, i - j, 0, j]; S2: [t, -i, 1, i + 2*j]); tile(S1, t, i, 8, 8)"),
        (matrix_product(), "affine(S1: [i, j]; S2: [i + k, j, i, 1])"),
        (triangular_sum(), "affine(S1: [i, 0, 0]; S2: [i, j, 1]; S3: [i, i, 2])"),
        (imperfect(), ""),
        (imperfect(), "distribute(S3, j); tile(S3, j, k, 4, 4)"),
        (imperfect(), "interchange(S3, j, k)"),
    ] {
        let tree = tree(&program, steps);
        let text = to_isl(&program, &tree).unwrap_or_else(|error| panic!("{steps}: {error}"));
        let back = from_isl(&program, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(back.warnings, [""; 0], "{text}");
        assert_eq!(renamed(&back.tree).display(&program), renamed(&tree).display(&program));
        assert_eq!(loops(&program, &back.tree), loops(&program, &tree), "{steps}\n{text}");
        // isl itself reads it, and what isl prints of it reads as the same.
        let printed = IslSchedule::parse(&context, &text)
            .unwrap_or_else(|error| panic!("{error}\n{text}"))
            .to_text()
            .unwrap();
        let again =
            from_isl(&program, &printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
        assert_eq!(loops(&program, &again.tree), loops(&program, &tree), "{steps}\n{printed}");
    }
}

#[test]
fn the_text_is_as_isl_prints_it() {
    let program = matrix_product();
    let tree = tree(&program, "tile(S2, i, 32); parallelize(S2, i_t)");
    assert_eq!(
        to_isl(&program, &tree).unwrap(),
        r#"domain: "[NI, NJ, NK] -> { S1[i, j] : i >= 0 and NI >= i + 1 and j >= 0 and NJ >= j + 1; S2[i, j, k] : i >= 0 and NI >= i + 1 and j >= 0 and NJ >= j + 1 and k >= 0 and NK >= k + 1 }"
child:
  mark: "parallel"
  child:
    schedule: "[NI, NJ, NK] -> [{ S1[i, j] -> [(floor((i)/32))]; S2[i, j, k] -> [(floor((i)/32))] }]"
    coincident: [ 1 ]
    child:
      schedule: "[NI, NJ, NK] -> [{ S1[i, j] -> [(i)]; S2[i, j, k] -> [(i)] }]"
      child:
        schedule: "[NI, NJ, NK] -> [{ S1[i, j] -> [(j)]; S2[i, j, k] -> [(j)] }]"
        child:
          sequence:
          - filter: "[NI, NJ, NK] -> { S1[i, j] }"
          - filter: "[NI, NJ, NK] -> { S2[i, j, k] }"
            child:
              schedule: "[NI, NJ, NK] -> [{ S2[i, j, k] -> [(k)] }]"
"#
    );
}

#[test]
fn trees_of_other_tools_are_read() {
    // As Polly prints tiles: the point loops are remainders.
    let (tree, loops) = read(
        &transpose(),
        r#"
domain: "[N, M] -> { S_0[i0, i1] : 0 <= i0 < N and 0 <= i1 < M }"
child:
  mark: "1st level tiling - Tiles"
  child:
    schedule: "[N, M] -> [{ S_0[i0, i1] -> [(floor((i1)/32))] }, { S_0[i0, i1] -> [(floor((i0)/32))] }]"
    permutable: 1
    coincident: [ 1, 0 ]
    child:
      mark: "1st level tiling - Points"
      child:
        schedule: "[N, M] -> [{ S_0[i0, i1] -> [((i1) mod 32)] }, { S_0[i0, i1] -> [((i0) mod 32)] }]"
        permutable: 1
        options: "[N, M] -> { atomic[0] }"
"#,
    );
    assert_eq!(tree, "j_t\n  i_t\n    c2\n      c3\n        S1\n");
    assert!(loops.ends_with("S1(32*i_t + c3, 32*j_t + c2)\n"), "{loops}");

    // As isl's own tiling prints them: tile loops that count iterations, in one flow mapping.
    let (tree, loops) = read(
        &transpose(),
        "{ domain: \"[M, N] -> { S1[i, j] : 0 <= i < N and 0 <= j < M }\", child: { schedule: \
         \"[M, N] -> L_0[{ S1[i, j] -> [(32*floor((i)/32))] }, { S1[i, j] -> [(i + j)] }]\", \
         permutable: 1, child: { schedule: \"[{ S1[i, j] -> [(i)] }]\" } } }",
    );
    assert_eq!(tree, "i_t\n  c1\n    i\n      S1\n");
    assert!(loops.ends_with("S1(i, c1 - i)\n"), "{loops}");

    // As Pluto orders a product: the statements apart, k outermost.
    let program = matrix_product();
    let (tree, _) = read(
        &program,
        r#"
domain: "[NI, NJ, NK] -> { S1[i, j] : 0 <= i < NI and 0 <= j < NJ; S2[i, j, k] : 0 <= i < NI and 0 <= j < NJ and 0 <= k < NK }"
child:
  context: "[NI, NJ, NK] -> { [] : NI >= 1 }"
  child:
    sequence:
    - filter: "[NI, NJ, NK] -> { S1[i, j] }"
      child:
        mark: "parallel"
        child:
          schedule: "[NI, NJ, NK] -> [{ S1[i, j] -> [(i)] }]"
    - filter: "[NI, NJ, NK] -> { S2[i, j, k] }"
      child:
        schedule: "[NI, NJ, NK] -> [{ S2[i, j, k] -> [(k)] }, { S2[i, j, k] -> [(i)] }, { S2[i, j, k] -> [(j)] }]"
"#,
    );
    assert_eq!(tree, "i parallel\n  j\n    S1\nk\n  i\n    j\n      S2\n");
}

#[test]
fn what_bands_leave_open_runs_in_the_original_order() {
    let domain = "domain: \"[N, M] -> { S1[i, j] : 0 <= i < N and 0 <= j < M }\"\n";
    let program = transpose();
    let schedule = |member: &str| {
        format!("{domain}child:\n  schedule: \"[{{ S1[i, j] -> [({member})] }}]\"\n")
    };
    assert_eq!(read(&program, domain).0, "i\n  j\n    S1\n");
    assert_eq!(read(&program, &schedule("j")).0, "j\n  i\n    S1\n");
    assert_eq!(read(&program, &schedule("floor((j)/8)")).0, "j_t\n  i\n    j\n      S1\n");
    assert_eq!(read(&program, &schedule("i mod 2 + floor(i/2)")).0, "c0\n  i\n    j\n      S1\n");
    let (tree, loops) = read(&program, &schedule("2i + 3j"));
    assert_eq!(tree, "c0\n  i\n    j\n      S1\n");
    assert!(loops.contains("S1(i, "), "{loops}");
    assert_eq!(read(&program, &schedule("2i + 4j")).0, "c0\n  j\n    S1\n");
}

#[test]
fn marks_that_stand_above_the_wrong_node_are_named() {
    let program = transpose();
    let text = to_isl(&program, &tree(&program, "stream(S1); vectorize(S1, j, 8)")).unwrap();
    for (mark, other) in [("vector 8", "stream"), ("stream", "vector 8")] {
        let wrong = text.replace(&format!("\"{mark}\""), &format!("\"{other}\""));
        let warnings = from_isl(&program, &wrong).unwrap().warnings;
        assert!(warnings.iter().any(|warning| warning.contains("stands above")), "{warnings:?}");
    }
}

#[test]
fn what_cannot_be_is_said() {
    let program = matrix_product();
    let domain = "domain: \"[NI, NJ, NK] -> { S1[i, j] : 0 <= i < NI and 0 <= j < NJ; S2[i, j, k] \
                  : 0 <= i < NI and 0 <= j < NJ and 0 <= k < NK }\"\n";
    let band = |text: &str| format!("{domain}child:\n  schedule: \"{text}\"\n");
    let filters = |first: &str, second: &str| {
        format!("{domain}child:\n  sequence:\n  - filter: \"{first}\"\n  - filter: \"{second}\"\n")
    };
    for (text, part) in [
        ("child: {}\n".to_owned(), "must be a `domain`"),
        ("[1, 2]".to_owned(), "not one YAML mapping"),
        ("domain: [".to_owned(), "the isl schedule tree"),
        ("domain: \"{ S1[i, j] }\"".to_owned(), "no instance of S2"),
        ("domain: \"{ A[i, j]; B[i, j, k] }\"".to_owned(), "no statement `A`"),
        ("domain: \"{ S1[i]; S2[i, j, k] }\"".to_owned(), "has 1 iterators here and 2"),
        ("domain: \"{ S1[i, j] : i > 0; S2[i, j, k] }\"".to_owned(), "lacks instances"),
        ("domain: \"[P] -> { S1[i, j]; S2[i, j, k] }\"".to_owned(), "no parameter `P`"),
        (format!("{domain}child:\n  extension: \"{{ [] -> A[] }}\"\n"), "`extension`"),
        (format!("{domain}child:\n  sorted: 1\n"), "no key `sorted`"),
        (format!("{domain}child:\n  sequence: 1\n"), "a list of filters"),
        (band("[{ S1[i, j] -> [(i)] }]"), "says nothing of S2"),
        (band("[{ S1[i, j] -> [(i*j)]; S2[i, j, k] -> [(i)] }]"), "not affine"),
        (band("[{ S1[i, j] -> [(q)]; S2[i, j, k] -> [(i)] }]"), "`q` is neither"),
        (band("[{ S1[i, j] -> [(i)] : i > 0; S2[i, j, k] -> [(i)] }]"), "without a condition"),
        (
            band("[{ S1[i, j] -> [(i mod 2)]; S2[i, j, k] -> [(i)] }]"),
            "quotients that no loop around it stands for",
        ),
        (filters("{ S1[i, j] }", "{ S1[i, j]; S2[i, j, k] }"), "several leaves"),
        (filters("{ S1[i, j] }", "{ S2[i, j, k] : k > 0 }"), "no leaf has some instances of S2"),
        (filters("{ S1[i, j] : i < 5 or i > 7 }", "{ S2[i, j, k] }"), "one conjunction"),
        (filters("{ S1[i, j] }", "{ S2[i, j, k] : i % }"), "a filter of the isl tree"),
        ("domain: \"".to_owned() + &"[".repeat(5000), "the isl schedule tree"),
        ("- ".repeat(5000), "nested too deeply"),
        ("[".repeat(5000), "the isl schedule tree"),
        ("{a: ".repeat(5000), "the isl schedule tree"),
    ] {
        let message = fault(&program, &text);
        assert!(message.contains(part), "{text}: {message}");
    }
}
