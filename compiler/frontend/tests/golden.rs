//! Each C file in `tests/golden` with the text of its programs and rejections beside it.
//!
//! `LOOPWRIGHT_BLESS=1 cargo test -p loopwright-frontend --test golden` writes the texts anew.

use loopwright_frontend::{Options, Reject, parse};
use loopwright_ir::{Expression, Program, verify::verify_program};
use std::fmt::Write;
use std::path::Path;

#[test]
fn programs_have_the_text_that_is_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = std::env::var_os("LOOPWRIGHT_BLESS").is_some();
    let mut sources: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder exists")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    sources.sort();
    assert!(sources.len() >= 5, "only {} golden files", sources.len());
    let mut differences = String::new();
    for source in sources {
        let unit = parse(&source, &Options::default()).expect("the file is accepted");
        let mut text = String::new();
        for region in &unit.regions {
            match &region.result {
                Ok(program) => {
                    verify_program(program).expect("the program is well formed");
                    describe(program, &mut text);
                }
                Err(reject) => describe_reject(&region.function, reject, &unit.source, &mut text),
            }
            text.push('\n');
        }
        let kept_path = source.with_extension("txt");
        if bless {
            std::fs::write(&kept_path, &text).expect("writable");
            continue;
        }
        let kept = std::fs::read_to_string(&kept_path).unwrap_or_default();
        let differs = kept.lines().zip(text.lines()).find(|(kept, new)| kept != new);
        if let Some((kept, new)) = differs {
            let _ =
                writeln!(differences, "{}:\n  kept: {kept}\n  new:  {new}", kept_path.display());
        } else if kept != text {
            let _ = writeln!(differences, "{}: another number of lines", kept_path.display());
        }
    }
    assert!(differences.is_empty(), "run with LOOPWRIGHT_BLESS=1 if this is right:\n{differences}");
}

/// The program's text, and after it the value of each statement.
fn describe(program: &Program, text: &mut String) {
    let _ = write!(text, "{program}");
    for array in program.arrays.iter().filter(|array| array.extents.is_empty()) {
        let _ = writeln!(
            text,
            "  scalar {}: {:?}{}",
            array.name,
            array.kind,
            if array.live_outside { ", live outside" } else { "" }
        );
    }
    for statement in &program.statements {
        let names = program.names_in(statement);
        let _ = writeln!(
            text,
            "  {} = {}",
            statement.name,
            value(&statement.body, &|affine| affine.display_with(&names), &|position| {
                program.display_access(statement, &statement.reads[position])
            })
        );
    }
}

fn describe_reject(function: &str, reject: &Reject, source: &str, text: &mut String) {
    let at = source.get(reject.span.start..reject.span.end).unwrap_or_default();
    let _ = writeln!(
        text,
        "rejected {function} at {}:{}: {reject}\n  here: {at}\n  help: {}",
        reject.span.line,
        reject.span.column,
        reject.reason.help()
    );
}

/// The expression with every conversion and type written out.
fn value(
    expression: &Expression,
    index: &dyn Fn(&loopwright_ir::Affine) -> String,
    read: &dyn Fn(usize) -> String,
) -> String {
    let inner = |operand: &Expression| value(operand, index, read);
    match expression {
        Expression::Read { position, .. } => read(*position),
        Expression::Integer { value, element } => format!("{value}:{element}"),
        Expression::Float { value, element } => format!("{value:?}:{element}"),
        Expression::Index { value, element } => format!("({}):{element}", index(value)),
        Expression::Unary { operation, element, operand } => {
            format!("{operation:?}.{element}({})", inner(operand))
        }
        Expression::Binary { operation, element, left, right } => {
            format!("{operation:?}.{element}({}, {})", inner(left), inner(right))
        }
        Expression::MultiplyAdd { element, negate_product, negate_addend, left, right, addend } => {
            format!(
                "MultiplyAdd.{element}({}{}, {}, {}{})",
                if *negate_product { "-" } else { "" },
                inner(left),
                inner(right),
                if *negate_addend { "-" } else { "" },
                inner(addend)
            )
        }
        Expression::Compare { operation, operand_element, left, right } => {
            format!("{operation:?}.{operand_element}({}, {})", inner(left), inner(right))
        }
        Expression::Select { element, condition, then, otherwise } => {
            format!("Select.{element}({}, {}, {})", inner(condition), inner(then), inner(otherwise))
        }
        Expression::Cast { element, operand } => format!("{element}({})", inner(operand)),
        Expression::Call { function, element, arguments } => {
            let arguments: Vec<_> = arguments.iter().map(inner).collect();
            format!("{function:?}.{element}({})", arguments.join(", "))
        }
        Expression::Gather { array, element, subscripts } => {
            let subscripts: Vec<_> = subscripts.iter().map(inner).collect();
            format!("Gather.{element}({}; {})", array.0, subscripts.join(", "))
        }
    }
}
