//! What fuzzing has found stays found: every file that `loopwright fuzz --save` wrote into the folder
//! `found` is looked at again. A schedule may be refused now; where it is accepted, all views agree.

use loopwright_frontend::{Options, parse};
use loopwright_fuzz::Engine;
use loopwright_fuzz::draw::{Draw, replay};
use loopwright_fuzz::native::Prepared;
use loopwright_fuzz::subject::Subject;
use loopwright_fuzz::tally::Tally;
use loopwright_ir::Schedule;
use loopwright_synth::{Outline, Shape, SynthProgram};
use std::path::Path;

/// The comment lines that follow a heading.
fn block<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != heading).skip(1);
    lines.map_while(|line| line.strip_prefix("//   ")).collect()
}

/// Subjects of an odd index keep their scalars.
fn subject(path: &Path, text: &str, symbolic: bool, index: u64) -> Subject {
    let unit = parse(path, &Options::default()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let region = unit.regions.first().expect("a region");
    let mut program = region.result.as_ref().unwrap_or_else(|it| panic!("{}", it.reason)).clone();
    let values = text.lines().find_map(|line| line.strip_prefix("// parameters: "));
    for assignment in values.unwrap_or_default().split_whitespace() {
        let (name, value) = assignment.split_once('=').expect("NAME=VALUE");
        // What the program does not mention is no parameter of it.
        let _ = program.set_parameter(name, value.parse().expect("a number"));
    }
    let synthetic = SynthProgram {
        name: program.name.clone(),
        shape: Shape::Free,
        seed: 1,
        source_c: text.to_owned(),
        program,
        outline: Outline::default(),
    };
    Subject::from_synthetic(synthetic, index, symbolic).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_was_found_stays_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let work = tempfile::tempdir().expect("a temporary folder");
    let mut engine = Engine::new(work.path(), "clang-19");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of what was found") {
        let path = entry.expect("a readable entry").path();
        if path.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let schedule: Schedule = block(&text, "// schedule:").join("\n").parse().expect("steps");
        assert!(!schedule.is_original(), "{}", path.display());
        for (symbolic, index) in [(false, 0), (true, 0), (false, 1), (true, 1)] {
            let subject = subject(&path, &text, symbolic, index);
            seen += 1;
            match replay(&subject, 1, schedule.steps(), &mut Tally::default()) {
                None | Some(Draw::Nothing) => {}
                Some(Draw::Failed { finding, .. }) => panic!("{}: {finding:?}", path.display()),
                Some(Draw::Schedule(drawn)) => {
                    let prepared = Prepared { subject, drawn: vec![*drawn] };
                    let finding = engine.look(prepared, true, &mut |_| {}).expect("clang and ld");
                    assert!(finding.is_none(), "{}: {finding:?}", path.display());
                }
            }
        }
    }
    assert!(seen > 0);
}
