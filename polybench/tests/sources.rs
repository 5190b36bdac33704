//! What the registry says of a kernel, against what a C compiler sees in its source.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use loopwright_polybench::{HEADER_PATH, Kernel, Size, by_name, kernels, write_sources};

/// Runs the first C compiler that is installed.
fn compiler(arguments: &[&str], directory: &Path) -> Output {
    for name in ["clang-19", "clang", "cc"] {
        let run = Command::new(name).args(arguments).current_dir(directory).output();
        if let Ok(output) = run {
            return output;
        }
    }
    panic!("this test needs a C compiler: clang-19, clang or cc");
}

fn checked(output: Output, what: &str) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}:\n{errors}");
    assert!(errors.is_empty(), "{what}:\n{errors}");
    String::from_utf8(output.stdout).expect("a source is UTF-8")
}

/// The sources in a folder of their own, as an installed program would have them.
fn installed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for the sources");
    write_sources(folder.path()).expect("the sources are written");
    folder
}

/// A source that includes the kernel once for each size and marks what it then sees. The include
/// guard and the symbols that depend on the size are cleared in between; it is preprocessed only.
fn probe(kernel: &Kernel) -> String {
    let mut text = String::new();
    for size in Size::ALL {
        let names = kernel.parameters.join(" ");
        let (define, path) = (size.define(), kernel.relative_path);
        writeln!(text, "@ {size}").unwrap();
        writeln!(text, "#define {define}\n#include \"{path}\"").unwrap();
        writeln!(text, "@ values {names}").unwrap();
        for symbol in
            kernel.parameters.iter().chain(&[define, "POLYBENCH_SIZE", "LOOPWRIGHT_POLYBENCH_H"])
        {
            writeln!(text, "#undef {symbol}").unwrap();
        }
    }
    text
}

/// The parameters of the function `name` in a preprocessed source, white space reduced.
fn signature(preprocessed: &str, name: &str) -> Vec<String> {
    let start = format!("static void {name}(");
    let (_, rest) = preprocessed.split_once(&start).unwrap_or_else(|| panic!("no function {name}"));
    let (parameters, _) = rest.split_once(')').expect("the end of the parameters");
    parameters
        .split(',')
        .map(|parameter| parameter.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The declared name in a parameter such as `double *alpha` or `double A[30][20]`.
fn declared(parameter: &str) -> &str {
    let (declaration, _) = parameter.split_once('[').unwrap_or((parameter, ""));
    declaration.rsplit([' ', '*']).next().unwrap_or(declaration)
}

#[test]
fn there_are_thirty_kernels_of_different_names() {
    let names: BTreeSet<_> = kernels().iter().map(|kernel| kernel.name).collect();
    let paths: BTreeSet<_> = kernels().iter().map(|k| k.relative_path).collect();
    assert_eq!(kernels().len(), 30);
    assert_eq!(names.len(), 30);
    assert_eq!(paths.len(), 30);
    for kernel in kernels() {
        assert_eq!(by_name(kernel.name).map(|k| k.name), Some(kernel.name));
        assert_eq!(kernel.sizes(Size::Mini).len(), kernel.parameters.len());
    }
    assert!(by_name("no-such-kernel").is_none());
}

#[test]
fn sources_compile_without_warnings() {
    let folder = installed();
    for kernel in kernels() {
        let arguments = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", kernel.relative_path];
        checked(compiler(&arguments, folder.path()), kernel.name);
    }
}

#[test]
fn extents_are_those_of_the_sources() {
    let folder = installed();
    for kernel in kernels() {
        let file = format!("{}-probe.c", kernel.name);
        std::fs::write(folder.path().join(&file), probe(kernel)).expect("the probe is written");
        let text = checked(compiler(&["-E", "-P", &file], folder.path()), kernel.name);
        for size in Size::ALL {
            let (_, seen) = text.split_once(&format!("@ {size}\n")).expect("the size");
            let (seen, rest) = seen.split_once("@ values ").expect("the values");
            let values: Vec<u64> = rest
                .lines()
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .map(|value| value.parse().expect("an extent is a number"))
                .collect();
            let registered: Vec<u64> = kernel.sizes(size).iter().map(|&(_, v)| v).collect();
            assert_eq!(values, registered, "{} {size}", kernel.name);
            check_signature(kernel, size, seen);
        }
    }
}

/// The arrays of the kernel function, in order, with element types and extents; and that everything
/// `init_array` takes is known to the kernel by the same name.
fn check_signature(kernel: &Kernel, size: Size, seen: &str) {
    let parameters = signature(seen, &kernel.function());
    let arrays: Vec<&String> = parameters.iter().filter(|p| p.contains('[')).collect();
    let registered: Vec<String> = kernel
        .arrays(size)
        .iter()
        .map(|array| {
            let extents: String = array.extents.iter().map(|e| format!("[{e}]")).collect();
            format!("{} {}{extents}", array.element, array.name)
        })
        .collect();
    // `base` is the name that nussinov gives to the type of its sequence.
    let arrays: Vec<String> =
        arrays.into_iter().map(|array| array.replacen("base ", "char ", 1)).collect();
    assert_eq!(arrays, registered, "{} {size}", kernel.name);

    let known: BTreeSet<&str> = parameters.iter().map(|p| declared(p)).collect();
    for parameter in kernel.parameters {
        let lower = parameter.to_lowercase();
        assert!(known.contains(lower.as_str()), "{} {lower}", kernel.name);
    }
    for parameter in signature(seen, "init_array") {
        let name = declared(&parameter);
        assert!(known.contains(name), "{}: init_array's {name}", kernel.name);
    }
}

#[test]
fn sources_that_cannot_be_written_are_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").expect("a file");
    let error = write_sources(&file).expect_err("a file holds no folders");
    assert!(error.path.starts_with(&file), "{error}");
    // Nor may a folder stand where a file is to go.
    std::fs::create_dir(folder.path().join(HEADER_PATH)).expect("a folder");
    let error = write_sources(folder.path()).expect_err("a folder is no file");
    assert_eq!(error.path, folder.path().join(HEADER_PATH));
}
