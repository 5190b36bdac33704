//! The machine that measurements are taken on.

use crate::memory;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What of a machine decides how fast a schedule is. Sizes are in bytes; zero where the system does
/// not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name with its family, model and stepping, which tell apart what shares a name.
    pub cpu: String,
    /// Hardware threads that this process may use.
    pub threads: usize,
    /// Cores: hardware threads that share one count once.
    pub cores: usize,
    /// Width of the widest vector registers.
    pub vector_bits: u32,
    pub caches: Caches,
    /// Of the whole machine.
    pub memory: u64,
    pub page: u64,
}

/// Data caches as one core sees them, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caches {
    pub line: u64,
    pub l1_data: u64,
    pub l2: u64,
    pub l3: u64,
    /// How many hardware threads share the last level.
    pub l3_sharers: u64,
}

impl Machine {
    /// The machine that this runs on.
    pub fn detect() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
        let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            cpu: processor_name(&information),
            threads,
            cores: cores(Path::new("/sys/devices/system/cpu")).unwrap_or(threads).clamp(1, threads),
            vector_bits: vector_bits(),
            caches: Caches::read(Path::new("/sys/devices/system/cpu/cpu0/cache")),
            memory: memory::total().unwrap_or(0),
            page: memory::page_size() as u64,
        }
    }

    /// A text that is the same for machines on which measurements can be compared, and readable:
    /// processor, threads, vector width and caches. The amount of memory is not in it.
    pub fn fingerprint(&self) -> String {
        let mut name = String::new();
        for part in self.cpu.split(|letter: char| !letter.is_ascii_alphanumeric()) {
            if !part.is_empty() {
                name.push_str(&part.to_ascii_lowercase());
                name.push('-');
            }
        }
        let kibibytes = |bytes: u64| bytes / 1024;
        format!(
            "{name}{}t-{}c-{}v-{}k-{}k-{}k",
            self.threads,
            self.cores,
            self.vector_bits,
            kibibytes(self.caches.l1_data),
            kibibytes(self.caches.l2),
            kibibytes(self.caches.l3),
        )
    }
}

/// Width of the widest vector registers of this processor, in bits.
fn vector_bits() -> u32 {
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    {
        if std::is_x86_feature_detected!("avx512f") {
            512
        } else if std::is_x86_feature_detected!("avx") {
            256
        } else {
            128
        }
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
    {
        128
    }
}

/// The name from `/proc/cpuinfo`: on x86 its own words and numbers, on Arm its numbers.
fn processor_name(information: &str) -> String {
    let value = |key: &str| {
        information.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == key).then(|| value.trim().to_owned())
        })
    };
    if let Some(name) = value("model name") {
        let numbers: Vec<String> =
            ["cpu family", "model", "stepping"].iter().filter_map(|key| value(key)).collect();
        return if numbers.is_empty() { name } else { format!("{name} ({})", numbers.join(".")) };
    }
    let numbers: Vec<String> = ["CPU implementer", "CPU part", "CPU revision"]
        .iter()
        .filter_map(|key| value(key))
        .collect();
    format!("{} {}", std::env::consts::ARCH, numbers.join(".")).trim().to_owned()
}

/// Counts the sets of hardware threads that share a core.
fn cores(folder: &Path) -> Option<usize> {
    let sets: BTreeSet<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path().join("topology");
            fs::read_to_string(path.join("core_cpus_list"))
                .or_else(|_| fs::read_to_string(path.join("thread_siblings_list")))
                .ok()
        })
        .collect();
    (!sets.is_empty()).then_some(sets.len())
}

impl Caches {
    /// Reads a folder of the shape of `/sys/devices/system/cpu/cpu0/cache`.
    fn read(folder: &Path) -> Self {
        let mut caches = Self::default();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let text = |name: &str| {
                let text = fs::read_to_string(entry.path().join(name)).unwrap_or_default();
                text.trim().to_owned()
            };
            if text("type") == "Instruction" {
                continue;
            }
            let bytes = size(&text("size")).unwrap_or(0);
            match text("level").as_str() {
                "1" => {
                    caches.l1_data = bytes;
                    caches.line = text("coherency_line_size").parse().unwrap_or(0);
                }
                "2" => caches.l2 = bytes,
                "3" => {
                    caches.l3 = bytes;
                    caches.l3_sharers = threads_in_list(&text("shared_cpu_list"));
                }
                _ => {}
            }
        }
        caches
    }
}

/// `32K` in bytes.
fn size(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        'K' => 1 << 10,
        'M' => 1 << 20,
        'G' => 1 << 30,
        _ => return text.parse().ok(),
    };
    text.get(..text.len() - 1)?.parse::<u64>().ok()?.checked_mul(unit)
}

/// How many processors a list such as `0-3,8` names.
fn threads_in_list(list: &str) -> u64 {
    list.split(',')
        .filter_map(|range| match range.split_once('-') {
            None => range.parse::<u64>().ok().map(|_| 1),
            Some((first, last)) => {
                last.parse::<u64>().ok()?.checked_sub(first.parse().ok()?)?.checked_add(1)
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described_and_its_fingerprint_is_stable() {
        let machine = Machine::detect();
        assert!(machine.cores >= 1 && machine.cores <= machine.threads);
        assert!(machine.vector_bits >= 128 && machine.memory > 0 && machine.page >= 4096);
        assert_eq!(machine.fingerprint(), Machine::detect().fingerprint());
        let text = serde_json::to_string(&machine).expect("serialises");
        assert_eq!(serde_json::from_str::<Machine>(&text).expect("parses"), machine);
        let other = Machine { vector_bits: machine.vector_bits * 2, ..machine.clone() };
        assert_ne!(other.fingerprint(), machine.fingerprint());
    }

    #[test]
    fn texts_of_the_system_are_read() {
        assert_eq!(size("512K"), Some(512 << 10));
        assert_eq!(size("2M"), Some(2 << 20));
        assert_eq!(size("64"), Some(64));
        assert_eq!(size(""), None);
        assert_eq!(threads_in_list("0-3,8"), 5);
        assert_eq!(threads_in_list(""), 0);
        let information =
            "cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: Some Processor\nstepping\t: 2\n";
        assert_eq!(processor_name(information), "Some Processor (25.1.2)");
        assert!(
            processor_name("CPU implementer : 0x41\nCPU part : 0xd40\n").ends_with("0x41.0xd40")
        );
    }

    #[test]
    fn caches_are_read_from_their_folder() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for (index, level, kind, bytes) in [
            (0, 1, "Data", "48K"),
            (1, 1, "Instruction", "32K"),
            (2, 2, "Unified", "1M"),
            (3, 3, "Unified", "30M"),
        ] {
            let cache = folder.path().join(format!("index{index}"));
            fs::create_dir(&cache).expect("created");
            for (name, text) in [
                ("level", level.to_string()),
                ("type", kind.to_owned()),
                ("size", bytes.to_owned()),
                ("coherency_line_size", "64".to_owned()),
                ("shared_cpu_list", "0-7".to_owned()),
            ] {
                fs::write(cache.join(name), format!("{text}\n")).expect("written");
            }
        }
        let expected =
            Caches { line: 64, l1_data: 48 << 10, l2: 1 << 20, l3: 30 << 20, l3_sharers: 8 };
        assert_eq!(Caches::read(folder.path()), expected);
        assert_eq!(Caches::read(Path::new("/nonexistent")), Caches::default());
    }
}
