//! In which order the iterations of loops without an order run.

use loopwright_ir::Mark;

/// The order of the iterations of parallel and vector loops in a run. All orders must give equal
/// memories where the marks are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// As a sequential loop.
    Forward,
    /// Backwards.
    Reversed,
    /// By a permutation of its own for each execution of each loop, from the seed. The blocks of
    /// jammed loops then also begin at any place.
    Shuffled(u64),
}

/// How many parallel iterations with local copies run in lock-step.
const INTERLEAVED: i64 = 3;

/// The source of permutations of one run.
pub(super) struct Orderer {
    order: Order,
    state: u64,
}

impl Orderer {
    pub fn new(order: Order) -> Self {
        let state = if let Order::Shuffled(seed) = order { seed } else { 0 };
        Self { order, state }
    }

    /// How many iterations run in lock-step. Parallel iterations with local copies do too, except in
    /// forward order: so some copies are made before and written back after those of others.
    pub fn block_size(&self, mark: Mark, copies: bool) -> i64 {
        match mark {
            Mark::Parallel if copies && self.order != Order::Forward => INTERLEAVED,
            Mark::Sequential
            | Mark::Parallel
            | Mark::Pipelined
            | Mark::Doacross
            | Mark::Unroll { .. } => 1,
            Mark::Vector { width, unroll } => (i64::from(width) * i64::from(unroll)).max(1),
            Mark::UnrollJam { factor } => i64::from(factor).max(1),
        }
    }

    /// The iterations of a loop as blocks of at most `size`: a block runs in lock-step, blocks one
    /// after another.
    pub fn blocks(&mut self, mark: Mark, size: i64, first: i64, last: i64) -> Vec<Vec<i64>> {
        let free = matches!(mark, Mark::Parallel | Mark::Vector { .. });
        let mut start = first;
        let mut blocks: Vec<Vec<i64>> = Vec::new();
        let mut length = size;
        if let (Order::Shuffled(_), Mark::UnrollJam { .. }) = (self.order, mark) {
            length = 1 + self.below(size);
        }
        loop {
            let end = start.saturating_add(length - 1).min(last);
            blocks.push((start..=end).collect());
            if end >= last {
                break;
            }
            start = end + 1;
            length = size;
        }
        if free {
            blocks.iter_mut().for_each(|block| self.rearrange(block));
            self.rearrange(&mut blocks);
        }
        blocks
    }

    /// Puts the tiles `(row, column)` of a pipelined loop, which are sorted, into an order in which each one
    /// comes after those of earlier rows that are not behind it: by a line that sweeps over them.
    pub fn arrange(&mut self, tiles: &mut [(i64, i64)]) {
        let slopes = match self.order {
            Order::Forward => return,
            // Whole columns, as far ahead of the rows as it goes; in a row, backwards.
            Order::Reversed => (0, 1),
            Order::Shuffled(_) => (self.below(3), self.below(3)),
        };
        // A tile that needs another one is never before it on the line; where they are level, rows decide.
        let level = |&(row, column): &(i64, i64)| {
            i128::from(row) * i128::from(slopes.0) + i128::from(column) * i128::from(slopes.1)
        };
        tiles.sort_by_key(|tile| (level(tile), tile.0));
    }

    /// In which order the rows of a doacross loop that have not ended get a turn.
    pub fn turns(&mut self, count: usize) -> Vec<usize> {
        match self.order {
            // One row after another.
            Order::Forward => vec![0],
            // The last ones first, each as far as it goes.
            Order::Reversed => (0..count).rev().collect(),
            Order::Shuffled(_) => {
                let mut turns: Vec<usize> = (0..count).collect();
                self.rearrange(&mut turns);
                turns
            }
        }
    }

    /// The last iteration of a row's turn, from `next` to at most `most`; `next - 1` for none. The least row always
    /// goes on to its end.
    pub fn stop(&mut self, next: i64, most: i64, least: bool) -> i64 {
        match self.order {
            Order::Shuffled(_) if !least && next <= most => {
                let more = most.saturating_sub(next).saturating_add(2);
                next.saturating_add(self.below(more)).saturating_sub(1)
            }
            _ => most.max(next.saturating_sub(1)),
        }
    }

    fn rearrange<T>(&mut self, items: &mut [T]) {
        match self.order {
            Order::Forward => {}
            Order::Reversed => items.reverse(),
            Order::Shuffled(_) => {
                for position in (1..items.len()).rev() {
                    let other = self.below(position as i64 + 1);
                    items.swap(position, other as usize);
                }
            }
        }
    }

    /// A number from 0 to `bound - 1` (splitmix64).
    fn below(&mut self, bound: i64) -> i64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.state;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^= value >> 31;
        i64::try_from(value % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}
