//! The C text of a generated program means the same program: the frontend reads it back.

use loopwright_frontend::{Options, parse};
use loopwright_ir::{Access, ArrayId, Constraint, Program, Statement};
use loopwright_synth::{Shape, SynthOptions, generate};
use std::collections::BTreeSet;

/// An access by the array's name, since the frontend may number arrays in another order.
fn named(program: &Program, access: &Access) -> (String, Access) {
    (program.array(access.array).name.clone(), Access { array: ArrayId(0), ..access.clone() })
}

/// The domain without the constraints that others of it repeat.
fn domain(statement: &Statement) -> BTreeSet<Constraint> {
    statement.domain.iter().cloned().collect()
}

fn reads(program: &Program, statement: &Statement) -> Vec<(String, Access)> {
    statement.reads.iter().map(|read| named(program, read)).collect()
}

#[test]
fn the_frontend_reads_the_same_program() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    for seed in 0..40 {
        for shape in Shape::ALL {
            let options = SynthOptions { shape: Some(shape), ..SynthOptions::default() };
            let generated = generate(seed, &options);
            let file = folder.path().join(format!("{}.c", generated.name));
            std::fs::write(&file, &generated.source_c).expect("the folder is writable");
            let unit = parse(&file, &Options::default())
                .unwrap_or_else(|error| panic!("{error}\n{}", generated.source_c));
            let [region] = unit.regions.as_slice() else {
                panic!("one region: {}", generated.source_c);
            };
            let read = region
                .result
                .as_ref()
                .unwrap_or_else(|reject| panic!("{}\n{}", reject.reason, generated.source_c))
                .specialize();
            let made = &generated.program;
            let context = format!("{}\n{made}\n{read}", generated.source_c);
            assert_eq!(made.name, read.name);
            assert_eq!(made.statements.len(), read.statements.len(), "{context}");
            for array in &made.arrays {
                let same = read.arrays.iter().find(|other| other.name == array.name);
                let same = same.unwrap_or_else(|| panic!("{} is there\n{context}", array.name));
                assert_eq!(
                    (&array.extents, array.element),
                    (&same.extents, same.element),
                    "{context}"
                );
            }
            for (ours, theirs) in made.statements.iter().zip(&read.statements) {
                assert_eq!(ours.name, theirs.name, "{context}");
                assert_eq!(domain(ours), domain(theirs), "{context}");
                assert_eq!(named(made, &ours.write), named(&read, &theirs.write), "{context}");
                assert_eq!(reads(made, ours), reads(&read, theirs), "{context}");
                assert_eq!(ours.body, theirs.body, "{context}");
            }
        }
    }
}
