//! Whole files: parameters, bounds, and files that are hardly C.

mod common;

use common::{Scratch, Source, parse_bytes};
use loopwright_frontend::{FrontendError, Options, ValueOrigin, parse, validate};
use loopwright_ir::Program;
use std::path::Path;

fn only(text: &str, options: &Options) -> Program {
    let unit = parse_bytes(text.as_bytes(), options).expect("valid C");
    let region = unit.regions.into_iter().next().expect("one region");
    region.result.expect("representable")
}

fn with(parameters: &[(&str, i64)]) -> Options {
    Options {
        parameters: parameters.iter().map(|(name, value)| (name.to_string(), *value)).collect(),
        ..Options::default()
    }
}

#[test]
fn values_of_parameters_follow_their_precedence() {
    let text = "double A[20][30];
void f(int n, int m, int steps) {
  const int known = 7; int local = 5;
#pragma scop
  for (int t = 0; t < steps; t++)
    for (int i = 1; i < n - 1; i++)
      for (int j = 0; j <= m; j++)
        A[i + 1][j] = known + local;
#pragma endscop
}";
    let value = |program: &Program, name: &str| {
        let found = program.parameters.iter().find(|parameter| parameter.name == name);
        found.map(|parameter| parameter.value)
    };
    let program = only(text, &Options::default());
    assert_eq!(value(&program, "n"), Some(Some(20)));
    assert_eq!(value(&program, "m"), Some(Some(29)));
    assert_eq!(value(&program, "steps"), Some(None));
    assert_eq!(value(&program, "local"), Some(Some(5)));
    assert_eq!(program.parameter_values(), Err("steps".to_owned()));
    let program = only(text, &with(&[("n", 10), ("steps", 3), ("local", 1)]));
    assert_eq!(value(&program, "n"), Some(Some(10)));
    assert_eq!(value(&program, "local"), Some(Some(1)));
    assert!(program.parameter_values().is_ok());
}

#[test]
fn calls_tell_what_no_extent_does() {
    let text = |calls: &str, change: &str| {
        format!(
            "#define STEPS 40
#define TIMED(call) do {{ call; }} while (0)
double A[20];
void f(int n, int steps) {{
  {change}
#pragma scop
  for (int t = 0; t < steps; t++)
    for (int i = 0; i < n; i++)
      A[i] += 1;
#pragma endscop
}}
int main(int count, char **words) {{ {calls} }}"
        )
    };
    let steps = |calls: &str, change: &str, n: Option<i64>| {
        let program = only(&text(calls, change), &Options::default());
        assert_eq!(program.parameters[0].value, n, "{calls}");
        program.parameters[1].value
    };
    assert_eq!(steps("f(10, 2 * STEPS);", "", Some(10)), Some(80));
    assert_eq!(steps("TIMED(f(10, 2 * STEPS));", "", Some(10)), Some(80));
    // The extent decides where calls do not agree.
    assert_eq!(steps("f(10, 7); if (count) { f(20, 7); }", "", Some(20)), Some(7));
    assert_eq!(steps("f(10, 7); f(11, 7);", "", None), Some(7));
    assert_eq!(steps("f(10, 7); f(10, 8);", "", Some(10)), None);
    assert_eq!(steps("f(10, count);", "", Some(10)), None);
    assert_eq!(steps("f(10, 7);", "steps = steps + 1;", Some(10)), Some(8));
    assert_eq!(steps("", "", Some(20)), None);
    // The argument may be a local of the caller, as in the mains of PolyBench/C.
    assert_eq!(steps("int n = 5, t = 2 * n; f(n, t + 1);", "", Some(5)), Some(11));
    assert_eq!(steps("int t; t = 4; f(3, t); t = 5;", "", Some(3)), Some(4));
    assert_eq!(steps("int t = 1; if (count) t = 2; f(3, t);", "", Some(3)), None);
    assert_eq!(steps("for (int t = 0; t < 9; t++) f(3, t);", "", Some(3)), None);
    assert_eq!(steps("int t = 1; f(3, t++);", "", Some(3)), None);
    assert_eq!(
        steps("int t = 1; again: f(3, t); t = 2; if (count) goto again;", "", Some(3)),
        None
    );
    assert_eq!(steps("int t = 1; int *p = &t; *p = 3; f(3, t);", "", Some(3)), None);
    assert_eq!(steps("unsigned char t = 260; f(3, t);", "", Some(3)), Some(4));
}

