//! The bounds of one loop: the hull of what its leaves say of its variable.

use super::LowerError;
use super::leaf::LeafState;
use super::space::Space;
use loopwright_analysis::{Polyhedron, Row};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Bound, LoopId};

/// What one or more leaves say of the variable on one side: all rows hold.
type Group = Vec<Row>;

/// A loop runs from the least of its lower groups' greatest bounds to the greatest of its upper
/// groups' least ones.
pub struct LoopBounds {
    lower: Vec<Group>,
    upper: Vec<Group>,
}

impl LoopBounds {
    /// The hull over the leaves below the loop that occupies `column`, at `depth`.
    pub fn hull(
        loop_name: &str,
        leaves: &mut [LeafState],
        facts: &Polyhedron,
        column: usize,
        depth: usize,
    ) -> Result<Self, LowerError> {
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for leaf in leaves.iter_mut().filter(|leaf| !leaf.never_runs()) {
            let rows = necessary_rows(leaf, facts, column, depth);
            let (low, high): (Group, Group) =
                rows.into_iter().partition(|row| row.coefficient(column) > 0);
            let missing = match (low.is_empty(), high.is_empty()) {
                (false, false) => None,
                (true, _) => Some("lower"),
                (false, true) => Some("upper"),
            };
            match missing {
                None => {
                    lower.push(low);
                    upper.push(high);
                }
                Some(_) if leaf.prove_never_runs(depth + 1) => {}
                Some(side) => {
                    return Err(LowerError::Unbounded {
                        loop_name: loop_name.to_owned(),
                        statement: leaf.name.clone(),
                        side,
                    });
                }
            }
        }
        if planted(Fault::HullOfFirst) {
            lower.truncate(1);
            upper.truncate(1);
        }
        let running: Vec<&LeafState> = leaves.iter().filter(|leaf| !leaf.never_runs()).collect();
        Ok(Self {
            lower: outermost(lower, &running, facts, depth),
            upper: outermost(upper, &running, facts, depth),
        })
    }

    /// The equality that defines the variable where the loop has exactly one iteration, and the
    /// variable's coefficient in it is 1 or −1.
    pub fn single_value(&self, column: usize) -> Option<Row> {
        let ([low], [high]) = (self.lower.as_slice(), self.upper.as_slice()) else { return None };
        let ([low], [high]) = (low.as_slice(), high.as_slice()) else { return None };
        let single = low.coefficient(column) == 1
            && low.opposite_direction(high)
            && low.constant.checked_neg() == Some(high.constant);
        single.then(|| Row { equality: true, ..low.clone() })
    }

    /// What the bounds guarantee inside the loop.
    pub fn facts(&self, outer: &Polyhedron) -> Vec<Row> {
        let mut facts = Vec::new();
        for groups in [&self.lower, &self.upper] {
            if let [group] = groups.as_slice() {
                facts.extend(group.iter().cloned());
                continue;
            }
            let groups_say = |row: &Row| {
                groups
                    .iter()
                    .all(|group| outer.implies_with(&group.iter().collect::<Vec<_>>(), row))
            };
            facts.extend(groups.iter().flatten().filter(|row| groups_say(row)).cloned());
        }
        facts
    }

    /// The bounds as expressions.
    pub fn render(&self, column: usize, space: &Space, path: &[LoopId]) -> (Bound, Bound) {
        let quotient = |row: &Row| {
            let coefficient = row.coefficient(column);
            // From `c*v + e >= 0`: v >= ceil(-e / c), or v <= floor(e / -c).
            let affine = space.affine(row, Some(column), -coefficient.signum(), path);
            let divisor = coefficient.saturating_abs();
            // A planted fault: a lower bound that rounds down is the ceiling of less.
            let less = if planted(Fault::LowerFloor) && coefficient > 1 { divisor - 1 } else { 0 };
            Bound::Quotient { affine: &affine - &Affine::constant(less), divisor }
        };
        // A planted fault: lost only here, as what the facts lack is tested further in.
        let lost = |group: &Group| {
            let upper = group.first().is_some_and(|row| row.coefficient(column) < 0);
            usize::from(planted(Fault::BoundWeakened) && upper && group.len() > 1)
        };
        let side =
            |groups: &[Group], inner: fn(Vec<Bound>) -> Bound, outer: fn(Vec<Bound>) -> Bound| {
                let bounds = groups.iter().map(|group| {
                    one_of(group.iter().skip(lost(group)).map(quotient).collect(), inner)
                });
                one_of(bounds.collect(), outer)
            };
        (
            match planted(Fault::SwappedExtremes) {
                true => side(&self.lower, Bound::Minimum, Bound::Minimum),
                false => side(&self.lower, Bound::Maximum, Bound::Minimum),
            },
            side(&self.upper, Bound::Minimum, Bound::Maximum),
        )
    }
}

