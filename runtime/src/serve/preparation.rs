//! What every run begins with: the program's own data where it fills it, the setup's contents elsewhere.
//!
//! The initializer runs where the program has its arrays, on what the source left there, which is zero
//! where it says nothing. What is still zero afterwards may have been set to zero on purpose. So the initializer
//! runs once more, in a forked copy of the process, on other bytes: what it changes there, it fills.

use super::arena::Arena;
use super::places::Places;
use super::{confinement, contents};
use crate::protocol::Origin;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd};
use std::time::{Duration, Instant};

/// Bytes that no initializer writes everywhere: a tiny negative number in every floating-point type.
const PROBE: u8 = 0xA5;

/// How long the second run of an initializer may take beside its first.
const SLOWER: u32 = 10;

/// The initializer as a function of no arguments.
pub type Initializer<'a> = &'a mut dyn FnMut();

/// Fills the buffers in `home`, takes over what they hold as every run's initial contents, and says who
/// gave it to them. The first call of the initializer has `limit`.
pub fn prepare(
    arena: &mut Arena,
    home: &Places,
    mut initializer: Option<Initializer<'_>>,
    limit: Duration,
) -> std::io::Result<Vec<Origin>> {
    let count = arena.buffers().len();
    // Until the end, the guarded memory of a variable of the program's own keeps what the source gave it.
    for buffer in (0..count).filter(|buffer| home.is_own(*buffer)) {
        arena.live_mut(buffer).copy_from_slice(home.bytes(buffer));
    }
    let static_data: Vec<bool> =
        (0..count).map(|buffer| home.is_own(buffer) && !is_zero(home.bytes(buffer))).collect();
    let start = Instant::now();
    if let Some(initializer) = &mut initializer {
        confinement::within(limit, initializer);
    }
    let patience = start.elapsed() * SLOWER + Duration::from_secs(1);
    let mut origins: Vec<Option<Origin>> = Vec::new();
    for (buffer, from_source) in static_data.into_iter().enumerate() {
        let known = arena.buffers().get(buffer).cloned();
        let written = if home.is_own(buffer) {
            home.bytes(buffer) != &*arena.live_mut(buffer)
        } else {
            !is_zero(home.bytes(buffer))
        };
        let initialised = known.is_some_and(|known| known.initialised) && home.is_own(buffer);
        origins.push(if written {
            Some(Origin::Initializer)
        } else if from_source || initialised || !home.is_writable(buffer) {
            Some(Origin::Source)
        } else {
            None
        });
    }
    let unknown: Vec<usize> =
        (0..count).filter(|buffer| origins.get(*buffer).is_some_and(Option::is_none)).collect();
    if let Some(initializer) = initializer
        && !unknown.is_empty()
    {
        let written = written_in_a_copy(&unknown, home, initializer, patience.min(limit));
        for (buffer, _) in unknown.iter().zip(written).filter(|(_, written)| *written) {
            if let Some(origin) = origins.get_mut(*buffer) {
                *origin = Some(Origin::Initializer);
            }
        }
    }
    let origins: Vec<Origin> =
        origins.into_iter().map(|origin| origin.unwrap_or(Origin::Contents)).collect();
    take_over(arena, home, origins)
}

/// Gives what the program does not fill its contents, and keeps everything as initial.
fn take_over(
    arena: &mut Arena,
    home: &Places,
    mut origins: Vec<Origin>,
) -> std::io::Result<Vec<Origin>> {
    for (position, origin) in origins.iter_mut().enumerate() {
        let Some(buffer) = arena.buffers().get(position).cloned() else { continue };
        let live = arena.live_mut(position);
        if home.is_writable(position) && (buffer.replaced || *origin == Origin::Contents) {
            contents::fill(live, &buffer);
            *origin = Origin::Contents;
        } else if home.is_own(position) {
            live.copy_from_slice(home.bytes(position));
        }
    }
    arena.keep_initial()?;
    Ok(origins)
}

/// Which of these buffers the initializer writes to, tried in a copy of this process: whatever it does there
/// stays there. None, if it does not come to its end.
fn written_in_a_copy(
    buffers: &[usize],
    home: &Places,
    initializer: Initializer<'_>,
    patience: Duration,
) -> Vec<bool> {
    let nothing = vec![false; buffers.len()];
    let mut ends = [0; 2];
    // SAFETY: fills in two descriptors, which become files with one owner each.
    let (mut output, input) = unsafe {
        if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
            return nothing;
        }
        (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1]))
    };
    // SAFETY: the copy has this thread alone. It calls the initializer, writes to the pipe and ends; should
    // it wait for a thread that it does not have, the timer ends it.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return nothing;
    }
    if child == 0 {
        confinement::die_with_parent();
        confinement::within(patience, || {
            let lengths = buffers.iter().map(|buffer| home.bytes(*buffer).len());
            for (buffer, length) in buffers.iter().zip(lengths) {
                home.write(*buffer, &vec![PROBE; length]);
            }
            initializer();
        });
        let written = |buffer: &usize| home.bytes(*buffer).iter().any(|byte| *byte != PROBE);
        let answer: Vec<u8> = buffers.iter().map(|buffer| u8::from(written(buffer))).collect();
        let _ = std::io::Write::write_all(&mut &input, &answer);
        confinement::end(0);
    }
    drop(input);
    let mut answer = vec![0; buffers.len()];
    let complete = is_readable(&output, patience + Duration::from_secs(1))
        && output.read_exact(&mut answer).is_ok();
    // SAFETY: reaps the one child that was started here; its end of the pipe is closed, and if it did that
    // itself and goes on, it is killed.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    if complete { answer.iter().map(|byte| *byte != 0).collect() } else { nothing }
}

/// Waits for something to read, which may be the end.
fn is_readable(file: &File, patience: Duration) -> bool {
    let milliseconds = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    let mut watched = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid `pollfd`, whose descriptor is open.
    unsafe { libc::poll(&mut watched, 1, milliseconds) > 0 }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
