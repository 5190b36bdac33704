//! What is told to whoever asked for a batch, and what is counted.

use super::finding::{Seen, TextFailure, TextTally, TextView};
use super::region::Region;
use crate::protocol::Event;
use std::time::Instant;

/// Who is told what happens, and what is counted.
pub struct Report<'a> {
    pub seed: u64,
    observe: &'a mut dyn FnMut(&Event),
    pub tally: TextTally,
}

impl<'a> Report<'a> {
    /// Of a seed's batch, empty so far.
    pub fn new(seed: u64, observe: &'a mut dyn FnMut(&Event)) -> Self {
        Self { seed, observe, tally: TextTally::default() }
    }

    pub(super) fn tell(&mut self, event: &Event) {
        (self.observe)(event);
    }

    /// Counts a region that is not compared, by the reason without names and numbers.
    pub fn reject(&mut self, region: &Region, reason: &str) {
        let mut plain = String::new();
        for (position, part) in reason.split('`').enumerate() {
            plain.push_str(if position % 2 == 0 { part } else { "…" });
        }
        let plain: String = plain.chars().filter(|it| !it.is_ascii_digit()).collect();
        *self.tally.rejected.entry(plain.chars().take(90).collect()).or_default() += 1;
        for construct in &region.constructs {
            self.construct(construct).accepted -= 1;
        }
        self.tally.accepted -= 1;
    }

    fn construct(&mut self, name: &str) -> &mut Seen {
        self.tally.constructs.entry(name.to_owned()).or_default()
    }

    /// Counts a region, accepted as long as nothing else is said.
    pub(super) fn count(&mut self, region: &Region) {
        self.tally.regions += 1;
        self.tally.accepted += 1;
        for construct in &region.constructs {
            let seen = self.construct(construct);
            seen.regions += 1;
            seen.accepted += 1;
        }
    }

    /// Tells of a difference.
    pub fn fail(&mut self, region: &Region, view: TextView, detail: String, schedule: &str) {
        self.tally.failures += 1;
        let pairs = region.parameters.iter().map(|it| format!("{}={}", it.name, it.value));
        let failure = TextFailure {
            seed: self.seed,
            region: region.number,
            view,
            detail,
            choices: region.choices.clone(),
            source: region.text(),
            parameters: pairs.collect::<Vec<_>>().join(" "),
            schedule: schedule.to_owned(),
        };
        self.tell(&Event::FoundText(failure));
    }

    pub(super) fn spend(&mut self, phase: &str, since: Instant) {
        let spent = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        *self.tally.microseconds.entry(phase.to_owned()).or_default() += spent;
    }
}
