//! Standard output and standard error, checked: nothing that is printed can panic.
//!
//! `print!`, `println!`, `eprint!` and `eprintln!` of the standard library panic when nobody takes what they write (a
//! full disk, a pipe whose reader has gone). The macros below have the same names, so that no command can use
//! the others by mistake; they are the only ones in this crate. What cannot be written to standard output
//! is remembered, asks long work to end, and decides the exit code in [`conclude`]. What cannot be written to
//! standard error is dropped: there is nobody left to tell.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::interrupt;
use miette::MietteHandlerOpts;
use serde::Serialize;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use terminal_size::terminal_size_of;

/// Prints to standard output; see [`crate::terminal`].
macro_rules! print {
    ($($argument:tt)*) => { $crate::terminal::print(format_args!($($argument)*)) };
}

/// Prints a line to standard output; see [`crate::terminal`].
macro_rules! println {
    () => { $crate::terminal::print(format_args!("\n")) };
    ($($argument:tt)*) => {
        $crate::terminal::print(format_args!("{}\n", format_args!($($argument)*)))
    };
}

/// Prints to standard error; see [`crate::terminal`].
macro_rules! eprint {
    ($($argument:tt)*) => { $crate::terminal::print_error(format_args!($($argument)*)) };
}

/// Prints a line to standard error; see [`crate::terminal`].
macro_rules! eprintln {
    () => { $crate::terminal::print_error(format_args!("\n")) };
    ($($argument:tt)*) => {
        $crate::terminal::print_error(format_args!("{}\n", format_args!($($argument)*)))
    };
}

/// What a shell reports of a program that wrote to a pipe without a reader: 128 and the signal's number.
/// (The signal itself stays ignored: it would end this process too when a worker dies.)
const BROKEN_PIPE: u8 = 128 + 13;

/// Of standard output.
#[derive(Default)]
struct State {
    /// Why it takes nothing any more.
    broken: Option<io::Error>,
    /// Whether it is kept for a file (`--output -`), so that reports go to standard error.
    reserved: bool,
    /// Whether a JSON document was printed.
    documented: bool,
    /// Whether lines of reports may be as long as they get.
    wide: bool,
}

static STATE: Mutex<State> =
    Mutex::new(State { broken: None, reserved: false, documented: false, wide: false });

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the macros `print!` and `println!` call.
pub fn print(text: fmt::Arguments<'_>) {
    // Before the state is locked: a table asks how wide it may be.
    let text = text.to_string();
    let mut state = state();
    if state.reserved {
        drop(state);
        print_error(format_args!("{text}"));
    } else {
        state.write(text.as_bytes());
    }
}

/// What the macro `eprintln!` calls.
pub fn print_error(text: fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_fmt(text);
}

impl State {
    fn write(&mut self, bytes: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        let mut output = io::stdout().lock();
        if let Err(error) = output.write_all(bytes) {
            self.broken = Some(error);
            interrupt::request();
        }
    }
}

/// Keeps standard output for a file's bytes: what else is printed goes to standard error.
pub fn reserve() {
    state().reserved = true;
}

/// Writes a file's bytes to standard output.
pub fn write(bytes: &[u8]) {
    state().write(bytes);
}

/// Prints a document as JSON.
pub fn print_json(document: &impl Serialize) -> Outcome<()> {
    let text = serde_json::to_string_pretty(document).or_fail(Kind::Other)?;
    state().documented = true;
    println!("{text}");
    Ok(())
}

/// Whether a JSON document was printed already.
pub fn is_documented() -> bool {
    state().documented
}

/// The exit code of a command that would end with `code`: another one where standard output is broken.
pub fn conclude(code: u8) -> u8 {
    let mut state = state();
    if state.broken.is_none() {
        state.broken = io::stdout().lock().flush().err();
    }
    let Some(error) = state.broken.take() else { return code };
    drop(state);
    if error.kind() == io::ErrorKind::BrokenPipe {
        return BROKEN_PIPE;
    }
    let failure =
        Failure::new(Kind::Environment, format!("cannot write to standard output: {error}"));
    failure.print();
    if code == 0 { failure.kind as u8 } else { code }
}

/// The narrowest width that anything is laid out for.
const NARROWEST: usize = 20;

/// How many columns a line may have on a stream: as many as COLUMNS says, or the terminal. `None` where there
/// is no terminal, or where it does not know: then lines are as long as they are.
fn width_of(stream: impl AsFd) -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let found = || Some(usize::from(terminal_size_of(stream)?.0.0));
    told.filter(|columns| *columns > 0).or_else(found).map(|columns| columns.max(NARROWEST))
}

/// How many columns reports have.
pub fn width() -> Option<usize> {
    width_of(io::stdout()).filter(|_| !state().wide)
}

/// Lets lines of reports be as long as they get.
pub fn widen() {
    state().wide = true;
}

/// Whether lines may be as long as they get.
pub fn is_wide() -> bool {
    state().wide
}

/// How many columns messages have.
pub fn error_width() -> Option<usize> {
    width_of(io::stderr())
}

/// Whether standard error shows colours: it is a terminal, and NO_COLOR is not set to anything.
pub fn colours() -> bool {
    io::stderr().is_terminal() && wanted()
}

/// The same of standard output.
pub fn colours_on_output() -> bool {
    io::stdout().is_terminal() && wanted()
}

fn wanted() -> bool {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !forbidden && !dumb
}

/// Has messages laid out for where they go to: wrapped and coloured on terminals only.
pub fn set_up_messages() {
    let options = || {
        let options = MietteHandlerOpts::new();
        let options = match error_width() {
            Some(columns) => options.width(columns),
            None => options.wrap_lines(false),
        };
        if colours() { options } else { options.color(false) }
    };
    // Fails only where it was set before, which nobody does.
    let _ = miette::set_hook(Box::new(move |_| Box::new(options().build())));
}
