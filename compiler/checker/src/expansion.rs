//! Whether a program with expanded arrays gives the results of the one without.

use crate::proof::tree::{Element, Source};
use crate::proof::{Form, Questions, Stop, Tree, moved_row};
use crate::{Evidence, Limits, Refutation};
use loopwright_ir::{
    Access, Affine, Array, ArrayId, Expression, LoopTree, Program, SourceNode, Variable,
};
use loopwright_isl::ConstraintRow;

/// Checks that a program is a correct expansion of another one (see the crate's text).
///
/// # Errors
/// The first condition that is found broken. What the limits leave open is no error.
pub fn check_expansion(
    original: &Program,
    expanded: &Program,
    limits: &Limits,
) -> Result<Evidence, Refutation> {
    match prove(original, expanded, limits) {
        Ok(()) => Ok(Evidence::Proven),
        Err(Stop::Refuted(refutation)) => Err(*refutation),
        Err(Stop::Open(why)) => Ok(Evidence::NotDecided { why }),
    }
}

fn prove(original: &Program, expanded: &Program, limits: &Limits) -> Result<(), Stop> {
    let pairs = same_but_accesses(original, expanded)?;
    let tree = Tree::new(expanded, &LoopTree { roots: Vec::new() })?;
    let mut questions = Questions::new(limits, tree.assumptions.clone())?;
    for pair in &pairs {
        let copies = original.statements.len();
        let judge = Judge { program: expanded, tree: &tree, pairs: &pairs, pair, copies };
        judge.same_loops()?;
        judge.written_before_read(&mut questions)?;
        judge.others_read_their_own(&mut questions)?;
        judge.copied_back(&mut questions)?;
    }
    Ok(())
}

/// An array, its storage, and how many loops have iterations with storage of their own.
struct Pair {
    array: ArrayId,
    storage: ArrayId,
    depth: usize,
}

fn malformed(detail: &str) -> Stop {
    Refutation::Malformed(format!("an expansion: {detail}")).into()
}

/// That the programs differ in nothing but accesses and copying statements behind the others.
fn same_but_accesses(original: &Program, expanded: &Program) -> Result<Vec<Pair>, Stop> {
    let known = original.statements.len();
    let same = original.parameters == expanded.parameters
        && original.context == expanded.context
        && expanded.arrays.get(..original.arrays.len()) == Some(original.arrays.as_slice())
        && original.external_arrays().len() == expanded.external_arrays().len()
        && expanded.statements.len() >= known
        && without(&expanded.order, known) == original.order;
    if !same {
        return Err(malformed("something other than accesses differs"));
    }
    let mut pairs: Vec<Pair> = Vec::new();
    for (before, after) in original.statements.iter().zip(&expanded.statements) {
        if before.iterators != after.iterators
            || before.domain != after.domain
            || before.body != after.body
            || before.reads.len() != after.reads.len()
        {
            return Err(malformed("a statement differs"));
        }
        let reads = before.reads.iter().zip(&after.reads);
        for (own, other) in reads.chain([(&before.write, &after.write)]) {
            if own == other {
                continue;
            }
            let depth = other.subscripts.len().saturating_sub(own.subscripts.len());
            let pair = Pair { array: own.array, storage: other.array, depth };
            let of = expanded.arrays.get(other.array.0).and_then(Array::storage_of);
            if of != Some(own.array) || !is_moved(own, other, depth) {
                return Err(malformed("an access is another one"));
            }
            match pairs.iter().find(|one| one.storage == pair.storage) {
                None => pairs.push(pair),
                Some(one) if (one.array, one.depth) == (pair.array, pair.depth) => {}
                Some(_) => return Err(malformed("a storage has several forms")),
            }
        }
    }
    for copy in expanded.statements.iter().skip(known) {
        let [read] = copy.reads.as_slice() else { return Err(malformed("a copy reads more")) };
        let pair = pairs.iter().find(|pair| pair.storage == read.array);
        let fits = pair.is_some_and(|pair| {
            copy.write.array == pair.array && is_moved(&copy.write, read, pair.depth)
        });
        if !fits || !matches!(copy.body, Expression::Read { position: 0, .. }) {
            return Err(malformed("a statement behind the others is no copy"));
        }
    }
    Ok(pairs)
}

/// Whether an access is the other one with the outermost iterators in front.
fn is_moved(own: &Access, other: &Access, depth: usize) -> bool {
    let iterators = (0_u32..).take(depth).map(|at| Affine::variable(Variable::Iterator(at)));
    iterators.chain(own.subscripts.iter().cloned()).eq(other.subscripts.iter().cloned())
}

