//! Every reason for rejecting a region, with the text that it points at.

mod common;

use common::{Source, first_reject};

/// The body of a region with what is rejected between `«` and `»`, and a part of the reason.
const CASES: &[(&str, &str)] = &[
    ("", "no statement that assigns"),
    ("«while (n) a[0] = 1»;", "`while` cannot be used"),
    ("«do { a[0] = 1; } while (n)»;", "`do` cannot be used"),
    (
        "for (i = 0; i < n; i++) { a[i] = 1; if (x > 0) { if (i) «break»; } }",
        "`break` cannot be used",
    ),
    ("for (i = 0; i < n; i++) { «break»; }", "`break` cannot be used"),
    ("for (i = 0; i < n; i++) { «return»; }", "`return` cannot be used"),
    ("«switch (n) { case 1: a[0] = 1; }»", "`switch` cannot be used"),
    ("«goto end»; end: a[0] = 1;", "`goto` cannot be used"),
    ("«for (;;) a[0] = 1»;", "all three clauses"),
    ("for («a[0] = 0»; i < n; i++) a[i] = 1;", "must set one integer variable"),
    ("for («x = 0»; x < n; x++) a[0] = 1;", "must set one integer variable"),
    ("for (i = 0; i < n; «i *= 2») a[i] = 1;", "must add a constant to `i`"),
    ("for (i = 0; i < n; «i += m») a[i] = 1;", "must add a constant to `i`"),
    ("for (i = 0; i < n; «i += 0») a[i] = 1;", "never end"),
    ("for (i = 0; «i > n || i > m»; i++) a[i] = 1;", "does not bound `i`"),
    ("for (i = 0; «2 * i != n»; i++) a[i] = 1;", "`!=` may never be met"),
    ("for (i = 0; «i != n»; i += 2) a[i] = 1;", "`!=` may never be met"),
    ("for (i = 0; i < n; i++) { «i» = 3; }", "changed inside its loop"),
    ("for (i = 0; i < n; i++) for («i = 0»; i < m; i++) a[i] = 1;", "changed inside its loop"),
    (
        "for (i = 0; i < n; i++) { a[0] = «j»; for (j = 0; j < 3; j++) a[j] = 1; }",
        "outside its loop",
    ),
    ("for (i = 0; i < n; i++) { k = j; for (j = 0; j < 3; j++) a[«k»] = 1; }", "`k` is assigned"),
    ("for (i = 0; i < n; i++) a[i] = 1; for (i = «h[0]»; i < n; i++) a[i] = 1;", "data in `h`"),
    ("for (i = 0; i < n; i += 4) a[i] = 1; a[«i»] = 1;", "outside its loop"),
    ("for (i = 0; i < n || i < m; i++) a[i] = 1; a[0] = «i»;", "outside its loop"),
    ("k = 9; for (i = 0; i < «k»; i++) { for (k = 0; k < 5; k++) a[i] = 1; }", "outside its loop"),
    ("for (i = 1; «i <= 2 * i»; i++) a[0] = 1;", "does not bound `i`"),
    ("for (i = 1; «0 < 1»; i++) a[0] = 1;", "does not bound `i`"),
    ("for (i = 9; «i < 10»; i--) a[0] = 1;", "does not bound `i`"),
    ("i = h[0]; a[0] = «i»; for (i = 0; i < n; i++) a[i] = 1;", "outside its loop"),
    ("k = h[0]; a[«k»] = 1;", "`k` is assigned in the region"),
    ("for (i = 0; i < n; i++) a[«i * i»] = 1;", "subscript is not affine"),
    ("for (i = 0; i < n; i++) a[«i % m»] = 1;", "subscript is not affine"),
    ("for (i = 0; i < n; i++) a[«n * i»] = 1;", "subscript is not affine"),
    ("for (i = 0; i < n; i++) h[«h[i]»]++;", "depends on the data in `h`"),
    ("for (i = 0; i < «n * m»; i++) a[i] = 1;", "bound is not affine"),
    ("for (i = 0; i < «h[0]»; i++) a[i] = 1;", "bound depends on the data in `h`"),
    ("for (i = 0; i < n && «x» > 1.0; i++) a[0] = 1;", "depends on `x`, which is a `double`"),
    ("for (i = 0; i < «unknown(1.0)»; i++) a[i] = 1;", "call of `unknown` is not understood"),
    ("a[(int)«unknown(1.0)»] = 1;", "call of `unknown` is not understood"),
    ("if («unknown(1.0)» > 2) a[0] = 1;", "call of `unknown` is not understood"),
    ("for (i = 0; i < («n & m»); i++) a[i] = 1;", "it has the bit operation `&`"),
    ("for (i = 0; i < «n / m»; i++) a[i] = 1;", "it has a division by a variable"),
    ("{ int q; a[«q»] = 1; }", "`q` is read in a subscript, bound or condition before it has"),
    ("if («precise») a[0] = 1;", "`long double` is not supported"),
    ("if («p») a[0] = 1;", "may only be subscripted"),
    ("for (i = 0; i < n; i++) a[i + «99999999999»] = 1;", "too large"),
    ("for (i = 0; i < «(m - 200) / 2»; i++) a[m] = 1;", "rounds towards zero"),
    ("a[0] = «unknown(1.0)»;", "call of `unknown`"),
    ("«unknown(1.0)»;", "call of `unknown`"),
    ("a[0] = «pointer(1.0)»;", "function pointer"),
    ("a[0] = «record.member»;", "member of a structure"),
    ("«record.member» = 1;", "member of a structure"),
    ("«precise» = 1;", "`long double` is not supported"),
    ("«flicker» = 1;", "volatile or atomic"),
    ("{ «static double kept = 0»; kept = 1; }", "static variable cannot"),
    ("{ «double row[2] = {1, 2}»; a[0] = row[1]; }", "cannot be given initial values"),
    ("a[0] = «h[0]++»;", "changes a variable while"),
    ("a[0] = («h[0] = 1») + 1;", "changes a variable while"),
    ("a[0] = («h[0], 2.0»);", "a comma operator in a value cannot"),
    ("a[0] = (long)«&x»;", "may only be subscripted"),
    ("a[0] = (long)«unknown»;", "a function as a value cannot"),
    ("a[0] = «_Generic(x, double: 1.0, default: 2.0)»;", "`_Generic` cannot"),
    ("a[0] = («(double[]){1.0, 2.0}»)[1];", "a compound literal cannot"),
    ("«a[0]»;", "has no effect"),
    ("a[0] = «({ 1; })»;", "a statement as an expression"),
    ("a[0] = (long)«\"text\"»;", "a string cannot"),
    ("for (unsigned u = 5; «u» >= 0; u--) a[u] = 1;", "may not fit its type"),
    ("for (unsigned char c = 0; «c» < 300; c++) a[0] = 1;", "may not fit its type"),
];

