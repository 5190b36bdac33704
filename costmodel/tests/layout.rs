//! `train/layout.json` tells the trainer what the features are; it must say what the code does.
//! `LOOPWRIGHT_BLESS=1 cargo test --release -p loopwright-costmodel --test layout` writes it anew.

use loopwright_costmodel::features::layout;
use std::path::Path;

#[test]
fn the_trainers_layout_is_the_codes() {
    let text = serde_json::to_string_pretty(&serde_json::json!({
        "schema_hash": layout::schema_hash(),
        "statements": layout::STATEMENTS,
        "levels": layout::LEVELS,
        "accesses": layout::ACCESSES,
        "statement_fields": layout::STATEMENT_FIELDS.as_slice(),
        "level_fields": layout::LEVEL_FIELDS.as_slice(),
        "access_fields": layout::ACCESS_FIELDS.as_slice(),
        "global_fields": layout::GLOBAL_FIELDS.as_slice(),
    }))
    .unwrap()
        + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("train/layout.json");
    if std::env::var_os("LOOPWRIGHT_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "train/layout.json is out of date; run this test with LOOPWRIGHT_BLESS=1"
    );
}