/// The order without the statements from a number on, and loops with nothing else in them.
fn without(order: &[SourceNode], from: usize) -> Vec<SourceNode> {
    let kept = order.iter().filter_map(|node| match node {
        SourceNode::Statement(id) => (id.0 < from).then_some(node.clone()),
        SourceNode::Loop(inner) => {
            let body = without(&inner.body, from);
            let mut copy = inner.clone();
            let stays = !body.is_empty() || inner.body.is_empty();
            copy.body = body;
            stays.then_some(SourceNode::Loop(copy))
        }
    });
    kept.collect()
}

struct Judge<'a> {
    program: &'a Program,
    tree: &'a Tree,
    /// All that is expanded, and what is looked at of it.
    pairs: &'a [Pair],
    pair: &'a Pair,
    /// The number of the first statement that is a copy.
    copies: usize,
}

impl<'a> Judge<'a> {
    /// The statements that access an array so, with the elements.
    fn users(
        &self,
        array: ArrayId,
        wanted: impl Fn(&Element) -> bool,
    ) -> Vec<(&'a Source, &'a Element)> {
        let all = self
            .tree
            .sources
            .iter()
            .flat_map(|source| source.elements.iter().map(move |element| (source, element)));
        all.filter(|(_, element)| element.array == array.0 && wanted(element)).collect()
    }

    /// The copies of the storage, with the elements that they write.
    fn copies(&self) -> Vec<(&'a Source, &'a Element)> {
        let copies = self.tree.sources.iter().skip(self.copies);
        let own = copies.filter(|source| {
            source.elements.iter().any(|one| one.array == self.pair.storage.0 && one.read)
        });
        own.flat_map(|source| source.elements.iter().map(move |element| (source, element)))
            .filter(|(_, element)| element.array == self.pair.array.0 && element.written)
            .collect()
    }

    /// The statements of the source that access the array or another storage that it is given, with the elements.
    /// What holds copies of it (`keep`) is an array like any other.
    fn others(&self, wanted: impl Fn(&Element) -> bool) -> Vec<(&'a Source, &'a Element)> {
        let (array, storage) = (self.pair.array, self.pair.storage);
        let is_other = |element: &Element| {
            let mut given = self.pairs.iter().filter(|pair| pair.array == array);
            element.array == array.0
                || (element.array != storage.0 && given.any(|pair| pair.storage.0 == element.array))
        };
        self.tree
            .sources
            .iter()
            .take(self.copies)
            .flat_map(|source| source.elements.iter().map(move |element| (source, element)))
            .filter(|(_, element)| is_other(element) && wanted(element))
            .collect()
    }

    fn name(&self, array: ArrayId) -> String {
        self.program.arrays.get(array.0).map_or_else(String::new, |array| array.name.clone())
    }

    /// All accesses to the storage are in the same loops, no other ones to the array are there, and the copies are
    /// behind.
    fn same_loops(&self) -> Result<(), Stop> {
        let users = self.users(self.pair.storage, |_| true);
        let around = |source: &Source| source.loops.get(..self.pair.depth).map(<[usize]>::to_vec);
        let first = users.first().map(|(source, _)| around(source));
        if users.iter().any(|(source, _)| Some(around(source)) != first || around(source).is_none())
        {
            return Err(malformed("accesses are in different loops"));
        }
        if self.others(|_| true).iter().any(|(source, _)| Some(around(source)) == first) {
            return Err(malformed("some accesses are left"));
        }
        for (copy, _) in self.copies() {
            for (user, _) in users.iter().filter(|(_, element)| element.written) {
                let inner = user.loops.get(self.pair.depth);
                let shared = inner.is_some() && inner == copy.loops.get(self.pair.depth);
                if shared || user.position > copy.position {
                    return Err(malformed("a copy is not behind what it copies"));
                }
            }
        }
        Ok(())
    }

    /// The pairs of instances, of one statement and then another, with equal
    /// subscripts.
    fn meeting(
        &self,
        (first, left): (&Source, &[Form]),
        (second, right): (&Source, &[Form]),
    ) -> Result<Vec<ConstraintRow>, Stop> {
        let parameters = self.tree.parameters;
        let mut rows = first.domain.clone();
        rows.extend(second.domain.iter().map(|row| moved_row(row, parameters, first.depth)));
        for (left, right) in left.iter().zip(right) {
            rows.push(left.equals(&right.moved(parameters, first.depth))?);
        }
        Ok(rows)
    }

