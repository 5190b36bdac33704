//! Nothing is left behind: temporary folders and processes of a program that ends, however it ends.
//!
//! All temporary folders lie in one, whose name no other process has, and all processes that are started
//! carry that name in their environment ([`mark`]), with everything that they start, daemons included. A
//! program that ends in order removes and kills what there is ([`finish`]). Where it cannot, since it was killed
//! itself, its *janitor* does: a forked copy that does nothing but wait for the end of a pipe which the program
//! holds. A program that was started by another one of ours uses that one's folder and cleans up nothing.

use crate::process;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// The name of the folder in the environment of what is started.
const VARIABLE: &str = "LOOPWRIGHT_SCRATCH";

/// How often processes are looked for that were started while others were killed.
const ROUNDS: usize = 20;

/// This program's folder.
struct Scratch {
    folder: PathBuf,
    /// Another program of ours has made it, and will remove it.
    inherited: bool,
}

/// The program's end of the janitor's pipe, and the janitor's number.
struct Janitor {
    pipe: File,
    process: libc::pid_t,
}

/// Whether the program is ending: nothing is started any more.
static ENDING: AtomicBool = AtomicBool::new(false);

static SCRATCH: OnceLock<Scratch> = OnceLock::new();
static JANITOR: Mutex<Option<Janitor>> = Mutex::new(None);

fn scratch() -> &'static Scratch {
    SCRATCH.get_or_init(|| match std::env::var_os(VARIABLE) {
        Some(folder) => Scratch { folder: PathBuf::from(folder), inherited: true },
        None => {
            // Unique without a look at the disk: process numbers come again, times do not.
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let nanoseconds = now.map_or(0, |time| time.as_nanos());
            let name = format!("loopwright-{}-{nanoseconds:x}", std::process::id());
            let folder = std::path::absolute(std::env::temp_dir().join(&name));
            let folder = folder.unwrap_or_else(|_| Path::new("/tmp").join(&name));
            Scratch { folder, inherited: false }
        }
    })
}

/// Starts the janitor, by whose grace temporary folders lie in one. Must be called before the program has a second thread; without it nothing is cleaned up
/// after a program that is killed.
pub fn start() {
    if scratch().inherited {
        return;
    }
    let mut ends = [0; 2];
    // SAFETY: fills in two descriptors, which become files with one owner each. The program has one thread, so
    // that its copy is as whole as the program is; it never returns.
    let (output, input, process) = unsafe {
        if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
            return;
        }
        let (output, input) = (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1]));
        (output, input, libc::fork())
    };
    if process == 0 {
        drop(input);
        wait_for_the_end(output);
    }
    if process > 0
        && let Ok(mut janitor) = JANITOR.lock()
    {
        *janitor = Some(Janitor { pipe: input, process });
    }
}

/// What the janitor does.
fn wait_for_the_end(mut pipe: File) -> ! {
    detach(&pipe);
    let mut announced = Vec::new();
    let _ = pipe.read_to_end(&mut announced);
    let files = announced.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    // A program that ended in order has announced its end, and left nothing.
    if !announced.ends_with(END) {
        kill_marked(&[]);
        for file in files {
            let _ = std::fs::remove_file(Path::new(&OsString::from_vec(file.to_vec())));
        }
        let _ = std::fs::remove_dir_all(&scratch().folder);
    }
    // SAFETY: ends the copy without the exit handlers of the program.
    unsafe { libc::_exit(0) }
}

/// What a program that ends in order writes last.
const END: &[u8] = b"\0end\0";

/// Takes the copy out of the terminal's and the program's way: no signal and no open file of theirs.
fn detach(pipe: &File) {
    // SAFETY: changes what belongs to this process alone; the pipe's descriptor stays.
    unsafe {
        libc::setsid();
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGPIPE] {
            libc::signal(signal, libc::SIG_IGN);
        }
        let nothing = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        for standard in 0..3 {
            libc::dup2(nothing, standard);
        }
        let pipe = pipe.as_raw_fd().unsigned_abs();
        if pipe > 3 {
            libc::close_range(3, pipe - 1, 0);
        }
        libc::close_range(pipe + 1, u32::MAX, 0);
        libc::prctl(libc::PR_SET_NAME, c"loopwright-end".as_ptr());
    }
}

/// Whether somebody removes the folder in the end.
fn is_looked_after() -> bool {
    scratch().inherited || JANITOR.lock().is_ok_and(|janitor| janitor.is_some())
}

