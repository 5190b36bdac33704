//! Index expressions over loop variables, parameters and constants, with their ranges.

use super::{Counter, Generator, Index};
use crate::text::types::CType;

impl Generator {
    /// A subscript that is in a range as far as ranges tell.
    pub(super) fn subscript(&mut self, least: i64, greatest: i64) -> Index {
        self.choices.open();
        let index = self.some_subscript(least, greatest);
        self.choices.close();
        index
    }

    fn some_subscript(&mut self, least: i64, greatest: i64) -> Index {
        for _ in 0..4 {
            let mut index = self.affine();
            if self.choices.chance(7)
                && let Some(quotient) = self.divided(&Self::from_zero(&index))
            {
                index = quotient;
            }
            if index.least >= least && index.greatest <= greatest {
                return index;
            }
            // Moved, it may fit.
            let shift = least - index.least;
            if index.greatest + shift <= greatest && shift.abs() <= 40 {
                return plus(&index, shift);
            }
        }
        Index::constant(self.choices.range(least, greatest.min(least + 3).max(least)))
    }

    /// Something affine.
    pub(super) fn affine(&mut self) -> Index {
        self.choices.open();
        let index = self.some_affine();
        self.choices.close();
        index
    }

    fn some_affine(&mut self) -> Index {
        let counters = self.counters();
        if counters.is_empty() {
            return if self.choices.chance(40) {
                let constant = -self.choices.range(1, 4);
                plus(&self.parameter_index(), constant)
            } else {
                Index::constant(self.choices.range(0, 4))
            };
        }
        let first = self.counter(&counters);
        match self.choices.weighted(&[46, 18, 8, 8, 8, 4, 4, 2, 2]) {
            0 => first,
            1 => {
                let constant = self.choices.range(-3, 3);
                plus(&first, constant)
            }
            2 => {
                let parameter = self.parameter_index();
                let constant = -self.choices.range(1, 2);
                let reversed = self.difference(&plus(&parameter, constant), &first);
                self.seen("reversed subscript or bound");
                reversed
            }
            3 => {
                let factor = self.choices.range(2, 3);
                let scaled = times(&first, factor);
                let constant = self.choices.range(0, 2);
                plus(&scaled, constant)
            }
            4 => {
                let second = self.counter(&counters);
                if self.choices.chance(50) {
                    self.difference(&first, &second)
                } else {
                    sum(&first, &second)
                }
            }
            5 => Index::constant(self.choices.range(0, 4)),
            6 => {
                self.seen("shift in an index");
                let text = format!("{} << 1", first.operand());
                let ctype = first.ctype.promoted();
                Index {
                    text,
                    ctype,
                    least: first.least * 2,
                    greatest: first.greatest * 2,
                    atom: false,
                }
            }
            7 => {
                self.seen("cast in an index");
                let ctype = if self.choices.chance(50) { CType::Long } else { CType::Int };
                let text = format!("({}){}", ctype.spelling(), first.operand());
                Index { text, ctype, ..first }
            }
            _ => {
                let (text, ctype) = (format!("-{}", first.operand()), first.ctype.promoted());
                Index { text, ctype, least: -first.greatest, greatest: -first.least, atom: false }
            }
        }
    }

    fn counters(&self) -> Vec<Counter> {
        self.scope.visible().into_iter().cloned().collect()
    }

    /// A loop variable or a copy of one, the innermost being the simplest.
    fn counter(&mut self, counters: &[Counter]) -> Index {
        let place = self.choices.below(counters.len() as u32) as usize;
        let counter = &counters[counters.len() - 1 - place];
        let Counter { name, ctype, least, greatest, .. } = counter.clone();
        Index { text: name, ctype, least, greatest, atom: true }
    }

    pub(super) fn parameter_index(&mut self) -> Index {
        let place = self.choices.below(self.region.parameters.len() as u32) as usize;
        let parameter = &self.region.parameters[place];
        Index {
            text: parameter.name.clone(),
            ctype: parameter.ctype,
            least: parameter.value,
            greatest: parameter.value,
            atom: true,
        }
    }

    /// `first - second`, with what is known of the two.
    pub(super) fn difference(&mut self, first: &Index, second: &Index) -> Index {
        let text = format!("{} - {}", additive(first), second.operand());
        let mut least = first.least - second.greatest;
        for (larger, smaller, by) in &self.scope.orders {
            if *larger == first.text && *smaller == second.text {
                least = least.max(*by);
            }
        }
        let ctype = first.ctype.common(second.ctype);
        let greatest = first.greatest - second.least;
        Index { text, ctype, least, greatest: greatest.max(least), atom: false }
    }
}

/// The text as the left operand of a sum.
fn additive(index: &Index) -> String {
    if index.text.contains(['<', '>', '?', '&', '|']) {
        index.operand()
    } else {
        index.text.clone()
    }
}

/// `index + constant`.
pub(super) fn plus(index: &Index, constant: i64) -> Index {
    let left = additive(index);
    let text = match constant {
        0 => return index.clone(),
        1.. => format!("{left} + {constant}"),
        _ => format!("{left} - {}", -constant),
    };
    let ctype = index.ctype.promoted();
    let (least, greatest) = (index.least + constant, index.greatest + constant);
    Index { text, ctype, least, greatest, atom: false }
}

/// `factor * index`.
pub(super) fn times(index: &Index, factor: i64) -> Index {
    let text = format!("{factor} * {}", index.operand());
    let (least, greatest) = (index.least * factor, index.greatest * factor);
    Index { text, ctype: index.ctype.promoted(), least, greatest, atom: false }
}

fn sum(first: &Index, second: &Index) -> Index {
    let text = format!("{} + {}", first.operand(), second.operand());
    let ctype = first.ctype.common(second.ctype);
    let (least, greatest) = (first.least + second.least, first.greatest + second.greatest);
    Index { text, ctype, least, greatest, atom: false }
}
