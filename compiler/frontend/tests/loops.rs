//! The loops that vectorising compilers are tried on, of every class: which of them are accepted.

use loopwright_frontend::{Options, parse};
use std::path::Path;

/// Loops that are none of ours: where they store, or how long they run, is in their data.
const REFUSED: [&str; 4] = ["first_negative", "histogram", "packed_positive", "scatter"];

#[test]
fn all_loops_but_those_that_store_or_end_by_data_are_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/loops");
    let (mut accepted, mut refused) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).expect("the loops") {
        let file = entry.expect("readable").path();
        let unit = parse(&file, &Options::default()).expect("C");
        for region in unit.regions {
            match region.result {
                Ok(_) => accepted += 1,
                Err(_) => refused.push(region.function),
            }
        }
    }
    refused.sort();
    assert_eq!(refused, REFUSED);
    assert!(accepted >= 130, "only {accepted} loops are accepted");
}
