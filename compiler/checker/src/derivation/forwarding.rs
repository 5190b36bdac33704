//! Forwarded: elements of arrays in place of scalars.
//!
//! Let `X` be the scalars that `P'` has no access to any more. `P'` is `P` *with forwarded scalars* if nothing outside
//! sees those in `X`, and `P'` differs in accesses only, of which each stands in place of one to a scalar in `X`, is
//! of the same type, and none of those is left; but for statements that are gone, each of which would give an
//! element its own value after that. (Such a statement may be thought of as still there, with these accesses.)
//! Call an instance that writes an element in place of a scalar a *loan* of that element. Then it must hold that
//!
//! - **F1** each instance `R` that reads `e` in place of the scalar `w` comes after one that writes `w`; and if `W` is
//!   one of those and none that writes `w` is between `W` and `R`, then `W` writes `e` in `P'`, and so does
//!   nothing between them;
//! - **F2** between a loan of `e` and an instance that reads `e` in `P` as in `P'` there is one that writes `e` in both;
//! - **F3** after each loan of `e` there is an instance that writes `e` in both.
//!
//! By induction over `≺` each instance then computes what it computes in `P`: by F1 what it reads in place of a
//! scalar is what it read in that; by F2 the last write of every other element that it reads is no loan, and so
//! is the same instance in both; and by F3 so is the last one of all.

use super::keeping::witness;
use super::scene::{Scene, Touched};
use super::{Change, malformed, order};
use crate::proof::tree::{Source, touched};
use crate::proof::{Questions, Stop, Tree};
use crate::{Doubt, Limits, Refutation};
use loopwright_ir::{Access, Expression, Program, Statement};
use std::collections::HashMap;

const CHANGE: Change = Change::Forwarded;

pub(super) fn prove(before: &Program, after: &Program, limits: &Limits) -> Result<(), Stop> {
    let statements = matched(before, after)?;
    let tree = order::sets(before)?;
    let uses = before
        .statements
        .iter()
        .zip(&statements)
        .zip(&tree.sources)
        .map(|((old, new), source)| Use::of(tree.parameters, source, old, new))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| malformed(CHANGE, "an access"))?;
    let mut questions = Questions::new(limits, tree.assumptions.clone())?;
    let prover = Prover { before, tree: &tree, uses };
    prover.written_back(&mut questions)?;
    for number in 0..prover.uses.len() {
        prover.reads(number, &mut questions)?;
    }
    Ok(())
}

/// The statements of `before` with the accesses that they have in `after`, those that are gone among them.
fn matched(before: &Program, after: &Program) -> Result<Vec<Statement>, Stop> {
    let arrays = before.arrays.iter().zip(&after.arrays);
    let same_arrays = arrays.clone().all(|(one, other)| {
        (&one.name, one.element, &one.extents, one.kind)
            == (&other.name, other.element, &other.extents, other.kind)
    });
    if !same_arrays
        || before.arrays.len() != after.arrays.len()
        || before.parameters != after.parameters
        || before.context != after.context
    {
        return Err(malformed(CHANGE, "something other than statements differs"));
    }
    let numbers: HashMap<&str, usize> =
        (0..).zip(&after.statements).map(|(number, one)| (one.name.as_str(), number)).collect();
    let number = |old: &Statement| numbers.get(old.name.as_str()).copied();
    let keep = |old: usize| before.statements.get(old).and_then(number);
    if order::kept(&before.order, &keep) != after.order
        || after.statements.iter().any(|one| before.statement_named(&one.name).is_none())
    {
        return Err(malformed(CHANGE, "the order is another one"));
    }
    let gone = |access: &Access| {
        let scalar = before.arrays.get(access.array.0);
        let scalar = scalar.is_some_and(|one| one.extents.is_empty() && !one.live_outside);
        let all = after.statements.iter().flat_map(|one| one.reads.iter().chain([&one.write]));
        scalar && all.into_iter().all(|other| other.array != access.array)
    };
    let element = |access: &Access| before.arrays.get(access.array.0).map(|one| one.element);
    let replaces = |old: &Access, new: &Access| {
        if gone(old) { element(old) == element(new) && !gone(new) } else { old == new }
    };
    let mut result = Vec::with_capacity(before.statements.len());
    for old in &before.statements {
        let new = match number(old).and_then(|number| after.statements.get(number)) {
            Some(new) => new.clone(),
            None => own_value(old, &gone)?,
        };
        let fits = old.iterators == new.iterators
            && old.domain == new.domain
            && old.body == new.body
            && old.reads.len() == new.reads.len()
            && replaces(&old.write, &new.write)
            && old.reads.iter().zip(&new.reads).all(|(old, new)| replaces(old, new));
        if !fits {
            return Err(malformed(CHANGE, format!("{} is another one", old.name)));
        }
        result.push(new);
    }
    Ok(result)
}

