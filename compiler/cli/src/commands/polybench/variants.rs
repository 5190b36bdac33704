//! `polybench --variants N`: is a computation tuned as well when it is written otherwise?
//!
//! Each kernel is tuned, and so are N C files that somebody else might have written for it (see
//! [`loopwright_fuzz::variant`]): the first in another order of loops, the second also with arrays transposed, the
//! third also in single precision, and so on in turn. Their times are compared with the kernel's own.

use super::{Arguments, Sources};
use crate::deadline::Deadline;
use crate::failure::{Kind, OrFail, Outcome};
use crate::input::{self, Contraction, InputFlags};
use crate::interrupt;
use crate::report::{duration, geometric_mean, progress, table};
use crate::terminal::print_json;
use crate::tuning::{self, Surroundings};
use loopwright_analysis::Work;
use loopwright_frontend::{Region, Unit};
use loopwright_fuzz::variant::{Freedom, Variant, variant};
use loopwright_ir::Program;
use loopwright_polybench::Kernel;
use loopwright_search::Silent;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// A variant that takes no more than this times the kernel's time ends at the same speed.
const ALIKE: f64 = 1.25;
/// Draws for one variant that the frontend reads as the same work.
const DRAWS: usize = 40;

/// A kernel, and what its variants came to.
struct Row {
    kernel: &'static Kernel,
    /// Nanoseconds of the kernel itself, tuned.
    own: Option<f64>,
    variants: Vec<Tried>,
}

/// A variant with its tuned time.
struct Tried {
    file: PathBuf,
    changes: String,
    nanoseconds: Option<f64>,
    schedule: String,
}

impl Row {
    /// Each variant's time over the kernel's own.
    fn ratios(&self) -> impl Iterator<Item = Option<f64>> {
        self.variants.iter().map(|tried| Some(tried.nanoseconds? / self.own?))
    }
}

/// Tunes kernels and variants, and prints a table.
pub fn run(
    arguments: &Arguments,
    count: u32,
    kernels: &[&'static Kernel],
    sources: &Sources,
) -> Outcome<()> {
    let surroundings = Surroundings::new(&arguments.search, interrupt::flag())?.timing_choices();
    let temporary = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let folder = arguments.variants_folder.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder).or_fail(Kind::Environment)?;
    let bar = progress(kernels.len() as u64 * (u64::from(count) + 1), arguments.json);
    let mut rows = Vec::new();
    for kernel in kernels {
        bar.set_message(kernel.name);
        let mut row = Row { kernel, own: None, variants: Vec::new() };
        let loaded = sources.load(kernel, arguments.size)?;
        let place = (&loaded.unit, loaded.region()?, &loaded.flags);
        row.own = tuned(arguments, place, loaded.program.clone(), &surroundings)?.0;
        bar.inc(1);
        for number in 0..count {
            if surroundings.interrupt.load(Ordering::SeqCst) {
                break;
            }
            row.variants.push(tried(arguments, kernel, number, sources, folder, &surroundings)?);
            bar.inc(1);
        }
        bar.suspend(|| {
            if !arguments.json {
                eprintln!("{:<16} {}", kernel.name, ratios_text(&row));
            }
        });
        rows.push(row);
        if surroundings.interrupt.load(Ordering::SeqCst) {
            break;
        }
    }
    bar.finish_and_clear();
    if arguments.json {
        return print_json(&document(arguments, &rows));
    }
    print(arguments, count, &rows);
    Ok(())
}

/// The time of a region's tuned loops, or of its source where that stays, and the schedule.
fn tuned(
    arguments: &Arguments,
    (unit, region, flags): (&Unit, &Region, &InputFlags),
    program: Program,
    surroundings: &Surroundings,
) -> Outcome<(Option<f64>, String)> {
    let search = &arguments.search;
    let deadline = Deadline::after(search.budget);
    let tuned =
        tuning::tune(unit, region, program, flags, search, surroundings, deadline, &mut Silent)?;
    let (source, choice) = tuned.times();
    let time = if tuned.confirmation.source_stays { source } else { choice };
    Ok((time, tuned.report.best.schedule.to_string()))
}

