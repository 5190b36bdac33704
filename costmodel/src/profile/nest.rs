//! Statement occurrences with the loops around them and estimated trip counts.
//!
//! Bounds may depend on outer loops. A loop's trip count is its mean over the outer variables that
//! its bounds mention: exact where it is linear in them (triangles), and right for tiles of which
//! only the last is partial.

use loopwright_ir::{Bound, Constraint, For, Instance, LoopTree, LoopTreeNode, Mark};
use loopwright_ir::{Program, Variable};

/// Value that stands for a parameter whose value is not known.
const UNKNOWN_PARAMETER: i64 = 1000;

/// A loop around an occurrence.
#[derive(Clone, Debug)]
pub struct Level {
    /// The loop's variable.
    pub variable: Variable,
    /// Position of the loop in the tree, outer before inner.
    pub node: usize,
    pub mark: Mark,
    /// Mean number of iterations each time the loop is entered, above zero.
    pub trip: f64,
    /// Whether an inner loop steps through a block of this loop's iterations.
    pub is_tile: bool,
    /// Whether a bound is a minimum or a maximum.
    pub clipped: bool,
    /// Outer loops on the path, by position, on which the bounds depend.
    pub depends_on: Vec<usize>,
    /// Those of them with which the trip count changes.
    pub varies_with: Vec<usize>,
    first: i64,
    middle: i64,
    last: i64,
}

/// One textual occurrence of a statement in the tree.
#[derive(Clone, Debug)]
pub struct Occurrence<'a> {
    pub instance: &'a Instance,
    /// Outermost first.
    pub levels: Vec<Level>,
    /// Number of conditions around it.
    pub guards: usize,
    /// Estimated share of the loops' iterations in which the conditions hold, in `(0, 1]`.
    pub guard_share: f64,
}

impl Occurrence<'_> {
    /// Estimated number of executions.
    pub fn instances(&self) -> f64 {
        self.levels.iter().map(|level| level.trip).product::<f64>() * self.guard_share
    }
}

/// All occurrences of the tree in textual order, and its number of loops.
pub fn occurrences<'a>(program: &Program, tree: &'a LoopTree) -> (Vec<Occurrence<'a>>, usize) {
    let mut walk = Walk { program, levels: Vec::new(), loops: 0, found: Vec::new() };
    walk.nodes(&tree.roots, 0, 1.0);
    (walk.found, walk.loops)
}

struct Walk<'p, 'a> {
    program: &'p Program,
    levels: Vec<Level>,
    loops: usize,
    found: Vec<Occurrence<'a>>,
}

