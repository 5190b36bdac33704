//! Steps that are accepted keep every value; steps that are refused say why.

mod execution;

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{Program, Schedule, ScheduleTree, StatementId, Step};
use loopwright_transform::testing::{ProgramBuilder, samples};
use loopwright_transform::{Applied, Cause, apply, lower, replay, rewrite};

fn dependences(program: &Program) -> Dependences {
    Dependences::compute(program, DEFAULT_QUOTA).expect("dependences")
}

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

fn random_step(random: &mut Random, program: &Program, tree: &ScheduleTree) -> Step {
    let id = StatementId(random.below(program.statements.len()));
    let path = tree.path(id).expect("a leaf");
    let names: Vec<String> = path.iter().map(|inner| inner.name.clone()).collect();
    let statement = program.statement(id).name.clone();
    let loop_name = random.pick(&names).clone();
    match random.below(9) {
        0 | 1 => {
            Step::Interchange { statement, outer: loop_name, inner: random.pick(&names).clone() }
        }
        2..=3 => {
            let first = random.below(names.len());
            let count = 1 + random.below(3.min(names.len() - first));
            let loops: Vec<String> = names[first..first + count].to_vec();
            let sizes = loops.iter().map(|_| *random.pick(&[1, 2, 3, 4])).collect();
            Step::Tile { statement, loops, sizes }
        }
        4 => Step::Distribute { statement, loop_name },
        5 => Step::Parallelize { statement, loop_name },
        6 => Step::Vectorize { statement, loop_name, width: 2, unroll: 1 + random.below(2) as u32 },
        _ => Step::UnrollAndJam { statement, loop_name, factor: 2 + random.below(2) as u32 },
    }
}

#[test]
fn accepted_schedules_keep_every_value() {
    let mut random = Random(7);
    let (mut accepted, mut refused) = (0, 0);
    for mut program in samples::all() {
        let dependences = dependences(&program);
        for _ in 0..100 {
            let mut current = Applied::original(&program);
            for _ in 0..12 {
                if current.schedule.steps().len() >= 5 {
                    break;
                }
                let step = random_step(&mut random, &program, &current.tree);
                match apply(&program, &dependences, &current, &step) {
                    Ok(next) => {
                        current = next;
                        accepted += 1;
                    }
                    Err(illegal) if matches!(illegal.cause, Cause::Dependence(_)) => refused += 1,
                    Err(_) => {}
                }
            }
            assert_eq!(replay(&program, &dependences, &current.schedule).as_ref(), Ok(&current));
            let sizes: Vec<i64> =
                program.parameters.iter().map(|_| *random.pick(&[1, 3, 4, 6, 7])).collect();
            for (parameter, size) in program.parameters.iter_mut().zip(&sizes) {
                parameter.value = Some(*size);
            }
            let original = lower(&program, &ScheduleTree::original(&program)).expect("loops");
            let expected = execution::run(&program, &original);
            let special = program.specialize();
            let mut special_tree = ScheduleTree::original(&special);
            for step in current.schedule.steps() {
                special_tree = rewrite(&special, &special_tree, step).expect("the same structure");
            }
            for (program, tree) in [(&program, &current.tree), (&special, &special_tree)] {
                let loops = lower(program, tree).expect("bounded loops");
                assert!(
                    execution::run(program, &loops) == expected,
                    "{}\nsizes {sizes:?}\n{}\n{}",
                    program.name,
                    current.schedule,
                    loops.display(program)
                );
            }
        }
    }
    assert!(accepted > 500 && refused > 100, "{accepted} accepted, {refused} refused");
}

#[test]
fn a_register_tiled_matrix_product_is_legal() {
    let program = samples::matrix_product();
    let schedule: Schedule = "interchange(S2, j, k)\ntile(S2, i, k, j, 64, 128, 512)\n\
         tile(S2, i, j, 4, 16)"
        .parse()
        .expect("a schedule");
    let illegal = replay(&program, &dependences(&program), &schedule).expect_err("k is between");
    assert_eq!(illegal.number, 3);
    let schedule: Schedule = "interchange(S2, j, k)\ntile(S2, i, k, j, 64, 128, 512)\n\
         interchange(S2, k, j)\nunroll_and_jam(S2, i, 4)\nvectorize(S2, j, 8, 2)\n\
         parallelize(S2, i_t)"
        .parse()
        .expect("a schedule");
    let applied = replay(&program, &dependences(&program), &schedule).expect("legal");
    assert_eq!(
        applied.tree.display(&program),
        "i\n  j\n    S1\n\
         i_t parallel\n\
         \x20 k_t\n\
         \x20   j_t\n\
         \x20     i unroll-and-jam 4\n\
         \x20       j vector 8 x 2\n\
         \x20         k\n\
         \x20           S2\n"
    );
}

