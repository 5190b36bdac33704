//! Finds and loads the libclang shared library, once a process.

use clang_sys::SharedLibrary;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Where LLVM 19 is installed by Debian's and LLVM's own packages.
const PREFERRED_DIRECTORY: &str = "/usr/lib/llvm-19/lib";

/// The variable by which clang-sys, like other bindings, is told where to look.
const PATH_VARIABLE: &str = "LIBCLANG_PATH";

/// The variable by which libclang is told to start no threads.
const THREADS_VARIABLE: &str = "LIBCLANG_NOTHREADS";

static LIBRARY: OnceLock<Result<Arc<SharedLibrary>, String>> = OnceLock::new();

/// Makes libclang's functions callable on this thread.
///
/// LLVM 19's library is preferred unless `LIBCLANG_PATH` says otherwise; then the usual places are
/// searched. The error says where was looked.
pub(super) fn ensure_loaded() -> Result<(), String> {
    let library = LIBRARY.get_or_init(load).clone()?;
    clang_sys::set_library(Some(library));
    // The functions that newer versions added; the rest exist in every version that loads.
    if clang_sys::clang_getCursorBinaryOperatorKind::is_loaded()
        && clang_sys::clang_getCursorUnaryOperatorKind::is_loaded()
        && clang_sys::clang_Cursor_getVarDeclInitializer::is_loaded()
    {
        Ok(())
    } else {
        Err("the libclang that was found is older than version 17".to_owned())
    }
}

fn load() -> Result<Arc<SharedLibrary>, String> {
    let preferred = std::env::var_os(PATH_VARIABLE).is_none() && has_libclang(PREFERRED_DIRECTORY);
    if preferred {
        // SAFETY: runs once, under the lock of `LIBRARY`; on the supported platforms the standard
        // library's own environment functions, the only ones used here, are synchronised.
        unsafe { std::env::set_var(PATH_VARIABLE, PREFERRED_DIRECTORY) };
    }
    // SAFETY: as above. Without this libclang parses on a thread of its own, whose stack is too small for
    // long expressions; with it, on the calling one.
    unsafe { std::env::set_var(THREADS_VARIABLE, "1") };
    let result = clang_sys::load_manually().map(Arc::new);
    if preferred {
        // SAFETY: as above.
        unsafe { std::env::remove_var(PATH_VARIABLE) };
    }
    result
}

fn has_libclang(directory: &str) -> bool {
    let Ok(entries) = Path::new(directory).read_dir() else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        (name.starts_with("libclang.so") || name.starts_with("libclang-"))
            && name.contains(".so")
            && !name.starts_with("libclang-cpp")
    })
}
