//! Failures made small: spans of decisions left empty and numbers made smaller, as long as the same view fails.

use super::choices::{with_empty_spans, with_smaller_numbers};
use super::finding::TextView;

/// So many changes are tried in one batch.
pub const TRIED: usize = 24;

/// The state of a shrink.
pub struct Shrink {
    best: Vec<u32>,
    waiting: Vec<Vec<u32>>,
    /// Whether numbers are made smaller now, and whether something has become of the pass.
    numbers: bool,
    progress: bool,
    done: bool,
}

impl Shrink {
    /// Of decisions whose text fails.
    pub fn new(choices: Vec<u32>) -> Self {
        let waiting = reversed(with_empty_spans(&choices));
        Self { best: choices, waiting, numbers: false, progress: false, done: false }
    }

    /// What is to be tried next; nothing where no change is left.
    pub fn candidates(&mut self) -> Vec<Vec<u32>> {
        while self.waiting.is_empty() && !self.done {
            if self.numbers && !self.progress {
                self.done = true;
            }
            if self.numbers {
                self.progress = false;
            }
            self.numbers = !self.numbers;
            self.refill();
        }
        let count = self.waiting.len().min(TRIED);
        let rest = self.waiting.len() - count;
        reversed(self.waiting.split_off(rest))
    }

    fn refill(&mut self) {
        let lists = if self.numbers {
            with_smaller_numbers(&self.best)
        } else {
            with_empty_spans(&self.best)
        };
        self.waiting = reversed(lists);
    }

    /// Takes over one of the candidates, which failed: its decisions as they were made. What is left of the pass is
    /// what the pass over the smaller list has left behind the same place.
    pub fn learn(&mut self, failed: Vec<u32>) {
        if failed.len() >= self.best.len() && failed >= self.best {
            return;
        }
        let left = self.waiting.len();
        self.progress = true;
        self.best = failed;
        self.refill();
        self.waiting.truncate((left + TRIED).min(self.waiting.len()));
    }
}

fn reversed(mut lists: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
    lists.reverse();
    lists
}

/// Whether a smaller text fails in the same way.
pub fn is_alike(wanted: TextView, found: TextView) -> bool {
    let native = |view| matches!(view, TextView::Native | TextView::Scheduled);
    wanted == found || (native(wanted) && native(found))
}
