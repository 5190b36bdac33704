//! The outside programs that turn objects and C files into something that a worker can load.

use crate::process::{Output, ProcessError, run_bounded};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a link may take. It takes a few milliseconds.
const LINK_LIMIT: Duration = Duration::from_secs(30);

/// Why an outside program gave no file.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("`{program}` failed:\n{stderr}")]
    Failed { program: String, stderr: String },
    #[error("cannot write {}: {source}", .path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Links an object file's bytes into the shared object `folder/name` and gives its path.
///
/// Runs `ld -shared`, which is several times faster than a compiler driver, and a driver only where
/// there is no `ld`. Symbols of libm and of the OpenMP runtime stay undefined: the worker has both. Where the
/// object names functions of vectors, the shared object asks for libmvec.
pub fn link_shared(object: &[u8], folder: &Path, name: &str) -> Result<PathBuf, ToolchainError> {
    let input = folder.join(format!("{name}.o"));
    let output = folder.join(name);
    std::fs::write(&input, object)
        .map_err(|source| ToolchainError::Write { path: input.clone(), source })?;
    let command = |program: &str| {
        let mut command = Command::new(program);
        command.arg("-shared");
        if program == "ld" {
            command.args(["-z", "noexecstack"]);
        }
        command.arg("-o").arg(&output).arg(&input);
        if names_vector_functions(object) {
            let as_needed = if program == "ld" { "--as-needed" } else { "-Wl,--as-needed" };
            command.args([as_needed, "-l:libmvec.so.1"]);
        }
        command
    };
    let (linker, result) = match run_bounded(command("ld"), LINK_LIMIT) {
        Err(ProcessError::Start { .. }) => ("cc", run_bounded(command("cc"), LINK_LIMIT)),
        result => ("ld", result),
    };
    // The object is only needed for the link; a file that cannot be removed does no harm in a
    // temporary folder.
    let _ = std::fs::remove_file(&input);
    succeeded(linker, result?)?;
    Ok(output)
}

/// Whether an object names functions of x86's vector function ABI, which libmvec has: `_ZGV`, a letter for the
/// registers, and `N`. C++ begins the names of its guards alike, but never goes on like that.
fn names_vector_functions(object: &[u8]) -> bool {
    object
        .windows(6)
        .any(|bytes| matches!(bytes, [b'_', b'Z', b'G', b'V', b'b' | b'c' | b'd' | b'e', b'N']))
}

/// Compiles one C file into the file `output` with the given compiler and flags, which decide what
/// it is (`-shared -fPIC`, `-c`, …). Warnings are dropped; an error carries the compiler's words.
pub fn compile_c<Flag: AsRef<OsStr>>(
    source: &Path,
    flags: &[Flag],
    compiler: &str,
    output: &Path,
    limit: Duration,
) -> Result<(), ToolchainError> {
    let mut command = Command::new(compiler);
    command.args(flags).arg("-o").arg(output).arg(source);
    // The C library's libraries come after the files that use them.
    let links = !flags.iter().any(|flag| ["-c", "-S", "-E"].iter().any(|it| flag.as_ref() == *it));
    if links {
        command.arg("-lm");
    }
    succeeded(compiler, run_bounded(command, limit)?)
}

fn succeeded(program: &str, output: Output) -> Result<(), ToolchainError> {
    if output.status.success() {
        return Ok(());
    }
    let mut stderr = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    if stderr.is_empty() {
        stderr = output.status.to_string();
    }
    Err(ToolchainError::Failed { program: program.to_owned(), stderr })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_error_carries_the_compilers_words() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let source = folder.path().join("bad.c");
        std::fs::write(&source, "int f( {").expect("written");
        let error = compile_c(
            &source,
            &["-c"],
            "cc",
            &folder.path().join("bad.o"),
            Duration::from_secs(30),
        )
        .expect_err("does not compile");
        assert!(error.to_string().contains("bad.c"), "{error}");
    }

    #[test]
    fn an_object_is_linked_and_garbage_is_not() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let source = folder.path().join("good.c");
        let object = folder.path().join("good.o");
        std::fs::write(&source, "void f(void **b, const long *p) { *(double *)b[0] = p[0]; }")
            .expect("written");
        compile_c(&source, &["-c", "-fPIC"], "cc", &object, Duration::from_secs(30))
            .expect("compiles");
        let bytes = std::fs::read(&object).expect("read");
        let linked = link_shared(&bytes, folder.path(), "kernel.so").expect("links");
        assert!(linked.ends_with("kernel.so") && linked.exists());
        assert!(matches!(
            link_shared(b"garbage", folder.path(), "garbage.so"),
            Err(ToolchainError::Failed { .. })
        ));
    }

    #[test]
    fn only_vector_functions_ask_for_libmvec() {
        assert!(names_vector_functions(b"\0_ZGVdN4v_exp\0"));
        assert!(names_vector_functions(b"_ZGVeN16vv_powf"));
        assert!(!names_vector_functions(b"\0_ZGVZ1fvE1x\0_ZGVN1a1bE\0exp\0"));
    }
}
