//! Values for buffers that the program does not fill; see [`Contents`].

use crate::protocol::{Buffer, Contents};
use loopwright_ir::ElementType;

/// Writes a buffer's contents.
pub fn fill(bytes: &mut [u8], buffer: &Buffer) {
    let (seed, order) = match buffer.contents {
        Contents::Zero => {
            bytes.fill(0);
            return;
        }
        Contents::Pseudorandom { seed } => (seed, 0),
        Contents::Dominant { seed, order } => (seed, order),
    };
    let element = buffer.element;
    let mut state = seed;
    let size = element.bytes() as usize;
    for slot in bytes.chunks_exact_mut(size) {
        let random = splitmix(&mut state);
        match element {
            // The upper bits become the fraction of a number in [1, 2).
            ElementType::F64 => {
                let value = f64::from_bits((random >> 12) | (0x3ff << 52)) - 0.5;
                slot.copy_from_slice(&value.to_ne_bytes());
            }
            ElementType::F32 => {
                let value = f32::from_bits((random >> 41) as u32 | (0x7f << 23)) - 0.5;
                slot.copy_from_slice(&value.to_ne_bytes());
            }
            _ => write_integer(slot, integer(random, buffer.values.as_deref())),
        }
    }
    raise_diagonal(bytes, element, order);
}

/// One of the values that the type has, or a small number.
fn integer(random: u64, values: Option<&[i64]>) -> i64 {
    let values = values.filter(|values| !values.is_empty());
    let chosen = values.and_then(|values| values.get((random >> 32) as usize % values.len()));
    chosen.copied().unwrap_or((random >> 60) as i64)
}

fn write_integer(slot: &mut [u8], value: i64) {
    let bytes = value.to_le_bytes();
    slot.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
    if cfg!(target_endian = "big") {
        slot.reverse();
    }
}

/// Adds twice the order to the diagonal of a square matrix of floating-point numbers.
fn raise_diagonal(bytes: &mut [u8], element: ElementType, order: u64) {
    let (Ok(order), size) = (usize::try_from(order), element.bytes() as usize) else { return };
    if order == 0 {
        return;
    }
    let raise = 2.0 * order as f64;
    for slot in bytes.chunks_exact_mut(size).step_by(order + 1) {
        if let Ok(old) = <[u8; 8]>::try_from(&*slot)
            && element == ElementType::F64
        {
            slot.copy_from_slice(&(f64::from_ne_bytes(old) + raise).to_ne_bytes());
        }
        if let Ok(old) = <[u8; 4]>::try_from(&*slot)
            && element == ElementType::F32
        {
            slot.copy_from_slice(&(f32::from_ne_bytes(old) + raise as f32).to_ne_bytes());
        }
    }
}

/// The generator SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::compare::decimal;

    fn filled(buffer: &Buffer) -> Vec<u8> {
        let mut bytes = vec![0xff; buffer.bytes().expect("small") as usize];
        fill(&mut bytes, buffer);
        bytes
    }

    fn numbers(buffer: &Buffer) -> Vec<f64> {
        let bytes = filled(buffer);
        let slots = bytes.chunks_exact(buffer.element.bytes() as usize);
        slots.map(|slot| decimal(buffer.element, slot).parse().expect("a number")).collect()
    }

    #[test]
    fn contents_follow_from_the_seed_and_stay_in_range() {
        for element in ElementType::ALL {
            let buffer = |seed| Buffer::new(element, 1000, Contents::Pseudorandom { seed });
            assert_eq!(filled(&buffer(5)), filled(&buffer(5)));
            assert_ne!(filled(&buffer(5)), filled(&buffer(6)));
            let range = if element.is_float() { 0.5..1.5 } else { 0.0..16.0 };
            assert!(numbers(&buffer(5)).iter().all(|value| range.contains(value)), "{element}");
        }
    }

    #[test]
    fn a_type_of_few_values_gets_no_others() {
        for (element, values) in
            [(ElementType::U8, vec![0, 1]), (ElementType::I32, vec![-7, 3, 70_000])]
        {
            let mut buffer = Buffer::new(element, 200, Contents::Pseudorandom { seed: 3 });
            buffer.values = Some(values.clone());
            let found = numbers(&buffer);
            assert!(found.iter().all(|value| values.contains(&(*value as i64))));
            assert!(values.iter().all(|value| found.contains(&(*value as f64))), "all occur");
        }
    }

    #[test]
    fn a_raised_diagonal_outweighs_its_row() {
        for element in [ElementType::F64, ElementType::F32] {
            let contents = Contents::Dominant { seed: 1, order: 10 };
            let values = numbers(&Buffer::new(element, 100, contents));
            for (row, values) in values.chunks(10).enumerate() {
                assert!(2.0 * values[row] > values.iter().sum(), "{element}, row {row}");
            }
        }
    }
}
