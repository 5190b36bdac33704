//! C4: local copies are transparent.

use super::scope::Scope;
use super::tree::{Copying, Element, Occurrence};
use super::{Form, Questions, Stop, Tree, reads, storage};
use crate::{Doubt, InstanceWitness, Refutation};
use loopwright_ir::{ArrayId, Mark, Program};
use loopwright_isl::ConstraintRow;

pub(crate) fn prove(program: &Program, tree: &Tree, questions: &mut Questions) -> Result<(), Stop> {
    for (position, copying) in tree.copies.iter().enumerate() {
        let prover = Prover { program, tree, copying };
        prover.outside_of_lockstep()?;
        let inside: Vec<_> = prover
            .accesses()
            .filter(|(occurrence, element)| {
                occurrence.inside.contains(&position)
                    && copying.takes(occurrence.statement, element)
            })
            .collect();
        for (occurrence, element) in &inside {
            prover.in_the_box(occurrence, element, questions)?;
        }
        if program.is_expanded(ArrayId(copying.array)) {
            continue;
        }
        prover.filled(&inside, questions)?;
        if let Some(read) = &copying.reads {
            reads::prove(program, tree, (position, copying), read, questions)?;
        } else if !copying.copy_out && inside.iter().any(|(_, element)| element.written) {
            return Err(Refutation::NotWrittenBack { array: prover.array() }.into());
        }
        for (depth, around) in copying.place.loops.iter().enumerate() {
            if around.mark.on_threads() {
                prover.alone(depth, questions)?;
            }
        }
    }
    storage::prove(program, tree, questions)
}

struct Prover<'a> {
    program: &'a Program,
    tree: &'a Tree,
    copying: &'a Copying,
}

impl<'a> Prover<'a> {
    fn array(&self) -> String {
        let array = self.program.arrays.get(self.copying.array);
        array.map(|array| array.name.clone()).unwrap_or_default()
    }

    /// All accesses of the tree to the packed array.
    fn accesses(&self) -> impl Iterator<Item = (&'a Occurrence, &'a Element)> {
        let (tree, array) = (self.tree, self.copying.array);
        tree.occurrences.iter().flat_map(move |occurrence| {
            let elements = tree.sources.get(occurrence.statement).map(|source| &source.elements);
            elements
                .into_iter()
                .flatten()
                .filter(move |element| element.array == array)
                .map(move |element| (occurrence, element))
        })
    }

    /// C4e: no vector or jammed loop is around.
    fn outside_of_lockstep(&self) -> Result<(), Stop> {
        let lockstep = |mark| match mark {
            Mark::Vector { width, unroll } => u64::from(width) * u64::from(unroll) > 1,
            Mark::UnrollJam { factor } => factor > 1,
            Mark::Sequential
            | Mark::Parallel
            | Mark::Pipelined
            | Mark::Doacross
            | Mark::Unroll { .. } => false,
        };
        match self.copying.place.loops.iter().find(|around| lockstep(around.mark)) {
            Some(around) => Err(Refutation::CopyInLockstep {
                array: self.array(),
                loop_name: around.name.clone(),
            }
            .into()),
            None => Ok(()),
        }
    }

    /// The subscripts of an access over the loop variables of its node.
    fn subscripts(&self, occurrence: &Occurrence, element: &Element) -> Result<Vec<Form>, Doubt> {
        let composed = |form: &Form| form.composed(self.tree.parameters, &occurrence.iterators);
        element.subscripts.iter().map(composed).collect()
    }

    /// The conditions under which a point lies in the box of an execution in the given scope.
    fn box_rows(
        &self,
        copying: &Copying,
        scope: &Scope,
        point: &[Form],
    ) -> Result<Vec<ConstraintRow>, Doubt> {
        let mut rows = Vec::new();
        for ((subscript, origin), extent) in point.iter().zip(&copying.origin).zip(&copying.extents)
        {
            let origin = scope.form(origin);
            rows.push(subscript.at_least(&origin)?);
            rows.push(origin.plus(1, extent)?.above(subscript)?);
        }
        Ok(rows)
    }

