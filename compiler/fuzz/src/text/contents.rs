//! What buffers hold: numbers of moderate size, or everything that a type has.

use super::fallback::Overlap;
use super::region::{Array, Place, Region};
use super::types::CType;
use loopwright_runtime::{Address, Border, GuardedPages};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The most bytes of a buffer.
pub const MOST_BYTES: usize = 512 << 10;

/// The most buffers, those of the program's own scratch variables included.
pub const MOST_BUFFERS: usize = 24;

/// How the buffers lie and what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub border: Border,
    /// NaN, infinities, -0, denormal and huge numbers as well.
    pub wild: bool,
    pub seed: u64,
}

/// The same buffers at the end of their pages and at their beginning, with other contents.
pub const LAYOUTS: [Layout; 2] = [
    Layout { border: Border::Last, wild: false, seed: 1 },
    Layout { border: Border::First, wild: true, seed: 2 },
];

/// Floating-point numbers at the borders of what there is.
const EXTREMES: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -0.0,
    0.0,
    5e-324,
    -2.3e-310,
    1e308,
    -1e308,
    1e-30,
    16_777_217.0,
    -1.0,
    1.0,
    0.5,
];

/// How many bytes a buffer has where its size is more than there is room for: a text that touches it all is not compared.
const CUT: usize = 4096;

/// Lays a region's buffers out for given sizes and fills them; where each is, or `None` where there is no room.
pub fn lay_out(
    region: &Region,
    values: &[i64],
    layout: Layout,
    overlap: Option<Overlap>,
    pages: &mut GuardedPages,
) -> Option<Vec<Address>> {
    let mut random = ChaCha8Rng::seed_from_u64(layout.seed ^ (region.number << 8));
    let mut addresses = Vec::new();
    for (slot, array) in region.arrays.iter().enumerate() {
        let count = array.elements(values).unwrap_or(usize::MAX);
        // A variable of the file has its own memory, whatever the sizes are.
        let count =
            if array.place == Place::Global { array.elements(&region.values())? } else { count };
        let mut length = count.saturating_mul(array.ctype.bytes());
        if length > MOST_BYTES {
            length = CUT;
        }
        if let Some(overlap) = overlap.filter(|overlap| overlap.first == slot) {
            let second = region.arrays.get(overlap.second)?.elements(values)?;
            length = length.max((overlap.distance + second) * array.ctype.bytes());
        }
        if !pages.place(slot, length, layout.border) {
            return None;
        }
        for element in pages.bytes_mut(slot).chunks_exact_mut(array.ctype.bytes()) {
            fill(element, array, layout.wild, &mut random);
        }
        addresses.push(Address { slot, offset: 0 });
    }
    if let Some(Overlap { first, second, distance }) = overlap
        && let (Some(array), Some(address)) = (region.arrays.get(first), addresses.get_mut(second))
    {
        *address = Address { slot: first, offset: distance * array.ctype.bytes() };
    }
    Some(addresses)
}

fn fill(element: &mut [u8], array: &Array, wild: bool, random: &mut ChaCha8Rng) {
    match array.ctype {
        CType::Double | CType::Float => {
            let extreme = wild && !array.tame && random.random_range(0..100) < 12;
            let value = if extreme {
                EXTREMES.get(random.random_range(0..EXTREMES.len())).copied().unwrap_or(0.0)
            } else if random.random_range(0..4) == 0 {
                f64::from(random.random_range(-4..=4_i32))
            } else {
                random.random_range(-8.0..8.0)
            };
            if array.ctype == CType::Double {
                element.copy_from_slice(&value.to_ne_bytes());
            } else {
                element.copy_from_slice(&(value as f32).to_ne_bytes());
            }
        }
        CType::Int | CType::Long => {
            let end = |value: i128| i64::try_from(value).unwrap_or_default();
            let (least, greatest) = (end(array.range.least), end(array.range.greatest));
            write(element, random.random_range(least..=greatest.max(least)));
        }
        other => {
            let all = other.values();
            let values = if array.range.within(all) { array.range } else { all };
            let width = u64::try_from(values.greatest - values.least).unwrap_or(u64::MAX);
            let drawn = match random.random_range(0..6) {
                0 => values.least,
                1 => values.greatest,
                _ if random.random_range(0..2) == 0 => {
                    let small = random.random_range(0..=width.min(20));
                    values.least.max(0) + i128::from(small)
                }
                _ => values.least + i128::from(random.random_range(0..=width)),
            };
            write(element, drawn as i64);
        }
    }
}

/// The value's low bytes.
fn write(element: &mut [u8], value: i64) {
    let bytes = value.to_ne_bytes();
    let skip = if cfg!(target_endian = "big") { bytes.len() - element.len() } else { 0 };
    element.copy_from_slice(bytes.get(skip..skip + element.len()).unwrap_or_default());
}