/// A list of one is its element.
fn one_of(mut bounds: Vec<Bound>, list: fn(Vec<Bound>) -> Bound) -> Bound {
    if bounds.len() == 1
        && let Some(bound) = bounds.pop()
    {
        return bound;
    }
    list(bounds)
}

/// Bounds in outer variables before those in inner ones.
fn reading_order(left: &Row, right: &Row) -> std::cmp::Ordering {
    let magnitudes = |row: &Row| {
        row.coefficients.iter().rev().map(|value| value.unsigned_abs()).collect::<Vec<_>>()
    };
    (magnitudes(left), &left.coefficients, left.constant).cmp(&(
        magnitudes(right),
        &right.coefficients,
        right.constant,
    ))
}

/// The inequalities of a leaf on the variable, less those that the facts and the others imply.
///
/// A consequence of the leaf's constraints, as against one of them, also goes if it only says that
/// the leaf has instances at all for these parameters and outer iterations: without it the loop is
/// entered in vain, which costs less than computing the bound each time.
fn necessary_rows(leaf: &LeafState, facts: &Polyhedron, column: usize, depth: usize) -> Vec<Row> {
    let mut rows: Vec<(bool, Row)> = Vec::new();
    for row in leaf.shadow_rows(depth + 1) {
        if row.coefficient(column) != 0 {
            let derived = !leaf.requires(row);
            rows.extend(row.inequalities().into_iter().map(|row| (derived, row)));
        }
    }
    // What is hardest to compute goes first.
    rows.sort_by_key(|(derived, row)| {
        let coefficient = row.coefficient(column).unsigned_abs();
        std::cmp::Reverse((*derived, coefficient > 1, row.term_count()))
    });
    let mut position = 0;
    while let Some((derived, row)) = rows.get(position) {
        let mut others: Vec<&Row> = (rows.iter().enumerate())
            .filter(|(at, _)| *at != position)
            .map(|(_, (_, row))| row)
            .collect();
        if *derived {
            others.extend(leaf.shadow_rows(depth));
        }
        // The last bound of its side stays, even where the place is found to be never reached.
        let last = rows
            .iter()
            .filter(|(_, other)| {
                other.coefficient(column).signum() == row.coefficient(column).signum()
            })
            .count()
            == 1;
        if !last && facts.implies_with(&others, row) {
            rows.remove(position);
        } else {
            position += 1;
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A group and the leaves whose instances lie within it.
struct Cover<'a> {
    group: Group,
    leaves: Vec<&'a LeafState>,
}

/// The groups of which none lies within another: those decide the hull.
fn outermost(
    groups: Vec<Group>,
    leaves: &[&LeafState],
    facts: &Polyhedron,
    depth: usize,
) -> Vec<Group> {
    let mut covers: Vec<Cover> = Vec::new();
    for (mut group, leaf) in groups.into_iter().zip(leaves) {
        group.sort_by(reading_order);
        match covers.iter_mut().find(|cover| cover.group == group) {
            Some(cover) => cover.leaves.push(leaf),
            None => covers.push(Cover { group, leaves: vec![leaf] }),
        }
    }
    let within = |inner: &Group, outer: &Group, more: &[Row]| {
        let known: Vec<&Row> = inner.iter().chain(more).collect();
        outer.iter().all(|row| facts.implies_with(&known, row))
    };
    let always = |inner: &Cover, outer: &Cover| within(&inner.group, &outer.group, &[]);
    let where_it_runs = |inner: &Cover, outer: &Cover| {
        inner.leaves.iter().all(|leaf| within(&inner.group, &outer.group, leaf.shadow_rows(depth)))
    };
    // Of two groups that cover one another, the tighter one is taken.
    drop_covered(&mut covers, |inner, outer| always(outer, inner) && where_it_runs(inner, outer));
    drop_covered(&mut covers, always);
    drop_covered(&mut covers, where_it_runs);
    covers.into_iter().map(|cover| cover.group).collect()
}

/// Removes each group that lies within another, which then answers for its leaves as well.
fn drop_covered(covers: &mut Vec<Cover>, within: impl Fn(&Cover, &Cover) -> bool) {
    let mut position = 0;
    while position < covers.len() {
        let inner = covers.remove(position);
        match covers.iter_mut().find(|outer| within(&inner, outer)) {
            Some(outer) => outer.leaves.extend(inner.leaves),
            None => {
                covers.insert(position, inner);
                position += 1;
            }
        }
    }
}
