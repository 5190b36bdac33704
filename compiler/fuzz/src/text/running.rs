//! A region's code on its buffers, in all ways, and what is compared.

use super::build;
use super::contents::{LAYOUTS, Layout, MOST_BUFFERS, lay_out};
use super::engine::{Libraries, TextEngine};
use super::fallback::{self, Overlap};
use super::finding::TextView;
use super::prepare::{Job, Prepared};
use super::region::{Array, Form, Region};
use super::report::Report;
use crate::protocol::Event;
use loopwright_ir::ArrayId;
use loopwright_runtime::{Address, Border, GuardedPages};
use std::path::Path;

/// How long the text itself may run, in milliseconds, and how long our code.
const REFERENCE_LIMIT: i64 = 50;
const CODE_LIMIT: i64 = 3000;

/// The signal of a timer that ran out.
const TIMER: i64 = 26;

/// The function that calls another one under guard, in the library of the native code.
const GUARD: &str = "fuzz_guarded";

/// For which sizes and on which buffers code is called.
#[derive(Clone, Copy)]
struct Setting<'a> {
    region: &'a Region,
    values: &'a [i64],
    layout: Layout,
    overlap: Option<Overlap>,
}

/// A function, which of the buffers it gets in its order, and its integers.
struct Call<'a> {
    view: TextView,
    library: &'a Path,
    symbol: String,
    slots: Vec<usize>,
    arguments: Vec<i64>,
    job: Option<&'a Job>,
}

impl TextEngine {
    /// Runs one region in all ways, until one differs.
    pub(super) fn look(
        &mut self,
        prepared: &Prepared,
        libraries: &Libraries,
        report: &mut Report<'_>,
    ) {
        let region = &prepared.region;
        let values = region.values();
        for layout in LAYOUTS {
            let setting = Setting { region, values: &values, layout, overlap: None };
            let Some(right) = self.reference(setting, libraries) else {
                report.tally.undefined += 1;
                return;
            };
            for call in calls(prepared, &values, libraries) {
                if !self.agrees(setting, &call, libraries, &right, report) {
                    return;
                }
            }
        }
        if let Some(replaced) = libraries.replaced.as_ref().filter(|_| region.is_replaced()) {
            self.look_at_others(prepared, replaced, libraries, report);
        }
    }

    /// Runs what was emitted for a region for other sizes and on arrays that overlap.
    fn look_at_others(
        &mut self,
        prepared: &Prepared,
        library: &Path,
        libraries: &Libraries,
        report: &mut Report<'_>,
    ) {
        let region = &prepared.region;
        let Some(job) = prepared.jobs.last() else { return };
        let mut others = fallback::others(region);
        let tuned = LAYOUTS.map(|layout| fallback::Other {
            values: region.values(),
            overlap: None,
            layout,
        });
        others.extend(tuned);
        for fallback::Other { values, overlap, layout } in &others {
            let (layout, overlap) = (*layout, *overlap);
            let setting = Setting { region, values, layout, overlap };
            let Some(right) = self.reference(setting, libraries) else {
                report.tally.undefined_sizes += 1;
                continue;
            };
            report.tally.sizes += 1;
            let view = TextView::Fallback;
            let Some((slots, arguments)) = arguments(region, job, values) else { return };
            let symbol = build::emitted_symbol(prepared);
            let emitted = Call { view, library, symbol, slots, arguments, job: Some(job) };
            let own = (0..region.arrays.len()).collect();
            let symbol = region.reference_symbol();
            let arguments = values.clone();
            let user = Call { view, library, symbol, slots: own, arguments, job: None };
            // Who calls the region's own function gives no table of rows, which for other sizes is needed.
            let has_rows = region.arrays.iter().any(|array| array.form == Form::Rows);
            let is_direct = !has_rows || *values == region.values();
            for call in is_direct.then_some(emitted).into_iter().chain([user]) {
                if !self.agrees(setting, &call, libraries, &right, report) {
                    return;
                }
            }
        }
    }

    /// Whether a call leaves in the buffers what is right.
    fn agrees(
        &mut self,
        setting: Setting<'_>,
        call: &Call<'_>,
        libraries: &Libraries,
        right: &[Vec<u8>],
        report: &mut Report<'_>,
    ) -> bool {
        let region = setting.region;
        let schedule = call.job.map(|job| job.schedule.to_string()).unwrap_or_default();
        let (view, number) = (call.view, region.number);
        report.tell(&Event::RunningText { region: number, view, schedule: schedule.clone() });
        report.tally.compare(view);
        let Some(mut detail) = self.run(setting, call, libraries, right) else { return true };
        if view == TextView::Fallback {
            let Setting { values, overlap, .. } = setting;
            detail = format!("{} for {values:?} {overlap:?}: {detail}", call.symbol);
        }
        report.fail(region, view, detail, &schedule);
        false
    }

