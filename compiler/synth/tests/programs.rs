//! What is promised of generated programs: equal seeds, sound programs, accesses in bounds.

use loopwright_ir::verify::verify_program;
use loopwright_ir::{Program, Statement, Variable};
use loopwright_synth::{Shape, SynthOptions, generate};
use std::collections::HashSet;

fn each_shape(seeds: u64, options: &SynthOptions, mut check: impl FnMut(u64, &Program, Shape)) {
    for seed in 0..seeds {
        for shape in Shape::ALL {
            let options = SynthOptions { shape: Some(shape), ..options.clone() };
            let generated = generate(seed, &options);
            assert_eq!(generated.shape, shape);
            check(seed, &generated.program, shape);
        }
    }
}

#[test]
fn programs_are_well_formed_and_fit_in_memory() {
    let options = SynthOptions::default();
    each_shape(60, &options, |seed, program, shape| {
        verify_program(program).unwrap_or_else(|error| panic!("{shape} {seed}: {error}"));
        let bytes: u64 = (0..program.arrays.len())
            .map(|position| {
                let array = loopwright_ir::ArrayId(position);
                program.elements(array).expect("sizes are numbers")
                    * program.array(array).element.bytes()
            })
            .sum();
        assert!(bytes <= options.memory, "{shape} {seed}: {bytes} bytes");
    });
}

#[test]
fn equal_seeds_give_equal_programs_and_others_differ() {
    let options = SynthOptions::default();
    let mut texts = HashSet::new();
    for seed in 0..100 {
        let first = generate(seed, &options);
        let second = generate(seed, &options);
        assert_eq!(first.program, second.program);
        assert_eq!(first.source_c, second.source_c);
        let body = first.source_c.split_once('{').map(|(_, body)| body.to_owned());
        assert!(texts.insert(body), "seed {seed} repeats another's program");
    }
}

/// All instances of a statement, by trying every point of the box that its domain lies in.
fn instances(statement: &Statement, greatest: i64, visit: &mut dyn FnMut(&[i64])) -> usize {
    fn walk(
        statement: &Statement,
        greatest: i64,
        point: &mut Vec<i64>,
        visit: &mut dyn FnMut(&[i64]),
    ) -> usize {
        let value = |point: &[i64], variable| match variable {
            Variable::Iterator(depth) => point.get(depth as usize).copied().unwrap_or(0),
            _ => 0,
        };
        let decided = statement.domain.iter().all(|constraint| {
            let known = constraint.affine.variables().all(
                |variable| matches!(variable, Variable::Iterator(depth) if (depth as usize) < point.len()),
            );
            !known || constraint.holds(|variable| value(point, variable)) == Some(true)
        });
        if !decided {
            return 0;
        }
        if point.len() == statement.iterators.len() {
            visit(point);
            return 1;
        }
        let mut count = 0;
        for next in 0..=greatest {
            point.push(next);
            count += walk(statement, greatest, point, visit);
            point.pop();
        }
        count
    }
    walk(statement, greatest, &mut Vec::new(), visit)
}

#[test]
fn every_access_of_a_tiny_program_is_in_bounds() {
    each_shape(25, &SynthOptions::tiny(), |seed, program, shape| {
        for statement in &program.statements {
            let greatest = program
                .arrays
                .iter()
                .flat_map(|array| &array.extents)
                .filter_map(loopwright_ir::Affine::as_constant)
                .chain([64])
                .max()
                .unwrap_or(64);
            let count = instances(statement, greatest, &mut |point| {
                for access in std::iter::once(&statement.write).chain(&statement.reads) {
                    let extents = program.extents(access.array).expect("sizes are numbers");
                    for (subscript, extent) in access.subscripts.iter().zip(extents) {
                        let place = subscript.evaluate(|variable| match variable {
                            Variable::Iterator(depth) => point[depth as usize],
                            _ => 0,
                        });
                        let inside = place.is_some_and(|place| (0..extent).contains(&place));
                        assert!(inside, "{shape} {seed}: {} at {point:?}", statement.text);
                    }
                }
            });
            assert!(count > 0, "{shape} {seed}: {} never runs", statement.text);
        }
    });
}
