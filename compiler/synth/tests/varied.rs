//! Programs for fuzzing: their C text means the same program, and smaller outlines make smaller ones.

use loopwright_frontend::{Options, RejectReason, parse};
use loopwright_ir::verify::verify_program;
use loopwright_ir::{Access, Constraint, ElementType, Expression, Program};
use loopwright_synth::{Shape, Variety, generate_varied};
use std::collections::BTreeSet;

/// What the frontend reads from a C text; nothing where no statement ever runs, or where it does not accept it.
fn read_back(folder: &std::path::Path, name: &str, text: &str) -> Option<Program> {
    let file = folder.join(format!("{name}.c"));
    std::fs::write(&file, text).expect("the folder is writable");
    let unit = parse(&file, &Options::default()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let [region] = unit.regions.as_slice() else { panic!("one region: {text}") };
    match &region.result {
        Ok(program) => Some(program.clone()),
        // Programs made without C may divide under a condition, which the frontend does not accept yet.
        Err(reject) if matches!(reject.reason, RejectReason::Empty | RejectReason::NothingRuns) => {
            None
        }
        Err(reject) => panic!("{}\n{text}", reject.reason),
    }
}

/// The conditions without those that others of them imply: the frontend keeps the tightest one.
fn domain(constraints: &[Constraint]) -> BTreeSet<Constraint> {
    let mut kept: BTreeSet<Constraint> = BTreeSet::new();
    for one in constraints {
        let first = one.affine.terms().first().map_or(1, |term| term.1);
        let sign = if one.equality { first.signum() } else { 1 };
        let one = &Constraint { affine: &one.affine * sign, equality: one.equality };
        if one.affine.as_constant().is_some_and(|value| value >= 0 && !one.equality) {
            continue;
        }
        let parallel = |other: &&Constraint| {
            other.affine.terms() == one.affine.terms() && other.equality == one.equality
        };
        let constant = one.affine.constant_term();
        match kept.iter().find(parallel).cloned() {
            Some(other) if !one.equality && constant < other.affine.constant_term() => {
                kept.remove(&other);
                kept.insert(one.clone());
            }
            Some(_) if !one.equality => {}
            _ => {
                kept.insert(one.clone());
            }
        }
    }
    kept
}

/// The expression without the promotion to `int` on the way from a smaller integer elsewhere.
fn direct(expression: Expression) -> Expression {
    match expression.map_operands(&mut direct) {
        Expression::Cast { element, operand } => match *operand {
            Expression::Cast { element: ElementType::I32, operand }
                if operand.element().bytes() < 4 =>
            {
                Expression::Cast { element, operand }
            }
            other => Expression::Cast { element, operand: Box::new(other) },
        },
        other => other,
    }
}

fn with_values(mut read: Program, made: &Program) -> Program {
    for parameter in &made.parameters {
        if let Some(value) = parameter.value {
            let _ = read.set_parameter(&parameter.name, value);
        }
    }
    read.specialize()
}

#[test]
fn the_frontend_reads_the_same_program() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let mut shapes = BTreeSet::new();
    let mut compared = 0;
    for seed in 0..150 {
        let generated = generate_varied(seed, &Variety::default());
        shapes.insert(generated.shape);
        verify_program(&generated.program)
            .unwrap_or_else(|error| panic!("{error}\n{}", generated.source_c));
        let made = generated.program.specialize();
        let Some(read) = read_back(folder.path(), &generated.name, &generated.source_c) else {
            continue;
        };
        let read = with_values(read, &generated.program);
        let context = format!("{}\n{made}\n{read}", generated.source_c);
        if made.statements.len() != read.statements.len() {
            // The frontend leaves out what never runs.
            assert!(read.statements.len() < made.statements.len(), "{context}");
            continue;
        }
        // An integer scalar that is only read is a parameter to the frontend.
        if read.arrays.len() + read.parameters.len() != made.arrays.len() + made.parameters.len()
            || read.parameters.iter().any(|parameter| parameter.name.starts_with('s'))
        {
            continue;
        }
        compared += 1;
        for (ours, theirs) in made.statements.iter().zip(&read.statements) {
            let named = |program: &Program, access: &Access| {
                (program.array(access.array).name.clone(), access.subscripts.clone())
            };
            assert_eq!(domain(&ours.domain), domain(&theirs.domain), "{context}");
            assert_eq!(named(&made, &ours.write), named(&read, &theirs.write), "{context}");
            let reads = |program: &Program, reads: &[Access]| -> Vec<_> {
                reads.iter().map(|access| named(program, access)).collect()
            };
            assert_eq!(reads(&made, &ours.reads), reads(&read, &theirs.reads), "{context}");
            assert_eq!(direct(ours.body.clone()), direct(theirs.body.clone()), "{context}");
        }
    }
    assert_eq!(shapes.len(), Shape::VARIED.len());
    assert!(compared > 100);
}

#[test]
fn a_program_is_made_again_from_its_outline_and_gets_smaller() {
    for seed in 0..200 {
        let generated = generate_varied(seed, &Variety::default());
        let (program, source) = generated.outline.realise(&generated.name);
        assert_eq!(program, generated.program, "{}", generated.source_c);
        assert_eq!(source, generated.source_c);
        for reduction in generated.outline.reductions() {
            let Some(smaller) = generated.outline.reduced(reduction) else { continue };
            let (program, source) = smaller.realise("smaller");
            verify_program(&program)
                .unwrap_or_else(|error| panic!("{reduction:?}: {error}\n{source}"));
        }
    }
}
