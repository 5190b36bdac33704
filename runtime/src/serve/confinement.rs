//! What keeps the worker from harming its surroundings.

use crate::memory;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Bytes that the loaded code may write to any file, standard error being one.
const FILE_LIMIT: u64 = 1 << 20;

/// Moves the protocol away from descriptors 0 and 1, which the loaded code may use: it then reads
/// nothing, and what it prints goes nowhere.
pub fn take_standard_streams() -> io::Result<(File, File)> {
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    let input = take(0, &nothing)?;
    let output = take(1, &nothing)?;
    Ok((input, output))
}

fn take(descriptor: i32, replacement: &File) -> io::Result<File> {
    // SAFETY: descriptor calls with numbers that are open here; the duplicate has no other owner.
    unsafe {
        let taken = libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 3);
        if taken < 0 {
            return Err(io::Error::last_os_error());
        }
        let taken = OwnedFd::from_raw_fd(taken);
        if libc::dup2(replacement.as_raw_fd(), descriptor) < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(File::from(taken))
    }
}

/// Ends this process when the parent's end of the pipe closes, even in the middle of a call.
///
/// The kernel's parent-death signal would not do: it follows the *thread* that started the worker, so
/// that a search whose threads come and go would lose its workers.
pub fn end_with_parent(input: &File) -> io::Result<()> {
    let descriptor = input.as_raw_fd();
    std::thread::Builder::new().name("parent-watch".to_owned()).stack_size(64 << 10).spawn(
        move || loop {
            let mut watched = libc::pollfd { fd: descriptor, events: 0, revents: 0 };
            // SAFETY: one valid `pollfd`; the descriptor stays open as long as the process lives.
            let ready = unsafe { libc::poll(&mut watched, 1, -1) };
            if ready > 0 {
                end(0);
            }
        },
    )?;
    Ok(())
}

/// No core dumps, hardly any file output, and the timer's signal deadly whatever was inherited.
pub fn restrict() {
    no_core_dumps();
    set_file_limit(FILE_LIMIT);
    // SAFETY: sets the disposition of two signals before any loaded code runs.
    unsafe {
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        // A write past the limit fails instead of killing.
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Writes something of our own, however long.
pub fn without_file_limit<T>(write: impl FnOnce() -> T) -> T {
    set_file_limit(libc::RLIM_INFINITY);
    let outcome = write();
    set_file_limit(FILE_LIMIT);
    outcome
}

/// Sets the soft limit alone, so that it can be lifted again.
fn set_file_limit(bytes: u64) {
    // SAFETY: fills in and reads one valid structure.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) == 0 {
            limit.rlim_cur = bytes.min(limit.rlim_max);
            libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit);
        }
    }
}

/// No core dumps.
pub fn no_core_dumps() {
    set_limit(libc::RLIMIT_CORE, 0);
}

/// Lets the process map so many bytes more than it has now.
pub fn limit_memory(bytes: u64) {
    set_limit(libc::RLIMIT_AS, memory::mapped().unwrap_or(0).saturating_add(bytes));
}

fn set_limit(resource: libc::__rlimit_resource_t, value: u64) {
    let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
    // SAFETY: reads one valid structure. A limit above an inherited one is refused by the system, which
    // leaves the inherited, stricter one.
    unsafe { libc::setrlimit(resource, &limit) };
}

/// Starts the timer whose signal ends the process, or stops it (zero).
fn arm_timer(limit: Duration) {
    let value = libc::timeval {
        tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_usec: libc::suseconds_t::from(limit.subsec_micros()),
    };
    let timer =
        libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: value };
    // SAFETY: reads one valid structure.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) };
}

/// Runs something that the timer's signal ends the process in after so long. A copy of the process that comes back
/// from it, since the code forked, ends: there is one worker at the pipe.
pub fn within<T>(limit: Duration, run: impl FnOnce() -> T) -> T {
    let process = std::process::id();
    arm_timer(limit.max(Duration::from_micros(1)));
    let outcome = run();
    arm_timer(Duration::ZERO);
    if std::process::id() != process {
        end(0);
    }
    outcome
}

/// Has the kernel kill this process when the thread that forked it ends.
pub fn die_with_parent() {
    // SAFETY: sets an attribute of this process.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Ends the process at once, without the exit handlers of the code that was loaded.
pub fn end(status: i32) -> ! {
    // SAFETY: ends the process; nothing is left to be kept whole.
    unsafe { libc::_exit(status) }
}