#[test]
fn what_the_file_says_goes_before_what_the_extents_suggest() {
    let values = |head: &str, before: &str, names: &str| {
        let text = format!(
            "double aa[256][256], b[256];\n{head}\nvoid s(void) {{\n{before}\n#pragma scop
  for (int i = 1; i < 256; i++)\n    aa[j][i] = aa[k][i-1] + b[i];\n#pragma endscop\n}}\n"
        );
        let program = only(&text, &Options::default());
        let value = |name: &str| {
            program.parameters.iter().find(|known| known.name == name).and_then(|known| known.value)
        };
        names.split(' ').map(value).collect::<Vec<_>>()
    };
    let both = |head: &str, before: &str| match values(head, before, "j k").as_slice() {
        [j, k] => (j.unwrap_or(-1), k.unwrap_or(-1)),
        _ => (0, 0),
    };
    assert_eq!(both("", "int m = 0; int j = m, k = m + 1;"), (0, 1));
    assert_eq!(both("", "int j = 3, k = j * 2;"), (3, 6));
    assert_eq!(both("#define J 7", "const int j = J; int k; k = j - 1;"), (-1, 6));
    assert_eq!(both("int j = 5; static int k = 9;", ""), (5, 9));
    assert_eq!(both("int j = 5, k = 9; void set(int v) { k = v; }", ""), (5, 255));
    assert_eq!(both("int j = 5, k = 9; void set(int *); void g(void) { set(&k); }", ""), (5, 255));
    assert_eq!(both("int first(void);", "int j = first(), k = 2;"), (255, 2));
    assert_eq!(both("enum { J = 4 };", "int j = J, k = 1 << 3; k = k;"), (4, 8));
    // The change comes behind the region.
    let text = "double a[9];\nvoid f(void) {\n int n = 4;\n#pragma scop\n for (int i = 0; i < n; i++) a[i] = 1;
#pragma endscop\n n = 5; a[0] = n;\n}\n";
    assert_eq!(only(text, &Options::default()).parameters[0].value, Some(4));
    // A loop around sets another value for the next run of the region.
    let text = "double a[9];\nvoid f(void) {\n int n = 4;\n while (n) {\n#pragma scop\n for (int i = 0; i < n; i++) a[i] = 1;
#pragma endscop\n n = n - 1; }\n}\n";
    assert_eq!(only(text, &Options::default()).parameters[0].value, Some(9));
}

#[test]
fn extents_suggest_only_values_that_the_types_have() {
    let suggested = |declared: &str, bound: &str| {
        let text = format!(
            "double a[400];\nvoid f({declared} n) {{\n#pragma scop\n for (int i = 0; i < {bound}; i++) a[i] = 1;\n#pragma endscop\n}}\n"
        );
        only(&text, &Options::default()).parameters[0].value
    };
    assert_eq!(suggested("int", "n"), Some(400));
    assert_eq!(suggested("int", "(unsigned char)n"), Some(255));
    assert_eq!(suggested("signed char", "n"), Some(127));
    assert_eq!(suggested("unsigned", "n - 5"), Some(405));
}

#[test]
fn what_only_a_type_ends_suggests_no_size() {
    let text = "void f(float *out, const short *in, unsigned n) {\n unsigned i;\n#pragma scop
 for (i = 0; i < n; i++) out[i] = in[i] * 0.5f;\n#pragma endscop\n}\n";
    let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
    assert_eq!(unit.regions[0].origins, [ValueOrigin::Unknown]);
}

#[test]
fn a_function_that_calls_itself_tells_no_size() {
    let text = "double a[30];\nvoid f(int n) {\n if (n > 1) { f(n - 1); f(n - 2); }\n#pragma scop
 for (int i = 0; i < n; i++) a[i] = 1;\n#pragma endscop\n}\nint main(void) { f(10); }\n";
    let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
    assert_eq!(unit.regions[0].origins, [ValueOrigin::Extents]);
}

#[test]
fn contradicting_calls_are_told_with_their_lines() {
    let text =
        "double a[30];\nvoid f(int n) {\n#pragma scop\n for (int i = 0; i < n; i++) a[i] = 1;
#pragma endscop\n}\nint main(void) {\n f(10);\n f(20);\n}\n";
    let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
    assert_eq!(
        unit.regions[0].origins,
        [ValueOrigin::Contradicting { values: vec![(10, 8), (20, 9)] }]
    );
    let said = unit.regions[0].origins[0].to_string();
    assert_eq!(said, "not known: calls pass 10 (line 8) and 20 (line 9)");
    let unit = parse_bytes(text.as_bytes(), &with(&[("n", 10)])).expect("valid C");
    assert_eq!(unit.regions[0].origins, [ValueOrigin::Given]);
}

