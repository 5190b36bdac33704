//! Whether equal bits say anything.
//!
//! They say nothing where any code would have given them: where the region's results end as they
//! began, where most of what it computes is NaN or infinite, or where an array that it only reads holds one
//! number everywhere, so that a wrong subscript reads the right value. Constants that replace other
//! contents are results like any others.

use loopwright_ir::{ArrayId, Program};
use loopwright_runtime::{Buffer, Origin, Summary};

/// Why a comparison says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vacuity {
    /// The results end as they began.
    Unchanged,
    /// Most of what is computed is NaN or infinite.
    Extraordinary,
    /// These arrays are read only, and hold one number everywhere.
    Uniform(Vec<ArrayId>),
    /// All that is written is one number, though other values are read.
    Constant,
}

/// What the region does with each array.
struct Use {
    read: bool,
    written: bool,
}

fn uses(program: &Program) -> Vec<Use> {
    let mut uses: Vec<Use> =
        program.arrays.iter().map(|_| Use { read: false, written: false }).collect();
    for statement in &program.statements {
        for read in &statement.reads {
            if let Some(use_) = uses.get_mut(read.array.0) {
                use_.read = true;
            }
        }
        if let Some(use_) = uses.get_mut(statement.write.array.0) {
            use_.written = true;
        }
    }
    uses
}