/// Draws, writes and tunes one variant.
fn tried(
    arguments: &Arguments,
    kernel: &'static Kernel,
    number: u32,
    sources: &Sources,
    folder: &Path,
    surroundings: &Surroundings,
) -> Outcome<Tried> {
    let mut flags = InputFlags::plain();
    flags.fp_contract = Some(Contraction::Off);
    let (_, program) = sources.parsed(kernel, arguments.size, &mut flags)?;
    let program = program.specialize();
    let freedom =
        Freedom { order: true, layout: !number.is_multiple_of(3), single: number % 3 == 2 };
    // Other numbers for each variant and kernel, the same ones whatever else is asked for.
    let name = kernel.name.bytes().fold(u64::from(number), |sum, byte| sum * 131 + u64::from(byte));
    let mut random = ChaCha8Rng::seed_from_u64(arguments.search.seed.wrapping_add(name));
    let file = folder.join(format!("{}-{}.c", kernel.name, number + 1));
    let wanted = Work::of(&program).map(|work| work.operations());
    for _ in 0..DRAWS {
        let drawn = variant(&program, ("region", "v"), freedom, &mut random);
        let Some(Variant { text, changes, .. }) = drawn else { continue };
        std::fs::write(&file, &text).or_fail(Kind::Environment)?;
        let flags = InputFlags::plain();
        let unit = input::parse(&file, &flags)?;
        let Some(region) = unit.regions.first() else { continue };
        let Ok(found) = &region.result else { continue };
        if !is_same_work(wanted, Work::of(found).map(|work| work.operations())) {
            continue;
        }
        let Ok(found) = input::specialized(&unit, found) else { continue };
        let (nanoseconds, schedule) =
            tuned(arguments, (&unit, region, &flags), found, surroundings)?;
        return Ok(Tried { file, changes, nanoseconds, schedule });
    }
    // One kernel without a variant is a gap in the table, which counts as a miss.
    let changes = format!("none of {DRAWS} variants was read as the same work");
    eprintln!("{}: {changes}", kernel.name);
    Ok(Tried { file, changes, nanoseconds: None, schedule: String::new() })
}

/// Whether two counts of operations are of the same work. Numbers in place of parameters let the frontend fold
/// some operations outside of all loops.
fn is_same_work(wanted: Option<u64>, found: Option<u64>) -> bool {
    match (wanted, found) {
        (Some(wanted), Some(found)) => wanted.abs_diff(found) <= wanted / 1000,
        (wanted, found) => wanted == found,
    }
}

fn ratios_text(row: &Row) -> String {
    let texts: Vec<String> = row.ratios().map(ratio_text).collect();
    texts.join("  ")
}

fn ratio_text(ratio: Option<f64>) -> String {
    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
}

fn print(arguments: &Arguments, count: u32, rows: &[Row]) {
    let mut headers = vec!["kernel".to_owned(), ">tuned".to_owned()];
    headers.extend((1..=count).map(|number| format!(">variant {number}")));
    headers.push(">worst".to_owned());
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let lines = rows.iter().map(|row| {
        let mut line = vec![row.kernel.name.to_owned(), row.own.map_or("–".into(), duration)];
        line.extend(row.ratios().map(ratio_text));
        line.resize(headers.len() - 1, "–".to_owned());
        line.push(ratio_text(row.ratios().flatten().max_by(f64::total_cmp)));
        line
    });
    println!("{}", table(&headers, lines.collect()));
    let ratios: Vec<f64> = rows.iter().flat_map(Row::ratios).flatten().collect();
    let all: usize = rows.iter().map(|row| row.variants.len()).sum();
    let alike = ratios.iter().filter(|ratio| **ratio <= ALIKE).count();
    println!(
        "a variant's tuned time over the kernel's own at {}: {alike} of {all} within {ALIKE:.2}, geometric \
         mean {}",
        arguments.size,
        ratio_text(geometric_mean(&ratios)),
    );
    if let Some(folder) = &arguments.variants_folder {
        println!("the variants are in {}", folder.display());
    }
}

fn document(arguments: &Arguments, rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let variants = row.variants.iter().zip(row.ratios()).map(|(tried, ratio)| {
            json!({
                "file": arguments.variants_folder.as_ref().map(|_| tried.file.to_string_lossy()),
                "changes": tried.changes,
                "tuned_nanoseconds": tried.nanoseconds,
                "over_kernel": ratio,
                "schedule": tried.schedule,
            })
        });
        json!({
            "kernel": row.kernel.name,
            "tuned_nanoseconds": row.own,
            "variants": variants.collect::<Vec<_>>(),
        })
    };
    let ratios: Vec<f64> = rows.iter().flat_map(Row::ratios).flatten().collect();
    json!({
        "size": arguments.size.name(),
        "kernels": rows.iter().map(row).collect::<Vec<_>>(),
        "variants": rows.iter().map(|row| row.variants.len()).sum::<usize>(),
        "within": ratios.iter().filter(|ratio| **ratio <= ALIKE).count(),
        "bound": ALIKE,
        "geometric_mean": geometric_mean(&ratios),
    })
}

#[cfg(test)]
mod tests {
    use super::is_same_work;

    #[test]
    fn folded_constants_are_no_other_work() {
        assert!(is_same_work(Some(220_333), Some(220_330)));
        assert!(!is_same_work(Some(220_333), Some(219_000)));
        assert!(!is_same_work(Some(5), None) && is_same_work(None, None));
    }
}
