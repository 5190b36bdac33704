//! Loading shared objects, and keeping them.
//!
//! Nothing is ever unloaded: threads of an OpenMP runtime may still spin in a library's code. The
//! system's loader knows libraries by their path and would give the old code for a file that was
//! written anew, so such a file is refused.

use super::affinity::Cores;
use crate::protocol::EntryPoint;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};
use std::collections::HashMap;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The interface of everything that is run.
pub type Entry = unsafe extern "C" fn(buffers: *mut *mut c_void, parameters: *const i64);

/// Where LLVM's OpenMP runtime is looked for, after the loader's own places.
const OPENMP: [&str; 3] = ["libomp.so.5", "/usr/lib/llvm-19/lib/libomp.so.5", "libomp.so"];

/// Device, inode, and time of the last change: what tells a rewritten file.
type Identity = (u64, u64, i64, i64);

struct Loaded {
    library: ManuallyDrop<Library>,
    identity: Identity,
}

#[derive(Default)]
pub struct Libraries {
    loaded: HashMap<PathBuf, Loaded>,
    /// Those of the process, before OpenMP's runtime binds the calling thread to one.
    cores: Option<Cores>,
}

impl Libraries {
    /// With libm and OpenMP's runtime visible to all that is loaded later. Code without parallel loops
    /// runs without the latter; the loading of other code fails with the name of what is missing.
    pub fn with_runtimes() -> Self {
        for candidates in [&["libm.so.6"][..], &OPENMP] {
            let found = candidates.iter().find_map(|name| {
                // SAFETY: the initialisers of the system's own libraries run, as they would at a link.
                unsafe { Library::open(Some(*name), RTLD_NOW | RTLD_GLOBAL) }.ok()
            });
            std::mem::forget(found);
        }
        Self { loaded: HashMap::new(), cores: Cores::of_this_thread() }
    }

    /// The function, whose library is loaded at the first use. An error is in words.
    pub fn entry(&mut self, entry: &EntryPoint) -> Result<Entry, String> {
        let library = self.library(&entry.library)?;
        // SAFETY: the symbol is called only through the documented interface, and its library stays.
        let symbol: Symbol<Entry> = unsafe { library.get(entry.symbol.as_bytes()) }
            .map_err(|error| format!("{}: {error}", entry.library.display()))?;
        Ok(*symbol)
    }

    fn library(&mut self, path: &Path) -> Result<&Library, String> {
        let in_words = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let metadata = std::fs::metadata(path).map_err(|error| in_words(&error))?;
        let identity = (metadata.dev(), metadata.ino(), metadata.mtime(), metadata.mtime_nsec());
        if !self.loaded.contains_key(path) {
            // SAFETY: the library's initialisers run in this process, which exists for that.
            let open = || unsafe { Library::open(Some(path), RTLD_NOW) };
            // Initialisers may start threads, as OpenBLAS's do, which would all share the caller's core.
            let library = self.cores.map_or_else(open, |cores| cores.during(open));
            let library = library.map_err(|error| in_words(&error))?;
            let loaded = Loaded { library: ManuallyDrop::new(library), identity };
            self.loaded.insert(path.to_owned(), loaded);
        }
        match self.loaded.get(path) {
            Some(loaded) if loaded.identity == identity => Ok(&loaded.library),
            _ => Err(in_words(&"changed after it was loaded; a new candidate needs a new path")),
        }
    }
}
