//! The storage of partial sums and the statements around the loop: what gives them their first values, and what adds
//! them up.

use super::rewriting::{Regroup, iterator};
use loopwright_analysis::PartialSums;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::program::Iterator as LoopIterator;
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, Constraint, Expression, Program, SourceLoop,
    SourceNode, Statement, StatementId, Variable, partial_name,
};

impl Regroup<'_> {
    /// Whether a subscript of an element changes while the loop runs.
    pub fn varies(&self, subscript: &Affine) -> bool {
        let inside =
            |variable| matches!(variable, Variable::Iterator(at) if at as usize > self.depth());
        subscript.variables().any(inside)
    }

    /// Adds the storage of partial sums: a dimension for each loop around, one for the chunks, those of the
    /// array in which one run's elements differ, and one for the lanes.
    pub fn storage(&self, result: &mut Program, sum: &PartialSums) -> ArrayId {
        let storage = ArrayId(result.arrays.len());
        let target = self.program.statement(sum.statement).write.array;
        let of = self.program.array(target);
        let one = Affine::constant(1);
        let around = self.found.greatest.iter().take(self.depth()).map(|greatest| greatest + &one);
        let write = &self.program.statement(sum.statement).write;
        let element = of.extents.iter().zip(&write.subscripts);
        let element = element.filter(|(_, one)| self.varies(one)).map(|(extent, _)| extent.clone());
        let chunks = self.cut.chunk.map(|chunk| self.chunks(chunk));
        let lanes = self.names.lane.as_ref().map(|_| Affine::constant(i64::from(self.cut.lanes)));
        result.arrays.push(Array {
            name: partial_name(&of.name),
            extents: around.chain(chunks).chain(element).chain(lanes).collect(),
            kind: ArrayKind::Expanded { of: target },
            live_outside: false,
            ..of.clone()
        });
        storage
    }

    /// The number of chunks, or one for each iteration where that is no affine number.
    pub fn chunks(&self, chunk: u32) -> Affine {
        let one = Affine::constant(1);
        let last = self.found.greatest.get(self.depth()).cloned().unwrap_or_default();
        match (last.as_constant(), self.found.first.as_constant()) {
            (Some(last), Some(first)) => {
                Affine::constant((last - first).max(0) / i64::from(chunk) + 1)
            }
            _ => &last + &one,
        }
    }

    /// The partial sum of an element, whose subscripts are in the new iterators: `around` the loop, the chunk, the
    /// element, the lane.
    pub fn partial(&self, storage: ArrayId, element: Vec<Affine>, lane: usize) -> Access {
        let around = (0..self.depth()).map(iterator);
        let chunk = self.names.chunk.as_ref().map(|_| iterator(self.depth()));
        let lane = self.names.lane.as_ref().map(|_| iterator(lane));
        let subscripts = around.chain(chunk).chain(element).chain(lane).collect();
        Access { array: storage, subscripts }
    }

    /// Adds the statements that give the partial sums their first values and that add them up.
    pub fn start_and_finish(
        &self,
        result: &mut Program,
        sum: &PartialSums,
        storage: ArrayId,
        (before, after): (&mut Vec<SourceNode>, &mut Vec<SourceNode>),
    ) {
        let adding = self.program.statement(sum.statement);
        let behind_chunk = self.group();
        let place = |variable: Variable| match variable {
            Variable::Iterator(at) if at as usize >= self.depth() => {
                let position = sum.inner.iter().position(|depth| *depth == at as usize);
                iterator(behind_chunk + position.unwrap_or_default())
            }
            other => Affine::variable(other),
        };
        let lane = behind_chunk + sum.inner.len();
        let element: Vec<Affine> =
            adding.write.subscripts.iter().map(|one| one.substitute(place)).collect();
        let varying = element.iter().zip(&adding.write.subscripts);
        let varying = varying.filter(|(_, old)| self.varies(old)).map(|(new, _)| new.clone());
        let partial = self.partial(storage, varying.collect(), lane);
        let total = Access { array: adding.write.array, subscripts: element };
        let mut domain: Vec<Constraint> =
            sum.elements.iter().map(|constraint| constraint.substitute(place)).collect();
        let zero = Affine::constant(0);
        let mut range = |depth: usize, last: &Affine| {
            domain.push(Constraint::less_or_equal(&zero, &iterator(depth)));
            domain.push(Constraint::less_or_equal(&iterator(depth), last));
        };
        let missed = i64::from(planted(Fault::RegroupLast));
        if self.names.lane.is_some() {
            range(lane, &Affine::constant(i64::from(self.cut.lanes) - 1));
        }
        if let Some(chunk) = self.cut.chunk {
            range(self.depth(), &(&self.chunks(chunk) - &Affine::constant(1)));
        }
        let around = adding.iterators.iter().take(self.depth()).cloned();
        let inner = sum.inner.iter().filter_map(|depth| adding.iterators.get(*depth));
        let names: Vec<&String> = self
            .names
            .chunk
            .iter()
            .chain(inner.map(|one| &one.name))
            .chain(&self.names.lane)
            .collect();
        let own = (self.depth()..).zip(&names).map(|(depth, name)| LoopIterator {
            name: (*name).clone(),
            source_value: iterator(depth),
        });
        let iterators: Vec<LoopIterator> = around.chain(own).collect();
        let mut add = |write: &Access, reads: Vec<Access>, body, domain, nodes: &mut Vec<_>| {
            let id = StatementId(result.statements.len());
            let statement = Statement {
                name: result.free_statement_name(),
                iterators: iterators.clone(),
                domain,
                write: write.clone(),
                reads,
                body,
                span: adding.span.clone(),
                text: String::new(),
            };
            let shown = [&total, &partial].map(|access| result.display_access(&statement, access));
            let text = sum.accumulation.text(shown, write == &total);
            result.statements.push(Statement { text, ..statement });
            let mut node = SourceNode::Statement(id);
            for name in names.iter().rev() {
                let name = (*name).clone();
                node = SourceNode::Loop(SourceLoop {
                    name,
                    span: adding.span.clone(),
                    body: vec![node],
                });
            }
            nodes.push(node);
        };
        let element = sum.accumulation.element;
        let (reads, body) = match sum.accumulation.neutral() {
            Some(value) => (Vec::new(), value),
            None => (vec![total.clone()], Expression::Read { position: 0, element }),
        };
        add(&partial, reads, body, domain.clone(), before);
        if missed > 0
            && let Some(last) = domain.last_mut()
        {
            last.affine = &last.affine - &Affine::constant(missed);
        }
        let reads = vec![total.clone(), partial.clone()];
        add(&total, reads, sum.accumulation.combined(), domain, after);
    }
}
