//! A process of our own that does what cannot be stopped, so that it can be killed.
//!
//! It is no worker: what it runs is ours, but may take any time and any memory.

use super::confinement::{end_with_parent, limit_memory, no_core_dumps, take_standard_streams};
use std::fs::File;
use std::io;

/// Takes standard input and output for a protocol, and has this process end when its parent's end of the input
/// closes, whatever it is doing then.
pub fn helper_streams() -> io::Result<(File, File)> {
    let (input, output) = take_standard_streams()?;
    end_with_parent(&input)?;
    no_core_dumps();
    Ok((input, output))
}

/// Lets this process map so many bytes more than it has now.
pub fn limit_helper(bytes: u64) {
    limit_memory(bytes);
}
