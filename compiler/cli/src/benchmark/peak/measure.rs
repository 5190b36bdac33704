//! Measures what our own code reaches on this machine, with nothing in its way.
//!
//! The programs are C like any other, under schedules that leave nothing to luck: registers full of
//! independent fused multiply-adds, and STREAM's triad over arrays that fit in a level of memory, in memory
//! itself with ordinary stores or with such as go past the caches, whichever is faster. Every
//! thread works on rows of its own, again and again, inside of one parallel loop.

use super::{Bandwidth, Level, MultiplyAdds, Peak};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::input::{self, InputFlags};
use crate::laboratory::{Laboratory, LaboratoryOptions, worker_failure};
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{LoopTree, Program, Schedule};
use loopwright_runtime::{Machine, Outcome as RunOutcome, TimingOptions, memory};
use loopwright_transform::{lower, replay};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Independent chains of multiply-adds: more than latency times units on every machine that we know, and
/// no more than 16 registers hold beside the two factors.
const CHAINS: u32 = 12;
/// Multiply-adds in each chain of one run: some ten milliseconds.
const LENGTH: u64 = 4_000_000;
/// Bytes that one thread moves in one run, at least.
const MOVED: u64 = 2 << 30;
/// How long each of the programs is timed, and how often in a row without a better time: a peak is what the
/// machine reaches when nothing else runs, and with all threads there is no room for anything else.
const BUDGET: Duration = Duration::from_millis(1500);
const SETTLED: usize = 12;
/// The largest part of the available memory that the arrays may take, their copies not counted.
const MEMORY_PART: u64 = 8;

/// Measures everything; `report` is told what comes next.
pub fn measure(machine: &Machine, report: &mut dyn FnMut(&str)) -> Outcome<Peak> {
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let all = u32::try_from(machine.threads).unwrap_or(1).max(1);
    let mut counts = vec![1, all];
    counts.dedup();
    let mut widths = vec![machine.vector_bits, 256];
    widths.retain(|bits| *bits <= machine.vector_bits);
    widths.dedup();
    let mut peak = Peak {
        fingerprint: machine.fingerprint(),
        measured: SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |time| time.as_secs()),
        threads: all,
        multiply_adds: Vec::new(),
        bandwidth: Vec::new(),
    };
    for threads in counts {
        for bits in &widths {
            for (element, size) in [("double", 64), ("float", 32)] {
                report(&format!("multiply-adds: {element}, {bits} bits, {threads} threads"));
                let lanes = bits / size;
                let text = multiply_adds(element, threads, lanes * CHAINS);
                let schedule = format!("vectorize(S1, i, {lanes}, {CHAINS})");
                let nanoseconds = time(folder.path(), &text, &schedule, threads)?;
                let operations = 2 * u64::from(threads * lanes * CHAINS) * LENGTH;
                peak.multiply_adds.push(MultiplyAdds {
                    element: element.to_owned(),
                    bits: *bits,
                    threads,
                    giga_operations: operations as f64 / nanoseconds,
                });
            }
        }
        for level in Level::ALL {
            let Some(bytes) = bytes_at(level, machine, threads) else { continue };
            report(&format!("triad: {}, {threads} threads", level.name()));
            let lanes = machine.vector_bits / 64;
            // Whole blocks of vectors for each thread.
            let block = u64::from(lanes) * 4;
            let row = (bytes / 24 / u64::from(threads) / block).max(1) * block;
            let passes = (MOVED / (24 * row)).max(2);
            let text = triad(threads, row, passes);
            let schedule = format!("vectorize(S1, i, {lanes}, 4)");
            let mut nanoseconds = time(folder.path(), &text, &schedule, threads)?;
            if level == Level::Memory {
                // Without reading what is overwritten, unless the caches know better.
                let streamed = format!("{schedule}; stream(S1)");
                nanoseconds = nanoseconds.min(time(folder.path(), &text, &streamed, threads)?);
            }
            peak.bandwidth.push(Bandwidth {
                level,
                bytes: 24 * row * u64::from(threads),
                threads,
                gigabytes: (24 * row * u64::from(threads) * passes) as f64 / nanoseconds,
            });
        }
    }
    Ok(peak)
}

/// How many bytes of three arrays lie well inside of a level and well outside of the one before it.
/// `None` where the machine does not tell, or has no such level.
fn bytes_at(level: Level, machine: &Machine, threads: u32) -> Option<u64> {
    let caches = &machine.caches;
    let cores = u64::from(threads).min(machine.cores as u64);
    let known = |bytes: u64| (bytes > 0).then_some(bytes);
    match level {
        Level::L1 => known(caches.l1_data / 2 * cores),
        Level::L2 => known(caches.l2 / 2 * cores),
        Level::L3 => known(caches.l3).map(|l3| (4 * caches.l2 * cores).min(l3 / 2)),
        Level::Memory => {
            let room = memory::available().unwrap_or(1 << 30) / MEMORY_PART;
            Some((4 * caches.l3).max(256 << 20).min(room))
        }
    }
}

