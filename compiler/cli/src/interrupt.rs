//! Ctrl-C: the first one asks long work to end with the best so far, the second one ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the first Ctrl-C sets. May be called once in a process; a later call gives a flag
/// that is never set.
pub fn flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let in_handler = Arc::clone(&flag);
    let installed = ctrlc::set_handler(move || {
        if in_handler.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        eprintln!("\ninterrupted: ending with the best so far (again to stop at once)");
    });
    if let Err(error) = installed {
        eprintln!("note: Ctrl-C will not be handled: {error}");
    }
    flag
}
