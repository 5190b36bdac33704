//! Orders given outright: the one that is there, changed in some places.

use super::Drawer;
use loopwright_ir::{AffineOrder, LeafId, NamedAffine, Node, Step};
use rand::RngExt;

/// A statement's rows on the way, with its loops.
struct Draft {
    leaf: LeafId,
    loops: Vec<String>,
    rows: Vec<NamedAffine>,
}

impl Drawer<'_> {
    /// The order of this statement alone, of all in its nest, or of all.
    pub(super) fn affine_order(&mut self) -> Option<Step> {
        let mut drafts = Vec::new();
        let mut rows = Vec::new();
        collect(&self.tree.roots, &mut Vec::new(), &mut rows, &mut drafts);
        let own = drafts.iter().find(|draft| draft.leaf == self.leaf.id())?;
        let root = own.rows.first().cloned();
        match self.below(10) {
            0..=1 => drafts.retain(|draft| draft.leaf == self.leaf.id()),
            2..=6 => drafts.retain(|draft| draft.rows.first() == root.as_ref()),
            _ => {}
        }
        if drafts.len() > 6 {
            return None;
        }
        for _ in 0..self.below(4) {
            self.change(&mut drafts)?;
        }
        let orders = drafts.into_iter().map(|draft| AffineOrder {
            statement: draft.leaf.name(self.program),
            rows: draft.rows,
        });
        Some(Step::Affine { orders: orders.collect() })
    }

    fn change(&mut self, drafts: &mut [Draft]) -> Option<()> {
        let deepest = drafts.iter().map(|draft| draft.loops.len()).max()?;
        // Places in the sequence have the even positions, loops the odd ones.
        let depth = self.below(deepest);
        let (place, of_loop) = (2 * depth, 2 * depth + 1);
        let chosen = self.below(drafts.len());
        let number = self.random.random_range(-2..=2);
        let other = 2 * self.below(deepest) + 1;
        let parameter = self.affine(0)?;
        match self.below(14) {
            // Everything so far in the same loops.
            0..=2 => {
                for draft in drafts.iter_mut() {
                    let rows = draft.rows.iter_mut().step_by(2).take(depth + 1);
                    rows.for_each(|row| *row = NamedAffine::constant(0));
                }
            }
            3..=4 if other < of_loop => {
                for draft in drafts.iter_mut() {
                    add(&mut draft.rows, of_loop, other, number)?;
                }
            }
            3..=6 => {
                let row = drafts.get_mut(chosen)?.rows.get_mut(of_loop)?;
                let by = if self.chance(0.7) { NamedAffine::constant(number) } else { parameter };
                *row = sum(row, &by, 1)?;
            }
            7 => {
                for draft in drafts.iter_mut().filter(|draft| draft.rows.len() > of_loop.max(other))
                {
                    draft.rows.swap(of_loop, other);
                }
            }
            8 => {
                let row = drafts.get_mut(chosen)?.rows.get_mut(of_loop)?;
                *row = sum(&NamedAffine::constant(0), row, -1)?;
            }
            9 => {
                for draft in drafts.iter_mut() {
                    let odd = i64::from(self.chance(0.3));
                    let Some(row) = draft.rows.get_mut(of_loop) else { continue };
                    *row = sum(&NamedAffine::constant(odd), row, 2)?;
                }
            }
            10 => {
                let rows = &mut drafts.get_mut(chosen)?.rows;
                rows.truncate(rows.len().saturating_sub(1 + depth));
                rows.is_empty().then(|| rows.push(NamedAffine::constant(0)));
            }
            // A statement with fewer loops has one place in a loop of others.
            11..=12 => {
                for draft in drafts.iter_mut() {
                    let rows = draft.rows.iter_mut().step_by(2).take(depth + 1);
                    rows.for_each(|row| *row = NamedAffine::constant(0));
                }
                let rows = &mut drafts.get_mut(chosen)?.rows;
                if rows.len() <= of_loop {
                    rows.resize(of_loop, NamedAffine::constant(0));
                    rows.push(NamedAffine::constant(number.abs()));
                    rows.push(NamedAffine::constant(number.signum()));
                }
            }
            _ => *drafts.get_mut(chosen)?.rows.get_mut(place)? = NamedAffine::constant(number),
        }
        Some(())
    }
}

fn sum(left: &NamedAffine, right: &NamedAffine, factor: i64) -> Option<NamedAffine> {
    let scaled = right.terms().iter().map(|(name, value)| (name.clone(), factor * value));
    let constant = left.constant_term() + factor * right.constant_term();
    NamedAffine::from_terms(left.terms().iter().cloned().chain(scaled), constant)
}

fn add(rows: &mut [NamedAffine], target: usize, source: usize, factor: i64) -> Option<()> {
    let Some(source) = rows.get(source).cloned() else { return Some(()) };
    let Some(target) = rows.get_mut(target) else { return Some(()) };
    *target = sum(target, &source, factor)?;
    Some(())
}

/// The rows of the order that a tree has: the position among its siblings and the loop, in turn.
fn collect(
    nodes: &[Node],
    loops: &mut Vec<String>,
    rows: &mut Vec<NamedAffine>,
    drafts: &mut Vec<Draft>,
) {
    for (position, node) in (0_i64..).zip(nodes) {
        rows.push(NamedAffine::constant(position));
        match node {
            Node::Leaf(leaf) => {
                let (loops, rows) = (loops.clone(), rows.clone());
                drafts.push(Draft { leaf: leaf.id(), loops, rows });
            }
            Node::Loop(inner) => {
                loops.push(inner.name.clone());
                rows.extend(NamedAffine::from_terms([(inner.name.clone(), 1)], 0));
                collect(&inner.body, loops, rows, drafts);
                loops.pop();
                rows.pop();
            }
        }
        rows.pop();
    }
}
