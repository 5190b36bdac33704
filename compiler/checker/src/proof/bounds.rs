//! C3: every access is inside of its array.

use super::{Form, Questions, Stop, Tree};
use crate::{InstanceWitness, Refutation};
use loopwright_ir::Program;

pub(crate) fn prove(program: &Program, tree: &Tree, questions: &mut Questions) -> Result<(), Stop> {
    let zero = Form::constant(0);
    for (statement, source) in tree.sources.iter().enumerate() {
        let width = tree.parameters + source.depth;
        for element in &source.elements {
            let extents = tree.extents.get(element.array).map_or(&[][..], Vec::as_slice);
            for (subscript, extent) in element.subscripts.iter().zip(extents) {
                for outside in [zero.above(subscript)?, subscript.at_least(extent)?] {
                    let rows = [source.domain.as_slice(), &[outside]].concat();
                    let Some(point) = questions.point(width, &[], &rows)? else { continue };
                    let (parameters, iterators) = point.split_at(tree.parameters.min(point.len()));
                    let subscripts =
                        element.subscripts.iter().map(|form| form.value(&point).unwrap_or(0));
                    let array = program.arrays.get(element.array);
                    return Err(Refutation::OutOfBounds {
                        instance: InstanceWitness::new(program, statement, iterators, parameters),
                        array: array.map(|array| array.name.clone()).unwrap_or_default(),
                        subscripts: subscripts.collect(),
                    }
                    .into());
                }
            }
        }
    }
    Ok(())
}
