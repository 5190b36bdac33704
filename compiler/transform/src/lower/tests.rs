//! The scanner against enumeration, and the text of what it makes.

use super::{LowerError, lower};
use crate::rewrite;
use crate::testing::scan::{actual, expected};
use crate::testing::{Body, ProgramBuilder, loops_after, matrix_product, samples, triangular_sum};
use loopwright_ir::{Affine, Constraint, Node, Program, ScheduleTree, Step, Variable};

/// A small generator of random numbers: the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A step that may or may not make sense.
fn random_step(random: &mut Random, program: &Program, tree: &ScheduleTree) -> Option<Step> {
    let id = loopwright_ir::StatementId(random.below(program.statements.len()));
    let names: Vec<String> = tree.path(id)?.iter().map(|inner| inner.name.clone()).collect();
    let statement = program.statement(id).name.clone();
    if names.is_empty() {
        return None;
    }
    let loop_name = random.pick(&names).clone();
    Some(match random.below(8) {
        0 | 1 => {
            Step::Interchange { statement, outer: loop_name, inner: random.pick(&names).clone() }
        }
        2..=4 => {
            let first = random.below(names.len());
            let count = 1 + random.below(3.min(names.len() - first));
            let mut loops: Vec<String> = names[first..first + count].to_vec();
            if random.below(3) == 0 {
                loops.reverse();
            }
            let sizes = loops.iter().map(|_| *random.pick(&[1, 2, 3, 4, 5, 8, 100])).collect();
            Step::Tile { statement, loops, sizes }
        }
        5 | 6 => Step::Distribute { statement, loop_name },
        _ => Step::UnrollAndJam { statement, loop_name, factor: 2 },
    })
}

fn with_values(program: &Program, values: &[i64]) -> Program {
    let mut program = program.clone();
    for (parameter, value) in program.parameters.iter_mut().zip(values) {
        parameter.value = Some(*value);
    }
    program
}

fn assert_exact(program: &Program, tree: &ScheduleTree, limit: i64) -> usize {
    let loops = lower(program, tree).expect("bounded loops");
    let (expected, actual) = (expected(program, tree, limit), actual(program, &loops));
    assert_eq!(
        actual,
        expected,
        "{}\nparameters {:?}\n{}\n{}",
        program,
        program.parameter_values(),
        tree.display(program),
        loops.display(program)
    );
    actual.len()
}

#[test]
fn random_schedules_run_each_instance_once_and_in_order() {
    let mut random = Random(42);
    let mut programs = samples::all();
    programs.extend(samples::all().into_iter().map(|mut program| {
        for position in 0..program.parameters.len() {
            let position = u32::try_from(position).expect("few parameters");
            let affine = Affine::variable(Variable::Parameter(position));
            program.context.push(Constraint::non_negative(affine));
        }
        program
    }));
    let (mut steps, mut instances) = (0, 0);
    for round in 0..800 {
        let program = &programs[round % programs.len()];
        let values: Vec<i64> =
            program.parameters.iter().map(|_| *random.pick(&[0, 1, 2, 3, 4, 5, 7, 8, 9])).collect();
        let concrete = with_values(program, &values);
        let special = concrete.specialize();
        let (mut symbolic_tree, mut special_tree) =
            (ScheduleTree::original(&concrete), ScheduleTree::original(&special));
        for _ in 0..random.below(6) {
            let Some(step) = random_step(&mut random, program, &symbolic_tree) else { continue };
            // Deep paths make the enumeration slow, not the scanner.
            if symbolic_tree.leaves().iter().any(|(path, _)| path.len() > 6) {
                break;
            }
            if let Ok(tree) = rewrite(&concrete, &symbolic_tree, &step) {
                special_tree = rewrite(&special, &special_tree, &step).expect("the same structure");
                symbolic_tree = tree;
                steps += 1;
            }
        }
        instances += assert_exact(&concrete, &symbolic_tree, 10);
        assert_exact(&special, &special_tree, 10);
    }
    assert!(steps > 800 && instances > 20_000, "{steps} steps, {instances} instances");
}

