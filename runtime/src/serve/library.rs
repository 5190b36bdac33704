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
use std::time::Duration;

/// The interface of everything that is run.
pub type Entry = unsafe extern "C" fn(buffers: *mut *mut c_void, parameters: *const i64);

/// Where LLVM's OpenMP runtime is looked for, after the loader's own places.
const OPENMP: [&str; 3] = ["libomp.so.5", "/usr/lib/llvm-19/lib/libomp.so.5", "libomp.so"];

/// Device, inode, and time of the last change: what tells a rewritten file.
type Identity = (u64, u64, i64, i64);

struct Loaded {
    library: ManuallyDrop<Library>,
    identity: Identity,
    /// Whether loading it started threads, which are another pool than OpenMP's.
    has_threads: bool,
}

/// How long the idle threads of one pool spin before they sleep and leave the cores to another pool's:
/// libomp's wait 200 ms (`KMP_BLOCKTIME`), OpenBLAS's about 2^26 cycles.
const SPINNING: Duration = Duration::from_millis(250);

#[derive(Default)]
pub struct Libraries {
    loaded: HashMap<PathBuf, Loaded>,
    /// Those of the process, before OpenMP's runtime binds the calling thread to one.
    cores: Option<Cores>,
    /// The last one that was called.
    called: Option<PathBuf>,
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
        Self { cores: Cores::of_this_thread(), ..Self::default() }
    }

    /// Waits until the threads of another pool than a function's sleep, since they would take the cores
    /// from its own: where its library or the one asked for before has threads. Gives whether it waited; the
    /// function's own threads then sleep as well, and cores that idled are slow for a while.
    pub fn quieten(&mut self, entry: &EntryPoint) -> Result<bool, String> {
        self.library(&entry.library)?;
        let has_threads =
            |path: &Path| self.loaded.get(path).is_some_and(|library| library.has_threads);
        let waits = self.called.as_ref().is_some_and(|before| {
            *before != entry.library && (has_threads(before) || has_threads(&entry.library))
        });
        if waits {
            std::thread::sleep(SPINNING);
        }
        self.called = Some(entry.library.clone());
        Ok(waits)
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
            let before = count_threads();
            let library = self.cores.map_or_else(open, |cores| cores.during(open));
            let library = library.map_err(|error| in_words(&error))?;
            let has_threads = count_threads() > before;
            let loaded = Loaded { library: ManuallyDrop::new(library), identity, has_threads };
            self.loaded.insert(path.to_owned(), loaded);
        }
        match self.loaded.get(path) {
            Some(loaded) if loaded.identity == identity => Ok(&loaded.library),
            _ => Err(in_words(&"changed after it was loaded; a new candidate needs a new path")),
        }
    }
}

/// How many threads this process has; none where the system does not say.
fn count_threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn threads_of_another_pool_come_to_rest_first() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let make = |name: &str, start: &str| {
            let source = folder.path().join(format!("{name}.c"));
            let text = format!(
                "#include <pthread.h>\n#include <unistd.h>\n\
                 static void *rest(void *nothing) {{ pause(); return nothing; }}\n\
                 __attribute__((constructor)) static void start(void) {{ pthread_t thread; {start} (void)rest; }}\n\
                 void entry(void **buffers, const long *values) {{}}\n"
            );
            std::fs::write(&source, text).expect("written");
            let library = folder.path().join(format!("{name}.so"));
            let flags = ["-shared", "-fPIC", "-pthread"];
            crate::compile_c(&source, &flags, "cc", &library, Duration::from_secs(30))
                .expect("compiles");
            EntryPoint::new(library, "entry")
        };
        let with_threads = make("pool", "pthread_create(&thread, 0, rest, 0);");
        let plain = [make("first", "(void)thread;"), make("second", "(void)thread;")];
        let mut libraries = Libraries::default();
        let mut time = |entry: &EntryPoint| {
            let start = Instant::now();
            let waited = libraries.quieten(entry).expect("an entry point");
            assert_eq!(waited, start.elapsed() >= SPINNING);
            libraries.entry(entry).expect("an entry point");
            start.elapsed()
        };
        for entry in plain.iter().chain([&with_threads]) {
            time(entry);
        }
        assert!(time(&with_threads) < SPINNING);
        assert!(time(&plain[0]) >= SPINNING);
        // Other tests' threads may start while a library without any is loaded, which then waits as well.
        time(&plain[1]);
        assert!(time(&with_threads) >= SPINNING);
    }
}
