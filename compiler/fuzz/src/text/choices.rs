//! The decisions that a text is made of: drawn once, written down, and replayed when they are shortened.
//!
//! Decisions are numbers, and *spans* around those that belong together, as a statement's. Any list makes a text:
//! where a number is missing it is 0, which is the simplest decision everywhere; a number too large for its place is
//! cut to it; and a span takes no more and no less than what is in it. So a list that was shortened anywhere stays in
//! step behind the change. A span may be *empty*, which whoever opens it is told.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The tokens that are no numbers.
const OPEN: u32 = u32::MAX;
const CLOSE: u32 = u32::MAX - 1;
const EMPTY: u32 = u32::MAX - 2;

/// A source of decisions.
pub struct Choices {
    given: Vec<u32>,
    at: usize,
    random: Option<ChaCha8Rng>,
    taken: Vec<u32>,
    /// How many spans are open from an empty one on.
    empty: usize,
}

impl Choices {
    /// Decisions drawn from a seed.
    pub fn random(seed: u64) -> Self {
        Self { random: Some(ChaCha8Rng::seed_from_u64(seed)), ..Self::replay(Vec::new()) }
    }

    /// The given decisions, then zeros.
    pub fn replay(given: Vec<u32>) -> Self {
        Self { given, at: 0, random: None, taken: Vec::new(), empty: 0 }
    }

    /// All that have been made.
    pub fn taken(self) -> Vec<u32> {
        self.taken
    }

    fn next(&self) -> Option<u32> {
        self.given.get(self.at).copied()
    }

    /// Opens a span; whether it is empty.
    pub fn open(&mut self) -> bool {
        if self.empty > 0 {
            self.empty += 1;
            return true;
        }
        if self.random.is_some() {
            self.taken.push(OPEN);
            return false;
        }
        while self.next().is_some_and(|token| token < EMPTY) {
            self.at += 1;
        }
        match self.next() {
            Some(OPEN) => {
                self.at += 1;
                self.taken.push(OPEN);
                return false;
            }
            Some(EMPTY) => self.at += 1,
            _ => {}
        }
        self.taken.push(EMPTY);
        self.empty = 1;
        true
    }

    /// Closes the innermost span.
    pub fn close(&mut self) {
        if self.empty > 0 {
            self.empty -= 1;
            return;
        }
        self.taken.push(CLOSE);
        if self.random.is_none() {
            let rest = self.given.get(self.at..).unwrap_or_default();
            self.at += end_of(rest).map_or(rest.len(), |end| end + 1);
        }
    }

    /// A number below `end`, 0 being the simplest.
    pub fn below(&mut self, end: u32) -> u32 {
        if self.empty > 0 {
            return 0;
        }
        let end = end.max(1);
        let value = match &mut self.random {
            Some(random) => random.random_range(0..end),
            None => match self.next().filter(|token| *token < EMPTY) {
                Some(value) => {
                    self.at += 1;
                    value.min(end - 1)
                }
                None => 0,
            },
        };
        self.taken.push(value);
        value
    }

    /// A number of a range, the least being the simplest.
    pub fn range(&mut self, least: i64, greatest: i64) -> i64 {
        let width = u32::try_from(greatest.saturating_sub(least).saturating_add(1)).unwrap_or(1);
        least + i64::from(self.below(width))
    }

    /// Whether, of 100; no is simpler.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) >= 100 - percent.min(100)
    }

    /// One of several, the first being the simplest.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let place = self.below(u32::try_from(of.len()).unwrap_or(u32::MAX));
        of.get(place as usize)
    }

    /// A position by weight, the first being the simplest.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut drawn = self.below(weights.iter().sum());
        for (position, weight) in weights.iter().enumerate() {
            if drawn < *weight {
                return position;
            }
            drawn -= weight;
        }
        0
    }
}

/// Where the span that the tokens are in ends.
fn end_of(tokens: &[u32]) -> Option<usize> {
    let mut depth = 0;
    for (position, token) in tokens.iter().enumerate() {
        match *token {
            OPEN => depth += 1,
            CLOSE if depth == 0 => return Some(position),
            CLOSE => depth -= 1,
            _ => {}
        }
    }
    None
}

/// All lists with one span made empty, the longest spans first.
pub fn with_empty_spans(tokens: &[u32]) -> Vec<Vec<u32>> {
    let opens = tokens.iter().enumerate().filter(|(_, token)| **token == OPEN);
    let mut spans: Vec<(usize, usize)> = opens
        .filter_map(|(start, _)| Some((start, start + 1 + end_of(tokens.get(start + 1..)?)?)))
        .collect();
    spans.sort_by_key(|(start, end)| std::cmp::Reverse(end - start));
    let replaced = |(start, end): (usize, usize)| {
        let mut changed = tokens.get(..start).unwrap_or_default().to_vec();
        changed.push(EMPTY);
        changed.extend(tokens.get(end + 1..).unwrap_or_default());
        changed
    };
    spans.into_iter().map(replaced).collect()
}

/// All lists with one number made smaller.
pub fn with_smaller_numbers(tokens: &[u32]) -> Vec<Vec<u32>> {
    let mut lists = Vec::new();
    for (position, token) in tokens.iter().enumerate().filter(|(_, token)| **token < EMPTY) {
        let mut smaller = vec![0, token / 2, token.saturating_sub(1)];
        smaller.dedup();
        for value in smaller.into_iter().filter(|value| value < token) {
            let mut changed = tokens.to_vec();
            if let Some(slot) = changed.get_mut(position) {
                *slot = value;
            }
            lists.push(changed);
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two numbers, a span of as many numbers as the first says, and a number.
    fn read(choices: &mut Choices) -> Vec<u32> {
        let mut values = vec![choices.below(5), choices.below(9)];
        let empty = choices.open();
        for _ in 0..values[0] {
            values.push(choices.below(100));
        }
        choices.close();
        values.push(if empty { 99 } else { choices.below(100) });
        values
    }

    #[test]
    fn what_is_behind_a_shortened_span_stays_in_step() {
        let list = vec![3, 7, OPEN, 10, 20, 30, CLOSE, 40];
        let again = |list: Vec<u32>| read(&mut Choices::replay(list));
        assert_eq!(again(list.clone()), [3, 7, 10, 20, 30, 40]);
        let mut fewer = list.clone();
        fewer[0] = 1;
        assert_eq!(again(fewer), [1, 7, 10, 40]);
        assert_eq!(again(with_empty_spans(&list)[0].clone()), [3, 7, 0, 0, 0, 99]);
        assert_eq!(again(Vec::new()), [0, 0, 99]);
        let mut drawn = Choices::random(1);
        let values = read(&mut drawn);
        assert_eq!(again(drawn.taken()), values);
    }
}
