//! Loading shared objects, and keeping them.
//!
//! Functions are looked up when they are called, so that those of other files do not matter unless
//! they are needed; see [`undefined`] for other references. Constructors may change how the processor
//! computes: each library runs in the mode that its own set, and no other does.
//!
//! Nothing is ever unloaded: threads of an OpenMP runtime may still spin in a library's code. The
//! system's loader knows libraries by their path and would give the old code for a file that was
//! written anew, so such a file is refused.

use super::affinity::Cores;
use super::floating::Mode;
use super::undefined::{self, Tolerant};
use crate::protocol::EntryPoint;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LAZY, RTLD_NOW, Symbol};
use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsString, c_void};
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
    /// How its constructors left the processor, where that is not as before.
    mode: Option<Mode>,
    /// Its copy in memory, if something that it refers to is missing.
    _copy: Option<Tolerant>,
}

/// How long the idle threads of one pool spin before they sleep and leave the cores to another pool's:
/// libomp's wait 200 ms (`KMP_BLOCKTIME`), OpenBLAS's about 2^26 cycles.
pub(crate) const SPINNING: Duration = Duration::from_millis(250);

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

    /// The mode that a loaded library's constructors have set, in which its functions run.
    pub fn mode(&self, library: &Path) -> Option<Mode> {
        self.loaded.get(library).and_then(|loaded| loaded.mode)
    }

    /// The function, whose library is loaded at the first use. An error is in words.
    pub fn entry(&mut self, entry: &EntryPoint) -> Result<Entry, String> {
        let library = self.library(&entry.library)?;
        // SAFETY: the symbol is called only through the documented interface, and its library stays.
        let symbol: Symbol<Entry> = unsafe { library.get(entry.symbol.as_bytes()) }
            .map_err(|error| format!("{}: {}", entry.library.display(), in_full(&error)))?;
        Ok(*symbol)
    }

    fn library(&mut self, path: &Path) -> Result<&Library, String> {
        let in_words = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let metadata = std::fs::metadata(path).map_err(|error| in_words(&error))?;
        let identity = (metadata.dev(), metadata.ino(), metadata.mtime(), metadata.mtime_nsec());
        if !self.loaded.contains_key(path) {
            // Initialisers may start threads, as OpenBLAS's do, which would all share the caller's core.
            let before = threads();
            let usual = Mode::current();
            let (opened, left) = usual.during(|| {
                let open = || open_tolerantly(path);
                self.cores.map_or_else(open, |cores| cores.during(open))
            });
            let (library, copy) = opened.map_err(|error| in_words(&error))?;
            let loaded = Loaded {
                library: ManuallyDrop::new(library),
                identity,
                has_threads: !threads().is_subset(&before),
                mode: (left != usual).then_some(left),
                _copy: copy,
            };
            self.loaded.insert(path.to_owned(), loaded);
        }
        match self.loaded.get(path) {
            Some(loaded) if loaded.identity == identity => Ok(&loaded.library),
            _ => Err(in_words(&"changed after it was loaded; a new candidate needs a new path")),
        }
    }
}

/// Loads a library; if something is missing that has to be there at once, a copy that can do without it.
fn open_tolerantly(path: &Path) -> Result<(Library, Option<Tolerant>), String> {
    // SAFETY: the library's initialisers run in this process, which exists for that.
    let open = |path: &Path| unsafe { Library::open(Some(path), RTLD_LAZY) };
    let error = match open(path) {
        Ok(library) => return Ok((library, None)),
        Err(error) => in_full(&error),
    };
    if !error.contains("undefined symbol") {
        return Err(error);
    }
    let copy = undefined::tolerant(path).map_err(|reason| format!("{error} ({reason})"))?;
    let library = open(Path::new(&undefined::name(&copy.file))).map_err(|error| in_full(&error))?;
    // For whoever looks into why this process died.
    let missing = copy.references.iter().filter(|name| !is_defined(&library, name));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    eprintln!("{}{}", undefined::NOTE, missing.join(" "));
    Ok((library, Some(copy)))
}

/// Whether a name has an address, for a library and what it is loaded with, or for everybody.
fn is_defined(library: &Library, name: &str) -> bool {
    let found = |library: &Library| {
        // SAFETY: the address is only compared.
        unsafe { library.get::<*mut c_void>(name.as_bytes()) }
            .is_ok_and(|symbol| !symbol.into_raw().is_null())
    };
    found(library) || found(&Library::this())
}

/// An error with what the system's loader said.
fn in_full(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The numbers of this process's threads; none where the system does not say.
fn threads() -> BTreeSet<OsString> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    tasks.flatten().map(|task| task.file_name()).collect()
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
