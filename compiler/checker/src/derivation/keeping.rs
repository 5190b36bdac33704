//! Kept: statements read copies in place of elements.
//!
//! `P'` is `P` *with kept reads* if it has further arrays, seen by nobody outside, and further statements `C`, each of
//! which copies one element `A[a]` into an element of these; if it differs in nothing else but reads, which are
//! of these arrays; and if, for each instance `S(x)` that reads `K[k(x)]` where it reads `A[e(x)]` in `P`,
//!
//! - an instance `C(z)` with `C(z) ≺ S(x)` writes `K[k(x)]`, and no other instance of any statement does,
//! - it copies `A[e(x)]`, which each instance of `S` reads or writes, not only in an arm of a choice, and
//! - no instance between the two writes `A[e(x)]`.

use super::scene::{Scene, Touched};
use super::{Change, malformed, order};
use crate::certain::surely_makes;
use crate::proof::tree::{Source, touched};
use crate::proof::{Questions, Stop, Tree};
use crate::{InstanceWitness, Limits, Refutation};
use loopwright_ir::{Access, Expression, Program};

const CHANGE: Change = Change::Kept;

pub(super) fn prove(before: &Program, after: &Program, limits: &Limits) -> Result<(), Stop> {
    let known = before.statements.len();
    same_but_reads(before, after)?;
    let tree = order::sets(after)?;
    let mut questions = Questions::new(limits, tree.assumptions.clone())?;
    let prover = Prover { after, tree: &tree, known };
    prover.written_once(&mut questions)?;
    for (number, (one, other)) in before.statements.iter().zip(&after.statements).enumerate() {
        for (own, kept) in one.reads.iter().zip(&other.reads).filter(|(own, kept)| own != kept) {
            if !surely_makes(one, own) {
                let array = before.arrays.get(own.array.0).map(|array| array.name.clone());
                return Err(Refutation::Conditional { array: array.unwrap_or_default() }.into());
            }
            prover.read(number, own, kept, &mut questions)?;
        }
    }
    Ok(())
}

fn same_but_reads(before: &Program, after: &Program) -> Result<(), Stop> {
    let known = before.statements.len();
    let arrays = before.arrays.len();
    let keep = |number: usize| (number < known).then_some(number);
    let same = before.parameters == after.parameters
        && before.context == after.context
        && after.arrays.get(..arrays) == Some(before.arrays.as_slice())
        && after.arrays.iter().skip(arrays).all(|array| !array.live_outside)
        && before.external_arrays().len() == after.external_arrays().len()
        && after.statements.len() >= known
        && order::kept(&after.order, &keep) == before.order;
    if !same {
        return Err(malformed(CHANGE, "something other than reads differs"));
    }
    for (one, other) in before.statements.iter().zip(&after.statements) {
        let reads = || one.reads.iter().zip(&other.reads);
        let fits = one.iterators == other.iterators
            && one.domain == other.domain
            && one.body == other.body
            && one.write == other.write
            && one.reads.len() == other.reads.len()
            && reads().all(|(own, kept)| own == kept || kept.array.0 >= arrays);
        if !fits {
            return Err(malformed(CHANGE, format!("{} differs", one.name)));
        }
    }
    for copy in after.statements.iter().skip(known) {
        let element = |access: &Access| after.arrays.get(access.array.0).map(|one| one.element);
        let fits = matches!((&copy.body, copy.reads.as_slice()),
            (Expression::Read { position: 0, .. }, [read])
                if read.array.0 < arrays && element(read) == element(&copy.write));
        if !fits || copy.write.array.0 < arrays {
            return Err(malformed(CHANGE, format!("{} is no copy", copy.name)));
        }
    }
    Ok(())
}

struct Prover<'a> {
    after: &'a Program,
    tree: &'a Tree,
    /// How many statements are none that make copies.
    known: usize,
}

impl<'a> Prover<'a> {
    fn touched(&self, access: &Access) -> Result<Touched, Stop> {
        let forms = touched(self.tree.parameters, access);
        let subscripts = forms.ok_or_else(|| malformed(CHANGE, "an access"))?;
        Ok(Touched { array: access.array.0, subscripts })
    }