/// Adds one to three loops or statements. Every loop is within `0 .. N - 1` or `0 .. M - 1`, so that
/// enumeration is possible; further bounds and conditions have any coefficients.
fn random_body(random: &mut Random, body: &mut Body, iterators: &[String]) {
    for _ in 0..1 + random.below(2) {
        if iterators.len() < 3 && (iterators.is_empty() || random.below(3) > 0) {
            let name = ["i", "j", "k"][iterators.len()].to_owned();
            let mut lower = "0".to_owned();
            let mut upper = random.pick(&["N - 1", "M - 1", "6"]).to_string();
            if random.below(2) == 0 {
                lower.push_str(&format!(", {}", random_affine(random, iterators)));
            }
            if random.below(2) == 0 {
                upper.push_str(&format!(", {}", random_affine(random, iterators)));
            }
            let mut inner = iterators.to_vec();
            inner.push(name.clone());
            body.each(&name, &lower, &upper, |body| random_body(random, body, &inner));
        } else if random.below(3) == 0 {
            let (left, right) =
                (random_affine(random, iterators), random_affine(random, iterators));
            let operator = *random.pick(&[">=", ">=", "="]);
            body.when(&format!("{left} {operator} {right}"), |body| body.assign("x", &["x"]));
        } else {
            body.assign("x", &["x"]);
        }
    }
}

fn random_affine(random: &mut Random, iterators: &[String]) -> String {
    let mut text = format!("{}", random.below(7));
    for name in iterators {
        text.push_str(&format!(" {} {name}", random.pick(&["+", "-", "+ 2 *", "- 2 *", "+ 3 *"])));
    }
    if random.below(3) == 0 {
        text += *random.pick(&[" + N", " - M", " - 2*N"]);
    }
    text
}

#[test]
fn random_programs_run_each_instance_once_and_in_order() {
    let mut random = Random(11);
    let (mut instances, mut statements) = (0, 0);
    for _ in 0..400 {
        let mut program = ProgramBuilder::new("random", &["N", "M"])
            .array("x", &[])
            .build(|body| random_body(&mut random, body, &[]));
        for parameter in &mut program.parameters {
            parameter.value = Some(*random.pick(&[0, 1, 4, 6, 8]));
        }
        statements += program.statements.len();
        let mut tree = ScheduleTree::original(&program);
        for _ in 0..random.below(5) {
            let deepest = tree.leaves().iter().map(|(path, _)| path.len()).max();
            if deepest.is_some_and(|deepest| deepest > 5) || program.statements.is_empty() {
                break;
            }
            if let Some(step) = random_step(&mut random, &program, &tree)
                && let Ok(next) = rewrite(&program, &tree, &step)
            {
                tree = next;
            }
        }
        instances += assert_exact(&program, &tree, 8);
        let special = program.specialize();
        let special_tree = specialized_tree(&tree, &special);
        assert_exact(&special, &special_tree, 8);
    }
    assert!(instances > 10_000 && statements > 1000, "{instances} of {statements}");
}

/// The tree with the parameters' values in their places.
fn specialized_tree(tree: &ScheduleTree, program: &Program) -> ScheduleTree {
    fn visit(nodes: &mut [Node], program: &Program) {
        for node in nodes {
            match node {
                Node::Loop(inner) => visit(&mut inner.body, program),
                Node::Leaf(leaf) => {
                    for constraint in &mut leaf.constraints {
                        *constraint = constraint.substitute(|variable| match variable {
                            Variable::Parameter(position) => Affine::constant(
                                program.parameter_value(position).expect("a value"),
                            ),
                            other => Affine::variable(other),
                        });
                    }
                }
            }
        }
    }
    let mut tree = tree.clone();
    visit(&mut tree.roots, program);
    tree
}

#[test]
fn tile_borders_are_exact() {
    for size in [0, 1, 3, 4, 5, 8] {
        for program in samples::all() {
            let values = vec![size; program.parameters.len()];
            for concrete in
                [with_values(&program, &values), with_values(&program, &values).specialize()]
            {
                let names: Vec<String> = {
                    let tree = ScheduleTree::original(&concrete);
                    let last = loopwright_ir::StatementId(concrete.statements.len() - 1);
                    let path = tree.path(last).expect("a leaf");
                    path.iter().map(|inner| inner.name.clone()).collect()
                };
                let step = Step::Tile {
                    statement: concrete.statements.last().expect("a statement").name.clone(),
                    sizes: vec![4; names.len()],
                    loops: names,
                };
                let tree = ScheduleTree::original(&concrete);
                let tree = rewrite(&concrete, &tree, &step).expect("a band");
                assert_exact(&concrete, &tree, 10);
            }
        }
    }
}

#[test]
fn constants_fold_where_the_tile_divides() {
    let program = with_values(&matrix_product(), &[1024, 1000, 64]).specialize();
    assert_eq!(
        loops_after(
            &program,
            "interchange(S2, j, k); tile(S2, i, k, j, 32, 64, 128); unroll_and_jam(S2, i, 4); \
             vectorize(S2, j, 8)"
        ),
        "for i = 0 .. 1023\n\
         \x20 for j = 0 .. 999\n\
         \x20   S1(i, j)\n\
         for i_t = 0 .. 31\n\
         \x20 for j_t = 0 .. 7\n\
         \x20   unroll-and-jam(4) for i = 32*i_t .. 32*i_t + 31\n\
         \x20     for k = 0 .. 63\n\
         \x20       vector(8) for j = 128*j_t .. min(999, 128*j_t + 127)\n\
         \x20         S2(i, j, k)\n"
    );
}