    /// E1, for copies as well: the first half of E3.
    fn written_before_read(&self, questions: &mut Questions) -> Result<(), Stop> {
        let writers = self.users(self.pair.storage, |element| element.written);
        for (reader, read) in self.users(self.pair.storage, |element| element.read) {
            self.is_written(questions, (reader, read), &writers, 0)?;
        }
        Ok(())
    }

    /// E4: what reads the array elsewhere, in place or in another storage, has a write of its own.
    fn others_read_their_own(&self, questions: &mut Questions) -> Result<(), Stop> {
        let users = self.users(self.pair.storage, |_| true);
        let Some(inside) = users.first().and_then(|(one, _)| one.loops.get(..self.pair.depth))
        else {
            return Ok(());
        };
        // In another storage E1 of that one says it.
        let in_place = |element: &Element| element.array == self.pair.array.0;
        for (reader, read) in self.others(|element| in_place(element) && element.read) {
            let pairs = reader.loops.iter().zip(inside);
            let depth = pairs.take_while(|(one, other)| one == other).count() + 1;
            let Some(own) = reader.loops.get(..depth) else {
                return Err(Refutation::NotFilled { array: self.name(self.pair.array) }.into());
            };
            let mut writers = self.others(|element| in_place(element) && element.written);
            writers.retain(|(writer, _)| writer.loops.get(..depth) == Some(own));
            self.is_written(questions, (reader, read), &writers, depth)?;
        }
        Ok(())
    }

    /// That an instance of a writer comes before each instance of a reader, in the same iteration of so many loops.
    fn is_written(
        &self,
        questions: &mut Questions,
        (reader, read): (&Source, &Element),
        writers: &[(&Source, &Element)],
        within: usize,
    ) -> Result<(), Stop> {
        let parameters = self.tree.parameters;
        let width = parameters + reader.depth;
        let mut pieces = Vec::new();
        for (writer, written) in writers {
            let meeting = self.meeting(
                (reader, read.subscripts.as_slice()),
                (writer, written.subscripts.as_slice()),
            )?;
            let mut equal = Vec::new();
            let pairs = reader.loops.iter().zip(&writer.loops);
            for depth in 0..pairs.take_while(|(one, other)| one == other).count() {
                let own = Form::column(parameters + depth);
                let other = Form::column(width + depth);
                if depth >= within {
                    let rows = [meeting.as_slice(), &equal, &[own.above(&other)?]].concat();
                    pieces.push((width + writer.depth, rows));
                }
                equal.push(own.equals(&other)?);
            }
            if writer.position < reader.position {
                let rows = [meeting.as_slice(), &equal].concat();
                pieces.push((width + writer.depth, rows));
            }
        }
        if questions.uncovered(width, &reader.domain, &pieces)?.is_some() {
            let array = self.program.arrays.get(read.array).map(|array| array.name.clone());
            return Err(Refutation::NotFilled { array: array.unwrap_or_default() }.into());
        }
        Ok(())
    }

    /// E2 and the second half of E3.
    fn copied_back(&self, questions: &mut Questions) -> Result<(), Stop> {
        let parameters = self.tree.parameters;
        let lost = || Stop::from(Refutation::NotWrittenBack { array: self.name(self.pair.array) });
        let live = self.program.arrays.get(self.pair.array.0).is_none_or(|one| one.live_outside);
        let copies = self.copies();
        for (writer, written) in self.users(self.pair.storage, |element| element.written) {
            let element = written.subscripts.get(self.pair.depth..).unwrap_or_default();
            let width = parameters + writer.depth;
            let mut pieces = Vec::new();
            for (copy, copied) in &copies {
                let subscripts = copied.subscripts.as_slice();
                let meeting = self.meeting((writer, element), (copy, subscripts))?;
                let mut equal = Vec::new();
                for depth in 0..self.pair.depth {
                    let own = Form::column(parameters + depth);
                    let other = Form::column(width + depth);
                    let rows = [meeting.as_slice(), &equal, &[own.above(&other)?]].concat();
                    if questions.point(width + copy.depth, &[], &rows)?.is_some() {
                        return Err(lost());
                    }
                    equal.push(own.equals(&other)?);
                }
                pieces.push((width + copy.depth, meeting));
            }
            if live && questions.uncovered(width, &writer.domain, &pieces)?.is_some() {
                return Err(lost());
            }
        }
        Ok(())
    }
}
