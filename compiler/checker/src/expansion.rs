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
        let judge = Judge { program: expanded, tree: &tree, pair };
        judge.same_loops()?;
        judge.written_before_read(&mut questions)?;
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
            let fits = |one: &&Pair| one.array == pair.array || one.storage == pair.storage;
            match pairs.iter().find(fits) {
                None => pairs.push(pair),
                Some(one)
                    if (one.array, one.storage, one.depth)
                        == (pair.array, pair.storage, pair.depth) => {}
                Some(_) => return Err(malformed("an array has several storages")),
            }
        }
    }
    let of_source = expanded.statements.iter().take(known);
    for access in of_source.flat_map(|one| one.reads.iter().chain([&one.write])) {
        if pairs.iter().any(|pair| pair.array == access.array) {
            return Err(malformed("some accesses are left"));
        }
    }
    for copy in expanded.statements.iter().skip(known) {
        let [read] = copy.reads.as_slice() else { return Err(malformed("a copy reads more")) };
        let pair = pairs.iter().find(|pair| pair.array == copy.write.array);
        let fits = pair.is_some_and(|pair| {
            read.array == pair.storage && is_moved(&copy.write, read, pair.depth)
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
    pair: &'a Pair,
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

    fn name(&self, array: ArrayId) -> String {
        self.program.arrays.get(array.0).map_or_else(String::new, |array| array.name.clone())
    }

    /// All accesses are in the same loops, and the copies are behind the others.
    fn same_loops(&self) -> Result<(), Stop> {
        let users = self.users(self.pair.storage, |_| true);
        let around = |source: &Source| source.loops.get(..self.pair.depth).map(<[usize]>::to_vec);
        let first = users.first().map(|(source, _)| around(source));
        if users.iter().any(|(source, _)| Some(around(source)) != first || around(source).is_none())
        {
            return Err(malformed("accesses are in different loops"));
        }
        for (copy, _) in self.users(self.pair.array, |_| true) {
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
        let parameters = self.tree.parameters;
        for (reader, read) in self.users(self.pair.storage, |element| element.read) {
            let width = parameters + reader.depth;
            let mut pieces = Vec::new();
            for (writer, written) in self.users(self.pair.storage, |element| element.written) {
                let meeting = self.meeting(
                    (reader, read.subscripts.as_slice()),
                    (writer, written.subscripts.as_slice()),
                )?;
                let mut equal = Vec::new();
                let pairs = reader.loops.iter().zip(&writer.loops);
                for depth in 0..pairs.take_while(|(one, other)| one == other).count() {
                    let own = Form::column(parameters + depth);
                    let other = Form::column(width + depth);
                    let earlier = [own.above(&other)?];
                    let rows = [meeting.as_slice(), &equal, &earlier].concat();
                    pieces.push((width + writer.depth, rows));
                    equal.push(own.equals(&other)?);
                }
                if writer.position < reader.position {
                    let rows = [meeting.as_slice(), &equal].concat();
                    pieces.push((width + writer.depth, rows));
                }
            }
            if questions.uncovered(width, &reader.domain, &pieces)?.is_some() {
                return Err(Refutation::NotFilled { array: self.name(self.pair.storage) }.into());
            }
        }
        Ok(())
    }

    /// E2 and the second half of E3.
    fn copied_back(&self, questions: &mut Questions) -> Result<(), Stop> {
        let parameters = self.tree.parameters;
        let lost = || Stop::from(Refutation::NotWrittenBack { array: self.name(self.pair.array) });
        let live = self.program.arrays.get(self.pair.array.0).is_none_or(|one| one.live_outside);
        let copies = self.users(self.pair.array, |element| element.written);
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
