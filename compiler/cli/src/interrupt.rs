//! Ctrl-C: the first one asks long work to end with the best so far, the second one ends the program.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// The one flag of the process.
static FLAG: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// A flag that is set when long work shall end: by the first Ctrl-C, or by [`request`].
pub fn flag() -> Arc<AtomicBool> {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        let installed = ctrlc::set_handler(move || {
            if FLAG.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            eprintln!("\ninterrupted: ending with the best so far (again to stop at once)");
        });
        if let Err(error) = installed {
            eprintln!("note: Ctrl-C will not be handled: {error}");
        }
    });
    Arc::clone(&FLAG)
}

/// Asks long work to end, as a Ctrl-C does.
pub fn request() {
    FLAG.store(true, Ordering::SeqCst);
}
