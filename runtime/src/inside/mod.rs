//! Native code in this very process, for fuzzing: thousands of small functions a second.
//!
//! This is for processes that may die: whoever calls [`InsideLibrary::call`] trusts the code with its
//! own memory, says beforehand elsewhere what it is about to call, and is replaced when it crashes.
//! The buffers of a [`Workspace`] lie between pages that nobody may touch, so that what leaves them is a fault there and then,
//! whoever reads or writes it.

mod watch;
mod workspace;

pub use workspace::{Side, Workspace};

use crate::EntryPoint;
use crate::serve::library::{Entry, Libraries};
use std::ffi::c_void;
use std::path::{Path, PathBuf};

/// The libraries of this process, never unloaded.
pub struct InsideLibraries {
    libraries: Libraries,
}

impl Default for InsideLibraries {
    fn default() -> Self {
        Self::new()
    }
}

impl InsideLibraries {
    /// With libm and OpenMP's runtime.
    pub fn new() -> Self {
        Self { libraries: Libraries::with_runtimes() }
    }

    /// A function of a library.
    pub(crate) fn entry(&mut self, library: &Path, symbol: &str) -> Result<Entry, String> {
        let entry = EntryPoint::new(library.to_owned(), symbol);
        self.libraries.entry(&entry)
    }

    /// A library, which is loaded and stays.
    pub fn load(&mut self, path: &Path) -> InsideLibrary<'_> {
        InsideLibrary { libraries: &mut self.libraries, path: path.to_owned() }
    }
}

/// One library.
pub struct InsideLibrary<'a> {
    libraries: &'a mut Libraries,
    path: PathBuf,
}

impl InsideLibrary<'_> {
    /// Calls `void symbol(void **buffers, const int64_t *parameters)` in this process.
    ///
    /// # Errors
    /// In words, if the library does not load or has no such symbol.
    pub fn call(
        &mut self,
        symbol: &str,
        workspace: &mut Workspace,
        parameters: &[i64],
    ) -> Result<(), String> {
        let entry = EntryPoint::new(self.path.clone(), symbol);
        let function = self.libraries.entry(&entry)?;
        let mut pointers: Vec<*mut c_void> = workspace.pointers();
        // SAFETY: the code gets what its interface promises; see the module's text for the rest.
        unsafe { function(pointers.as_mut_ptr(), parameters.as_ptr()) };
        Ok(())
    }

    /// As [`call`](Self::call), but what the code touches of the workspace's [hidden](Workspace::hide) buffers is there
    /// at once, and they are hidden no longer. For one thread at a time, and for code that starts none.
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    pub fn call_watched(
        &mut self,
        symbol: &str,
        workspace: &mut Workspace,
        parameters: &[i64],
    ) -> Result<(), String> {
        let watch = watch::Watch::begin(&workspace.hidden_pages())?;
        let called = self.call(symbol, workspace, parameters);
        workspace.seen(&watch.end());
        called
    }
}
