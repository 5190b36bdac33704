//! The process that compiles.

use super::protocol::{Manner, Reply, Request, receive, send};
use loopwright_codegen::{Kernel, Options, SymbolNames, Target};
use loopwright_ir::{LoopTree, Program};
use loopwright_runtime::{EntryPoint, helper_streams, limit_helper, link_shared};
use std::fs::File;
use std::io;
use std::path::Path;

/// What it may map beside the libraries: LLVM then ends the process, which costs a candidate.
const MEMORY: u64 = 7 << 28;

/// Loops and expressions nest, and so do the functions that walk them.
const STACK: usize = 256 << 20;

/// Serves requests until the parent closes the pipe.
///
/// # Errors
/// The pipes or the thread cannot be had, or what comes is no request.
pub fn serve() -> io::Result<()> {
    helper_streams().and_then(|(input, output)| {
        let work = move || {
            limit_helper(MEMORY);
            requests(input, output)
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(work)?;
        thread.join().unwrap_or_else(|_| Err(io::Error::other("it panicked")))
    })
}

fn requests(mut input: File, mut output: File) -> io::Result<()> {
    let (mut manner, mut program): (Option<Manner>, Option<Program>) = (None, None);
    while let Some(request) = receive(&mut input)? {
        match request {
            Request::Manner(asked) => manner = Some(asked),
            Request::Program(asked) => program = Some(asked),
            Request::Compile { tree, folder, name } => {
                let reply: Reply = match (&manner, &program) {
                    (Some(manner), Some(program)) => {
                        let how = (&target(manner), manner.fast_math);
                        compile_tree(program, &tree, how, &folder, &name).map(|entry| entry.library)
                    }
                    _ => Err("a tree without a program".to_owned()),
                };
                send(&mut output, &reply)?;
            }
        }
    }
    Ok(())
}

fn target(manner: &Manner) -> Target {
    Target {
        triple: manner.triple.clone(),
        cpu: manner.cpu.clone(),
        features: manner.features.clone(),
        vector_bits: manner.vector_bits,
    }
}

/// From a loop tree to a shared object, in this very process.
pub fn compile_tree(
    program: &Program,
    tree: &LoopTree,
    (target, fast_math): (&Target, bool),
    folder: &Path,
    name: &str,
) -> Result<EntryPoint, String> {
    let kernel = Kernel { program, tree, fallback: None };
    let options = Options { fast_math, ..Options::new(target.clone(), SymbolNames::entry_only()) };
    let compiled =
        loopwright_codegen::compile(&kernel, &options).map_err(|error| error.to_string())?;
    let library = link_shared(&compiled.object, folder, name).map_err(|error| error.to_string())?;
    Ok(EntryPoint::new(library, loopwright_codegen::ENTRY))
}
