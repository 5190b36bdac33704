//! What the machine is, and whether measurements on it mean something now.

use super::Finding;
use crate::commands::dataset::BUSY;
use loopwright_runtime::{Machine, Noise, memory};

const MEBIBYTE: u64 = 1 << 20;

/// The machine's description, then its state.
pub fn findings() -> Vec<Finding> {
    let machine = Machine::detect();
    vec![
        Finding::fact("processor", &machine.cpu),
        Finding::fact("cores", format!("{}, {} hardware threads", machine.cores, machine.threads)),
        Finding::fact("vector registers", format!("{} bits", machine.vector_bits)),
        caches(&machine),
        memory_found(&machine),
        threads(&machine),
        noise(&machine),
    ]
}

/// A size in the unit that shows it best; 0 is not known.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0 => "not known".to_owned(),
        bytes if bytes < MEBIBYTE => format!("{} KiB", bytes >> 10),
        bytes if bytes < 1024 * MEBIBYTE => format!("{:.1} MiB", bytes as f64 / MEBIBYTE as f64),
        bytes => format!("{:.1} GiB", bytes as f64 / (1024 * MEBIBYTE) as f64),
    }
}

fn caches(machine: &Machine) -> Finding {
    let caches = &machine.caches;
    let text = format!(
        "L1 {}, L2 {} a core, L3 {} for {} threads, lines of {} bytes",
        size(caches.l1_data),
        size(caches.l2),
        size(caches.l3),
        caches.l3_sharers,
        caches.line
    );
    if caches.l1_data == 0 || caches.l2 == 0 {
        let advice = "the system does not tell them; tile sizes and predictions will be poor";
        return Finding::notice("caches", text, advice);
    }
    Finding::fact("caches", text)
}

fn memory_found(machine: &Machine) -> Finding {
    let available = memory::available().map_or("not known".to_owned(), size);
    Finding::fact("memory", format!("{}, {available} available", size(machine.memory)))
}

fn threads(machine: &Machine) -> Finding {
    const NAME: &str = "OMP_NUM_THREADS";
    match std::env::var(NAME) {
        Err(_) => Finding::fact(NAME, format!("not set: {} threads", machine.threads)),
        Ok(text) => match text.parse::<usize>() {
            Ok(count) if count > machine.threads => {
                Finding::notice(NAME, text, "more threads than the machine has slow each other")
            }
            Ok(count) if count > 0 => Finding::fact(NAME, text),
            _ => Finding::notice(NAME, format!("`{text}`"), "it should be a positive number"),
        },
    }
}

fn noise(machine: &Machine) -> Finding {
    const NAME: &str = "noise";
    let noise = Noise::probe();
    let load = noise.load.map_or("not known".to_owned(), |load| format!("{load:.2}"));
    let text = format!(
        "a typical run {:.1} % above the best, the worst {:.1} %; load {load}",
        100.0 * noise.spread,
        100.0 * noise.worst
    );
    let busy = noise.load.is_some_and(|load| load > BUSY * machine.threads as f64);
    if noise.is_high() || busy {
        return Finding::notice(NAME, text, "measure when the machine is idle");
    }
    Finding::works(NAME, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size(0), "not known");
        assert_eq!(size(32 << 10), "32 KiB");
        assert_eq!(size(3 << 19), "1.5 MiB");
        assert_eq!(size(5 << 30), "5.0 GiB");
    }
}