#[test]
fn given_values_are_of_their_parameters_types() {
    let given = |declared: &str, value: i64| {
        let text = format!(
            "double a[300];\nvoid f({declared} n) {{\n#pragma scop\n for (int i = 0; i < 9; i++) if (n) a[i] = 1;\n#pragma endscop\n}}\n"
        );
        parse_bytes(text.as_bytes(), &with(&[("n", value)]))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(given("unsigned", 7), Ok(()));
    let error = given("unsigned", -1).expect_err("negative");
    assert!(
        error.contains("-1") && error.contains("`unsigned int`, which has 0 to 4294967295"),
        "{error}"
    );
    assert!(given("char", 300).is_err() && given("char", -128).is_ok());
    assert!(given("_Bool", 2).is_err() && given("_Bool", 1).is_ok());
    assert!(given("unsigned long", -1).is_err() && given("long", -1).is_ok());
    assert!(given("int", 1 << 31).is_err());
}

#[test]
fn truth_values_decide_like_other_parameters() {
    let text =
        "double a[9];\nvoid f(_Bool upper, int n) {\n#pragma scop\n for (int i = 0; i < n; i++) {
  if (upper) a[i] = 1;\n  if (!upper && n > 3) a[i] = upper;\n }\n#pragma endscop\n}\n";
    let program = only(text, &with(&[("upper", 1)]));
    let text = program.to_string();
    assert!(text.contains("parameter upper: u8 = 1"), "{text}");
    assert!(text.contains("1 >= upper"), "{text}");
    assert!(validate(&program).is_ok());
}

#[test]
fn a_parameter_that_no_region_has_is_an_error() {
    let text = Source::new("for (i = 0; i < n; i++) a[i] = 1;").text;
    let error = parse_bytes(text.as_bytes(), &with(&[("q", 1)])).expect_err("unknown");
    assert!(error.to_string().contains("no region has a parameter `q`"), "{error}");
    let options = Options { function: Some("other".to_owned()), ..Options::default() };
    let error = parse_bytes(text.as_bytes(), &options).expect_err("unknown");
    assert!(error.to_string().contains("is called `other`"), "{error}");
}

#[test]
fn bounds_are_validated_for_the_known_values() {
    let text =
        Source::new("for (i = 0; i < n; i++) for (j = i; j < n; j++) a[j - i + m] = 1;").text;
    let check = |n, m| validate(&only(&text, &with(&[("n", n), ("m", m)])));
    assert!(check(100, 0).is_ok());
    assert!(check(0, 1000).is_ok(), "nothing runs");
    let error = check(101, 0).expect_err("one too many");
    assert!(error.to_string().contains("dimension 1 of `a` has 100 elements"), "{error}");
    assert!(error.to_string().contains("gets 100"), "{error}");
    let error = check(50, -1).expect_err("one too few");
    assert!(error.to_string().contains("gets -1"), "{error}");
    let text = "void f(int n, double A[n][n - 4]) {\n#pragma scop\n for (int i = 0; i < n; i++) A[i][0] = 1;\n#pragma endscop\n}";
    let error = validate(&only(text, &with(&[("n", 4)]))).expect_err("no columns");
    assert!(error.to_string().contains("dimension 2 of `A` has 0 elements"), "{error}");
}

#[test]
fn unsigned_counters_are_accepted_where_they_cannot_wrap() {
    let accepted = |body: &str, n: i64| {
        let text = format!(
            "double a[100];\nvoid f(unsigned n) {{\n#pragma scop\n{body}\n#pragma endscop\n}}"
        );
        let unit = parse_bytes(text.as_bytes(), &with(&[("n", n)])).expect("valid C");
        unit.regions.first().is_some_and(|region| region.result.is_ok())
    };
    let body = "for (unsigned i = 0; i < n - 1; i++) a[i] = n;";
    assert!(accepted(body, 10));
    assert!(accepted(body, 1));
    assert!(!accepted(body, 0), "n - 1 is 4294967295");
    assert!(accepted("for (unsigned i = n; i > 0; i--) a[i - 1] = n;", 10));
    assert!(!accepted("for (unsigned i = n; i >= 0; i--) a[i - 1] = n;", 10));
}