#[test]
fn a_refusal_names_the_step_and_the_clashing_instances() {
    let program = samples::triangular_sum();
    let schedule: Schedule = "tile(S2, i, 8); distribute(S2, i)".parse().expect("a schedule");
    let illegal = replay(&program, &dependences(&program), &schedule).expect_err("x[j] is read");
    assert_eq!(illegal.number, 2);
    let Cause::Dependence(violation) = &illegal.cause else { panic!("{illegal}") };
    assert_ne!(violation.source.statement, violation.destination.statement);
    let text = illegal.to_string();
    assert!(text.starts_with("step 2, `distribute(S2, i)`: "), "{text}");
    assert!(text.contains("S3(i=0)") && text.contains("S2(i=1, j=0)"), "{text}");
}

#[test]
fn a_schedule_may_pass_through_an_illegal_order() {
    let program = ProgramBuilder::new("diagonal", &["N"]).array("A", &["N", "N"]).build(|body| {
        body.each("i", "1", "N - 1", |body| {
            body.each("j", "0", "N - 2", |body| body.assign("A[i][j]", &["A[i-1][j+1]"]));
        });
    });
    let dependences = dependences(&program);
    let schedule = |text: &str| text.parse::<Schedule>().expect("a schedule");
    let once = schedule("interchange(S1, i, j)");
    let twice = schedule("interchange(S1, i, j); interchange(S1, i, j)");
    assert!(replay(&program, &dependences, &twice).is_ok());
    let illegal = replay(&program, &dependences, &once).expect_err("a diagonal dependence");
    assert!(matches!(illegal.cause, Cause::Dependence(_)), "{illegal}");
}

#[test]
fn a_loop_of_one_iteration_still_orders_jammed_iterations() {
    let program = samples::triangular_sum();
    let schedule: Schedule =
        "tile(S1, i, 1); unroll_and_jam(S1, i_t, 2)".parse().expect("a schedule");
    let applied = replay(&program, &dependences(&program), &schedule).expect("legal");
    assert_eq!(
        lower(&program, &applied.tree).expect("bounded loops").display(&program),
        "unroll-and-jam(2) for i_t = 0 .. N - 1\n\
         \x20 for i = i_t .. i_t\n\
         \x20   S1(i)\n\
         \x20   for j = 0 .. i - 1\n\
         \x20     S2(i, j)\n\
         \x20   S3(i)\n"
    );
}

/// A split leaves a piece of `S1` without instances in the parallel loop. It writes nothing there, so the
/// others may share copies of what `S1` writes elsewhere.
#[test]
fn a_piece_that_never_runs_hinders_no_copy() {
    let builder = ProgramBuilder::new("panels", &["N"]).array("A", &["N", "N"]);
    let program = builder.array("Q", &["N"]).context("N >= 1").build(|body| {
        body.each("k", "0", "N - 1", |body| {
            body.assign("Q[k]", &["A[k][k]"]);
            body.each("j", "k + 1", "N - 1", |body| {
                body.assign("A[k][j]", &["A[k][j]", "Q[k]"]);
            });
        });
    });
    let schedule = "sink(S1, S2, j, k); tile(S2, k, j, 4, 4); split(S2, j_t, k_t + 1); \
                    parallelize(S2_2, j_t); pack(S2_2, Q, j_t)";
    let schedule: Schedule = schedule.parse().expect("a schedule");
    let applied = replay(&program, &dependences(&program), &schedule).expect("legal");
    let loops = lower(&program, &applied.tree).expect("bounded loops").display(&program);
    assert!(loops.contains("pack Q[4*k_t : 4] in\n"), "{loops}");
}
