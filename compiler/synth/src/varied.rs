//! Programs for fuzzing: small, of every family, with variety.

use crate::sketch::{Finished, Sketch};
use crate::variety::Variety;
use crate::{Shape, SynthProgram, draw_element, shapes};
use loopwright_ir::Program;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How often a program that became too large is drawn again.
const ATTEMPTS: usize = 12;

/// The program of a seed: equal seeds and varieties give equal programs. Its extents may be zero,
/// so that nothing runs.
pub fn generate_varied(seed: u64, variety: &Variety) -> SynthProgram {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // The free family is as likely as any four others: it has more of everything.
    let turn = random.random_range(0..Shape::VARIED.len() + 3);
    let shape = Shape::VARIED.get(turn).copied().unwrap_or(Shape::Free);
    let element = draw_element(shape, &mut random);
    let name = format!("fuzz_{}_{seed}", shape.name());
    // One program in four has no parameters, whatever the variety says.
    let mut variety = variety.clone();
    if random.random_bool(0.4) {
        variety.parameters = 0.0;
    }
    let mut smallest: Option<Finished> = None;
    for _ in 0..ATTEMPTS {
        let own: u64 = random.random();
        let mut sketch =
            Sketch::new(ChaCha8Rng::seed_from_u64(own), element, variety.instances / 4.0)
                .with_variety(variety.clone(), own);
        shapes::draw(shape, &mut sketch);
        let finished = sketch.finish(&name);
        // Of programs in which nothing runs a few are enough.
        let runs = finished.instances >= 1.0 || random.random_bool(0.1);
        let usable = !finished.program.statements.is_empty() && fits(&finished.program) && runs;
        let fits = finished.instances <= variety.instances;
        let better =
            fits || smallest.as_ref().is_none_or(|known| finished.instances < known.instances);
        if usable && better {
            smallest = Some(finished);
        }
        if usable && fits {
            break;
        }
        variety.sizes.retain(|size| *size <= 9);
    }
    let finished = smallest.unwrap_or_else(|| trivial(&name));
    SynthProgram {
        name,
        shape,
        seed,
        source_c: finished.source,
        program: finished.program,
        outline: finished.outline,
    }
}

/// Whether all arrays together are small.
fn fits(program: &Program) -> bool {
    let elements: Option<u64> = (0..program.arrays.len())
        .map(|position| program.elements(loopwright_ir::ArrayId(position)))
        .sum();
    elements.is_some_and(|elements| elements < 40_000)
}

/// One statement without loops.
fn trivial(name: &str) -> Finished {
    let mut sketch =
        Sketch::new(ChaCha8Rng::seed_from_u64(0), loopwright_ir::ElementType::F64, 1.0);
    let array = sketch.array(0);
    let target = loopwright_ir::Access { array, subscripts: Vec::new() };
    sketch.assign(target, &crate::value::Value::Constant(1.0));
    sketch.finish(name)
}