    /// C4a: an access inside is in the box.
    fn in_the_box(
        &self,
        occurrence: &Occurrence,
        element: &Element,
        questions: &mut Questions,
    ) -> Result<(), Stop> {
        let parameters = self.tree.parameters;
        let width = parameters + occurrence.place.loops.len();
        let subscripts = self.subscripts(occurrence, element)?;
        let bounds = subscripts.iter().zip(&self.copying.origin).zip(&self.copying.extents);
        for ((subscript, origin), extent) in bounds {
            let end = origin.plus(1, extent)?;
            for outside in [origin.above(subscript)?, subscript.at_least(&end)?] {
                let part = &occurrence.place.part;
                let Some(point) = questions.point(width, &[part], &[outside])? else { continue };
                let value = |form: &Form| form.value(&point).unwrap_or(0);
                let iterators: Vec<i64> = occurrence.iterators.iter().map(value).collect();
                return Err(Refutation::OutsideCopy {
                    instance: InstanceWitness::new(
                        self.program,
                        occurrence.statement,
                        &iterators,
                        point.get(..parameters).unwrap_or_default(),
                    ),
                    array: self.array(),
                    subscripts: subscripts.iter().map(value).collect(),
                }
                .into());
            }
        }
        Ok(())
    }

    /// C4b: a copy that is not filled is never read, and is written as a whole if it goes back.
    fn filled(
        &self,
        inside: &[(&Occurrence, &Element)],
        questions: &mut Questions,
    ) -> Result<(), Stop> {
        if self.copying.copy_in {
            return Ok(());
        }
        let wrong = || Stop::from(Refutation::NotFilled { array: self.array() });
        if inside.iter().any(|(_, element)| element.read) {
            return Err(wrong());
        }
        if !self.copying.copy_out {
            return Ok(());
        }
        // The columns: parameters, the loops around the copy, an element, and in each piece the
        // loops around a write, of which the first are those around the copy.
        let parameters = self.tree.parameters;
        let around = Scope::new(parameters, 0, &self.copying.place);
        let depth = around.depth;
        let extents = self.tree.extents.get(self.copying.array).map_or(&[][..], Vec::as_slice);
        let dimensions = extents.len();
        let point: Vec<Form> =
            (0..dimensions).map(|at| Form::column(parameters + depth + at)).collect();
        let mut whole = around.part.always.clone();
        whole.extend(self.box_rows(self.copying, &around, &point)?);
        for (subscript, extent) in point.iter().zip(extents) {
            whole.push(subscript.at_least(&Form::constant(0))?);
            whole.push(extent.above(subscript)?);
        }
        let width = parameters + depth + dimensions;
        let mut pieces = Vec::new();
        for (occurrence, element) in inside {
            let scope = Scope::new(parameters, depth + dimensions, &occurrence.place);
            let mut rows = scope.part.always.clone();
            for level in 0..depth {
                rows.push(scope.variable(level).equals(&around.variable(level))?);
            }
            for (own, subscript) in point.iter().zip(self.subscripts(occurrence, element)?) {
                rows.push(own.equals(&scope.form(&subscript))?);
            }
            let columns = width + scope.depth;
            if scope.part.cases.is_empty() {
                pieces.push((columns, rows));
            } else {
                let case = |case: &Vec<_>| (columns, [rows.as_slice(), case].concat());
                pieces.extend(scope.part.cases.iter().map(case));
            }
        }
        let wholes = if around.part.cases.is_empty() {
            vec![whole]
        } else {
            let case = |case: &Vec<_>| [whole.as_slice(), case].concat();
            around.part.cases.iter().map(case).collect()
        };
        for whole in wholes {
            if questions.uncovered(width, &whole, &pieces)?.is_some() {
                return Err(wrong());
            }
        }
        Ok(())
    }

