//! Compiles kernels, loads them and compares their results bit by bit with the oracle's.

use crate::interpret::{Buffers, interpret};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};
use loopwright_codegen::{
    COptions, ENTRY, Kernel, Options, SymbolNames, compile, host_target, print_c, typed_name,
};
use loopwright_ir::*;
use std::ffi::c_void;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

/// Options with the verifier on.
pub fn options(program: &Program) -> Options {
    Options { verify: true, ..Options::new(host_target(), SymbolNames::both(program)) }
}

static OPENMP: Once = Once::new();

fn load(path: &Path) -> Library {
    OPENMP.call_once(|| {
        let found = ["libomp.so.5", "/usr/lib/llvm-19/lib/libomp.so.5"].iter().any(|name| {
            // SAFETY: the OpenMP runtime's initialisers have no preconditions; it is never unloaded.
            match unsafe { Library::open(Some(*name), RTLD_NOW | RTLD_GLOBAL) } {
                Ok(library) => {
                    std::mem::forget(library);
                    true
                }
                Err(_) => false,
            }
        });
        assert!(found, "libomp is not installed");
    });
    // SAFETY: the library has just been made by this crate and has no initialisers.
    unsafe { Library::open(Some(path), RTLD_NOW) }.unwrap()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{errors}");
}

/// A loaded kernel, which stays loaded.
pub struct Loaded {
    library: Library,
}

impl Loaded {
    /// Through the LLVM backend.
    pub fn native(kernel: &Kernel<'_>) -> Self {
        Self::native_with(kernel, &options(kernel.program))
    }

    /// Through the LLVM backend with other options.
    pub fn native_with(kernel: &Kernel<'_>, options: &Options) -> Self {
        let compiled = compile(kernel, options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (object, library) = (folder.path().join("k.o"), folder.path().join("k.so"));
        std::fs::write(&object, compiled.object).unwrap();
        run(Command::new("cc").arg("-shared").arg("-o").arg(&library).arg(&object).arg("-lm"));
        Self { library: load(&library) }
    }

    /// Through the printed C and clang.
    pub fn printed(kernel: &Kernel<'_>) -> Self {
        Self::printed_by(
            kernel,
            "clang-19",
            // Clang warns of what it finds in the machine itself.
            &["-Wno-invalid-feature-combination", "-Wno-pass-failed", "-L/usr/lib/llvm-19/lib"],
        )
    }

    /// Through the printed C and gcc.
    pub fn printed_by_gcc(kernel: &Kernel<'_>) -> Self {
        Self::printed_by(kernel, "gcc", &[])
    }

    fn printed_by(kernel: &Kernel<'_>, compiler: &str, more: &[&str]) -> Self {
        let text = print_c(kernel, &COptions::new(kernel.program));
        let folder = tempfile::tempdir().unwrap();
        let (source, library) = (folder.path().join("k.c"), folder.path().join("k.so"));
        std::fs::write(&source, &text).unwrap();
        run(Command::new(compiler)
            .args(["-O3", "-march=native", "-fopenmp", "-ffp-contract=off", "-fwrapv"])
            .args(["-Wall", "-Werror", "-Wno-tautological-compare"])
            .args(["-Wno-unused-but-set-variable", "-Wno-parentheses", "-Wno-unused-function"])
            .args(more)
            .args(["-fPIC", "-shared", "-o"])
            .args([&library, &source])
            .arg("-lm"));
        Self { library: load(&library) }
    }

    /// Calls the function without checks.
    pub fn entry(&self, parameters: &[i64], buffers: &mut Buffers) {
        self.entry_at(parameters, &pointers(buffers));
    }

    /// Calls the function without checks, on any pointers.
    pub fn entry_at(&self, parameters: &[i64], pointers: &[*mut c_void]) {
        // SAFETY: the kernel has this calling convention, and what it accesses is there.
        unsafe {
            let entry: Symbol<unsafe extern "C" fn(*const *mut c_void, *const i64)> =
                self.library.get(ENTRY.as_bytes()).unwrap();
            entry(pointers.as_ptr(), parameters.as_ptr());
        }
    }

    /// Calls the function with checks, on any pointers.
    pub fn typed(&self, program: &Program, parameters: &[i64], pointers: &[*mut c_void]) {
        let mut words: Vec<usize> = pointers.iter().map(|pointer| *pointer as usize).collect();
        words.extend(parameters.iter().map(|value| *value as usize));
        words.resize(8, 0);
        // SAFETY: all arguments are words, and further words do no harm in the platform's
        // calling convention.
        unsafe {
            type Words =
                unsafe extern "C" fn(usize, usize, usize, usize, usize, usize, usize, usize);
            let name = typed_name(program);
            let typed: Symbol<Words> = self.library.get(name.as_bytes()).unwrap();
            typed(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
        }
    }
}

/// Reproducible contents: small numbers, some negative, never zero (they are divided by).
pub fn fill(program: &Program, parameters: &[i64]) -> Buffers {
    let mut state: u64 = 12345;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 41).unwrap() % 199 - 99
    };
    program
        .arrays
        .iter()
        .map(|array| {
            let count: i64 = array
                .extents
                .iter()
                .map(|extent| {
                    extent
                        .evaluate(|variable| match variable {
                            Variable::Parameter(position) => parameters[position as usize],
                            _ => panic!("an extent of a loop variable"),
                        })
                        .unwrap()
                        .max(0)
                })
                .product();
            (0..count)
                .flat_map(|_| {
                    let value = match next() {
                        0 => 1,
                        other => other,
                    };
                    match array.element {
                        ElementType::F32 => (value as f32 / 7.0).to_le_bytes().to_vec(),
                        ElementType::F64 => (value as f64 / 7.0).to_le_bytes().to_vec(),
                        integer => value.to_le_bytes()[..usize::try_from(integer.bytes()).unwrap()]
                            .to_vec(),
                    }
                })
                .collect()
        })
        .collect()
}

