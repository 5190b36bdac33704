//! The loop tree's nodes inside a group of copies.
//!
//! A loop whose bounds differ among the copies or lanes runs in three parts: what only some of them
//! run before all do, the common iterations in lock-step, and what only some run after. The first
//! and the last run the copies one after another. What depends on a condition that differs runs in
//! lock-step where all copies fulfil it, and one after another otherwise, each copy choosing its own
//! branch. Both keep every dependence, since a legal block keeps them in either order.

use super::counted::Advance;
use super::emitter::Emitter;
use crate::access::ranges_of;
use crate::error::Result;
use crate::lockstep::{Group, Member};
use crate::regions::stretches;
use crate::trip::TripCount;
use inkwell::values::IntValue;
use loopwright_ir::{Constraint, For, LoopTreeNode, Mark, Variable};
use std::collections::HashMap;

impl<'c> Emitter<'c, '_> {
    /// A sequence of nodes.
    pub fn nodes(&mut self, nodes: &[LoopTreeNode]) -> Result<()> {
        if let Some(region) = self.state.region {
            return self.nodes_of_region(region, nodes);
        }
        let alone = self.state.group.members.is_empty() && !self.state.in_parallel;
        if !(self.scheduled && alone) {
            return self.each_node(nodes);
        }
        stretches(nodes).into_iter().try_for_each(|stretch| match stretch.together {
            true => self.region(stretch.nodes),
            false => self.each_node(stretch.nodes),
        })
    }

    /// The nodes of a sequence, each by itself.
    pub fn each_node(&mut self, nodes: &[LoopTreeNode]) -> Result<()> {
        nodes.iter().try_for_each(|node| {
            self.on_line_of(node, |inside| match node {
                LoopTreeNode::For(inner) => inside.for_loop(inner),
                LoopTreeNode::If { conditions, body, otherwise } => {
                    inside.condition_node(conditions, body, otherwise)
                }
                LoopTreeNode::Pack(pack) => inside.pack(pack),
                LoopTreeNode::Statement(instance) => inside.statement(instance),
            })
        })
    }

    fn condition_node(
        &mut self,
        conditions: &[Constraint],
        body: &[LoopTreeNode],
        otherwise: &[LoopTreeNode],
    ) -> Result<()> {
        let group = &self.state.group;
        if !conditions.iter().any(|condition| group.varies(&condition.affine)) {
            let condition = self.all_hold(conditions)?;
            let known: Vec<_> = conditions.iter().flat_map(ranges_of).collect();
            let then = |inner: &mut Self| {
                let before = inner.state.ranges.len();
                inner.state.ranges.extend(known);
                let outcome = inner.nodes(body);
                inner.state.ranges.truncate(before);
                outcome
            };
            if otherwise.is_empty() {
                return self.when(condition, "if", then);
            }
            return self
                .either(condition, ["then", "else"], then, |inner| inner.otherwise(otherwise));
        }
        let mut everywhere = Vec::new();
        for condition in conditions {
            let least = group.extreme(&condition.affine, false);
            if condition.equality {
                // Zero everywhere: the least value and the greatest are zero.
                everywhere.push(Constraint::zero(group.extreme(&condition.affine, true)));
                everywhere.push(Constraint::zero(least));
            } else {
                everywhere.push(Constraint::non_negative(least));
            }
        }
        let condition = self.all_hold(&everywhere)?;
        self.either(
            condition,
            ["all", "some"],
            |inner| inner.nodes(body),
            |inner| {
                inner.one_by_one(&mut |single| single.condition_node(conditions, body, otherwise))
            },
        )
    }

    fn for_loop(&mut self, inner: &For) -> Result<()> {
        let group = self.state.group.clone();
        let lower_varies = group.bound_varies(&inner.lower);
        let upper_varies = group.bound_varies(&inner.upper);
        if !(lower_varies || upper_varies) {
            let lower = self.bound(&inner.lower, true)?;
            let upper = self.bound(&inner.upper, false)?;
            return self.marked_loop(inner, lower, upper, &TripCount::new(inner));
        }
        let common = For {
            lower: group.extreme_bound(&inner.lower, true),
            upper: group.extreme_bound(&inner.upper, false),
            ..inner.clone()
        };
        let lower = self.bound(&common.lower, true)?;
        let upper = self.bound(&common.upper, false)?;
        if lower_varies {
            let last = self.plus(lower, -1)?;
            self.one_by_one(&mut |single| {
                let own_lower = single.bound(&inner.lower, true)?;
                let own_upper = single.bound(&inner.upper, false)?;
                let until = single.lesser(own_upper, last)?;
                single.counted(inner, own_lower, until, Advance::ONE)
            })?;
        }
        self.marked_loop(&common, lower, upper, &TripCount::new(&common))?;
        // Where no iteration is common, everything from `lower` on is still to be run.
        let last = self.plus(lower, -1)?;
        let first = self.greater(upper, last)?;
        let first = self.plus(first, 1)?;
        self.one_by_one(&mut |single| {
            let own_lower = single.bound(&inner.lower, true)?;
            let own_upper = single.bound(&inner.upper, false)?;
            let from = single.greater(own_lower, first)?;
            single.counted(inner, from, own_upper, Advance::ONE)
        })
    }

    /// Runs a loop by its mark, from `lower` to `upper`, both inclusive.
    fn marked_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        trip: &TripCount,
    ) -> Result<()> {
        if let Some(parallel) = self.pipelined(inner) {
            return self.pipelined_loop(inner, parallel, lower, upper);
        }
        if let Some(steps) = self.doacross(inner) {
            return self.doacross_loop(inner, steps, lower, upper);
        }
        let group = &self.state.group;
        if let (Some(region), Mark::Parallel) = (self.state.region, inner.mark) {
            return self.share_of_region(region, inner, lower, upper);
        }
        match inner.mark {
            _ if !self.scheduled => self.counted(inner, lower, upper, Advance::ONE),
            Mark::Parallel if group.members.is_empty() && !self.state.in_parallel => {
                self.parallel_loop(inner, lower, upper)
            }
            Mark::Vector { width, unroll } if width > 1 && group.vector.is_none() => {
                self.vector_loop(inner, lower, upper, trip, width, unroll)
            }
            Mark::Vector { width: 1, unroll: factor } | Mark::UnrollJam { factor } => {
                self.jammed_loop(inner, lower, upper, trip, factor)
            }
            Mark::Unroll { factor } => self.unrolled_loop(inner, lower, upper, trip, factor),
            _ => self.counted(inner, lower, upper, Advance::ONE),
        }
    }

    /// Runs `emit` once for each iteration of the blocks around, in their original order, without
    /// copies and lanes.
    fn one_by_one(&mut self, emit: &mut dyn FnMut(&mut Self) -> Result<()>) -> Result<()> {
        let group = std::mem::replace(&mut self.state.group, Group::single());
        // The blocks' variables get other values, so addresses computed from them are void, and so is
        // what the common iterations of the loops inside say of theirs.
        let addresses = self.state.addresses.replace(vec![HashMap::new()]);
        let ranges = self.state.ranges.clone();
        self.state.ranges.retain(|range| {
            !range.lower.iter().chain(&range.upper).any(|bound| group.varies(bound))
        });
        // A whole block's variable leaves room for the others; each of them alone goes up to the end.
        for range in &mut self.state.ranges {
            let own = |member: &&Member| Variable::Loop(member.id) == range.variable;
            let Some(member) = group.members.iter().find(own) else { continue };
            for upper in &mut range.upper {
                let last = upper.constant_term().saturating_add(member.count.saturating_sub(1));
                *upper = upper.clone().with_constant(last);
            }
        }
        let result = self.iterate_members(&group, 0, emit);
        self.state.ranges = ranges;
        self.state.addresses.replace(addresses);
        self.state.group = group;
        result
    }

    fn iterate_members(
        &mut self,
        group: &Group,
        position: usize,
        emit: &mut dyn FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let Some(member) = group.members.get(position) else {
            return self.scoped(|single| emit(single));
        };
        let base = self
            .affine(&loopwright_ir::Affine::variable(loopwright_ir::Variable::Loop(member.id)))?;
        let last = self.plus(base, member.count - 1)?;
        self.simple_loop("single", base, last, 1, |inner, value| {
            inner.state.variables.push((member.id, value));
            let result = inner.iterate_members(group, position + 1, emit);
            inner.state.variables.pop();
            result
        })
    }
}