    /// C4d: in different iterations of the parallel loop at a depth around the copy, nobody writes what
    /// is in the box, and nobody uses what is copied back.
    fn alone(&self, depth: usize, questions: &mut Questions) -> Result<(), Stop> {
        let parameters = self.tree.parameters;
        let Some(parallel) = self.copying.place.loops.get(depth) else { return Ok(()) };
        let pipelined = depth
            .checked_sub(1)
            .and_then(|outer| self.copying.place.loops.get(outer))
            .is_some_and(|outer| outer.mark == Mark::Pipelined);
        let within = |other: &super::tree::Place| {
            other.loops.get(depth).is_some_and(|around| around.node == parallel.node)
        };
        let races = || -> Stop {
            let loop_name = parallel.name.clone();
            Refutation::CopyRaces { array: self.array(), loop_name }.into()
        };
        let own = Scope::new(parameters, 0, &self.copying.place);
        for (occurrence, element) in self.accesses() {
            if !within(&occurrence.place) || !(element.written || self.copying.copy_out) {
                continue;
            }
            let other = Scope::new(parameters, own.depth, &occurrence.place);
            let point = other.forms(&self.subscripts(occurrence, element)?);
            let rows = self.box_rows(self.copying, &own, &point)?;
            let width = parameters + own.depth + other.depth;
            if meets(&own, &other, depth, width, &rows, pipelined, questions)? {
                return Err(races());
            }
        }
        for copying in self.tree.copies.iter().filter(|copying| {
            copying.array == self.copying.array
                && within(&copying.place)
                && (copying.copy_out || self.copying.copy_out)
        }) {
            let other = Scope::new(parameters, own.depth, &copying.place);
            let first = parameters + own.depth + other.depth;
            let extents = self.tree.extents.get(copying.array).map_or(&[][..], Vec::as_slice);
            let point: Vec<Form> = (0..extents.len()).map(|at| Form::column(first + at)).collect();
            let mut rows = self.box_rows(self.copying, &own, &point)?;
            rows.extend(self.box_rows(copying, &other, &point)?);
            for (subscript, extent) in point.iter().zip(extents) {
                rows.push(subscript.at_least(&Form::constant(0))?);
                rows.push(extent.above(subscript)?);
            }
            let width = first + extents.len();
            if meets(&own, &other, depth, width, &rows, pipelined, questions)? {
                return Err(races());
            }
        }
        Ok(())
    }
}

/// Whether the rows hold for some two iterations that differ first at a depth, or that have no order
/// because the loop around is pipelined.
fn meets(
    own: &Scope,
    other: &Scope,
    depth: usize,
    width: usize,
    rows: &[ConstraintRow],
    pipelined: bool,
    questions: &mut Questions,
) -> Result<bool, Doubt> {
    let mut rows = rows.to_vec();
    for level in 0..depth {
        rows.push(own.variable(level).equals(&other.variable(level))?);
    }
    let apart = |level: usize| -> Result<[ConstraintRow; 2], Doubt> {
        let (left, right) = (own.variable(level), other.variable(level));
        Ok([left.above(&right)?, right.above(&left)?])
    };
    let [ahead, behind] = apart(depth)?;
    for row in [&ahead, &behind] {
        rows.push(row.clone());
        if questions.point(width, &[&own.part, &other.part], &rows)?.is_some() {
            return Ok(true);
        }
        rows.pop();
    }
    let Some(outer) = depth.checked_sub(1).filter(|_| pipelined) else { return Ok(false) };
    // In different iterations of the pipelined loop, the one that comes later is behind.
    let [later, earlier] = apart(outer)?;
    rows.truncate(rows.len().saturating_sub(1));
    for pair in [[later, behind], [earlier, ahead]] {
        let rows = [rows.as_slice(), &pair].concat();
        if questions.point(width, &[&own.part, &other.part], &rows)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
