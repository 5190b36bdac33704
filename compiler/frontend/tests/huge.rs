//! Inputs of absurd size and depth: each ends soon with a program or a clear error. A stack that overflows
//! would end the test's process.

mod common;

use common::parse_bytes;
use loopwright_frontend::Options;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Far more than any of them takes.
const LONG: Duration = Duration::from_secs(60);

/// What is said of the text's only region, or of the text.
fn said(text: &str) -> String {
    let start = Instant::now();
    let said = match parse_bytes(text.as_bytes(), &Options::default()) {
        Ok(unit) => match &unit.regions[0].result {
            Ok(program) => format!("{} statements", program.statements.len()),
            Err(reject) => reject.to_string(),
        },
        Err(error) => error.to_string(),
    };
    assert!(start.elapsed() < LONG, "{:?}: {said}", start.elapsed());
    said
}

fn region(before: &str, body: &str) -> String {
    format!(
        "double A[1000][100], x;\n{before}\nvoid f(int n) {{\n int i;\n#pragma scop\n{body}\n#pragma endscop\n}}\n"
    )
}

#[test]
fn long_expressions_are_refused() {
    let sum = |terms: usize| region("", &format!("A[0][0] = {};", vec!["x"; terms].join(" + ")));
    assert_eq!(said(&sum(100)), "1 statements");
    for terms in [1_000, 100_000] {
        assert!(said(&sum(terms)).contains("nested too deeply"));
    }
    assert!(said(&sum(300_000)).contains("more than 200000 operators"));
    let elements =
        format!("for (int i = 0; i < n; i++) A[i][0] = {};", vec!["A[i][1]"; 60_000].join(" + "));
    assert!(said(&region("", &elements)).contains("nested too deeply"));
    let index = vec!["i"; 100_000].join(" + ");
    let body = format!("for (i = 0; i < 1; i++) A[0][{index}] = 1;");
    assert!(said(&region("", &body)).contains("nested too deeply"));
    let parentheses = format!("A[0][0] = {}x{};", "(".repeat(20_000), ")".repeat(20_000));
    assert!(said(&region("", &parentheses)).contains("bracket nesting level"));
    let alternatives: Vec<_> = (0..5_000).map(|number| format!("i == {number}")).collect();
    let body = format!("for (i = 0; i < 9; i++) if ({}) A[0][i] = 1;", alternatives.join(" || "));
    assert!(said(&region("", &body)).contains("nested too deeply"));
}

#[test]
fn what_is_outside_of_the_region_may_be_as_long() {
    let sum = vec!["x"; 100_000].join(" + ");
    let before = format!("void g(void) {{ x = {sum}; }}\n");
    assert_eq!(said(&region(&before, "for (i = 0; i < n; i++) A[0][i] = 1;")), "1 statements");
    let chain = "if (x > 1) x = 2; else ".repeat(3_000) + "x = 1;";
    let before = format!("void g(void) {{ {chain} }}\n");
    assert_eq!(said(&region(&before, "for (i = 0; i < n; i++) A[0][i] = 1;")), "1 statements");
}

#[test]
fn deep_nests_and_many_statements_are_read() {
    let nest = |depth: usize| {
        let mut body = String::new();
        for level in 0..depth {
            let _ = write!(body, "for (int i{level} = 0; i{level} < n; i{level}++) ");
        }
        region("", &(body + "x += 1;"))
    };
    assert_eq!(said(&nest(100)), "1 statements");
    assert!(said(&nest(1_000)).contains("nested too deeply"));
    let mut apart = String::new();
    let mut together = String::from("for (i = 0; i < n; i++) {\n");
    for number in 0..800 {
        let other = number * 7 % 800;
        let statement = format!("A[{number}][i] = A[{other}][i] + 1;\n");
        let _ = write!(apart, "for (int i = 0; i < n; i++) {statement}");
        together.push_str(&statement);
    }
    assert_eq!(said(&region("", &apart)), "800 statements");
    assert_eq!(said(&region("", &(together + "}"))), "800 statements");
}

#[test]
fn conditions_that_leave_nothing_are_said_to() {
    let conditions: String = (0..300).map(|number| format!("if (i != {number}) ")).collect();
    let body = format!("for (i = 0; i < 300; i++) {conditions} A[0][0] += 1;");
    assert!(said(&region("", &body)).contains("no statement of the region ever runs"));
    assert!(said(&region("", "for (i = 0; i < 300; i++) ;")).contains("no statement that assigns"));
}

#[test]
fn calls_of_calls_are_put_in_place_to_some_depth() {
    let mut before = String::from("static double g0(double y) { return y + y; }\n");
    for number in 1..30 {
        let inner = number - 1;
        let _ = writeln!(
            before,
            "static double g{number}(double y) {{ return g{inner}(y) + g{inner}(y); }}"
        );
    }
    assert!(said(&region(&before, "x = g29(x);")).contains("calls functions that call functions"));
    assert_eq!(said(&region(&before, "x = g4(x);")), "1 statements");
}
