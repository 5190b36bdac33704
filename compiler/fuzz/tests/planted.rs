//! Deliberate faults in each part of the compiler are noticed, and none is there by default.

use loopwright_ir::planted::{Fault, plant, planted};

#[test]
fn planted_faults_are_noticed() {
    assert!(Fault::ALL.iter().all(|fault| !planted(*fault)), "a fault is planted by default");
    let failures = |programs| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let summary = loopwright_fuzz::check(1, programs, folder.path(), "clang-19");
        summary.expect("clang and ld").failures.len()
    };
    // One of the dependences, the steps, the loops, and native code.
    for fault in [
        Fault::NoIndependentLevel,
        Fault::SkewSign,
        Fault::LostSingleCondition,
        Fault::RegisterNotStored,
    ] {
        plant(Some(fault));
        let found = failures(24);
        plant(None);
        assert!(found > 0, "{}: {}", fault.name(), fault.describe());
    }
    assert_eq!(failures(8), 0);
}
