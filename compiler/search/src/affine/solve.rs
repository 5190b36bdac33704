//! Rows of an affine order: for each statement a sum of its iterators with small coefficients and a shift, so
//! that no dependence goes backwards along the row.
//!
//! Coefficients are few, so they are searched, statement by statement, with each dependence looked at as soon as
//! both its statements have theirs; shifts are the least solution of difference constraints (Bellman–Ford). Rows
//! that keep all dependences form a permutable band (Bondhugula et al., PLDI 2008); among all that do, the one
//! with the shortest distances is taken, because distances are what tiles, caches and threads wait for.

use super::distance::{Distance, Distances, Pairs};
use super::rank::rank;
use crate::draft::Patience;
use loopwright_analysis::Dependence;
use loopwright_ir::StatementId;
use std::cell::RefCell;
use std::sync::Arc;

/// The greatest coefficient.
const MOST: i64 = 2;
/// Where those do not do, the outermost loop may weigh so much in a row behind the first: wide sweeps over time lean
/// by as much as they reach.
const WIDE: [i64; 7] = [3, 4, 5, 6, 8, 12, 16];
/// A shift beyond this is no shift between neighbours.
const FAR: i64 = 16;
/// A statement with fewer loops than others stands at one of their iterations, which may be any up to this one.
const ANYWHERE: i64 = 1 << 20;
/// Distances count up to this much.
const LONG: i64 = 12;

/// What it costs to use up a statement's contiguous loop before the last row.
const EARLY: i64 = 3;
/// What it costs that two statements walk the same array differently, one of them along its rows: more than a
/// statement's own chain gains by being carried later, so that what treats one of them suits the other.
const UNLIKE: i64 = CHAIN * LONG - LONG + 2 * EARLY;
/// What it costs that two uses of an element are far from each other: more than a statement's own chain, so that
/// a matrix that is summed along both of its dimensions is passed once.
const REUSE: i64 = CHAIN + 1;
/// How much more a statement's own dependence weighs than one between two.
const CHAIN: i64 = 4;

/// One row for each statement of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// For each statement, the coefficients of its iterators.
    pub coefficients: Vec<Vec<i64>>,
    pub shifts: Vec<i64>,
    pub cost: i64,
}

/// A group of statements whose order is looked for.
#[derive(Clone)]
pub struct Group {
    pub statements: Vec<StatementId>,
    /// How many iterators each has.
    pub depths: Vec<usize>,
    /// The iterator along which what each writes is contiguous.
    pub contiguous: Vec<Option<usize>>,
    /// Pairs of statements, as positions, that have all loops and write the same matrix.
    pub same: Vec<(usize, usize)>,
    distances: Distances,
    /// The statements of each dependence, as positions in the group.
    ends: Vec<(usize, usize)>,
    /// Pairs that touch the same element of something large: near each other is better, nothing more.
    reuse: Distances,
    reuse_ends: Vec<(usize, usize)>,
    /// How many partial assignments may be looked at for one row.
    pub effort: usize,
    /// How long at all.
    pub patience: Option<Patience>,
}