fn pointers(buffers: &mut Buffers) -> Vec<*mut c_void> {
    buffers.iter_mut().map(|buffer| buffer.as_mut_ptr().cast()).collect()
}

/// Runs the tree natively through both functions and compares with the oracle.
pub fn check_native(program: &Program, tree: &LoopTree) {
    let parameters = program.parameter_values().unwrap();
    let kernel = Kernel { program, tree, fallback: None };
    let start = fill(program, &parameters);
    let mut expected = start.clone();
    interpret(program, tree, &parameters, &mut expected);
    let native = Loaded::native(&kernel);
    let mut actual = start.clone();
    native.entry(&parameters, &mut actual);
    assert_same(program, tree, &expected, &actual, "entry");
    let mut actual = start;
    native.typed(program, &parameters, &pointers(&mut actual));
    assert_same(program, tree, &expected, &actual, "typed");
}

/// Runs the tree natively, with any number of arrays, and compares with the oracle.
pub fn check_entry(program: &Program, tree: &LoopTree) {
    let parameters = program.parameter_values().unwrap();
    let kernel = Kernel { program, tree, fallback: None };
    let mut actual = fill(program, &parameters);
    let mut expected = actual.clone();
    interpret(program, tree, &parameters, &mut expected);
    Loaded::native(&kernel).entry(&parameters, &mut actual);
    assert_same(program, tree, &expected, &actual, "entry");
}

/// Runs the printed C and compares with the oracle.
pub fn check_printed(program: &Program, tree: &LoopTree) {
    let parameters = program.parameter_values().unwrap();
    let kernel = Kernel { program, tree, fallback: None };
    let mut actual = fill(program, &parameters);
    let mut expected = actual.clone();
    interpret(program, tree, &parameters, &mut expected);
    let printed = Loaded::printed(&kernel);
    printed.typed(program, &parameters, &pointers(&mut actual));
    assert_same(program, tree, &expected, &actual, "printed C");
}

/// Runs the printed C as gcc compiles it and compares with the oracle.
pub fn check_printed_by_gcc(program: &Program, tree: &LoopTree) {
    let parameters = program.parameter_values().unwrap();
    let kernel = Kernel { program, tree, fallback: None };
    let mut actual = fill(program, &parameters);
    let mut expected = actual.clone();
    interpret(program, tree, &parameters, &mut expected);
    let printed = Loaded::printed_by_gcc(&kernel);
    printed.typed(program, &parameters, &pointers(&mut actual));
    assert_same(program, tree, &expected, &actual, "printed C by gcc");
}

/// Both backends.
pub fn check(program: &Program, tree: &LoopTree) {
    check_native(program, tree);
    check_printed(program, tree);
}

/// Compares all buffers bit by bit.
pub fn assert_same(
    program: &Program,
    tree: &LoopTree,
    expected: &Buffers,
    actual: &Buffers,
    door: &str,
) {
    for ((array, expected), actual) in program.arrays.iter().zip(expected).zip(actual) {
        let size = usize::try_from(array.element.bytes()).unwrap();
        let wrong = expected.chunks(size).zip(actual.chunks(size)).position(|(x, y)| x != y);
        assert!(
            wrong.is_none(),
            "{door}: element {} of {} differs: {:?} instead of {:?} under\n{}",
            wrong.unwrap(),
            array.name,
            actual.chunks(size).nth(wrong.unwrap()),
            expected.chunks(size).nth(wrong.unwrap()),
            tree.display(program)
        );
    }
}
