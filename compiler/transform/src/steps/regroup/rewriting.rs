//! The loop of a program replaced by those that count chunks, groups and lanes.

use super::super::divide::{collect, loop_around};
use super::{Cut, Names};
use loopwright_analysis::Regrouping;
use loopwright_ir::program::Iterator as LoopIterator;
use loopwright_ir::{
    Access, Affine, ArrayId, Constraint, Expression, Program, SourceLoop, SourceNode, Statement,
    StatementId, Variable,
};

/// What is needed to rewrite one loop.
pub struct Regroup<'p> {
    pub program: &'p Program,
    pub found: &'p Regrouping,
    pub cut: Cut,
    pub names: Names,
}

/// An iterator of the rewritten program, by its depth.
pub fn iterator(depth: usize) -> Affine {
    Affine::variable(Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX)))
}

impl Regroup<'_> {
    /// The program with the loop around `named` replaced.
    pub fn program(&self, named: StatementId) -> Program {
        let mut result = self.program.clone();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for sum in &self.found.sums {
            let storage = self.storage(&mut result, sum);
            self.start_and_finish(&mut result, sum, storage, (&mut before, &mut after));
            let partial = self.partial_in_loop(self.program.statement(sum.statement), storage);
            if let Some(statement) = result.statements.get_mut(sum.statement.0) {
                for position in &sum.accumulation.reads {
                    if let Some(read) = statement.reads.get_mut(*position) {
                        *read = partial.clone();
                    }
                }
                statement.write = partial;
            }
        }
        let mut inside = Vec::new();
        self.cut_loop(&mut result.order, named, (before, after), &mut inside);
        for id in inside {
            if let Some(statement) = result.statements.get_mut(id.0) {
                self.cut_statement(statement);
            }
        }
        result
    }

    pub fn depth(&self) -> usize {
        self.found.depth
    }

    /// How many loops stand for the old one.
    fn loops(&self) -> usize {
        self.names.all().count()
    }

    /// The depth of the loop that counts the groups: the one with the old name.
    pub fn group(&self) -> usize {
        self.depth() + usize::from(self.names.chunk.is_some())
    }

    /// The old iterator in the new ones.
    fn value(&self) -> Affine {
        let mut value = &self.found.first + &(&iterator(self.group()) * i64::from(self.cut.lanes));
        if let Some(chunk) = self.cut.chunk {
            value = &value + &(&iterator(self.depth()) * i64::from(chunk));
        }
        if self.names.lane.is_some() {
            value = &value + &iterator(self.group() + 1);
        }
        value
    }

    /// Old iterators in new ones.
    fn renamed(&self, variable: Variable) -> Affine {
        match variable {
            Variable::Iterator(at) if at as usize == self.depth() => self.value(),
            Variable::Iterator(at) if at as usize > self.depth() => {
                iterator(at as usize + self.loops() - 1)
            }
            other => Affine::variable(other),
        }
    }

    /// In old iterators, but for those of the chunk and the lane: see [`Self::cut_statement`].
    fn partial_in_loop(&self, statement: &Statement, storage: ArrayId) -> Access {
        let renamed = |affine: &Affine| affine.substitute(|variable| self.renamed(variable));
        let varying = statement.write.subscripts.iter().filter(|one| self.varies(one));
        let element = varying.map(renamed).collect();
        self.partial(storage, element, self.group() + 1)
    }

    /// Gives a statement in the loop the new iterators. The accesses to partial sums have them already.
    fn cut_statement(&self, statement: &mut Statement) {
        let renamed = |affine: &Affine| affine.substitute(|variable| self.renamed(variable));
        let zero = Affine::constant(0);
        let old = iterator(self.depth());
        let begins = Constraint::less_or_equal(&self.found.first, &old);
        let begins_here = statement.domain.contains(&begins);
        let mut domain: Vec<Constraint> = statement
            .domain
            .iter()
            .filter(|constraint| **constraint != begins)
            .map(|constraint| constraint.substitute(|variable| self.renamed(variable)))
            .collect();
        let mut at_least_zero = |depth: usize| {
            domain.push(Constraint::less_or_equal(&zero, &iterator(depth)));
        };
        if begins_here {
            // Its loop begins where the counting does.
            (self.depth()..=self.group()).for_each(&mut at_least_zero);
        } else if self.cut.chunk.is_some() {
            at_least_zero(self.group());
        }
        if self.names.lane.is_some() {
            at_least_zero(self.group() + 1);
            let last = Affine::constant(i64::from(self.cut.lanes) - 1);
            domain.push(Constraint::less_or_equal(&iterator(self.group() + 1), &last));
        }
        if let Some(chunk) = self.cut.chunk {
            let last = Affine::constant(i64::from(chunk / self.cut.lanes) - 1);
            domain.push(Constraint::less_or_equal(&iterator(self.group()), &last));
        }
        statement.domain = domain;
        let partial = |array: ArrayId| array.0 >= self.program.arrays.len();
        for access in statement.reads.iter_mut().chain([&mut statement.write]) {
            if !partial(access.array) {
                access.subscripts = access.subscripts.iter().map(renamed).collect();
            }
        }
        statement.body = in_indices(statement.body.clone(), &renamed);
        for known in &mut statement.iterators {
            known.source_value = renamed(&known.source_value);
        }
        let old = statement.iterators.get(self.depth()).map(|known| known.source_value.clone());
        let new = (self.depth()..).zip(self.names.all()).map(|(depth, name)| LoopIterator {
            name: name.clone(),
            source_value: match &old {
                Some(value) if *name == self.names.group => value.clone(),
                _ => iterator(depth),
            },
        });
        let new: Vec<LoopIterator> = new.collect();
        statement.iterators.splice(self.depth()..=self.depth(), new);
    }

    /// Puts the new loops in the place of the old one, with `around` in front of them and behind. `inside` are the statements in the loop.
    fn cut_loop(
        &self,
        nodes: &mut Vec<SourceNode>,
        named: StatementId,
        around: (Vec<SourceNode>, Vec<SourceNode>),
        inside: &mut Vec<StatementId>,
    ) {
        let (before, after) = around;
        loop_around(nodes, named, self.depth(), &mut |level, position| {
            let Some(SourceNode::Loop(old)) = level.get(position) else { return };
            collect(&old.body, inside);
            let mut body = old.body.clone();
            let names: Vec<&String> = self.names.all().collect();
            for name in names.into_iter().rev() {
                let span = old.span.clone();
                body = vec![SourceNode::Loop(SourceLoop { name: name.clone(), span, body })];
            }
            let new = before.iter().cloned().chain(body).chain(after.iter().cloned());
            let new: Vec<SourceNode> = new.collect();
            level.splice(position..=position, new);
        });
    }
}

fn in_indices(body: Expression, renamed: &dyn Fn(&Affine) -> Affine) -> Expression {
    match body {
        Expression::Index { value, element } => {
            Expression::Index { value: renamed(&value), element }
        }
        other => other.map_operands(&mut |operand| in_indices(operand, renamed)),
    }
}
