//! Runs loops on values that remember how they came about.
//!
//! A value is a hash of the statement that wrote it and of the values it read, so two runs leave
//! equal memories exactly if every read saw the same write. Marks are taken at their word: jammed
//! iterations run in lock-step, parallel and vector iterations against the order of their variable.

use loopwright_ir::{
    Access, For, Instance, LoopTree, LoopTreeNode, Mark, Program, Statement, Variable,
};
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// What each element holds in the end.
pub type Memory = HashMap<(usize, Vec<i64>), u64>;

/// The values of the loops around one of the iterations that run in lock-step.
type Lane = HashMap<u32, i64>;

/// The memory after the loops have run, for known parameter values.
pub fn run(program: &Program, loops: &LoopTree) -> Memory {
    let parameters = program.parameter_values().expect("values");
    let mut machine = Machine { program, parameters, memory: Memory::new() };
    machine.sequence(&loops.roots, &[Lane::new()]);
    machine.memory
}

struct Machine<'a> {
    program: &'a Program,
    parameters: Vec<i64>,
    memory: Memory,
}

impl Machine<'_> {
    fn sequence(&mut self, nodes: &[LoopTreeNode], lanes: &[Lane]) {
        if lanes.is_empty() {
            return;
        }
        for node in nodes {
            match node {
                LoopTreeNode::Statement(instance) => {
                    lanes.iter().for_each(|lane| self.execute(instance, lane));
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let holds = |lane: &&Lane| {
                        conditions.iter().all(|condition| {
                            condition.holds(|variable| self.value(variable, lane)) == Some(true)
                        })
                    };
                    let (chosen, rest): (Vec<Lane>, Vec<Lane>) =
                        lanes.iter().cloned().partition(|lane| holds(&lane));
                    self.sequence(body, &chosen);
                    self.sequence(otherwise, &rest);
                }
                LoopTreeNode::Pack(pack) => self.sequence(&pack.body, lanes),
                LoopTreeNode::For(inner) => self.iterate(inner, lanes),
            }
        }
    }

    fn iterate(&mut self, inner: &For, lanes: &[Lane]) {
        let mut ranges = Vec::new();
        for lane in lanes {
            let value_of = |variable| self.value(variable, lane);
            let lower = inner.lower.evaluate(true, &value_of).expect("small numbers");
            let upper = inner.upper.evaluate(false, &value_of).expect("small numbers");
            if lower <= upper {
                ranges.push((lane, lower, upper));
            }
        }
        let first = ranges.iter().map(|range| range.1).min();
        let last = ranges.iter().map(|range| range.2).max();
        let (Some(first), Some(last)) = (first, last) else { return };
        let values: Vec<i64> = match inner.mark {
            Mark::Sequential
            | Mark::Pipelined
            | Mark::Doacross
            | Mark::UnrollJam { .. }
            | Mark::Unroll { .. } => (first..=last).collect(),
            Mark::Parallel | Mark::Vector { .. } => (first..=last).rev().collect(),
        };
        let block = match inner.mark {
            Mark::Sequential
            | Mark::Pipelined
            | Mark::Doacross
            | Mark::Parallel
            | Mark::Unroll { .. } => 1,
            Mark::Vector { width, unroll } => width * unroll,
            Mark::UnrollJam { factor } => factor,
        };
        for block in values.chunks(block as usize) {
            let mut running = Vec::new();
            for value in block {
                for (lane, lower, upper) in &ranges {
                    if (lower..=upper).contains(&value) {
                        let mut lane = (*lane).clone();
                        lane.insert(inner.id.0, *value);
                        running.push(lane);
                    }
                }
            }
            self.sequence(&inner.body, &running);
        }
    }

    fn execute(&mut self, instance: &Instance, lane: &Lane) {
        let statement: &Statement = self.program.statement(instance.statement);
        let iterators: Vec<i64> = instance
            .iterators
            .iter()
            .map(|value| value.evaluate(|variable| self.value(variable, lane)).expect("small"))
            .collect();
        let element = |access: &Access| {
            let subscripts = access.subscripts.iter().map(|subscript| {
                subscript
                    .evaluate(|variable| match variable {
                        Variable::Iterator(depth) => iterators[depth as usize],
                        Variable::Parameter(position) => self.parameters[position as usize],
                        Variable::Loop(_) => panic!("an access mentions a loop"),
                    })
                    .expect("small numbers")
            });
            (access.array.0, subscripts.collect::<Vec<i64>>())
        };
        let mut hasher = DefaultHasher::new();
        (instance.statement.0, &iterators).hash(&mut hasher);
        for read in &statement.reads {
            self.memory.get(&element(read)).hash(&mut hasher);
        }
        let target = element(&statement.write);
        self.memory.insert(target, hasher.finish());
    }

    fn value(&self, variable: Variable, lane: &Lane) -> i64 {
        match variable {
            Variable::Loop(id) => lane[&id],
            Variable::Parameter(position) => self.parameters[position as usize],
            Variable::Iterator(_) => panic!("loops mention an iterator"),
        }
    }
}
