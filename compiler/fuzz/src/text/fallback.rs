//! The emitted function and the user's own one with the region replaced, for other sizes than the tuned ones and on
//! arrays that overlap: what runs then has to be the user's text.

use super::contents::{LAYOUTS, Layout};
use super::region::{Form, Parameter, Place, Region};
use crate::subject::mixed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How many kinds of sizes there are beside the tuned ones.
const KINDS: usize = 9;

/// Two arrays in one buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    pub first: usize,
    pub second: usize,
    /// Elements from the first one's beginning to the second one's.
    pub distance: usize,
}

/// A call that is not what the loops were made for.
#[derive(Clone, Debug)]
pub struct Other {
    pub values: Vec<i64>,
    pub overlap: Option<Overlap>,
    pub layout: Layout,
}

/// Sizes around everything that a bound may mention: 0, 1, negative ones, next to the tuned ones, twice as large, and
/// the ends of the types; then arrays that overlap.
pub fn others(region: &Region) -> Vec<Other> {
    let mut random = ChaCha8Rng::seed_from_u64(mixed(0xfa11, region.number));
    let tuned = region.values();
    let mut others: Vec<Other> = Vec::new();
    for kind in 0..KINDS {
        // All parameters, or one of them.
        let only = random.random_range(0..2 * tuned.len().max(1));
        let values = region.parameters.iter().enumerate().map(|(position, parameter)| {
            let changed = only >= tuned.len() || only == position;
            if changed { changed_value(parameter, kind, &mut random) } else { parameter.value }
        });
        let values: Vec<i64> = values.collect();
        let layout = LAYOUTS.get(kind % LAYOUTS.len()).copied();
        let (Some(layout), false) = (layout, others.iter().any(|other| other.values == values))
        else {
            continue;
        };
        others.push(Other { values, overlap: None, layout });
    }
    for overlap in overlaps(region, &mut random) {
        others.push(Other { values: tuned.clone(), overlap: Some(overlap), layout: LAYOUTS[0] });
    }
    others
}

fn changed_value(parameter: &Parameter, kind: usize, random: &mut ChaCha8Rng) -> i64 {
    let all = parameter.ctype.values();
    let value = i128::from(parameter.value);
    let wanted = match kind {
        0 => 0,
        1 => 1,
        2 => -i128::from(random.random_range(1..=6_i64)),
        3 => value - 1,
        4 => value + 1,
        5 => 2 * value + i128::from(random.random_range(0..=1_i64)),
        6 => all.least,
        7 => all.greatest,
        _ => i128::from(random.random_range(2..=9_i64)),
    };
    wanted.clamp(all.least, all.greatest.min(i128::from(i64::MAX))) as i64
}

/// Pairs of arguments that C lets overlap.
fn overlaps(region: &Region, random: &mut ChaCha8Rng) -> Vec<Overlap> {
    let may = |at: usize| {
        region.arrays.get(at).filter(|array| {
            array.place == Place::Argument
                && !array.is_scalar()
                && !matches!(array.form, Form::Restrict | Form::Member)
        })
    };
    let mut overlaps = Vec::new();
    for first in 0..region.arrays.len() {
        for second in 0..region.arrays.len() {
            let alike =
                may(first).zip(may(second)).is_some_and(|(one, other)| one.ctype == other.ctype);
            if first != second && alike && overlaps.len() < 2 {
                let distance = random.random_range(0..4);
                overlaps.push(Overlap { first, second, distance });
            }
        }
    }
    overlaps
}
