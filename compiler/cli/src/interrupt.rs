//! Signals that ask the program to end: of a terminal (Ctrl-C), of whoever ends processes, of a line that is hung up.
//!
//! The first one asks long work to end with the best so far, the second one ends the program. Commands that have no
//! best so far, since they do not look at [`flag`], end at the first. Either way nothing is left behind.

use loopwright_runtime::guard;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// The one flag of the process.
static FLAG: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether the command looks at it.
static IS_WATCHED: AtomicBool = AtomicBool::new(false);

/// What a shell reports of a program that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: i32 = 128 + 2;

/// How long a command may take to end after the first signal.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes over the signals; called once, before any work. A hang-up that is ignored, as by `nohup`, stays so.
pub fn install() {
    let signals = AtomicU32::new(0);
    let installed = guard::keep_ignored_hangup(|| {
        ctrlc::set_handler(move || {
            let is_first = signals.fetch_add(1, Ordering::SeqCst) == 0;
            FLAG.store(true, Ordering::SeqCst);
            if !is_first || !IS_WATCHED.load(Ordering::SeqCst) {
                guard::exit(INTERRUPTED);
            }
            eprintln!("\ninterrupted: ending with the best so far (again to stop at once)");
            std::thread::spawn(|| {
                std::thread::sleep(PATIENCE);
                eprintln!("stopped: it did not end within {} s", PATIENCE.as_secs());
                guard::exit(INTERRUPTED);
            });
        })
    });
    if let Err(error) = installed {
        eprintln!("note: signals will not be handled: {error}");
    }
}

/// A flag that is set when long work shall end: by the first signal, or by [`request`]. Whoever takes it looks at
/// it at least every few seconds.
pub fn flag() -> Arc<AtomicBool> {
    IS_WATCHED.store(true, Ordering::SeqCst);
    Arc::clone(&FLAG)
}

/// Asks long work to end, as a signal does.
pub fn request() {
    FLAG.store(true, Ordering::SeqCst);
}
