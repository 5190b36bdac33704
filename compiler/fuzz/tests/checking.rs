//! The independent checker certifies nothing that a planted fault made wrong, and refutes nothing without one.

use loopwright_fuzz::Engine;
use loopwright_fuzz::checking::{Batch, Checks, batch};
use loopwright_ir::planted::{Fault, plant};

fn checks(engine: &mut Engine, count: u64, enough: u64) -> Checks {
    let asked = Batch { seed: 3, first: 0, count, enough, native: false };
    batch(&asked, engine, &mut |_| {}).expect("no native code is needed")
}

#[test]
fn the_checker_is_right_where_the_compiler_is_wrong() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut engine = Engine::new(folder.path(), "clang-19");
    let right = checks(&mut engine, 10, u64::MAX);
    assert!(right.kept.is_empty(), "{:#?}", right.kept);
    assert!(right.pairs > 60 && right.all_wrong() == 0, "{right:#?}");
    assert!(right.changes.len() > 1, "programs are changed: {:?}", right.changes);
    // One of each part: dependences, changes of the program, steps, loops.
    for fault in [
        Fault::NoIndependentLevel,
        Fault::KeepWritten,
        Fault::DividePoint,
        Fault::SkewSign,
        Fault::LostSingleCondition,
        Fault::NoCopyOut,
    ] {
        plant(Some(fault));
        let found = checks(&mut engine, 40, 3);
        plant(None);
        assert_eq!(found.certified_wrong(), 0, "{fault}: {:#?}", found.kept);
        assert!(found.wrong.contains_key("refuted"), "{fault}: {found:#?}");
    }
}
