//! How much memory can be had without hurting the machine.

use std::fs;

/// Bytes that can be allocated now without swapping: what the kernel estimates, and no more than
/// the control group allows. `None` where the system does not say.
pub fn available() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let system = kibibytes(&meminfo, "MemAvailable:")?;
    Some(system.min(left_in_control_group().unwrap_or(u64::MAX)))
}

/// Bytes of memory that the machine has.
pub fn total() -> Option<u64> {
    kibibytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

fn kibibytes(meminfo: &str, key: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Inside a container the group's files stand at the root of the mount.
fn left_in_control_group() -> Option<u64> {
    let read = |name: &str| -> Option<u64> {
        fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse().ok()
    };
    Some(read("memory.max")?.saturating_sub(read("memory.current")?))
}

/// How many processes the kernel has killed for want of memory, on the whole machine.
pub(crate) fn killed_for_want() -> Option<u64> {
    let counters = fs::read_to_string("/proc/vmstat").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

/// Bytes of address space that this process has mapped.
pub(crate) fn mapped() -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    pages.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(page_size() as u64)
}

/// Bytes of a page.
pub fn page_size() -> usize {
    // SAFETY: `sysconf` reads a constant of the system and touches no memory of ours.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meminfo_is_read_in_bytes() {
        let text = "MemTotal:       16384 kB\nMemAvailable:    1024 kB\n";
        assert_eq!(kibibytes(text, "MemAvailable:"), Some(1 << 20));
        assert_eq!(kibibytes(text, "Missing:"), None);
        assert_eq!(kibibytes("MemTotal: x kB", "MemTotal:"), None);
    }
}
