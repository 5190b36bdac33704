//! One line of the table: a region tuned, and measured beside its peers.

use super::Arguments;
use super::lanes::lanes;
use crate::arithmetic::Accuracy;
use crate::benchmark::competitor::Workshop;
use crate::benchmark::{Rates, Scheduled, Side, alternate};
use crate::deadline::Deadline;
use crate::failure::{Failure, Kind, Outcome};
use crate::given::Given;
use crate::input::{self, Accepted};
use crate::laboratory::{DataReport, Laboratory, worker_failure};
use crate::tuning::{self, Surroundings, compiler_settings, laboratory_options};
use loopwright_analysis::Work;
use loopwright_frontend::Unit;
use loopwright_ir::{Program, Schedule};
use loopwright_runtime::{Outcome as RunOutcome, Timing};
use loopwright_search::Silent;

/// Somebody else's way to compile a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The head of its column.
    pub name: String,
    /// As after `bench --against`.
    pub text: String,
}

impl Peer {
    /// From `NAME=COMMAND`, or a command that is named by its first word.
    pub fn of(text: &str) -> Self {
        let named = text.split_once('=').filter(|(name, rest)| {
            let plain = |letter: char| letter.is_alphanumeric() || "+-_.".contains(letter);
            !name.is_empty() && name.chars().all(plain) && !rest.trim().is_empty()
        });
        let (name, text) = match named {
            Some((name, rest)) => (name, rest),
            None => {
                let word = text.split_whitespace().next().unwrap_or(text);
                (word.rsplit('/').next().unwrap_or(word), text)
            }
        };
        Self { name: name.to_owned(), text: text.trim().to_owned() }
    }
}

/// A region's name and figures, or why there are none.
pub struct Row {
    pub name: String,
    pub measured: Outcome<Measured>,
}

/// What one peer did.
pub struct Rival {
    pub timing: Result<Timing, String>,
    /// How its results differ, where they do but only as rounding explains.
    pub rounding: Option<String>,
}

/// Times of all sides in turn.
pub struct Measured {
    pub program: Program,
    pub work: Option<Work>,
    pub data: DataReport,
    pub source: Timing,
    /// In the order of the peers.
    pub rivals: Vec<Rival>,
    pub tuned: Timing,
    pub schedule: Schedule,
    /// How many lanes the tuned loops' widest vectors have, 1 where there are none; `None` where the source stays, which
    /// the C compiler compiles.
    pub lanes: Option<usize>,
    /// Whether nothing was faster than the source.
    pub source_stays: bool,
    pub accuracy: Option<Accuracy>,
    /// How long the search took.
    pub seconds: f64,
}

impl Measured {
    /// The least time of the source and of all peers, in nanoseconds.
    pub fn best_of_others(&self) -> u64 {
        let rivals = self.rivals.iter().filter_map(|rival| rival.timing.as_ref().ok());
        rivals.map(|timing| timing.minimum_ns).fold(self.source.minimum_ns, u64::min)
    }

    /// How many times faster the tuned loops are than the best of the others.
    pub fn over_best(&self) -> Option<f64> {
        Some(self.best_of_others() as f64 / self.tuned.minimum_ns as f64)
            .filter(|ratio| ratio.is_finite())
    }

    /// How many times faster than the source.
    pub fn over_source(&self) -> f64 {
        self.source.minimum_ns as f64 / self.tuned.minimum_ns.max(1) as f64
    }

    /// What the tuned loops do in a second.
    pub fn rates(&self) -> Option<Rates> {
        Some(Rates::of(self.work.as_ref()?, self.tuned.minimum_ns))
    }
}