/// Why the original's run gives nothing to compare with, if so.
pub fn vacuity(
    program: &Program,
    buffers: &[Buffer],
    origins: &[Origin],
    summaries: &[Summary],
) -> Option<Vacuity> {
    let uses = uses(program);
    let all = || uses.iter().zip(buffers).zip(origins).zip(summaries).enumerate();
    let results = || {
        all()
            .filter(|(_, (((used, buffer), _), _))| used.written && buffer.compared)
            .map(|(_, (_, summary))| summary)
    };
    let changed: u64 = results().map(|summary| summary.changed).sum();
    if changed == 0 {
        return Some(Vacuity::Unchanged);
    }
    let extraordinary: u64 = results().map(|summary| summary.changed_extraordinary).sum();
    if extraordinary > changed / 2 {
        return Some(Vacuity::Extraordinary);
    }
    // Contents of ours are as varied as the type allows.
    let reads = || all().filter(|(_, (((used, _), _), summary))| used.read && summary.count > 1);
    let is_uniform = |origin: &Origin, buffer: &Buffer, summary: &Summary| {
        let fixed = buffer.replaced || *origin == Origin::Contents;
        !fixed && (summary.before.uniform || summary.before.zero)
    };
    let uniform = |only_read: bool| -> Vec<ArrayId> {
        reads()
            .filter(|(_, (((used, buffer), origin), summary))| {
                !(only_read && used.written) && is_uniform(origin, buffer, summary)
            })
            .map(|(position, _)| ArrayId(position))
            .collect()
    };
    let inputs = uniform(true);
    if !inputs.is_empty() {
        return Some(Vacuity::Uniform(inputs));
    }
    let everything = uniform(false);
    if !everything.is_empty() && everything.len() == reads().count() {
        return Some(Vacuity::Uniform(everything));
    }
    let constant = results().filter(|summary| summary.changed > 0).all(|summary| {
        if summary.count == 1 { summary.changed_zero } else { summary.changed_uniform }
    });
    let reads_anything = uses.iter().any(|used| used.read);
    (constant && reads_anything).then_some(Vacuity::Constant)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::input::{self, InputFlags};
    use loopwright_runtime::{Aspect, Contents as Filling, ElementType};

    const COUNT: u64 = 8;

    /// The region's program: `c[i] += a[i] * b[i]`, or what else is written there.
    pub(in super::super) fn program(statement: &str) -> Program {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("region.c");
        let text = format!(
            "double a[8], b[8], c[8];\nvoid f(void) {{\n#pragma scop\n\
             for (int i = 0; i < 8; i++) {statement};\n#pragma endscop\n}}\n"
        );
        std::fs::write(&file, text).expect("written");
        let unit = input::parse(&file, &InputFlags::plain()).expect("it parses");
        let accepted = input::accepted(&unit.regions).expect("a region");
        input::specialized(&unit, accepted[0].program).expect("known sizes")
    }

    pub(in super::super) const VARIED: Summary = Summary {
        count: COUNT,
        before: Aspect { zero: false, uniform: false, extraordinary: 0 },
        after: Aspect { zero: false, uniform: false, extraordinary: 0 },
        changed: 0,
        changed_extraordinary: 0,
        changed_uniform: true,
        changed_zero: true,
    };
    pub(in super::super) const ZERO: Summary =
        Summary { before: Aspect { zero: true, uniform: true, extraordinary: 0 }, ..VARIED };
    const RESULT: Summary =
        Summary { changed: COUNT, changed_uniform: false, changed_zero: false, ..VARIED };

    /// The verdict on arrays by name, all of which the program fills.
    fn judged(program: &Program, known: &[(&str, Summary)], replaced: bool) -> Option<Vacuity> {
        let summary = |name: &str| {
            known.iter().find(|(known, _)| *known == name).map_or(VARIED, |(_, summary)| *summary)
        };
        let summaries: Vec<Summary> =
            program.arrays.iter().map(|array| summary(&array.name)).collect();
        let buffer = || Buffer {
            replaced,
            ..Buffer::new(ElementType::F64, COUNT, Filling::Pseudorandom { seed: 1 })
        };
        let buffers: Vec<Buffer> = program.arrays.iter().map(|_| buffer()).collect();
        let origins = vec![Origin::Initializer; program.arrays.len()];
        vacuity(program, &buffers, &origins, &summaries)
    }

    pub(in super::super) fn named(program: &Program, name: &str) -> ArrayId {
        ArrayId(program.arrays.iter().position(|array| array.name == name).expect("an array"))
    }

    #[test]
    fn results_that_change_and_vary_are_compared() {
        let product = program("c[i] += a[i] * b[i]");
        assert_eq!(judged(&product, &[("c", RESULT)], false), None);
        // What is also written may begin with zeros.
        let result = Summary { before: ZERO.before, ..RESULT };
        assert_eq!(judged(&product, &[("c", result)], false), None);
    }

    #[test]
    fn zeros_nans_and_one_number_everywhere_are_no_comparison() {
        let product = program("c[i] += a[i] * b[i]");
        assert_eq!(judged(&product, &[("a", ZERO)], false), Some(Vacuity::Unchanged));
        let b = named(&product, "b");
        assert_eq!(
            judged(&product, &[("b", ZERO), ("c", RESULT)], false),
            Some(Vacuity::Uniform(vec![b]))
        );
        assert_eq!(judged(&product, &[("b", ZERO), ("c", RESULT)], true), None);
        let nan = Summary { changed_extraordinary: 5, ..RESULT };
        assert_eq!(judged(&product, &[("c", nan)], false), Some(Vacuity::Extraordinary));
        let some = Summary { changed_extraordinary: 4, ..RESULT };
        assert_eq!(judged(&product, &[("c", some)], false), None);
        let same = Summary { changed_uniform: true, ..RESULT };
        assert_eq!(judged(&product, &[("c", same)], false), Some(Vacuity::Constant));
        let square = program("c[i] = c[i] * c[i]");
        let all = Summary { before: ZERO.before, ..RESULT };
        let c = named(&square, "c");
        assert_eq!(judged(&square, &[("c", all)], false), Some(Vacuity::Uniform(vec![c])));
    }

    #[test]
    fn constants_over_something_else_are_a_comparison() {
        let fill = program("c[i] = 1.0");
        let same = Summary { changed_uniform: true, ..RESULT };
        assert_eq!(judged(&fill, &[("c", same)], false), None);
        assert_eq!(judged(&fill, &[("c", VARIED)], false), Some(Vacuity::Unchanged));
    }
}