#[test]
fn the_original_order_prints_as_the_source() {
    assert_eq!(
        loops_after(&triangular_sum(), ""),
        "for i = 0 .. N - 1\n\
         \x20 S1(i)\n\
         \x20 for j = 0 .. i - 1\n\
         \x20   S2(i, j)\n\
         \x20 S3(i)\n"
    );
    assert_eq!(
        loops_after(&samples::imperfect(), ""),
        "for i = 0 .. N - 1\n\
         \x20 S1(i)\n\
         \x20 for j = i .. M - 1\n\
         \x20   S2(i, j)\n\
         \x20   if j >= i + 2\n\
         \x20     for k = max(0, j - 3) .. i\n\
         \x20       S3(i, j, k)\n\
         \x20 if i = 2\n\
         \x20   S4(i)\n"
    );
}

#[test]
fn triangles_run_no_empty_tiles() {
    let tail = "for i = 0 .. N - 1\n  S3(i)\n";
    let head = "for i = 0 .. N - 1\n  S1(i)\n";
    assert_eq!(
        loops_after(&triangular_sum(), "interchange(S2, i, j)"),
        format!("{head}for j = 0 .. N - 2\n  for i = j + 1 .. N - 1\n    S2(i, j)\n{tail}")
    );
    assert_eq!(
        loops_after(&triangular_sum(), "tile(S2, i, j, 32, 32)"),
        format!(
            "{head}for i_t = 0 .. floord(N - 1, 32)\n\
             \x20 for j_t = 0 .. min(i_t, floord(N - 2, 32))\n\
             \x20   for i = max(32*i_t, 32*j_t + 1) .. min(N - 1, 32*i_t + 31)\n\
             \x20     for j = 32*j_t .. min(32*j_t + 31, i - 1)\n\
             \x20       S2(i, j)\n{tail}"
        )
    );
}

#[test]
fn leaves_that_share_loops_need_no_conditions_where_their_bounds_agree() {
    assert_eq!(
        loops_after(&samples::jacobi(), "tile(S1, t, 4); tile(S2, i, j, 16, 16)"),
        "for t_t = 0 .. floord(T - 1, 4)\n\
         \x20 for t = 4*t_t .. min(T - 1, 4*t_t + 3)\n\
         \x20   for i = 1 .. N - 2\n\
         \x20     for j = 1 .. N - 2\n\
         \x20       S1(t, i, j)\n\
         \x20   for i_t = 0 .. floord(N - 2, 16)\n\
         \x20     for j_t = 0 .. floord(N - 2, 16)\n\
         \x20       for i = max(1, 16*i_t) .. min(N - 2, 16*i_t + 15)\n\
         \x20         for j = max(1, 16*j_t) .. min(N - 2, 16*j_t + 15)\n\
         \x20           S2(t, i, j)\n"
    );
}

#[test]
fn a_leaf_on_a_diagonal_does_not_loosen_the_loops_it_shares() {
    let program = ProgramBuilder::new("diagonal", &["N"]).array("x", &[]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "i", "N - 1", |body| {
                body.when("j = i", |body| body.assign("x", &["x"]));
                body.assign("x", &["x"]);
            });
        });
    });
    assert_eq!(
        loops_after(&program, "tile(S2, j, 64); tile(S2, j, 8)"),
        "for i = 0 .. N - 1\n\
         \x20 for j_t = ceild(i - 63, 64) .. floord(N - 1, 64)\n\
         \x20   for j_t2 = max(8*j_t, ceild(i - 7, 8)) .. min(8*j_t + 7, floord(N - 1, 8))\n\
         \x20     for j = max(i, 8*j_t2) .. min(N - 1, 8*j_t2 + 7)\n\
         \x20       if i = j\n\
         \x20         S1(i, j)\n\
         \x20       S2(i, j)\n"
    );
}

#[test]
fn a_missing_bound_is_an_error() {
    let mut program = ProgramBuilder::new("endless", &[]).array("x", &[]).build(|body| {
        body.each("i", "0", "10", |body| body.assign("x", &["x"]));
    });
    program.statements[0].domain.truncate(1);
    let error = lower(&program, &ScheduleTree::original(&program)).unwrap_err();
    assert_eq!(
        error,
        LowerError::Unbounded {
            loop_name: "i".to_owned(),
            statement: "S1".to_owned(),
            side: "upper"
        }
    );
}