#[test]
fn errors_of_files_are_told_apart() {
    let missing = parse(Path::new("/nonexistent/file.c"), &Options::default());
    assert!(matches!(missing, Err(FrontendError::Unreadable { .. })));
    let broken = parse_bytes(b"int x = ;\nvoid f(void) {", &Options::default());
    match broken.expect_err("not C") {
        FrontendError::Syntax { line, column, message, others, .. } => {
            assert_eq!((line, column, others), (1, 9, 1));
            assert!(message.contains("expected expression"), "{message}");
        }
        other => panic!("{other}"),
    }
    let empty = parse_bytes(b"int x;\n", &Options::default());
    assert!(matches!(empty, Err(FrontendError::NoRegion { .. })));
    let outside = parse_bytes(b"#pragma scop\nint x;\n#pragma endscop\n", &Options::default());
    let error = outside.expect_err("outside a function");
    assert!(error.to_string().contains("not in the body of one function"), "{error}");
    let unclosed = parse_bytes(b"void f(void) {\n#pragma scop\n}\n", &Options::default());
    let error = unclosed.expect_err("unclosed");
    assert!(error.to_string().contains(":2: this `#pragma scop` has no"), "{error}");
    let flags = Options {
        compiler_arguments: vec!["-include".into(), "no.h".into()],
        ..Options::default()
    };
    let error = parse_bytes(b"int x;\n", &flags).expect_err("no such header");
    assert!(error.to_string().contains("'no.h' file not found"), "{error}");
}

#[test]
fn compiler_arguments_pass_through() {
    let scratch = Scratch::new();
    scratch.write("sizes.h", b"#define N 12\n");
    let file = scratch.write(
        "input.c",
        b"T a[N];\nvoid f(void) {\n#pragma scop\nfor (int i = 0; i < N; i++) a[i] = SCALE;\n#pragma endscop\n}\n",
    );
    let folder = file.parent().expect("a folder").display().to_string();
    let options = Options {
        compiler_arguments: [
            "-I",
            &folder,
            "-include",
            "sizes.h",
            "-DT=float",
            "-DSCALE=2",
            "-Werror",
        ]
        .map(str::to_owned)
        .to_vec(),
        ..Options::default()
    };
    let unit = parse(&file, &options).expect("valid C");
    let program = unit.regions[0].result.as_ref().expect("representable");
    assert!(program.to_string().contains("array a[12]: f32"), "{program}");
}

