//! Where the user's own files lie.

use std::path::{Path, PathBuf};

/// Our folder among the user's caches, as XDG_CACHE_HOME or HOME says. It need not exist.
pub fn user_cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|text| !text.is_empty());
    let cache = folder("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&folder("HOME")?).join(".cache")))?;
    Some(cache.join("loopwright"))
}