impl<'a> Walk<'_, 'a> {
    fn nodes(&mut self, nodes: &'a [LoopTreeNode], guards: usize, guard_share: f64) {
        for node in nodes {
            match node {
                LoopTreeNode::For(inner) => {
                    let level = self.level(inner);
                    self.loops += 1;
                    self.levels.push(level);
                    self.nodes(&inner.body, guards, guard_share);
                    self.levels.pop();
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let share = conditions
                        .iter()
                        .map(|condition| self.share_that_holds(condition))
                        .product::<f64>();
                    // Of full and partial tiles the full ones are what matters: they are all but
                    // a few, whatever the middles of the loops say of the conditions.
                    let share =
                        if otherwise.is_empty() { guard_share * share } else { guard_share };
                    self.nodes(body, guards + conditions.len(), share);
                }
                LoopTreeNode::Pack(pack) => self.nodes(&pack.body, guards, guard_share),
                LoopTreeNode::Statement(instance) => self.found.push(Occurrence {
                    instance,
                    levels: self.levels.clone(),
                    guards,
                    guard_share,
                }),
            }
        }
    }

    /// The value of a variable with every loop at its middle, except one that is `moved`.
    fn value(&self, variable: Variable, moved: Option<(usize, i64)>) -> i64 {
        if let Variable::Parameter(position) = variable {
            return self.program.parameter_value(position).unwrap_or(UNKNOWN_PARAMETER);
        }
        let found = self.levels.iter().rposition(|level| level.variable == variable);
        match (found, moved) {
            (Some(position), Some((other, value))) if position == other => value,
            (Some(position), _) => self.levels.get(position).map_or(0, |level| level.middle),
            (None, _) => 0,
        }
    }

    fn range(&self, inner: &For, moved: Option<(usize, i64)>) -> (i64, i64) {
        let lower = inner.lower.evaluate(true, &|variable| self.value(variable, moved));
        let upper = inner.upper.evaluate(false, &|variable| self.value(variable, moved));
        (lower.unwrap_or(0), upper.unwrap_or(0))
    }

    fn level(&mut self, inner: &For) -> Level {
        let variable = inner.id.variable();
        let (first, last) = self.range(inner, None);
        let middle_trip = trip_of((first, last));
        let mut trip = middle_trip;
        let mut depends_on = Vec::new();
        let mut varies_with = Vec::new();
        for position in 0..self.levels.len() {
            let Some((outer, outer_trip, ends)) = self
                .levels
                .get(position)
                .map(|level| (level.variable, level.trip, (level.first, level.last)))
            else {
                continue;
            };
            if !inner.lower.mentions(outer) && !inner.upper.mentions(outer) {
                continue;
            }
            depends_on.push(position);
            if steps(&inner.lower, outer)
                && let Some(level) = self.levels.get_mut(position)
            {
                level.is_tile = true;
            }
            let quarter = (ends.1 - ends.0) / 4;
            let near = trip_of(self.range(inner, Some((position, ends.0 + quarter))));
            let far = trip_of(self.range(inner, Some((position, ends.1 - quarter))));
            if (near - far).abs() > 0.25 * near.max(far) && quarter > 0 {
                varies_with.push(position);
            }
            let at_first = trip_of(self.range(inner, Some((position, ends.0))));
            let at_last = trip_of(self.range(inner, Some((position, ends.1))));
            let linear = (at_first + at_last - 2.0 * middle_trip).abs() <= 1.0;
            let mean = if linear {
                (at_first + at_last) / 2.0
            } else {
                ((outer_trip - 1.0).max(0.0) * middle_trip + at_last) / outer_trip.max(1.0)
            };
            trip *= mean / middle_trip;
        }
        Level {
            variable,
            node: self.loops,
            mark: inner.mark,
            trip,
            is_tile: false,
            clipped: is_clipped(&inner.lower) || is_clipped(&inner.upper),
            depends_on,
            varies_with,
            first,
            middle: first + (last - first).max(0) / 2,
            last: last.max(first),
        }
    }

    /// An equality pins the innermost loop it mentions; an inequality that fails in the middle is
    /// taken to hold half of the time.
    fn share_that_holds(&self, condition: &Constraint) -> f64 {
        if condition.equality {
            let pinned = self
                .levels
                .iter()
                .rev()
                .find(|level| condition.affine.mentions(level.variable))
                .map_or(1.0, |level| level.trip);
            return 1.0 / pinned.max(1.0);
        }
        match condition.holds(|variable| self.value(variable, None)) {
            Some(true) | None => 1.0,
            Some(false) => 0.5,
        }
    }
}

/// Iterations of a range; an empty one counts as half an iteration so that logarithms exist.
fn trip_of((first, last): (i64, i64)) -> f64 {
    (last.saturating_sub(first).saturating_add(1) as f64).max(0.5)
}

fn is_clipped(bound: &Bound) -> bool {
    matches!(bound, Bound::Minimum(parts) | Bound::Maximum(parts) if parts.len() > 1)
}

/// Whether the bound jumps by more than one when `outer` grows by one.
fn steps(bound: &Bound, outer: Variable) -> bool {
    match bound {
        Bound::Quotient { affine, divisor } => affine.coefficient(outer).abs() > *divisor,
        Bound::Minimum(parts) | Bound::Maximum(parts) => {
            parts.iter().any(|part| steps(part, outer))
        }
    }
}