/// A statement that is gone as it would be.
fn own_value(old: &Statement, gone: &dyn Fn(&Access) -> bool) -> Result<Statement, Stop> {
    let (Expression::Read { position: 0, .. }, [read]) = (&old.body, old.reads.as_slice()) else {
        return Err(malformed(CHANGE, format!("{} is missing", old.name)));
    };
    let mut new = old.clone();
    match (gone(read), gone(&old.write)) {
        (true, true) => return Err(Doubt::Ambiguous.into()),
        (true, false) => new.reads = vec![old.write.clone()],
        (false, true) => new.write = read.clone(),
        (false, false) if *read == old.write => {}
        (false, false) => return Err(malformed(CHANGE, format!("{} is missing", old.name))),
    }
    Ok(new)
}

/// What a statement touches, before and after.
struct Use<'a> {
    source: &'a Source,
    reads: Vec<[Touched; 2]>,
    write: [Touched; 2],
}

impl<'a> Use<'a> {
    fn of(parameters: usize, source: &'a Source, old: &Statement, new: &Statement) -> Option<Self> {
        let one = |access: &Access| {
            let subscripts = touched(parameters, access)?;
            Some(Touched { array: access.array.0, subscripts })
        };
        let both = |(old, new): (&Access, &Access)| Some([one(old)?, one(new)?]);
        let reads = old.reads.iter().zip(&new.reads).map(both);
        let write = both((&old.write, &new.write))?;
        Some(Self { source, reads: reads.collect::<Option<_>>()?, write })
    }

    fn lends(&self) -> bool {
        let [old, new] = &self.write;
        old != new
    }
}

struct Prover<'a> {
    before: &'a Program,
    tree: &'a Tree,
    uses: Vec<Use<'a>>,
}