#[test]
fn each_region_of_a_function_has_a_name_of_its_own() {
    let region = "#pragma scop\nfor (int i = 0; i < 9; i++) a[i] = 1;\n#pragma endscop\n";
    let text = format!(
        "double a[9];\nvoid f(void) {{\n{region}{region}{region}}}\nvoid f_2(void) {{\n{region}}}\n"
    );
    let names = |function: Option<&str>| {
        let options = Options { function: function.map(str::to_owned), ..Options::default() };
        let unit = parse_bytes(text.as_bytes(), &options)?;
        let names = unit
            .regions
            .iter()
            .map(|region| region.result.as_ref().expect("representable").name.clone());
        Ok::<_, FrontendError>(names.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(names(None).expect("valid"), "f f_3 f_4 f_2");
    assert_eq!(names(Some("f")).expect("valid"), "f f_3 f_4");
    assert_eq!(names(Some("f_4")).expect("valid"), "f_4");
    assert_eq!(names(Some("f_2")).expect("valid"), "f_2");
    let error = names(Some("f_5")).expect_err("no such region").to_string();
    assert!(error.contains("f, f_3, f_4, f_2"), "{error}");
}

#[test]
fn regions_may_stand_between_operators_and_macros() {
    let region = |opening: &str, closing: &str| {
        let text = format!(
            "#define SCOP _Pragma(\"scop\")\n#define PRAGMA(x) _Pragma(#x)\n#define END PRAGMA(endscop)
double a[9];\nvoid f(void) {{\n{opening}\n  for (int i = 0; i < 9; i++) a[i] = 1;\n{closing}\n}}\n"
        );
        let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
        let region = unit.regions.first().expect("one region");
        assert!(region.result.is_ok());
        region.host.as_ref().expect("accepted").region_text.trim().to_owned()
    };
    let text = "for (int i = 0; i < 9; i++) a[i] = 1;";
    assert_eq!(region("_Pragma(\"scop\")", "_Pragma(\"endscop\")"), text);
    assert_eq!(region("SCOP", "END"), text);
    assert_eq!(region("PRAGMA(scop)", "#pragma endscop"), text);
    assert_eq!(region("# pragma scop", "/* */ PRAGMA(endscop)"), format!("{text}\n/* */"));
    let unused = parse_bytes(
        b"#define SCOP _Pragma(\"scop\")\nint x;\nvoid f(void) { x = 1; }\n",
        &Options::default(),
    );
    assert!(matches!(unused, Err(FrontendError::NoRegion { .. })));
}

#[test]
fn bytes_outside_of_utf8_stand_in_comments_and_strings() {
    let text = b"\xef\xbb\xbf/* caf\xe9 \xfc */\r\nconst char *name = \"\xe9\";\r\ndouble a[9];\r\nvoid f(void) {\r\n\
#pragma scop\r\n  for (int i = 0; i < 9; i++) /* \xff */\r\n    a[i] = 1;\r\n#pragma endscop\r\n}\r\n";
    let unit = parse_bytes(text, &Options::default()).expect("valid C");
    assert_eq!((&unit.bytes[..], unit.source.len()), (&text[..], text.len()));
    let region = unit.regions.first().expect("one region");
    let program = region.result.as_ref().expect("representable");
    assert_eq!(program.statements[0].text, "a[i] = 1");
    let span = &program.statements[0].span;
    assert_eq!((&text[span.start..span.end], span.line), (&b"a[i] = 1"[..], 7));
    let between = &unit.bytes[region.span.start..region.span.end];
    assert!(between.starts_with(b"\r\n  for") && between.ends_with(b"a[i] = 1;\r\n"));
    let error = parse_bytes(b"double \xe9 = 1;\n", &Options::default()).expect_err("not C");
    assert!(matches!(error, FrontendError::Syntax { line: 1, .. }), "{error}");
}

#[test]
fn damaged_files_never_panic() {
    let kernel = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/expressions.c");
    let text = std::fs::read(kernel).expect("readable");
    let scratch = Scratch::new();
    let mut outcomes = [0, 0];
    let mut attempt = |bytes: &[u8]| {
        let result = parse(&scratch.write("input.c", bytes), &Options::default());
        outcomes[usize::from(result.is_ok())] += 1;
    };
    for length in (0..text.len()).step_by(97) {
        attempt(&text[..length]);
    }
    // A fixed linear congruential sequence, so that a failure repeats.
    let mut state = 1u64;
    let mut random = move |bound: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % bound
    };
    for _ in 0..60 {
        let mut damaged = text.clone();
        for _ in 0..3 {
            let position = random(damaged.len());
            match random(3) {
                0 => damaged[position] = b"(){}[];,*&+-<>=!0123456789ijn"[random(29)],
                1 => drop(damaged.remove(position)),
                _ => damaged.insert(position, b"(){}[];*"[random(8)]),
            }
        }
        attempt(&damaged);
    }
    attempt(&[0, 255, 254, 1, 2, 3]);
    attempt("void f(void){\n#pragma scop\n".repeat(50).as_bytes());
    attempt(
        format!("void f(void){{\n#pragma scop\n{}\n#pragma endscop\n}}", "{".repeat(3000))
            .as_bytes(),
    );
    let parentheses = format!("x = {}1{};", "(".repeat(200), ")".repeat(200));
    attempt(
        format!("int x;void f(void){{\n#pragma scop\n{parentheses}\n#pragma endscop\n}}")
            .as_bytes(),
    );
    assert!(outcomes[0] > 20 && outcomes[1] > 0, "{outcomes:?}");
}

#[test]
fn what_never_runs_makes_no_array_longer() {
    let text = "void f(int n, double C[][n]) {
#pragma scop
  for (int i = 1; i < n; i++) {
    if (n <= 4)
      C[2 * i][i] = 1.0;
    C[i][0] = 2.0;
  }
#pragma endscop
}";
    for (n, rows) in [(24, 24), (4, 7)] {
        let program = only(text, &with(&[("n", n)]));
        let found = program.elements(loopwright_ir::ArrayId(0)).expect("known");
        assert_eq!(i64::try_from(found).expect("few"), n * rows, "{n}");
    }
}