impl Group {
    /// Of some statements, with the dependences between them and what they share.
    pub fn new<'a>(
        statements: Vec<StatementId>,
        depths: Vec<usize>,
        contiguous: Vec<Option<usize>>,
        dependences: impl Iterator<Item = &'a Dependence>,
        shared: Vec<(StatementId, StatementId, Pairs)>,
        effort: usize,
    ) -> Self {
        let position = |id: StatementId| statements.iter().position(|known| *known == id);
        let inside = |from: StatementId, to: StatementId| position(from).zip(position(to));
        let kept: Vec<((usize, usize), Pairs)> = dependences
            .filter_map(|one| {
                Some((inside(one.source, one.destination)?, Arc::clone(&one.constraints)))
            })
            .collect();
        let near: Vec<((usize, usize), Pairs)> = shared
            .into_iter()
            .filter_map(|(from, to, pairs)| Some((inside(from, to)?, pairs)))
            .collect();
        let (ends, pairs) = kept.into_iter().unzip();
        let (reuse_ends, shared) = near.into_iter().unzip();
        let (distances, reuse) = (Distances::new(pairs), Distances::new(shared));
        Self {
            statements,
            depths,
            contiguous,
            same: Vec::new(),
            distances,
            ends,
            reuse,
            reuse_ends,
            effort,
            patience: None,
        }
    }

    /// For each dependence its statements, as positions in the group, and whether some row keeps all its pairs
    /// apart.
    pub fn kept_apart(&self, rows: &[Row]) -> Vec<(usize, usize, bool)> {
        let all = self.ends.iter().enumerate();
        all.map(|(number, (from, to))| {
            let apart = rows.iter().any(|row| {
                let least = (|| {
                    let source = row.coefficients.get(*from)?;
                    let destination = row.coefficients.get(*to)?;
                    let least = self.distances.of(number, source, destination).least?;
                    Some(least + row.shifts.get(*to)? - row.shifts.get(*from)?)
                })();
                least.is_some_and(|least| least > 0)
            });
            (*from, *to, apart)
        })
        .collect()
    }

    /// Rows that keep all dependences, each independent of those before as long as a statement has iterators
    /// left; as many as the deepest statement has iterators, or as there are.
    pub fn band(&self) -> Vec<Row> {
        let wanted = self.depths.iter().copied().max().unwrap_or(0);
        let mut rows: Vec<Row> = Vec::new();
        while rows.len() < wanted {
            let Some(row) = self.row(&rows) else { break };
            rows.push(row);
        }
        rows
    }

    /// The cheapest row that keeps all dependences and is independent of others.
    pub fn row(&self, before: &[Row]) -> Option<Row> {
        let count = self.statements.len();
        let narrow = (0..count).map(|one| self.options(one, before)).collect();
        self.cheapest(narrow, before).or_else(|| {
            let wide = (0..count).map(|one| self.wide_options(one, before)).collect();
            if before.is_empty() { None } else { self.cheapest(wide, before) }
        })
    }

    /// The cheapest row with some of the coefficients that each statement may have.
    fn cheapest(&self, options: Vec<Vec<Vec<i64>>>, before: &[Row]) -> Option<Row> {
        let count = self.statements.len();
        let mut search = Search {
            group: self,
            options,
            chosen: vec![Vec::new(); count],
            best: None,
            left: self.effort,
            order: self.order(),
            forbade: RefCell::default(),
            last: before.len() + 1 >= self.depths.iter().copied().max().unwrap_or(0),
        };
        search.descend(0, 0);
        search.best
    }

    /// Deep statements first, then those that depend on what is known.
    fn order(&self) -> Vec<usize> {
        let mut left: Vec<usize> = (0..self.statements.len()).collect();
        let mut order: Vec<usize> = Vec::new();
        while !left.is_empty() {
            let joined = |one: usize| {
                self.ends
                    .iter()
                    .filter(|(from, to)| {
                        (*from == one && order.contains(to)) || (*to == one && order.contains(from))
                    })
                    .count()
            };
            let depth = |one: usize| self.depths.get(one).copied().unwrap_or(0);
            let best = (0..left.len()).max_by_key(|at| {
                left.get(*at).map(|one| (joined(*one).min(1), depth(*one), usize::MAX - *one))
            });
            let Some(at) = best else { break };
            order.push(left.remove(at));
        }
        order
    }

    /// One loop by itself, or with the outermost one, which weighs more than usual.
    fn wide_options(&self, statement: usize, before: &[Row]) -> Vec<Vec<i64>> {
        let depth = self.depths.get(statement).copied().unwrap_or(0);
        let unit = |at: usize, first: i64| {
            (0..depth).map(|one| if one == 0 { first } else { i64::from(one == at) }).collect()
        };
        let mut all: Vec<Vec<i64>> = Vec::new();
        for first in [0].into_iter().chain(1..=MOST).chain(WIDE) {
            // A statement with no other loop follows the others' lean.
            all.extend((1..depth.max(2)).map(|at| unit(at, first)));
        }
        let known: Vec<Vec<i64>> =
            before.iter().filter_map(|row| row.coefficients.get(statement).cloned()).collect();
        let wanted = self.depths.iter().copied().max().unwrap_or(0);
        let left = wanted.saturating_sub(before.len() + 1);
        all.retain(|vector| {
            let more = [known.as_slice(), std::slice::from_ref(vector)].concat();
            rank(&more) + left >= depth
        });
        all
    }

    /// By how much two statements may be shifted against each other: where one has fewer loops, it stands at one
    /// iteration of the others', wherever that is.
    fn far(&self, one: usize, other: usize) -> i64 {
        let deepest = self.depths.iter().copied().max().unwrap_or(0);
        let whole = |at: usize| self.depths.get(at) == Some(&deepest);
        if whole(one) && whole(other) { FAR } else { ANYWHERE }
    }

    /// The coefficients that a statement may have, the simplest first.
    fn options(&self, statement: usize, before: &[Row]) -> Vec<Vec<i64>> {
        let depth = self.depths.get(statement).copied().unwrap_or(0);
        let most = if depth > 4 { 1 } else { MOST };
        let wanted = self.depths.iter().copied().max().unwrap_or(0);
        let left = wanted.saturating_sub(before.len() + 1);
        let known: Vec<Vec<i64>> =
            before.iter().filter_map(|row| row.coefficients.get(statement).cloned()).collect();
        let mut all = vec![Vec::new()];
        for _ in 0..depth {
            all = all
                .into_iter()
                .flat_map(|vector: Vec<i64>| {
                    (0..=most).map(move |value| [vector.as_slice(), &[value]].concat())
                })
                .collect();
        }
        all.retain(|vector| {
            let more = [known.as_slice(), std::slice::from_ref(vector)].concat();
            rank(&more) + left >= depth
        });
        all.sort_by_key(|vector| (vector.iter().sum::<i64>(), std::cmp::Reverse(vector.clone())));
        all
    }

    /// The least shifts with which no distance is negative.
    fn shifts(&self, coefficients: &[Vec<i64>]) -> Option<Vec<i64>> {
        let count = self.statements.len();
        let mut shifts = vec![0_i64; count];
        let mut edges = Vec::new();
        for (position, (from, to)) in self.ends.iter().enumerate() {
            let least = self
                .distances
                .of(position, coefficients.get(*from)?, coefficients.get(*to)?)
                .least?;
            edges.push((*from, *to, -least));
        }
        for round in 0..=count {
            let mut changed = false;
            for (from, to, needed) in &edges {
                let value = shifts.get(*from)? + needed;
                let place = shifts.get_mut(*to)?;
                if *place < value {
                    *place = value;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
            if round == count {
                return None;
            }
        }
        let least = shifts.iter().copied().min().unwrap_or(0);
        shifts.iter_mut().for_each(|shift| *shift -= least);
        let near = |at: usize, shift: i64| shift <= self.far(at, at);
        shifts.iter().enumerate().all(|(at, shift)| near(at, *shift)).then_some(shifts)
    }
}

struct Search<'g> {
    group: &'g Group,
    options: Vec<Vec<Vec<i64>>>,
    chosen: Vec<Vec<i64>>,
    best: Option<Row>,
    left: usize,
    order: Vec<usize>,
    /// Whether this is the band's last row.
    last: bool,
    /// The eight dependences that forbade something lately, the last one first: they are asked first.
    forbade: RefCell<Vec<usize>>,
}

