//! Gives the order of some statements outright.
//!
//! `affine(S1: [t, 0, i]; S2: [t, 1, j])`, or with the second sweep inside of the first one, two behind:
//!
//! `affine(S1: [t, i, 0]; S2: [t, j + 2, 1])`:
//! ```text
//! for (t = 0; t < T; t++) {            for (t = 0; t < T; t++)
//!   for (i = 1; i < N - 1; i++)          for (i = 1; i < N + 1; i++) {
//!     B[i] = A[i-1] + A[i+1];              if (i < N - 1)
//!   for (j = 1; j < N - 1; j++)    →         B[i] = A[i-1] + A[i+1];
//!     A[j] = B[j];                         if (i > 2)
//! }                                          A[i-2] = B[i-2];
//!                                        }
//! ```
//! Each statement has a vector of rows over the loops around it and the parameters; instances run in the order in
//! which these vectors are compared, entry by entry. Shorter vectors go on with zeros. The statements are taken out of
//! where they are, and the tree that the rows mean is put where the first of them, in the order of the text, stood among the
//! outermost loops: behind what stays of its nest if some of that stood before the statement, otherwise in front.
//!
//! - Where the statements that have had the same loops so far all have numbers, they stand in a sequence: equal numbers
//!   share what follows. A row that is the same for all and mentions no loop is left out.
//! - Otherwise the row is a loop. A statement whose row mentions no loop runs in that one iteration. Factors that all rows of
//!   a loop have in common are left out, because loops count by one.
//! - Statements with the same vectors run in the order that they had.
//! - What the rows do not determine of the loops that were around a statement, or determine by division only (`2*i`
//!   beside `2*i + 1`), runs in further loops inside, which have the old names.
//!
//! A loop takes its name from the row of the deepest of its statements (the first of several): a loop that the row mentions
//! and that is no row by itself, the innermost one if there are several; `i` for `2*t + i`, `i2`, `i3`, … where that is taken.
//! The new loops have no marks and no copies.
//!
//! Legal when all dependent `s → d` have `rows(s) ≺ rows(d)`, or are equal in all rows and keep their order.

use super::place::{Fresh, Place, free_name, remove_leaves, with_fresh};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::solve::{add_scaled, determine, greatest_common_divisor};
use loopwright_ir::{
    Affine, AffineOrder, Constraint, Leaf, LeafId, LoopId, Node, Program, ScheduleTree, TreeLoop,
    Variable,
};
use std::collections::BTreeMap;

/// The largest coefficient, far from the limits of the arithmetic.
const LARGEST_FACTOR: i64 = 1 << 20;
/// The most rows of one statement.
const MOST_ROWS: usize = 64;

/// The tree with the statements in the order that the rows give.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    orders: &[AffineOrder],
) -> Result<ScheduleTree, Cause> {
    let leaves = tree.leaves();
    let mut ordered = Vec::new();
    for order in orders {
        let place = Place::find(program, tree, &order.statement)?;
        let found = leaves.iter().position(|(_, leaf)| leaf.id() == place.leaf);
        let Some((position, (path, leaf))) = found.and_then(|at| Some((at, leaves.get(at)?)))
        else {
            continue;
        };
        if ordered.iter().any(|known: &Ordered<'_>| known.position == position) {
            return Err(Cause::RepeatedStatement { name: order.statement.clone() });
        }
        if order.rows.len() > MOST_ROWS {
            return Err(Cause::TooMany { what: "rows of one statement", most: MOST_ROWS });
        }
        let mut rows = Vec::new();
        for row in &order.rows {
            if let Some((_, factor)) =
                row.terms().iter().find(|(_, factor)| factor.abs() > LARGEST_FACTOR)
            {
                return Err(Cause::BadFactor { factor: *factor, most: LARGEST_FACTOR });
            }
            rows.push(place.affine(program, place.path.len(), row)?);
        }
        let path = path.iter().map(|inner| (inner.id.variable(), inner.name.clone())).collect();
        ordered.push(Ordered { position, leaf, path, rows, equations: Vec::new() });
    }
    ordered.sort_by_key(|one| one.position);
    let Some(first) = ordered.first().map(|one| one.leaf.id()) else { return Ok(tree.clone()) };
    let count = ordered.iter().map(|one| one.rows.len()).max().unwrap_or(0);
    for one in &mut ordered {
        one.rows.resize(count, Affine::constant(0));
    }
    let named: Vec<LeafId> = ordered.iter().map(|one| one.leaf.id()).collect();
    let (rest, at) = remove_leaves(tree, &named, first);
    with_fresh(rest, |roots, fresh| {
        let nodes = Builder { fresh }.nodes(ordered, 0, &mut Vec::new())?;
        roots.splice(at..at, nodes);
        Ok(())
    })
}