#[test]
fn each_rejection_points_at_its_cause() {
    let mut wrong = String::new();
    for (body, reason) in CASES {
        let source = Source::new(body);
        match first_reject(&source) {
            Err(problem) => wrong.push_str(&format!("{body}\n  {problem}\n")),
            Ok(reject) => {
                let said = reject.to_string();
                if !said.contains(reason) {
                    wrong.push_str(&format!("{body}\n  said: {said}\n  not: {reason}\n"));
                }
                let at = (reject.span.start, reject.span.end);
                if let Some(marked) = source.marked
                    && at != marked
                {
                    let text = |range: (usize, usize)| source.text.get(range.0..range.1);
                    wrong.push_str(&format!(
                        "{body}\n  points at: {:?}\n  not: {:?}\n",
                        text(at),
                        text(marked)
                    ));
                }
                let line = source.text[..reject.span.start].matches('\n').count() + 1;
                assert_eq!(reject.span.line as usize, line, "{body}");
                assert!(!reject.reason.help().is_empty());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_rejection_prints_its_line_and_help() {
    let source = Source::new("for (i = 0; i < n; i++) a[«i * i»] = 1;");
    let reject = first_reject(&source).expect("rejected");
    let printed = format!("{:?}", miette::Report::new(reject));
    assert!(printed.contains("a[i * i]"), "{printed}");
    assert!(printed.contains("help: "), "{printed}");
}

#[test]
fn conditions_that_split_too_much_are_rejected() {
    let mut body = String::from("for (i = 0; i < n; i++) {\n");
    for number in 0..7 {
        body.push_str(&format!("if (i != {}) {{\n", 10 * number));
    }
    body.push_str("if (");
    let cases: Vec<_> = (0..80).map(|number| format!("i == {}", 3 * number + 1)).collect();
    body.push_str(&cases.join(" || "));
    body.push_str(") a[i] = 1;\n}}}}}}}}");
    let reject = first_reject(&Source::new(&body)).expect("rejected");
    assert!(reject.to_string().contains("more than 64 cases"), "{reject}");
}

/// A whole file, what is said of its only region, and at which line.
const FILES: &[(&str, &str, u32)] = &[
    (
        "void f(int n, double *p) {\n for (int t = 0; t < n; t++) {\n#pragma scop\n p[0] = 1;\n }\n#pragma endscop\n}",
        "whole statements of one block",
        3,
    ),
    (
        "void f(int n) {\n double a[n];\n#pragma scop\n n = 3;\n a[0] = 1;\n#pragma endscop\n}",
        "size of `a` is not affine",
        2,
    ),
    (
        "void f(int n) {\n double a[n];\n n = n / 2;\n#pragma scop\n a[0] = 1;\n#pragma endscop\n}",
        "size of `a` is not affine",
        2,
    ),
    (
        "void f(int n) {\n double a[n * n];\n#pragma scop\n a[0] = 1;\n#pragma endscop\n}",
        "size of `a` is not affine",
        2,
    ),
    (
        "double a[9]; int l;\nvoid f(int n) {\n int i, j;\n#pragma scop\n for (i = 0; i < n || i < 5; i++)\n  a[i] = 1;\n#pragma endscop\n l = i;\n}",
        "`i` is read behind the region",
        5,
    ),
    (
        "_Complex double z;\nvoid f(void) {\n#pragma scop\n z = 1;\n#pragma endscop\n}",
        "is not supported",
        4,
    ),
    (
        "__int128 z;\nvoid f(void) {\n#pragma scop\n z = 1;\n#pragma endscop\n}",
        "is not supported",
        4,
    ),
    (
        "_Atomic int z;\nvoid f(void) {\n#pragma scop\n z = 1;\n#pragma endscop\n}",
        "volatile or atomic",
        4,
    ),
    (
        "struct s { int b : 3; } z;\nvoid f(void) {\n#pragma scop\n z.b = 1;\n#pragma endscop\n}",
        "member of a structure",
        4,
    ),
    (
        "struct s { int n; double a[4]; unsigned b : 3; };\nvoid f(struct s *z, double *x) {\n int i;\n#pragma scop\n for (i = 0; i < 9; i++) x[i] = z->b;\n#pragma endscop\n}",
        "member of",
        5,
    ),
];

#[test]
fn rejections_of_whole_files() {
    for (text, reason, line) in FILES {
        let unit = common::parse_bytes(text.as_bytes(), &Default::default()).expect("valid C");
        match &unit.regions.first().expect("one region").result {
            Ok(program) => panic!("accepted:\n{program}"),
            Err(reject) => {
                assert!(reject.to_string().contains(reason), "{text}\n{reject}");
                assert_eq!(reject.span.line, *line, "{text}\n{reject}");
            }
        }
    }
}

#[test]
fn deep_nesting_is_rejected() {
    let sum = "a[0] = ".to_owned() + &vec!["b[1]"; 2000].join(" + ") + ";";
    let reject = first_reject(&Source::new(&sum)).expect("rejected");
    assert!(reject.to_string().contains("nested too deeply"), "{reject}");
}
