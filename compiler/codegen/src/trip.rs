//! What is known of a loop's number of iterations before it runs.

use crate::access::VariableRange;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Bound, For};

/// The number of iterations is the least of some affine expressions (no iterations when that is
/// negative), or nothing is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct TripCount {
    /// Empty when nothing is known.
    candidates: Vec<Affine>,
}

impl TripCount {
    /// From bounds that are affine expressions, maxima of them below and minima above.
    pub fn new(inner: &For) -> Self {
        if !(is_affine(&inner.lower, true) && is_affine(&inner.upper, false)) {
            return Self::default();
        }
        let range = VariableRange::new(inner.id.variable(), &inner.lower, &inner.upper);
        let candidates = range
            .upper
            .iter()
            .flat_map(|upper| range.lower.iter().map(move |lower| upper - lower))
            .map(|difference| {
                let constant = difference.constant_term().saturating_add(1);
                difference.with_constant(constant)
            })
            .collect();
        Self { candidates }
    }

    /// A known number.
    pub fn constant(count: i64) -> Self {
        Self { candidates: vec![Affine::constant(count)] }
    }

    /// Whether every possible number of iterations is a multiple.
    pub fn is_multiple_of(&self, factor: i64) -> bool {
        planted(Fault::TripMultiple)
            || !self.candidates.is_empty()
                && self.candidates.iter().all(|affine| {
                    affine.constant_term() % factor == 0
                        && affine.terms().iter().all(|(_, coefficient)| coefficient % factor == 0)
                })
    }

    /// The number of iterations where it is always the same.
    pub fn as_constant(&self) -> Option<i64> {
        let counts: Option<Vec<i64>> = self.candidates.iter().map(Affine::as_constant).collect();
        counts?.into_iter().min().map(|count| count.max(0))
    }

    /// Whether there are always fewer iterations.
    pub fn is_below(&self, count: i64) -> bool {
        self.candidates.iter().filter_map(Affine::as_constant).any(|constant| constant < count)
    }
}

fn is_affine(bound: &Bound, up: bool) -> bool {
    match bound {
        Bound::Quotient { divisor, .. } => *divisor == 1,
        Bound::Maximum(bounds) => up && bounds.iter().all(|bound| is_affine(bound, up)),
        Bound::Minimum(bounds) => !up && bounds.iter().all(|bound| is_affine(bound, up)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loopwright_ir::tree::LoopId;
    use loopwright_ir::{Mark, Variable};

    fn quotient(affine: Affine) -> Bound {
        Bound::Quotient { affine, divisor: 1 }
    }

    #[test]
    fn a_clipped_tile_of_a_divisible_extent_is_divisible() {
        let tile = Affine::from_terms([(Variable::Loop(0), 40)], 0);
        let inner = For {
            id: LoopId(1),
            name: "i".to_owned(),
            lower: quotient(tile.clone()),
            upper: Bound::Minimum(vec![
                quotient(Affine::constant(999)),
                quotient(tile.with_constant(39)),
            ]),
            mark: Mark::Sequential,
            body: Vec::new(),
        };
        let trip = TripCount::new(&inner);
        assert!(trip.is_multiple_of(4) && !trip.is_multiple_of(3));
        assert!(trip.is_below(41) && !trip.is_below(40));
    }
}
