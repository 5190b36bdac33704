//! `doctor --peak`: what the machine can do at most.

use crate::benchmark::peak::{Peak, measure};
use crate::benchmark::rates::three_digits;
use crate::failure::Outcome;
use crate::report::{activity, table};
use crate::terminal::print_json;
use loopwright_runtime::Machine;

/// Measures, keeps the figures for `bench` and `polybench --expert`, and prints them: of each the best so
/// far, until the file is deleted.
pub fn run(json: bool) -> Outcome<()> {
    let machine = Machine::detect();
    let bar = activity(json);
    let mut peak = measure(&machine, &mut |next| bar.set_message(next.to_owned()))?;
    bar.finish_and_clear();
    // A busy moment must not take back what the machine has shown.
    if let Some(older) = Peak::load(&machine) {
        peak.improve_by(&older);
    }
    let path = peak.store(&machine)?;
    if json {
        print_json(&peak)?;
    } else {
        print(&machine, &peak);
    }
    if peak.is_doubtful() {
        eprintln!(
            "note: all threads together did hardly more than one; measure again when the machine is \
             idle (the better figures are kept)"
        );
    }
    match path {
        Some(path) => eprintln!("kept in {}", path.display()),
        None => eprintln!("not kept: neither XDG_CACHE_HOME nor HOME says where"),
    }
    Ok(())
}

fn print(machine: &Machine, peak: &Peak) {
    println!("{}, {} threads\n", machine.cpu, machine.threads);
    let rate = |value: Option<f64>| value.map_or("–".to_owned(), three_digits);
    let mut rows = Vec::new();
    for one in peak.multiply_adds.iter().filter(|one| one.threads == 1) {
        let same = |other: &&crate::benchmark::peak::MultiplyAdds| {
            other.threads == peak.threads && other.element == one.element && other.bits == one.bits
        };
        let all = peak.multiply_adds.iter().find(same).map(|all| all.giga_operations);
        rows.push(vec![
            format!("fused multiply-adds, {}, {} bits", one.element, one.bits),
            String::new(),
            three_digits(one.giga_operations),
            rate(all),
            "GFLOP/s".to_owned(),
        ]);
    }
    for one in peak.bandwidth.iter().filter(|one| one.threads == 1) {
        let same = |other: &&crate::benchmark::peak::Bandwidth| {
            other.threads == peak.threads && other.level == one.level
        };
        let all = peak.bandwidth.iter().find(same);
        let size = all.map_or(one.bytes, |all| all.bytes);
        rows.push(vec![
            format!("triad, {}", one.level.name()),
            super::machine::size(size),
            three_digits(one.gigabytes),
            rate(all.map(|all| all.gigabytes)),
            "GB/s".to_owned(),
        ]);
    }
    let all = format!(">{} threads", peak.threads);
    println!("{}", table(&["what", ">of", ">1 thread", &all, ""], rows));
}
