//! How a square of elements is transposed in vector registers.
//!
//! An element is at a lane of a register. In the bits of the two positions a transposition is a
//! sequence of exchanges: each stage takes one bit of the row out of the registers' numbers and puts
//! it into the lanes' numbers, for one bit of the column that goes the other way. A stage works on
//! pairs of registers that differ in the row's bit, one shuffle for each of the two results.
//!
//! The bits are chosen so that each shuffle is one instruction where vectors are made of blocks of
//! 16 bytes, as on x86: first the halves of two rows are loaded into one register, which costs no
//! shuffle; then come interleavings inside of the blocks, and at last exchanges of whole blocks.

/// The bytes of a block, inside of which elements are cheap to move.
const BLOCK_BYTES: u32 = 16;

/// A pair of halves that are loaded into one register, the lower lanes first: which rows, and in
/// which column both begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HalfRows {
    pub rows: [u32; 2],
    pub column: u32,
}

/// What the registers hold at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// A row each.
    Rows,
    /// Two halves of rows each.
    Halves(Vec<HalfRows>),
}

/// A shuffle of each pair of registers whose numbers differ by `distance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    pub distance: usize,
    /// The sources of both results' lanes; from `width` on they are in the pair's second register.
    pub lanes: [Vec<u32>; 2],
}

/// A plan to transpose `width` rows of `width` elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transposition {
    pub start: Start,
    pub stages: Vec<Stage>,
    /// The register that holds each column in the end.
    pub columns: Vec<usize>,
}

impl Transposition {
    /// The plan for elements of a size; `width` is a power of two and at least 2.
    pub fn new(width: u32, element_bytes: u32) -> Option<Self> {
        if !width.is_power_of_two() || width < 2 {
            return None;
        }
        let bits = width.trailing_zeros();
        let inside = (BLOCK_BYTES / element_bytes.max(1)).max(1).ilog2().min(bits);
        // The bit of the row or column that each bit of a register's number is.
        let mut registers: Vec<u32> = (0..bits).collect();
        let mut lanes: Vec<u32> = (0..bits).collect();
        let mut start = Start::Rows;
        let mut stages = Vec::new();
        if inside < bits {
            start = Start::Halves(halves(width, inside));
            registers[inside as usize] = lanes.pop()?;
        }
        for row in 0..inside {
            let column = lanes.remove(inside as usize - 1);
            lanes.insert(row as usize, row);
            registers[row as usize] = column;
            stages.push(stage(width, row, inside - 1, row));
        }
        for row in inside + 1..bits {
            registers[row as usize] = lanes.remove(inside as usize);
            lanes.push(row);
            stages.push(stage(width, row, inside, bits - 1));
        }
        let mut columns = vec![0; width as usize];
        for register in 0..width {
            let column: u32 = registers
                .iter()
                .enumerate()
                .map(|(bit, column)| (register >> bit & 1) << column)
                .sum();
            *columns.get_mut(column as usize)? = register as usize;
        }
        Some(Self { start, stages, columns })
    }
}

/// The halves that put the row's bit `bit` into the top bit of the lanes' numbers. A register's bit
/// in that place says which halves of the rows it holds.
fn halves(width: u32, bit: u32) -> Vec<HalfRows> {
    (0..width)
        .map(|register| {
            let low = register & !(1 << bit);
            let column = (register >> bit & 1) * (width / 2);
            HalfRows { rows: [low, low | 1 << bit], column }
        })
        .collect()
}

/// The stage that takes the bit `row` of the registers' numbers to the place `to` of the lanes'
/// numbers, after the lanes' bit `from` has been taken out.
fn stage(width: u32, row: u32, from: u32, to: u32) -> Stage {
    let result = |half: u32| {
        (0..width)
            .map(|lane| {
                let second = lane >> to & 1;
                second * width + inserted(removed(lane, to), from, half)
            })
            .collect()
    };
    Stage { distance: 1 << row, lanes: [result(0), result(1)] }
}

/// The number without the bit at a place.
fn removed(number: u32, place: u32) -> u32 {
    let low = number & ((1 << place) - 1);
    (number >> (place + 1) << place) | low
}

/// The number with one more bit at a place.
fn inserted(number: u32, place: u32, bit: u32) -> u32 {
    let low = number & ((1 << place) - 1);
    (number >> place << (place + 1)) | bit << place | low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves pairs of row and column as the plan says.
    fn columns_of(width: u32, plan: &Transposition) -> Vec<Vec<(u32, u32)>> {
        let row = |row: u32, from: u32, count: u32| (from..from + count).map(move |c| (row, c));
        let mut registers: Vec<Vec<(u32, u32)>> = match &plan.start {
            Start::Rows => (0..width).map(|r| row(r, 0, width).collect()).collect(),
            Start::Halves(halves) => halves
                .iter()
                .map(|half| {
                    let part = |r| row(r, half.column, width / 2);
                    part(half.rows[0]).chain(part(half.rows[1])).collect()
                })
                .collect(),
        };
        for stage in &plan.stages {
            for first in (0..registers.len()).filter(|register| register & stage.distance == 0) {
                let second = first + stage.distance;
                let both = [registers[first].clone(), registers[second].clone()].concat();
                let result = |lanes: &[u32]| lanes.iter().map(|l| both[*l as usize]).collect();
                registers[first] = result(&stage.lanes[0]);
                registers[second] = result(&stage.lanes[1]);
            }
        }
        plan.columns.iter().map(|register| registers[*register].clone()).collect()
    }

    #[test]
    fn every_column_has_all_rows_in_order() {
        for width in [2, 4, 8, 16, 32, 64] {
            for bytes in [1, 2, 4, 8] {
                let plan = Transposition::new(width, bytes).unwrap();
                let expected: Vec<Vec<_>> =
                    (0..width).map(|c| (0..width).map(|r| (r, c)).collect()).collect();
                assert_eq!(columns_of(width, &plan), expected, "{width} of {bytes}");
            }
        }
        assert_eq!(Transposition::new(6, 8), None);
        assert_eq!(Transposition::new(1, 8), None);
    }

    #[test]
    fn eight_numbers_take_two_shuffles_a_register() {
        let plan = Transposition::new(8, 8).unwrap();
        assert!(matches!(&plan.start, Start::Halves(halves) if halves[0].rows == [0, 2]));
        assert_eq!(plan.stages[0].lanes[0], [0, 8, 2, 10, 4, 12, 6, 14]);
        assert_eq!(plan.stages[1].lanes[0], [0, 1, 4, 5, 8, 9, 12, 13]);
        assert_eq!(plan.stages.len(), 2);
    }
}
