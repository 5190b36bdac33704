//! The guide's chapter on schedules ends with what the steps' own files say. `LOOPWRIGHT_BLESS=1` writes it anew.

use loopwright_transform::descriptions;
use std::fmt::Write;
use std::path::Path;

/// What stands in front of the generated part.
const MARK: &str = "<!-- From here on generated from compiler/transform/src/steps. -->\n";

fn rendered() -> String {
    let mut text = String::new();
    for step in descriptions() {
        write!(
            text,
            "\n### {}\n\n`{}`\n\n{}\n\n{}\n",
            step.name, step.form, step.summary, step.text
        )
        .expect("a string takes everything");
    }
    text
}

#[test]
fn the_guide_describes_every_step_as_its_file_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guide/schedules.md");
    let found = std::fs::read_to_string(&path).expect("the guide's chapter");
    let (written, generated) = found.split_once(MARK).expect("the mark of the generated part");
    if std::env::var_os("LOOPWRIGHT_BLESS").is_some() {
        std::fs::write(&path, format!("{written}{MARK}{}", rendered())).expect("written");
    } else {
        assert!(generated == rendered(), "run this test with LOOPWRIGHT_BLESS=1 and read the diff");
    }
}