/// A new temporary folder, which goes away with the value, or at the latest with the program.
pub fn folder() -> io::Result<TempDir> {
    if !is_looked_after() {
        return tempfile::tempdir();
    }
    let folder = &scratch().folder;
    // Not while the program is ending, which removes the folder.
    process::with_live_groups(|_| {
        if is_ending() {
            return Err(io::Error::other("the program is ending"));
        }
        std::fs::create_dir_all(folder)?;
        tempfile::Builder::new().prefix("").tempdir_in(folder)
    })
}

/// Has a temporary file outside of the folder removed if the program is killed.
pub(crate) fn announce(file: &Path) {
    let Ok(mut janitor) = JANITOR.lock() else { return };
    if let Some(janitor) = janitor.as_mut() {
        let mut name = file.as_os_str().as_bytes().to_vec();
        name.push(0);
        let _ = janitor.pipe.write_all(&name);
    }
}

/// Whether the program is ending, so that nothing may be started.
pub(crate) fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

/// Has a command carry the mark, and put its own temporary files into the folder. The program must not be ending.
pub(crate) fn mark(command: &mut Command) {
    let folder = &scratch().folder;
    command.env(VARIABLE, folder);
    if is_looked_after() && std::fs::create_dir_all(folder).is_ok() {
        command.env("TMPDIR", folder);
    }
}

/// Kills the processes that carry the mark and belong to none that is running on purpose: what a process that is
/// gone has left behind.
pub(crate) fn kill_strays() {
    if !scratch().inherited {
        process::with_live_groups(kill_marked);
    }
}

/// Ends everything that was started, and removes all temporary folders. What still runs in other threads of this
/// program fails; a thread that comes here second stays, since the first one ends the program.
pub fn finish() {
    // Nobody is about to start something or to make a folder now, or will from now on.
    let is_second = process::with_live_groups(|_| ENDING.swap(true, Ordering::SeqCst));
    if is_second {
        loop {
            std::thread::park();
        }
    }
    let scratch = scratch();
    if scratch.inherited {
        return;
    }
    kill_marked(&[]);
    // Files may be written while they are removed, by a process in its last moment.
    for _ in 0..ROUNDS {
        match std::fs::remove_dir_all(&scratch.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(1));
            }
            _ => break,
        }
    }
    let janitor = JANITOR.lock().ok().and_then(|mut janitor| janitor.take());
    if let Some(Janitor { mut pipe, process }) = janitor {
        let _ = pipe.write_all(END);
        drop(pipe);
        // SAFETY: reaps the one child that was forked; its pipe is at its end.
        unsafe { libc::waitpid(process, std::ptr::null_mut(), 0) };
    }
}

/// Installs something that handles signals; a hang-up that was ignored before is ignored after it.
pub fn keep_ignored_hangup<T>(install: impl FnOnce() -> T) -> T {
    // SAFETY: reads the disposition of a signal, and sets it to one that needs no handler.
    unsafe {
        let mut before: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGHUP, std::ptr::null(), &raw mut before);
        let outcome = install();
        if before.sa_sigaction == libc::SIG_IGN {
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
        }
        outcome
    }
}

/// Ends the program in order.
pub fn exit(status: i32) -> ! {
    finish();
    std::process::exit(status)
}

/// Kills all processes with the mark, but not those in the given groups, until there are no more.
fn kill_marked(spared: &[libc::pid_t]) {
    let mark = [VARIABLE.as_bytes(), b"=", scratch().folder.as_os_str().as_bytes()].concat();
    for _ in 0..ROUNDS {
        let marked: Vec<libc::pid_t> = processes()
            .filter(|process| carries(*process, &mark))
            .filter(|process| !group_of(*process).is_some_and(|group| spared.contains(&group)))
            .collect();
        if marked.is_empty() {
            break;
        }
        for process in marked {
            // SAFETY: sends a signal to a process that was started by this program or by what it started.
            unsafe { libc::kill(process, libc::SIGKILL) };
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All processes that the system tells of, this one excepted.
fn processes() -> impl Iterator<Item = libc::pid_t> {
    let own = libc::pid_t::try_from(std::process::id()).unwrap_or(0);
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse::<libc::pid_t>().ok())
        .filter(move |process| *process != own)
}

/// Whether a process was started with a variable in its environment. Those that have ended have none.
fn carries(process: libc::pid_t, variable: &[u8]) -> bool {
    std::fs::read(format!("/proc/{process}/environ"))
        .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|one| one == variable))
}

fn group_of(process: libc::pid_t) -> Option<libc::pid_t> {
    // SAFETY: asks the system.
    let group = unsafe { libc::getpgid(process) };
    (group > 0).then_some(group)
}
