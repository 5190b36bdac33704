//! Which products become multiply-adds: as the C compiler decides.

mod common;

use common::{Scratch, parse_bytes};
use loopwright_frontend::Options;

#[test]
fn what_depends_on_a_variable_takes_part_in_multiply_adds() {
    use loopwright_ir::Expression;
    // The product on the left is fused where the compiler sees one, whatever is known of its factors.
    let left = |value: &str| {
        let text = format!(
            "static double scaled(double x, double y, double z) {{ return x * 3.0 - y * z; }}
double a[9];\nvoid f(void) {{\n#pragma scop\n  int k = 3;\n  a[k] = {value};\n#pragma endscop\n}}\n"
        );
        let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
        let program = unit.regions[0].result.as_ref().expect("representable");
        let mut body = &program.statements[0].body;
        while let Expression::Cast { operand, .. } = body {
            body = operand;
        }
        match body {
            Expression::MultiplyAdd { left, .. } => match **left {
                Expression::Float { value, .. } => value.to_string(),
                _ => "fused".to_owned(),
            },
            _ => "apart".to_owned(),
        }
    };
    assert_eq!(left("0.5 * (double)(k - 1) - a[1] * a[2]"), "0.5");
    assert_eq!(left("0.5 * 2.0 - a[1] * a[2]"), "fused");
    assert_eq!(left("scaled(0.5, a[1], a[2])"), "0.5");
    // A choice is a border, unless the compiler decides it.
    assert_eq!(left("a[0] + (k < 2 ? a[0] : a[1] * a[2])"), "apart");
    assert_eq!(left("a[0] + (1 < 0 ? a[0] : a[1] * a[2])"), "fused");
}

#[test]
fn contraction_follows_the_pragmas_and_the_option() {
    let fused = |around: &str, inside: &str, contraction: bool| {
        let text = format!(
            "static double product(double x, double y) {{ return x * y; }}
static double sum(double x, double y, double z) {{ return x * y + z; }}
{around}\n  {{\n#pragma scop
  for (int i = 0; i < 9; i++) {{ {inside}\n    c[i] = a[i] * b[i] + c[i];\n  }}
  for (int i = 0; i < 9; i++)\n    c[i] = a[i] * b[i] + c[i];\n#pragma endscop\n  }}\n}}\n"
        );
        let options = Options { contraction, ..Options::default() };
        let unit = parse_bytes(text.as_bytes(), &options).expect("valid C");
        match &unit.regions[0].result {
            Ok(program) => program
                .statements
                .iter()
                .map(|statement| match statement.body {
                    loopwright_ir::Expression::MultiplyAdd { .. } => "fused",
                    _ => "apart",
                })
                .collect::<Vec<_>>()
                .join(" "),
            Err(reject) => reject.to_string(),
        }
    };
    let plain = "double a[9], b[9], c[9];\nvoid f(void) {";
    assert_eq!(fused(plain, "", true), "fused fused");
    assert_eq!(fused(plain, "", false), "apart apart");
    let off = format!("#pragma STDC FP_CONTRACT OFF\n{plain}");
    assert_eq!(fused(&off, "", true), "apart apart");
    let operator = format!("_Pragma(\"STDC FP_CONTRACT OFF\")\n{plain}");
    assert_eq!(fused(&operator, "", true), "apart apart");
    let block = format!("{plain}\n#pragma clang fp contract(off)");
    assert_eq!(fused(&block, "", true), "apart apart");
    let elsewhere = format!("void g(void) {{\n#pragma clang fp contract(off)\n}}\n{plain}");
    assert_eq!(fused(&elsewhere, "", true), "fused fused");
    assert_eq!(fused(&off, "\n#pragma STDC FP_CONTRACT ON", true), "fused apart");
    assert_eq!(fused(plain, "\n#pragma clang fp contract(on)", false), "fused apart");
    assert_eq!(fused(plain, "\n#pragma clang fp contract(off)", true), "apart fused");
    assert_eq!(fused(&off, "\n#pragma STDC FP_CONTRACT DEFAULT", true), "fused apart");
    let fast = format!("{plain}\n#pragma clang fp contract(fast)");
    assert!(fused(&fast, "", true).contains("`#pragma clang fp contract(fast)`"));
    let regroups = format!("{plain}\n#pragma clang fp reassociate(on)");
    assert!(fused(&regroups, "", true).contains("reassociate(on)"));
    let precise = format!("#pragma float_control(precise, off)\n{plain}");
    assert!(fused(&precise, "", true).contains("float_control(precise, off)"));
    assert!(fused(&off, "c[i] = sum(1.0, b[i], 2.0);", true).contains("`sum` is defined where"));
    assert_eq!(fused(plain, "c[i] = sum(1.0, b[i], 2.0);", true), "apart fused fused");
    let scratch = Scratch::new();
    scratch.write("off.h", b"#pragma STDC FP_CONTRACT OFF\n");
    let header = format!("#include \"{}\"\n{plain}", scratch.path("off.h").display());
    assert_eq!(fused(&header, "", true), "apart apart");
    for flag in ["-ffast-math", "-Ofast", "-ffp-contract=fast"] {
        let options = Options { compiler_arguments: vec![flag.to_owned()], ..Options::default() };
        let error = parse_bytes(b"int x;", &options).expect_err("refused").to_string();
        assert!(error.contains(flag), "{error}");
    }
}
