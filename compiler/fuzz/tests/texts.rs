//! Some seconds of random C text in every run of the tests, and deliberate faults that it has to notice.
//!
//! One test, since a planted fault is the whole process's.

use loopwright_fuzz::text::{Case, TextEngine, check, region_of};
use loopwright_ir::planted::{Fault, plant};

/// How many regions are looked at for each fault; what is found later is left to `fuzz --planted`.
const REGIONS: u64 = 50;

#[test]
fn regions_agree_with_their_users_own_compilation_and_planted_faults_are_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut engine = TextEngine::new(folder.path(), "clang-19").expect("memory");
    let mut look = |regions| check(&mut engine, 1, regions).expect("clang and ld");
    let mut regions = 0;
    for first in (0..200).step_by(50) {
        let summary = look(first..first + 50);
        let shown: Vec<String> = summary.failures.iter().map(|it| it.text()).collect();
        assert!(shown.is_empty(), "{} differences:\n{}", shown.len(), shown.join("\n\n"));
        let tally = summary.tally;
        assert!(tally.accepted >= 20, "too few are accepted: {:#?}", tally.rejected);
        assert!(tally.undefined * 10 <= tally.accepted, "{} are undefined", tally.undefined);
        assert!(tally.sizes >= 4 * (tally.accepted - tally.undefined), "{} sizes", tally.sizes);
        regions += tally.regions;
    }
    assert_eq!(regions, 200);
    // One of the loops, the conditions, the values, the contraction, the printed C and what is written out.
    for fault in [
        Fault::DecreasingStart,
        Fault::NegatedComparison,
        Fault::CompoundOrder,
        Fault::ContractedSubtrahend,
        Fault::PrintedFused,
        Fault::ValueUnchecked,
    ] {
        plant(Some(fault));
        let found = look(0..REGIONS).failures.len();
        plant(None);
        assert!(found > 0, "{}: {}", fault.name(), fault.describe());
    }
}

#[test]
fn a_region_is_the_same_whenever_it_is_made_and_from_its_own_decisions() {
    for number in 0..40 {
        let made = region_of(3, &Case { number, ..Case::default() });
        assert_eq!(made.text(), region_of(3, &Case { number, ..Case::default() }).text());
        let choices = Some(made.choices.clone());
        let again = region_of(3, &Case { number, choices, schedule: None });
        assert_eq!(made.text(), again.text());
    }
}