    /// The statements from a number on that write an array, with what they write.
    fn writers(&self, array: usize) -> Result<Vec<(usize, &'a Source, Touched)>, Stop> {
        let all = self.after.statements.iter().zip(&self.tree.sources).enumerate();
        let all = all.filter(|(_, (statement, _))| statement.write.array.0 == array);
        all.map(|(number, (statement, source))| {
            Ok((number, source, self.touched(&statement.write)?))
        })
        .collect()
    }

    /// No two instances write one element of the copies.
    fn written_once(&self, questions: &mut Questions) -> Result<(), Stop> {
        let copies = self.after.statements.iter().enumerate().skip(self.known);
        for (number, copy) in copies {
            let Some(source) = self.tree.sources.get(number) else { continue };
            let write = self.touched(&copy.write)?;
            for (_, other, written) in self.writers(copy.write.array.0)? {
                let scene = Scene::new(self.tree.parameters).with(source).with(other);
                let Some(rows) = scene.same((0, &write), (1, &written))? else { continue };
                for way in scene.before(0, 1)? {
                    let meeting = scene.and(&rows).and(&way);
                    if questions.point(meeting.width, &[], &meeting.rows)?.is_some() {
                        return Err(malformed(CHANGE, "a copy is made twice"));
                    }
                }
            }
        }
        Ok(())
    }

    fn read(
        &self,
        number: usize,
        own: &Access,
        kept: &Access,
        questions: &mut Questions,
    ) -> Result<(), Stop> {
        let Some(reader) = self.tree.sources.get(number) else { return Ok(()) };
        let name = |access: &Access| {
            let array = self.after.arrays.get(access.array.0);
            array.map_or_else(String::new, |array| array.name.clone())
        };
        let (wanted, found) = (self.touched(own)?, self.touched(kept)?);
        let alone = Scene::new(self.tree.parameters).with(reader);
        let mut pieces = Vec::new();
        for (copying, copy, write) in self.writers(kept.array.0)? {
            let Some(statement) = self.after.statements.get(copying) else { continue };
            let Some(copied) = statement.reads.first() else { continue };
            let copied = self.touched(copied)?;
            let scene = alone.with(copy);
            let Some(rows) = scene.same((0, &found), (1, &write))? else { continue };
            let scene = scene.and(&rows);
            pieces.extend(scene.pieces(&scene.before(1, 0)?));
            for way in scene.differ((0, &wanted), (1, &copied))? {
                let other = scene.and(&way);
                if let Some(point) = questions.point(other.width, &[], &other.rows)? {
                    return Err(self.other_value(number, &point, name(kept)));
                }
            }
            for (_, writer, written) in self.writers(own.array.0)? {
                let scene = scene.with(writer);
                let Some(rows) = scene.same((0, &wanted), (2, &written))? else { continue };
                for way in Scene::both(&scene.before(1, 2)?, &scene.before(2, 0)?) {
                    let between = scene.and(&rows).and(&way);
                    if questions.point(between.width, &[], &between.rows)?.is_some() {
                        return Err(Refutation::OutdatedCopy { array: name(own) }.into());
                    }
                }
            }
        }
        match questions.escapes(alone.width, &alone.rows, &pieces)? {
            Some(_) => Err(Refutation::NotFilled { array: name(kept) }.into()),
            None => Ok(()),
        }
    }

    fn other_value(&self, number: usize, point: &[i64], array: String) -> Stop {
        let instance = witness(self.after, self.tree, number, point);
        Refutation::OtherValue { instance, array }.into()
    }
}

/// The instance of the first member at a point of a scene.
pub(super) fn witness(
    program: &Program,
    tree: &Tree,
    number: usize,
    point: &[i64],
) -> InstanceWitness {
    let (parameters, rest) = point.split_at(tree.parameters.min(point.len()));
    let depth = tree.sources.get(number).map_or(0, |source| source.depth);
    InstanceWitness::new(program, number, rest.get(..depth).unwrap_or(rest), parameters)
}
