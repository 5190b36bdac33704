//! Blocks of iterations that run in lock-step.
//!
//! Inside the main loop of an unroll-and-jam or vector loop, the loop's variable names the block's
//! first iteration, and every statement below is emitted once for each *copy*: an assignment of
//! offsets to the variables of the blocks around it. The lanes of a vector loop are not copies; its
//! width is kept beside them.

use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Bound, Variable};

/// A loop whose iterations `base .. base + count` run in lock-step.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub id: u32,
    pub count: i64,
}

/// The blocks around the code that is being emitted.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Outermost first.
    pub members: Vec<Member>,
    /// Offsets of loop variables, in the order of execution. Of unroll-and-jam blocks the innermost
    /// varies slowest, so that the outermost variable comes last in the order. The vectors of a vector
    /// loop have no order; they vary fastest, so that what is computed for all of them is needed
    /// in one place and takes one register.
    pub copies: Vec<Vec<(u32, i64)>>,
    /// The vector loop's variable and width.
    pub vector: Option<(u32, u32)>,
}

impl Group {
    /// No block: one copy of everything.
    pub fn single() -> Self {
        Self { members: Vec::new(), copies: vec![Vec::new()], vector: None }
    }

    /// The group inside a further block of `copies` vectors of `width` iterations each
    /// (`width` is 1 for unroll-and-jam).
    pub fn with_block(&self, id: u32, width: u32, copies: u32) -> Self {
        let count = i64::from(width) * i64::from(copies);
        let mut members = self.members.clone();
        members.push(Member { id, count });
        let extended = |old: &Vec<(u32, i64)>, copy: u32| {
            let mut offsets = old.clone();
            let copy = if planted(Fault::CopyOffset) { 0 } else { copy };
            offsets.push((id, i64::from(copy) * i64::from(width)));
            offsets
        };
        let copies = if width > 1 {
            self.copies
                .iter()
                .flat_map(|old| (0..copies).map(move |copy| extended(old, copy)))
                .collect()
        } else {
            (0..copies)
                .flat_map(|copy| self.copies.iter().map(move |old| extended(old, copy)))
                .collect()
        };
        let vector = if width > 1 { Some((id, width)) } else { self.vector };
        Self { members, copies, vector }
    }

    /// Whether a value may differ among the copies and lanes.
    pub fn varies(&self, affine: &Affine) -> bool {
        self.members.iter().any(|member| affine.mentions(Variable::Loop(member.id)))
    }

    /// Whether a bound may differ among the copies and lanes.
    pub fn bound_varies(&self, bound: &Bound) -> bool {
        if planted(Fault::WidenedMinimum) {
            return false;
        }
        let mut varies = false;
        bound.visit_affine(&mut |affine| varies |= self.varies(affine));
        varies
    }

    /// An expression of the blocks' first iterations that is the greatest (or least) value of the
    /// expression in the group.
    pub fn extreme(&self, affine: &Affine, greatest: bool) -> Affine {
        let mut constant = affine.constant_term();
        if planted(Fault::ConditionLanes) {
            return affine.clone();
        }
        for member in &self.members {
            let reach =
                affine.coefficient(Variable::Loop(member.id)).saturating_mul(member.count - 1);
            let reach = if greatest { reach.max(0) } else { reach.min(0) };
            constant = constant.saturating_add(reach);
        }
        affine.clone().with_constant(constant)
    }

    /// A bound that is at least (at most) every copy's and lane's own.
    pub fn extreme_bound(&self, bound: &Bound, greatest: bool) -> Bound {
        let list = |bounds: &[Bound]| {
            bounds.iter().map(|bound| self.extreme_bound(bound, greatest)).collect()
        };
        match bound {
            Bound::Quotient { affine, divisor } => {
                Bound::Quotient { affine: self.extreme(affine, greatest), divisor: *divisor }
            }
            Bound::Minimum(bounds) => Bound::Minimum(list(bounds)),
            Bound::Maximum(bounds) => Bound::Maximum(list(bounds)),
        }
    }
}
