//! Many schedules of one program as shared objects.

use crate::failure::{Kind, OrFail, Outcome};
use loopwright_codegen::{ENTRY, Kernel, Options, SymbolNames, Target};
use loopwright_ir::{LoopTree, Program};
use loopwright_runtime::{EntryPoint, link_shared};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// Shared objects in a folder of their own that goes away with this.
pub struct Compiled {
    /// In the order of the trees, or why there is none.
    pub entries: Vec<Result<EntryPoint, String>>,
    _folder: TempDir,
}

/// Compiles all trees, on all cores, before anything is timed: it would disturb that.
pub fn compile_all(trees: &[(&Program, &LoopTree)], target: &Target) -> Outcome<Compiled> {
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let options = Options::new(target.clone(), SymbolNames::entry_only());
    let compile = |position: usize, (program, tree): (&Program, &LoopTree)| {
        let kernel = Kernel { program, tree, fallback: None };
        let object = loopwright_codegen::compile(&kernel, &options)
            .map_err(|error| format!("cannot be compiled: {error}"))?
            .object;
        let library = link_shared(&object, folder.path(), &format!("label{position}.so"))
            .map_err(|error| error.to_string())?;
        Ok(EntryPoint::new(library, ENTRY))
    };
    let next = AtomicUsize::new(0);
    let slots: Vec<_> = trees.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let (Some(tree), Some(slot)) = (trees.get(position), slots.get(position)) else {
                return;
            };
            let result = compile(position, *tree);
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(result);
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(trees.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let entries = slots
        .into_iter()
        .map(|slot| slot.into_inner().ok().flatten())
        .map(|slot| slot.unwrap_or_else(|| Err("its compilation was cut off".to_owned())))
        .collect();
    Ok(Compiled { entries, _folder: folder })
}