/// A statement on the way down to its place.
struct Ordered<'a> {
    /// Among all leaves, in the order of the text.
    position: usize,
    leaf: &'a Leaf,
    /// The loops around it so far.
    path: Vec<(Variable, String)>,
    /// Over the variables of these loops.
    rows: Vec<Affine>,
    /// What the new loops say of the old ones: each is zero.
    equations: Vec<Affine>,
}

impl Ordered<'_> {
    fn row(&self, depth: usize) -> Affine {
        self.rows.get(depth).cloned().unwrap_or_default()
    }

    fn mentions_loop(&self, depth: usize) -> bool {
        let loops = |variable| matches!(variable, Variable::Loop(_));
        self.rows.get(depth).is_some_and(|row| row.variables().any(loops))
    }

    /// The name of the loop for a row: of the loops that it mentions one that has no row for itself, the innermost.
    fn name(&self, depth: usize) -> Option<String> {
        let row = self.rows.get(depth)?;
        let alone = |variable: Variable| {
            let mut others = self.rows.iter().enumerate().filter(|(at, _)| *at != depth);
            let only = |row: &Affine| {
                let loops: Vec<_> =
                    row.variables().filter(|one| matches!(one, Variable::Loop(_))).collect();
                loops == [variable]
            };
            others.any(|(_, row)| only(row))
        };
        let mentioned: Vec<_> =
            self.path.iter().rev().filter(|(variable, _)| row.mentions(*variable)).collect();
        let own = mentioned.iter().find(|(variable, _)| !alone(*variable)).or(mentioned.first());
        own.map(|(_, name)| name.clone())
    }
}

struct Builder<'f> {
    fresh: &'f mut Fresh,
}