    /// What the user's own function leaves in the buffers; `None` where what it does is undefined.
    fn reference(&mut self, setting: Setting<'_>, libraries: &Libraries) -> Option<Vec<Vec<u8>>> {
        let Setting { region, values, layout, overlap } = setting;
        let guard = (libraries.native.as_path(), GUARD);
        let symbol = region.reference_symbol();
        let addresses = lay_out(region, values, layout, overlap, &mut self.pages)?;
        let mut call =
            |library: &Path, pages: &mut GuardedPages, symbol: &str, buffers: &[Address]| {
                self.libraries
                    .call_guarded(guard, (library, symbol), pages, buffers, values, REFERENCE_LIMIT)
                    .is_ok_and(|signal| signal == 0)
            };
        if !call(&libraries.checked, &mut self.pages, &symbol, &addresses) {
            return None;
        }
        // On the side where there are more pages, writes beyond the buffer are no faults.
        let beside = |(slot, array): (usize, &Array)| {
            self.pages.difference(slot, array.ctype.element(), self.pages.bytes(slot)).is_some()
        };
        if region.arrays.iter().enumerate().any(beside) {
            return None;
        }
        let addresses = lay_out(region, values, layout, overlap, &mut self.pages)?;
        if !call(&libraries.reference, &mut self.pages, &symbol, &addresses) {
            return None;
        }
        let slots = 0..region.arrays.len();
        Some(slots.map(|slot| self.pages.bytes(slot).to_vec()).collect())
    }

    /// Runs code on fresh buffers; what is wrong with what it does.
    fn run(
        &mut self,
        setting: Setting<'_>,
        call: &Call<'_>,
        libraries: &Libraries,
        right: &[Vec<u8>],
    ) -> Option<String> {
        let Setting { region, values, layout, overlap } = setting;
        let placed = lay_out(region, values, layout, overlap, &mut self.pages)?;
        if let Some(job) = call.job {
            self.scratch(region, job, &call.slots);
        }
        let at =
            |slot: &usize| placed.get(*slot).copied().unwrap_or(Address { slot: *slot, offset: 0 });
        let buffers: Vec<Address> = call.slots.iter().map(at).collect();
        let called = self.libraries.call_guarded(
            (libraries.native.as_path(), GUARD),
            (call.library, &call.symbol),
            &mut self.pages,
            &buffers,
            &call.arguments,
            CODE_LIMIT,
        );
        match called {
            Ok(0) => {}
            Ok(TIMER) => return Some(format!("it runs for more than {CODE_LIMIT} ms")),
            Ok(signal) => {
                let border = layout.border;
                return Some(format!("signal {signal}, buffers at the {border:?} border of pages"));
            }
            Err(error) => return Some(error),
        }
        for (slot, (array, right)) in region.arrays.iter().zip(right).enumerate() {
            if let Some(mismatch) = self.pages.difference(slot, array.ctype.element(), right) {
                return Some(format!("{}: {mismatch}", array.name));
            }
        }
        None
    }

    /// Buffers for what the program has beside the region's arrays: scalars and arrays that it declares inside.
    fn scratch(&mut self, region: &Region, job: &Job, slots: &[usize]) {
        let own = |(_, slot): &(usize, &usize)| **slot >= region.arrays.len();
        for (position, slot) in slots.iter().enumerate().filter(own) {
            let id = ArrayId(position);
            let count = job.program.elements(id).unwrap_or(0);
            let bytes = count.saturating_mul(job.program.array(id).element.bytes());
            self.pages.place(*slot, usize::try_from(bytes).unwrap_or(0), Border::Last);
            self.pages.bytes_mut(*slot).fill(0x5a);
        }
    }
}

/// Everything that runs for the tuned sizes.
fn calls<'a>(prepared: &'a Prepared, values: &[i64], libraries: &'a Libraries) -> Vec<Call<'a>> {
    let region = &prepared.region;
    let mut calls = Vec::new();
    if let Some(library) = &libraries.optimised {
        calls.push(Call {
            view: TextView::Optimised,
            library,
            symbol: region.reference_symbol(),
            slots: (0..region.arrays.len()).collect(),
            arguments: values.to_vec(),
            job: None,
        });
    }
    for job in &prepared.jobs {
        let Some((slots, arguments)) = arguments(region, job, values) else { continue };
        let native = Call {
            view: job.view,
            library: &libraries.native,
            symbol: build::symbol(prepared, job),
            slots: slots.clone(),
            arguments: arguments.clone(),
            job: Some(job),
        };
        calls.push(native);
        if job.printed {
            let (view, library) = (TextView::Printed, libraries.printed.as_path());
            let symbol = build::printed_symbol(prepared, job);
            calls.push(Call { view, library, symbol, slots, arguments, job: Some(job) });
        }
    }
    calls
}

/// Which buffer each array of a job's program is in, and the values of its parameters.
fn arguments(region: &Region, job: &Job, values: &[i64]) -> Option<(Vec<usize>, Vec<i64>)> {
    let mut scratch = region.arrays.len();
    let slots = job.program.external_arrays().iter().map(|array| {
        let known = region.arrays.iter().position(|known| known.name == array.name);
        known.unwrap_or_else(|| {
            scratch += 1;
            scratch - 1
        })
    });
    let slots: Vec<usize> = slots.collect();
    let parameters = job.program.parameters.iter().map(|parameter| {
        let position = region.parameters.iter().position(|known| known.name == parameter.name);
        position.and_then(|at| values.get(at)).copied().or(parameter.value)
    });
    let parameters: Option<Vec<i64>> = parameters.collect();
    Some((slots, parameters?)).filter(|_| scratch < MOST_BUFFERS)
}