/// Tunes a region, and lets everybody take turns.
pub fn measure(
    arguments: &Arguments,
    unit: &Unit,
    region: &Accepted<'_>,
    peers: &[Peer],
    surroundings: &Surroundings,
) -> Outcome<Measured> {
    let (flags, search) = (&arguments.flags, &arguments.search);
    let program = input::specialized(unit, region.program)?;
    let deadline = Deadline::after(search.budget);
    let tuned = tuning::tune(
        unit,
        region.region,
        program,
        flags,
        search,
        surroundings,
        deadline,
        &mut Silent,
    )?;
    let program = &tuned.program;
    let schedule = tuned.report.best.schedule.clone();
    let source_stays = tuned.confirmation.source_stays;
    let scheduled =
        Scheduled::of(program, &Given::Steps(schedule.clone()), search.arithmetic.fast_math)?;
    let settings = compiler_settings(flags, search);
    let options = laboratory_options(search, surroundings);
    let mut laboratory = Laboratory::of_region(unit, region.region, program, &settings, &options)?;
    let source = laboratory.original();
    let ours = if source_stays { source.clone() } else { scheduled.compile(&mut laboratory)? };
    let lanes = match source_stays {
        true => None,
        false => Some(lanes(&scheduled.optimised(surroundings, search.arithmetic.fast_math)?)),
    };
    let accuracy = laboratory.accuracy().cloned();
    let folder = laboratory.folder().to_owned();
    let workshop = Workshop {
        unit,
        region: region.region,
        program,
        flags,
        compiler: &search.compiler,
        threads: surroundings.threads,
        folder: &folder,
    };
    let mut sides = vec![Side::Entry(source), Side::Entry(ours)];
    let mut judged: Vec<Result<Option<String>, String>> = Vec::new();
    for (number, peer) in peers.iter().enumerate() {
        let made = workshop.side(&peer.text, number).map_err(|failure| failure.text());
        let verdict = made.and_then(|side| {
            let rounding = judge(&mut laboratory, &side)?;
            sides.push(side);
            Ok(rounding)
        });
        judged.push(verdict);
    }
    let mut timings = alternate(&mut laboratory, &sides, arguments.turns)?.into_iter();
    let mut next = || timings.next().unwrap_or_else(|| Err("it never ran".to_owned()));
    let own = |side: &str, timing: Result<Timing, String>| {
        timing.map_err(|reason| Failure::new(Kind::Other, format!("{side}: {reason}")))
    };
    let source = own("the source", next())?;
    let ours = own("the tuned loops", next())?;
    let rivals = judged
        .into_iter()
        .map(|verdict| match verdict {
            Ok(rounding) => Rival { timing: next(), rounding },
            Err(reason) => Rival { timing: Err(reason), rounding: None },
        })
        .collect();
    let data = laboratory.data();
    drop(laboratory);
    Ok(Measured {
        work: Work::of(&tuned.program),
        data,
        source,
        rivals,
        tuned: ours,
        lanes,
        schedule,
        source_stays,
        accuracy,
        seconds: tuned.report.seconds,
        program: tuned.program,
    })
}

/// How a peer's results differ from the source's, if they do. More than rounding explains is an error.
fn judge(laboratory: &mut Laboratory<'_>, side: &Side) -> Result<Option<String>, String> {
    let Side::Entry(entry) = side else {
        return Ok(Some("a program with data of its own".to_owned()));
    };
    let text = |error| worker_failure(error).text();
    match laboratory.check_other(entry).map_err(text)? {
        RunOutcome::Time(_) => Ok(None),
        RunOutcome::WrongResult(mismatch) => {
            match laboratory.rounding_of_other(entry).map_err(text)? {
                Some(accuracy) => Ok(Some(accuracy.to_string())),
                None => Err(format!("wrong results: {mismatch}")),
            }
        }
        other => Err(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_named_by_their_texts_or_by_what_is_said() {
        let named = |text: &str| {
            let peer = Peer::of(text);
            (peer.name, peer.text)
        };
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(named("gcc-14 -O3"), pair("gcc-14", "gcc-14 -O3"));
        assert_eq!(named("/usr/bin/gcc -O2"), pair("gcc", "/usr/bin/gcc -O2"));
        assert_eq!(named("Polly=clang -mllvm -polly"), pair("Polly", "clang -mllvm -polly"));
        assert_eq!(named("gcc -march=native"), pair("gcc", "gcc -march=native"));
    }
}