impl Builder<'_> {
    /// The nodes for statements that have had the same loops so far. `path` has the names of these.
    fn nodes(
        &mut self,
        mut group: Vec<Ordered<'_>>,
        depth: usize,
        path: &mut Vec<String>,
    ) -> Result<Vec<Node>, Cause> {
        if group.iter().all(|one| one.rows.len() <= depth) {
            return group.into_iter().map(|one| self.leaf(one, path)).collect();
        }
        let numbers: Option<Vec<i64>> =
            group.iter().map(|one| one.row(depth).as_constant()).collect();
        if let Some(numbers) = numbers {
            let mut sequence: BTreeMap<i64, Vec<Ordered<'_>>> = BTreeMap::new();
            for (number, one) in numbers.into_iter().zip(group) {
                sequence.entry(number).or_default().push(one);
            }
            let mut nodes = Vec::new();
            for (_, part) in sequence {
                nodes.extend(self.nodes(part, depth + 1, path)?);
            }
            return Ok(nodes);
        }
        let equal = group.windows(2).all(|pair| match pair {
            [one, other] => one.row(depth) == other.row(depth),
            _ => true,
        });
        if equal && group.iter().all(|one| !one.mentions_loop(depth)) {
            return self.nodes(group, depth + 1, path);
        }
        let values = count_by_one(group.iter().map(|one| one.row(depth)).collect());
        let deepest = group.iter().filter(|one| one.mentions_loop(depth));
        let deepest = deepest.max_by_key(|one| (one.path.len(), std::cmp::Reverse(one.position)));
        let wanted = deepest.and_then(|one| one.name(depth)).unwrap_or_else(|| "c".to_owned());
        let name = free_name(&wanted, &|name| path.iter().any(|known| known == name));
        let id = self.fresh.loop_id();
        for (one, value) in group.iter_mut().zip(&values) {
            let variable = Affine::variable(id.variable());
            one.equations.push(add_scaled(value, -1, &variable).ok_or(Cause::OutOfRange)?);
        }
        path.push(name.clone());
        let body = self.nodes(group, depth + 1, path);
        path.pop();
        Ok(vec![Node::Loop(TreeLoop::new(id, name, body?))])
    }

    /// The statement inside of the loops, and of further ones for what these leave open.
    fn leaf(&mut self, one: Ordered<'_>, path: &[String]) -> Result<Node, Cause> {
        let unknowns: Vec<Variable> = one.path.iter().map(|(variable, _)| *variable).collect();
        let equalities = one.leaf.constraints.iter().filter(|constraint| constraint.equality);
        let implied: Vec<Affine> = equalities.map(|equality| equality.affine.clone()).collect();
        let mut fresh = || self.fresh.loop_id();
        let (solution, further) =
            determine(&one.equations, &implied, &unknowns, &mut fresh).ok_or(Cause::OutOfRange)?;
        let solved = |affine: &Affine| solution.apply(affine).ok_or(Cause::OutOfRange);
        let mut leaf = one.leaf.clone();
        for iterator in &mut leaf.iterators {
            *iterator = solved(iterator)?;
        }
        leaf.constraints.clear();
        let fixed = one.equations.into_iter().flat_map(|affine| {
            if planted(Fault::AffineFixed) {
                let next = &Affine::constant(1) - &affine;
                vec![Constraint::non_negative(affine), Constraint::non_negative(next)]
            } else {
                vec![Constraint::zero(affine)]
            }
        });
        for constraint in one.leaf.constraints.iter().cloned().chain(fixed) {
            let constraint = Constraint { affine: solved(&constraint.affine)?, ..constraint };
            let trivial = constraint.affine.as_constant();
            let holds =
                trivial.is_some_and(|value| value == 0 || (value > 0 && !constraint.equality));
            if !holds && !leaf.constraints.contains(&constraint) {
                leaf.constraints.push(constraint);
            }
        }
        if planted(Fault::AffineOff)
            && let Some(iterator) = leaf.iterators.last_mut()
        {
            *iterator = &*iterator + &Affine::constant(1);
        }
        let mut names = path.to_vec();
        let mut loops: Vec<(LoopId, String)> = Vec::new();
        for (id, position) in further {
            let wanted = one.path.get(position).map_or("c", |(_, name)| name.as_str());
            let name = free_name(wanted, &|name| names.iter().any(|known| known == name));
            names.push(name.clone());
            loops.push((id, name));
        }
        let inside = loops.into_iter().rev();
        Ok(inside.fold(Node::Leaf(leaf), |node, (id, name)| {
            Node::Loop(TreeLoop::new(id, name, vec![node]))
        }))
    }
}

/// The same order without what all coefficients have in common.
fn count_by_one(values: Vec<Affine>) -> Vec<Affine> {
    let first = values.first().map_or(0, Affine::constant_term);
    let mut common = 0;
    for value in &values {
        let coefficients = value.terms().iter().map(|term| term.1);
        let difference = value.constant_term() - first;
        common = coefficients.chain([difference]).fold(common, greatest_common_divisor);
    }
    if common < 2 {
        return values;
    }
    let divided = |value: &Affine| {
        let terms = value.terms().iter().map(|&(variable, factor)| (variable, factor / common));
        Affine::from_terms(terms, value.constant_term().div_euclid(common))
    };
    values.iter().map(divided).collect()
}

#[cfg(test)]
mod tests;
