//! A record's program and loops, from its source and its schedules: what a record need not hold.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::input::{InputFlags, parse, specialized};
use loopwright_costmodel::{ProgramRecord, extract, schema_hash};
use loopwright_ir::{LoopTree, Program, Schedule};
use loopwright_transform::{Rounding, State, lower};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The program of a C text with one region, as it is scheduled.
pub fn program_of(name: &str, source: &str) -> Outcome<Program> {
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let file = folder.path().join("program.c");
    std::fs::write(&file, source).or_fail(Kind::Environment)?;
    let failure = |reason: &dyn std::fmt::Display| {
        Failure::new(Kind::Input, format!("the source of `{name}` cannot be used: {reason}"))
    };
    let unit = parse(&file, &InputFlags::plain()).map_err(|error| failure(&error.text()))?;
    let [region] = unit.regions.as_slice() else {
        return Err(failure(&format!("it has {} regions", unit.regions.len())));
    };
    let program = region.result.as_ref().map_err(|reject| failure(&reject.reason))?;
    specialized(&unit, program).map_err(|error| failure(&error.text()))
}

/// The program that a schedule's steps make, and its loops.
pub fn loops_of(start: &State, schedule: &str) -> Result<(Program, LoopTree), String> {
    let schedule: Schedule = schedule.parse().map_err(|error| format!("{error}"))?;
    let state = start.replay(&schedule).map_err(|illegal| illegal.to_string())?;
    let loops = lower(state.program(), state.tree()).map_err(|error| error.to_string())?;
    Ok((state.program().clone(), loops))
}

/// What became of the records.
#[derive(Default)]
pub struct Replayed {
    /// With features of this version.
    pub records: Vec<ProgramRecord>,
    /// What cannot be replayed, with the reason.
    pub lost: Vec<String>,
}

/// Gives all records the features of this version, on all cores, in the same order.
pub fn with_features(records: Vec<ProgramRecord>) -> Replayed {
    type Slot = (Option<ProgramRecord>, Vec<String>);
    let slots: Vec<Mutex<Slot>> =
        records.into_iter().map(|record| Mutex::new((Some(record), Vec::new()))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Ok(mut slot) = slot.lock()
                && let Some(record) = slot.0.take()
            {
                *slot = refeatured(record);
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(slots.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let mut replayed = Replayed::default();
    for (record, lost) in slots.into_iter().filter_map(|slot| slot.into_inner().ok()) {
        replayed.records.extend(record);
        replayed.lost.extend(lost);
    }
    replayed
}

/// One record with features, unless its program cannot be replayed, and what of it is lost.
fn refeatured(mut record: ProgramRecord) -> (Option<ProgramRecord>, Vec<String>) {
    let name = record.program_name.clone();
    let program = match program_of(&name, &record.source) {
        Ok(program) => program,
        Err(failure) => return (None, vec![failure.text()]),
    };
    let machine = record.machine;
    let start = State::original(&program, Rounding::Strict);
    let mut lost = Vec::new();
    let mut is_original_lost = false;
    record.schedules_list.retain_mut(|schedule| match loops_of(&start, &schedule.sched_str) {
        Ok((program, loops)) => {
            schedule.features = extract(&program, &loops, &machine).to_list();
            true
        }
        Err(reason) => {
            is_original_lost |= schedule.sched_str.is_empty();
            let text = schedule.sched_str.replace('\n', "; ");
            lost.push(format!("`{name}` under {text}: {reason}"));
            false
        }
    });
    record.feature_schema = schema_hash();
    (Some(record).filter(|_| !is_original_lost), lost)
}