impl Search<'_> {
    fn descend(&mut self, depth: usize, cost: i64) {
        if self.group.patience.as_ref().is_some_and(Patience::is_over) {
            self.left = 0;
        }
        if self.left == 0 || self.best.as_ref().is_some_and(|best| cost >= best.cost) {
            return;
        }
        self.left -= 1;
        let Some(&statement) = self.order.get(depth) else {
            self.complete(cost);
            return;
        };
        let options = self.options.get(statement).cloned().unwrap_or_default();
        for option in options {
            let along = self.group.contiguous.get(statement).copied().flatten();
            let early = if self.last { 0 } else { EARLY };
            let weight = 2 * option.iter().sum::<i64>()
                + along.and_then(|at| option.get(at)).map_or(0, |value| early * value.min(&1));
            if let Some(place) = self.chosen.get_mut(statement) {
                place.clone_from(&option);
            }
            let assigned = self.order.get(..=depth).unwrap_or_default().to_vec();
            if let Some(more) = self.fits(statement, &assigned) {
                self.descend(depth + 1, cost + weight + more);
            }
        }
        if let Some(place) = self.chosen.get_mut(statement) {
            place.clear();
        }
    }

    /// What the dependences cost that have both ends now; `None` where one of them cannot be kept.
    fn fits(&self, statement: usize, assigned: &[usize]) -> Option<i64> {
        let mut cost = 0;
        let concerns = |from: &usize, to: &usize| {
            let touches = *from == statement || *to == statement;
            touches && assigned.contains(from) && assigned.contains(to)
        };
        // What forbade the last rows likely forbids this one, too.
        let lately = self.forbade.borrow().clone();
        for position in lately {
            let (from, to) = self.group.ends.get(position)?;
            if concerns(from, to) {
                self.kept(position, *from, *to)?;
            }
        }
        for (position, (from, to)) in self.group.ends.iter().enumerate() {
            if !concerns(from, to) {
                continue;
            }
            let Some((least, distance)) = self.kept(position, *from, *to) else {
                let mut forbade = self.forbade.borrow_mut();
                forbade.insert(0, position);
                forbade.truncate(8);
                return None;
            };
            let greatest = distance.greatest.unwrap_or(i64::MAX).min(least.saturating_add(LONG));
            // What a statement adds up should be carried further inside, where it is in the source.
            cost += if from == to {
                CHAIN * greatest.min(LONG)
            } else if greatest == least.saturating_add(LONG) {
                LONG
            } else {
                greatest - least
            };
        }
        let along_row = |one: usize| {
            let at = self.group.contiguous.get(one).copied().flatten()?;
            Some(self.chosen.get(one)?.get(at)? != &0)
        };
        for (one, other) in &self.group.same {
            let touches = *one == statement || *other == statement;
            if touches && assigned.contains(one) && assigned.contains(other) {
                cost += if along_row(*one) == along_row(*other) { 0 } else { UNLIKE };
            }
        }
        for (position, (from, to)) in self.group.reuse_ends.iter().enumerate() {
            let touches = *from == statement || *to == statement;
            if !touches || !assigned.contains(from) || !assigned.contains(to) {
                continue;
            }
            let distance =
                self.group.reuse.of(position, self.chosen.get(*from)?, self.chosen.get(*to)?);
            let far = |bound: Option<i64>| bound.map_or(LONG, |value| value.abs().min(LONG));
            cost += REUSE * far(distance.least).max(far(distance.greatest));
        }
        Some(cost)
    }

    /// The least distance of a dependence and all that is known of it, if the row can keep it.
    fn kept(&self, position: usize, from: usize, to: usize) -> Option<(i64, Distance)> {
        let (source, destination) = (self.chosen.get(from)?, self.chosen.get(to)?);
        let distance = self.group.distances.of(position, source, destination);
        let least = distance.least?;
        let needed = if from == to { 0 } else { -self.group.far(from, to) };
        (least >= needed).then_some((least, distance))
    }

    fn complete(&mut self, cost: i64) {
        let Some(shifts) = self.group.shifts(&self.chosen) else { return };
        let cost = cost + shifts.iter().map(|shift| (*shift).min(FAR)).sum::<i64>();
        if self.best.as_ref().is_none_or(|best| cost < best.cost) {
            self.best = Some(Row { coefficients: self.chosen.clone(), shifts, cost });
        }
    }
}