impl Prover<'_> {
    fn name(&self, array: usize) -> String {
        self.before.arrays.get(array).map_or_else(String::new, |array| array.name.clone())
    }

    fn other_value(&self, number: usize, array: usize) -> impl Fn(&[i64]) -> Stop {
        move |point| {
            let instance = witness(self.before, self.tree, number, point);
            Refutation::OtherValue { instance, array: self.name(array) }.into()
        }
    }

    /// Those that write an array in both programs.
    fn owners(&self, array: usize) -> impl Iterator<Item = &Use<'_>> {
        self.uses.iter().filter(move |one| !one.lends() && one.write[1].array == array)
    }

    /// F3.
    fn written_back(&self, questions: &mut Questions) -> Result<(), Stop> {
        for (number, lender) in self.uses.iter().enumerate().filter(|(_, one)| one.lends()) {
            let lent = &lender.write[1];
            let scene = Scene::new(self.tree.parameters).with(lender.source);
            let mut pieces = Vec::new();
            for owner in self.owners(lent.array) {
                let both = scene.with(owner.source);
                let Some(rows) = both.same((0, lent), (1, &owner.write[1]))? else { continue };
                pieces.extend(both.and(&rows).pieces(&both.before(0, 1)?));
            }
            if let Some(point) = questions.escapes(scene.width, &scene.rows, &pieces)? {
                let instance = witness(self.before, self.tree, number, &point);
                return Err(
                    Refutation::OtherResult { instance, array: self.name(lent.array) }.into()
                );
            }
        }
        Ok(())
    }

    fn reads(&self, number: usize, questions: &mut Questions) -> Result<(), Stop> {
        let Some(reader) = self.uses.get(number) else { return Ok(()) };
        for [old, new] in &reader.reads {
            if old == new {
                self.untouched(number, reader, old, questions)?;
            } else {
                self.replaced(number, reader, [old, new], questions)?;
            }
        }
        Ok(())
    }

    /// F2.
    fn untouched(
        &self,
        number: usize,
        reader: &Use<'_>,
        element: &Touched,
        questions: &mut Questions,
    ) -> Result<(), Stop> {
        let lenders = self.uses.iter().filter(|one| one.lends());
        for lender in lenders.filter(|one| one.write[1].array == element.array) {
            let scene = Scene::new(self.tree.parameters).with(reader.source).with(lender.source);
            let Some(rows) = scene.same((0, element), (1, &lender.write[1]))? else { continue };
            let scene = scene.and(&rows);
            let mut pieces = Vec::new();
            for owner in self.owners(element.array) {
                let three = scene.with(owner.source);
                let Some(rows) = three.same((0, element), (2, &owner.write[1]))? else { continue };
                let between = Scene::both(&three.before(1, 2)?, &three.before(2, 0)?);
                pieces.extend(three.and(&rows).pieces(&between));
            }
            for way in scene.before(1, 0)? {
                let whole = scene.and(&way);
                if let Some(point) = questions.escapes(whole.width, &whole.rows, &pieces)? {
                    return Err(self.other_value(number, element.array)(&point));
                }
            }
        }
        Ok(())
    }

    /// F1.
    fn replaced(
        &self,
        number: usize,
        reader: &Use<'_>,
        [old, new]: [&Touched; 2],
        questions: &mut Questions,
    ) -> Result<(), Stop> {
        let wrong = self.other_value(number, old.array);
        let writes = |one: &&Use<'_>| one.write[0].array == old.array;
        let writers: Vec<&Use<'_>> = self.uses.iter().filter(writes).collect();
        let alone = Scene::new(self.tree.parameters).with(reader.source);
        let mut pieces = Vec::new();
        for writer in &writers {
            let pair = alone.with(writer.source);
            let sooner = pair.before(1, 0)?;
            pieces.extend(pair.pieces(&sooner));
            let mut later = Vec::new();
            for other in &writers {
                let three = pair.with(other.source);
                let between = Scene::both(&three.before(1, 2)?, &three.before(2, 0)?);
                later.extend(three.pieces(&between));
            }
            // The writer puts it elsewhere.
            for way in Scene::both(&sooner, &pair.differ((0, new), (1, &writer.write[1]))?) {
                let whole = pair.and(&way);
                if let Some(point) = questions.escapes(whole.width, &whole.rows, &later)? {
                    return Err(wrong(&point));
                }
            }
            // Something else writes it between the two.
            for other in self.uses.iter().filter(|one| !writes(one)) {
                let three = pair.with(other.source);
                let Some(rows) = three.same((0, new), (2, &other.write[1]))? else { continue };
                let three = three.and(&rows);
                for way in Scene::both(&three.before(1, 2)?, &three.before(2, 0)?) {
                    let whole = three.and(&way);
                    let moved = moved_pieces(&later, pair.width, whole.width);
                    if let Some(point) = questions.escapes(whole.width, &whole.rows, &moved)? {
                        return Err(wrong(&point));
                    }
                }
            }
        }
        match questions.escapes(alone.width, &alone.rows, &pieces)? {
            Some(point) => Err(wrong(&point)),
            None => Ok(()),
        }
    }
}

type Piece = (usize, Vec<loopwright_isl::ConstraintRow>);

/// Pieces over the columns up to `from` and some of their own, with these behind the column `to`.
fn moved_pieces(pieces: &[Piece], from: usize, to: usize) -> Vec<Piece> {
    let by = to - from;
    let one = |(width, rows): &Piece| {
        let rows = rows.iter().map(|row| crate::proof::moved_row(row, from, by)).collect();
        (width + by, rows)
    };
    pieces.iter().map(one).collect()
}
