//! The embedded sources, and how they get back into files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::catalogue::kernels;

/// The header that every kernel includes.
pub const HEADER: &str = include_str!("../polybench.h");

/// Where the header lies below the folder of the kernels.
pub const HEADER_PATH: &str = "polybench.h";

/// A source that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", path.display())]
pub struct WriteError {
    /// The file, or the folder that was to hold it.
    pub path: PathBuf,
    #[source]
    pub source: io::Error,
}

/// Writes the header and all kernels below `directory`, in the folders of the suite, replacing
/// files of the same names. Folders are made as needed.
///
/// # Errors
///
/// The first file or folder that cannot be written; those before it stay.
pub fn write_sources(directory: &Path) -> Result<(), WriteError> {
    let header = (HEADER_PATH, HEADER);
    let all = kernels().iter().map(|k| (k.relative_path, k.source));
    for (relative, text) in std::iter::once(header).chain(all) {
        let path = directory.join(relative);
        let folder = path.parent().unwrap_or(directory);
        fs::create_dir_all(folder)
            .map_err(|source| WriteError { path: folder.to_owned(), source })?;
        fs::write(&path, text).map_err(|source| WriteError { path, source })?;
    }
    Ok(())
}
