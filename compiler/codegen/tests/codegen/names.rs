//! Arrays, parameters and functions may have any name: those of what the code itself calls, too.

use crate::build::*;
use crate::harness::{check, check_printed_by_gcc, options};
use loopwright_codegen::{Kernel, compile, typed_name};
use loopwright_ir::*;
use std::process::Command;

const F: ElementType = ElementType::F64;

/// `Y[i] = exp(X[i]) + p` by a copy of `X` too large for the stack, and with its loop on several threads.
fn program(name: &str, [x, y, parameter, counter]: [&str; 4]) -> (Program, LoopTree) {
    let mut builder = Builder::new(name, &[(parameter, 9000)]);
    let first = builder.array(x, F, vec![p(0)]);
    let second = builder.array(y, F, vec![p(0)]);
    let value = call(MathFunction::Exponential, F, vec![read(0, F)]);
    let index = cast(F, Expression::Index { value: p(0), element: ElementType::I64 });
    let body = binary(BinaryOperation::Add, F, value, index);
    builder.statement(1, at(second, vec![i(0)]), vec![at(first, vec![i(0)])], body);
    let inner = instance(0, vec![v(0)]);
    let along = loop_(0, counter, q(c(0)), q(plus(p(0), -1)), Mark::Parallel, vec![inner]);
    let copied = pack(first, vec![(c(0), p(0))], [true, false], vec![along]);
    (builder.program, tree(vec![LoopTreeNode::Pack(copied)]))
}

#[test]
fn no_name_clashes_with_what_the_code_calls() {
    let functions = ["f", "entry", "main", "exp"].iter().cycle();
    let names = [
        ["loopwright_entry", "scheduled", "original", "free"],
        ["malloc", "aligned_alloc", "memcpy", "abort"],
        ["omp_get_thread_num", "main", "exp", "fma"],
        ["restrict", "I", "_Pragma", "typeof"],
        ["nullptr", "constexpr", "bool", "thread_local"],
        ["INT64_MAX", "RAND_MAX", "M_PI", "NULL"],
        ["free", "pack_memory", "pack_bytes", "min"],
        ["A", "A_pack", "A_0", "A_pack_"],
        ["__kmpc_fork_call", "int64_t", "loopwright_f_scheduled", "apart"],
    ];
    for (name, names) in functions.zip(names) {
        let (program, tree) = program(name, names);
        check(&program, &tree);
        check_printed_by_gcc(&program, &tree);
    }
}

#[test]
fn the_typed_function_is_never_the_entry() {
    let names = ["entry", "entry_", "entry__", "entr", "entry_x"];
    let typed = names.map(|name| typed_name(&Builder::new(name, &[]).program));
    for (position, name) in typed.iter().enumerate() {
        assert_ne!(name, "loopwright_entry");
        assert!(!typed[..position].contains(name), "{typed:?}");
    }
}

/// The objects of two programs become one library, in which each has its own typed function.
#[test]
fn two_objects_link() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = Vec::new();
    for name in ["f", "g", "entry"] {
        let (program, tree) = program(name, ["A", "B", "n", "i"]);
        let kernel = Kernel { program: &program, tree: &tree, fallback: Some((&program, &tree)) };
        let path = folder.path().join(format!("{name}.o"));
        std::fs::write(&path, compile(&kernel, &options(&program)).unwrap().object).unwrap();
        objects.push(path);
    }
    let library = folder.path().join("all.so");
    let mut link = Command::new("cc");
    link.args(["-shared", "-o"]).arg(&library).args(&objects).arg("-lm");
    let output = link.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // SAFETY: the library has no initialisers.
    let library = unsafe { libloading::Library::new(&library) }.unwrap();
    for name in ["loopwright_f", "loopwright_g", "loopwright_entry_", "loopwright_entry"] {
        // SAFETY: the symbol is only looked up.
        let found = unsafe { library.get::<unsafe extern "C" fn()>(name.as_bytes()) };
        assert!(found.is_ok(), "{name}");
    }
}