fn multiply_adds(element: &str, threads: u32, row: u32) -> String {
    let suffix = if element == "float" { "f" } else { "" };
    format!(
        "{element} x[{threads}][{row}];
void peak(void) {{
#pragma scop
  for (int p = 0; p < {threads}; p++)
    for (int i = 0; i < {row}; i++)
      for (int r = 0; r < {LENGTH}; r++)
        x[p][i] = x[p][i] * 0.5{suffix} + 0.5{suffix};
#pragma endscop
}}
"
    )
}

fn triad(threads: u32, row: u64, passes: u64) -> String {
    format!(
        "double a[{threads}][{row}], b[{threads}][{row}], c[{threads}][{row}];
void peak(void) {{
#pragma scop
  for (int p = 0; p < {threads}; p++)
    for (int r = 0; r < {passes}; r++)
      for (int i = 0; i < {row}; i++)
        a[p][i] = b[p][i] + 0.5 * c[p][i];
#pragma endscop
}}
"
    )
}

/// The best time of a program under a schedule, with its loop `p` on that many threads.
fn time(folder: &Path, text: &str, schedule: &str, threads: u32) -> Outcome<f64> {
    let file = folder.join("peak.c");
    std::fs::write(&file, text).or_fail(Kind::Environment)?;
    let unit = input::parse(&file, &InputFlags::plain())?;
    let accepted = input::accepted(&unit.regions)?;
    let region = accepted.first().ok_or_else(|| Failure::new(Kind::Other, "no region"))?;
    let program = input::specialized(&unit, region.program)?;
    let parallel = if threads > 1 { "; parallelize(S1, p)" } else { "" };
    let loops = scheduled(&program, &format!("{schedule}{parallel}"))?;
    let options =
        LaboratoryOptions { threads: Some(threads as usize), ..LaboratoryOptions::default() };
    let mut laboratory = Laboratory::of_tree(&program, &loops, &options)?;
    let entry = laboratory.compile(&loops).map_err(|reason| Failure::new(Kind::Other, reason))?;
    let timing =
        TimingOptions { budget: BUDGET, settled_runs: SETTLED, ..TimingOptions::default() };
    match laboratory.time(&entry, &timing).map_err(worker_failure)? {
        RunOutcome::Time(timing) => {
            Ok(timing.minimum_ns.min(laboratory.original_nanoseconds()).max(1) as f64)
        }
        other => Err(Failure::new(Kind::Other, other.to_string())),
    }
}

fn scheduled(program: &Program, text: &str) -> Outcome<LoopTree> {
    let schedule: Schedule = text.parse().or_fail(Kind::Schedule)?;
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).or_fail(Kind::Other)?;
    let applied = replay(program, &dependences, &schedule)
        .map_err(|illegal| Failure::new(Kind::Schedule, illegal.to_string()))?;
    lower(program, &applied.tree).or_fail(Kind::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_lie_between_levels() {
        let mut machine = Machine::detect();
        machine.cores = 2;
        machine.caches.l1_data = 32 << 10;
        machine.caches.l2 = 1 << 20;
        machine.caches.l3 = 32 << 20;
        let bytes = |level| bytes_at(level, &machine, 2);
        assert_eq!(bytes(Level::L1), Some(32 << 10));
        assert_eq!(bytes(Level::L2), Some(1 << 20));
        assert_eq!(bytes(Level::L3), Some(8 << 20));
        machine.caches.l3 = 0;
        assert_eq!(bytes_at(Level::L3, &machine, 2), None);
    }

    #[test]
    fn the_programs_keep_their_schedules() {
        let folder = tempfile::tempdir().expect("a folder");
        for (text, schedule) in [
            (multiply_adds("float", 2, 96), "vectorize(S1, i, 8, 12); parallelize(S1, p)"),
            (triad(2, 64, 3), "vectorize(S1, i, 4, 4); parallelize(S1, p)"),
            (triad(2, 64, 3), "vectorize(S1, i, 4, 4); stream(S1); parallelize(S1, p)"),
        ] {
            let file = folder.path().join("peak.c");
            std::fs::write(&file, text).expect("written");
            let unit = input::parse(&file, &InputFlags::plain()).expect("it parses");
            let accepted = input::accepted(&unit.regions).expect("a region");
            let program = input::specialized(&unit, accepted[0].program).expect("known sizes");
            scheduled(&program, schedule).expect("legal");
        }
    }
}
