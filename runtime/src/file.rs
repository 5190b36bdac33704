//! Files that appear whole or not at all, and files that are read up to a bound.

use std::io::{self, Read, Write};
use std::path::Path;

/// All of a file that has at most so many bytes. What goes on beyond them, as `/dev/zero` does, is an error.
pub fn read_bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is longer than {most} bytes")));
    }
    Ok(bytes)
}

/// Writes a file through a temporary one in the same folder, which then takes its name: a reader
/// sees the old contents or the new ones, and an interrupted write leaves nothing behind. An
/// existing file keeps its permissions, and a link leads to the file that is replaced. What is no
/// ordinary file, such as `/dev/null` or a pipe, is written to and stays what it is: another file
/// with its name would break every program that uses it.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let with_path = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()))
    };
    let resolved = path.canonicalize();
    let path = resolved.as_deref().unwrap_or(path);
    if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        let mut file = std::fs::OpenOptions::new().write(true).open(path).map_err(with_path)?;
        return file.write_all(bytes).map_err(with_path);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if path.is_dir() {
        return Err(with_path(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let mut file = tempfile::Builder::new()
        .prefix(".loopwright-")
        .permissions(permissions(path))
        .tempfile_in(folder)
        .map_err(with_path)?;
    crate::guard::announce(file.path());
    file.write_all(bytes).map_err(with_path)?;
    file.as_file().sync_data().map_err(with_path)?;
    file.persist(path).map_err(|error| with_path(error.error))?;
    Ok(())
}

/// The permissions of the file that is replaced, or those of an ordinary new file, from which the
/// system takes the user's mask.
fn permissions(path: &Path) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => std::fs::Permissions::from_mode(0o666),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("out.json");
        write_atomically(&path, b"old").expect("written");
        write_atomically(&path, b"new").expect("replaced");
        assert_eq!(std::fs::read(&path).expect("read"), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
        let mode = std::fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o600, 0o600);
    }

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let error = read_bounded(Path::new("/dev/zero"), 1000).expect_err("endless");
        assert!(error.to_string().contains("1000 bytes"), "{error}");
        let folder = tempfile::tempdir().expect("temporary folder");
        assert!(read_bounded(folder.path(), 1000).is_err());
        let path = folder.path().join("text");
        std::fs::write(&path, b"12345").expect("written");
        assert_eq!(read_bounded(&path, 5).expect("short enough"), b"12345");
        assert!(read_bounded(&path, 4).is_err());
    }

    #[test]
    fn a_pipe_stays_a_pipe() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().expect("temporary folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).expect("read")
        });
        write_atomically(&pipe, b"through").expect("written");
        let kind = std::fs::metadata(&pipe).expect("metadata").file_type();
        assert!(kind.is_fifo(), "the pipe was replaced");
        assert_eq!(reader.join().expect("reader"), b"through");
    }

    #[test]
    fn a_link_leads_to_the_file_that_is_replaced() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, b"old").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        write_atomically(&link, b"new").expect("replaced");
        assert_eq!(std::fs::read(&file).expect("read"), b"new");
        assert!(link.is_symlink(), "the link was replaced");
    }

    #[test]
    fn an_error_names_the_path() {
        let error =
            write_atomically(Path::new("/nonexistent/folder/file"), b"").expect_err("no folder");
        assert!(error.to_string().contains("/nonexistent/folder/file"), "{error}");
        let folder = tempfile::tempdir().expect("temporary folder");
        assert!(write_atomically(folder.path(), b"").is_err());
    }
}
