//! Programs against their source: each program is written out as naive C (every iterator over a wide
//! range, the domain as a condition, every conversion explicit), run beside the
//! original text in its own unit, and all arrays are compared bit by bit.

mod common;

use common::Scratch;
use loopwright_frontend::{HostFunction, Options, Region, Unit, measuring_unit, parse, validate};
use loopwright_ir::{
    Access, Affine, BinaryOperation, CompareOperation, Constraint, ElementType, Expression,
    MathFunction, Program, SourceNode, Statement, UnaryOperation, Variable,
};
use std::path::Path;
use std::process::Command;

/// Iterators beyond this do not occur with the parameter values that are chosen.
const REACH: i64 = 130;

/// The same for the sizes around the ends of narrow types.
const FAR_REACH: i64 = 700;

fn variable(name: Variable) -> String {
    match name {
        Variable::Iterator(depth) => format!("i{depth}"),
        Variable::Parameter(position) => format!("p[{position}]"),
        Variable::Loop(id) => format!("loop{id}"),
    }
}

fn affine(value: &Affine) -> String {
    format!("({})", value.display_with(&variable))
}

fn condition(constraint: &Constraint) -> String {
    let operator = if constraint.equality { "==" } else { ">=" };
    format!("{} {operator} 0", affine(&constraint.affine))
}

fn element(program: &Program, access: &Access) -> String {
    let array = program.array(access.array);
    let mut index = "0L".to_owned();
    for (subscript, extent) in access.subscripts.iter().zip(&array.extents) {
        index = format!("({index} * {} + {})", affine(extent), affine(subscript));
    }
    format!("(({} *)b[{}])[{index}]", array.element.c_name(), access.array.0)
}

fn value(program: &Program, statement: &Statement, expression: &Expression) -> String {
    let inner = |operand: &Expression| value(program, statement, operand);
    let body = match expression {
        Expression::Read { position, .. } => element(program, &statement.reads[*position]),
        Expression::Integer { value, .. } => format!("{value}L"),
        Expression::Float { value, .. } if value.is_infinite() => {
            if *value > 0.0 {
                "INFINITY".to_owned()
            } else {
                "-INFINITY".to_owned()
            }
        }
        Expression::Float { value, .. } => format!("{value:e}"),
        Expression::Index { value, .. } => affine(value),
        Expression::Unary { operation, operand, .. } => match operation {
            UnaryOperation::Negate => format!("-{}", inner(operand)),
            UnaryOperation::BitwiseNot => format!("~{}", inner(operand)),
        },
        Expression::Binary { operation, left, right, .. } => {
            let operator = match operation {
                BinaryOperation::Add => "+",
                BinaryOperation::Subtract => "-",
                BinaryOperation::Multiply => "*",
                BinaryOperation::Divide => "/",
                BinaryOperation::Remainder => "%",
                BinaryOperation::BitwiseAnd => "&",
                BinaryOperation::BitwiseOr => "|",
                BinaryOperation::BitwiseXor => "^",
                BinaryOperation::ShiftLeft => "<<",
                BinaryOperation::ShiftRight => ">>",
            };
            format!("{} {operator} {}", inner(left), inner(right))
        }
        Expression::MultiplyAdd { element, negate_product, negate_addend, left, right, addend } => {
            let function = if *element == ElementType::F32 { "fmaf" } else { "fma" };
            format!(
                "{function}({}{}, {}, {}{})",
                if *negate_product { "-" } else { "" },
                inner(left),
                inner(right),
                if *negate_addend { "-" } else { "" },
                inner(addend)
            )
        }
        Expression::Compare { operation, left, right, .. } => {
            let operator = match operation {
                CompareOperation::Less => "<",
                CompareOperation::LessOrEqual => "<=",
                CompareOperation::Greater => ">",
                CompareOperation::GreaterOrEqual => ">=",
                CompareOperation::Equal => "==",
                CompareOperation::NotEqual => "!=",
            };
            format!("{} {operator} {}", inner(left), inner(right))
        }
        Expression::Select { condition, then, otherwise, .. } => {
            format!("{} ? {} : {}", inner(condition), inner(then), inner(otherwise))
        }
        Expression::Cast { operand, .. } => inner(operand),
        Expression::Call { function, element, arguments } => {
            let arguments: Vec<_> = arguments.iter().map(inner).collect();
            let suffix = if *element == ElementType::F32 { "f" } else { "" };
            assert!(MathFunction::ALL.contains(function));
            format!("{}{suffix}({})", function.c_name(), arguments.join(", "))
        }
        Expression::Gather { array, subscripts, .. } => {
            let known = program.array(*array);
            let mut index = "0L".to_owned();
            for (subscript, extent) in subscripts.iter().zip(&known.extents) {
                index = format!("({index} * {} + {})", affine(extent), inner(subscript));
            }
            format!("(({} *)b[{}])[{index}]", known.element.c_name(), array.0)
        }
    };
    format!("(({})({body}))", expression.element().c_name())
}

fn nodes(program: &Program, order: &[SourceNode], depth: usize, reach: i64, text: &mut String) {
    for node in order {
        match node {
            SourceNode::Loop(inner) => {
                text.push_str(&format!(
                    "for (long i{depth} = -{reach}; i{depth} <= {reach}; i{depth}++) {{\n"
                ));
                nodes(program, &inner.body, depth + 1, reach, text);
                text.push_str("}\n");
            }
            SourceNode::Statement(id) => {
                let statement = program.statement(*id);
                let mut domain: Vec<_> = statement.domain.iter().map(condition).collect();
                domain.push("1".to_owned());
                text.push_str(&format!(
                    "if ({}) {} = {};\n",
                    domain.join(" && "),
                    element(program, &statement.write),
                    value(program, statement, &statement.body)
                ));
            }
        }
    }
}

/// A program that fills two copies of the buffers, runs both sides and compares, for each of the values of
/// the parameters.
fn driver(
    program: &Program,
    host: &HostFunction,
    locator: Option<&str>,
    values: &[Vec<i64>],
    reach: i64,
) -> String {
    let mut text = String::from(
        "#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\
         void loopwright_original(void **, const long *);\n\
         void loopwright_locate(void **, const long *);\n\
         static void program(void **b, const long *p) {\n",
    );
    nodes(program, &program.order, 0, reach, &mut text);
    text.push_str("}\nint main(void) {\nunsigned long seed = 1; int wrong = 0;\n");
    let rows: Vec<String> = values
        .iter()
        .map(|row| {
            format!("{{{}0}}", row.iter().map(|value| format!("{value}, ")).collect::<String>())
        })
        .collect();
    let width = values.first().map_or(0, Vec::len) + 1;
    text.push_str(&format!("static const long all[][{width}] = {{{}}};\n", rows.join(", ")));
    text.push_str(&format!(
        "for (int row = 0; row < {}; row++) {{\nconst long *p = all[row];\n",
        values.len()
    ));
    let count = program.arrays.len();
    text.push_str(&format!("void *left[{count}], *right[{count}];\n"));
    for (position, array) in program.arrays.iter().enumerate() {
        let elements = program.elements(loopwright_ir::ArrayId(position)).expect("known extents");
        let name = array.element.c_name();
        let fill = if array.element.is_float() {
            "0.5 + (seed >> 40) / 16777216.0".to_owned()
        } else if array.element_spelling.contains("ool") {
            "(seed >> 40) & 1".to_owned()
        } else {
            "(seed >> 40) % 16".to_owned()
        };
        text.push_str(&format!(
            "left[{position}] = calloc({elements} + 1, sizeof({name}));\n\
             right[{position}] = calloc({elements} + 1, sizeof({name}));\n\
             for (long k = 0; k < {elements}; k++) {{\n\
             seed = seed * 6364136223846793005ul + 1442695040888963407ul;\n\
             (({name} *)left[{position}])[k] = (({name} *)right[{position}])[k] = {fill};\n}}\n"
        ));
    }
    // Variables at file scope are where the unit has them.
    text.push_str(&format!("void *own[{count}];\nmemcpy(own, left, sizeof own);\n"));
    if let Some(locator) = locator {
        text.push_str(&format!("{locator}(own, p);\n"));
    }
    let bytes = |position: usize| {
        let array = program.array(loopwright_ir::ArrayId(position));
        let elements = program.elements(loopwright_ir::ArrayId(position)).expect("known extents");
        format!("{elements} * sizeof({})", array.element.c_name())
    };
    for position in 0..count {
        text.push_str(&format!(
            "if (own[{position}] != left[{position}]) memcpy(own[{position}], left[{position}], {});\n",
            bytes(position)
        ));
    }
    text.push_str("loopwright_original(own, p);\nprogram(right, p);\n");
    for (position, array) in program.arrays.iter().enumerate() {
        // What the region declares itself is not in the original's buffers.
        let known =
            host.declarations.iter().any(|other| other.array.map(|id| id.0) == Some(position));
        if known {
            text.push_str(&format!(
                "if (memcmp(own[{position}], right[{position}], {})) \
                 {{ printf(\"{} at p[0] = %ld\\n\", p[0]); wrong = 1; }}\n",
                bytes(position),
                array.name
            ));
        }
    }
    text.push_str("}\nreturn wrong;\n}\n");
    text
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{:?}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

fn compare(unit: &Unit, scratch: &Scratch, choose: &dyn Fn(usize, Option<i64>) -> i64) -> usize {
    let mut compared = 0;
    for region in &unit.regions {
        let (Ok(program), Some(host)) = (&region.result, &region.host) else { continue };
        let mut program = program.clone();
        for (position, parameter) in program.parameters.iter_mut().enumerate() {
            parameter.value = Some(choose(position, parameter.value));
        }
        let values = program.parameter_values().expect("all known");
        run_both(unit, region, &program, host, &[values], REACH, scratch);
        compared += 1;
    }
    compared
}

/// Compiles and runs both sides for the values of the parameters.
fn run_both(
    unit: &Unit,
    region: &Region,
    program: &Program,
    host: &HostFunction,
    values: &[Vec<i64>],
    reach: i64,
    scratch: &Scratch,
) {
    let measuring = measuring_unit(unit, region, program, None).expect("a unit");
    let original = scratch.write("original.c", &measuring.source);
    let locator = measuring.locator_symbol.as_deref();
    let driver = driver(program, host, locator, values, reach);
    let driver = scratch.write("driver.c", driver.as_bytes());
    let clang = || {
        let mut command = Command::new("/usr/lib/llvm-19/bin/clang");
        command.args(["-w", "-march=native", "-fwrapv", "-c"]);
        command
    };
    let objects = [scratch.path("original.o"), scratch.path("driver.o")];
    let contract = ["-O0", "-ffp-contract=on"];
    let plain = ["-O1", "-ffp-contract=off"];
    let result = run(clang().args(contract).arg(&original).arg("-o").arg(&objects[0]))
        .and_then(|()| run(clang().args(plain).arg(&driver).arg("-o").arg(&objects[1])))
        .and_then(|()| {
            let mut link = Command::new("/usr/lib/llvm-19/bin/clang");
            run(link.args(&objects).arg("-lm").arg("-o").arg(scratch.path("both")))
        })
        .and_then(|()| run(&mut Command::new(scratch.path("both"))));
    if let Err(problem) = result {
        panic!("{} of {}:\n{problem}\n{program}", region.function, unit.file.display());
    }
}

/// Parameters at zero, one, below it, and around every bound and type's end that the functions have: each is
/// refused by an assumption of the lowering, or the program does what C does.
#[test]
fn what_the_lowering_relies_on_is_checked_for_each_size() {
    const ENDS: &[i64] = &[
        -300, -257, -256, -255, -129, -128, -127, -20, -9, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4,
        5, 6, 7, 8, 9, 10, 11, 19, 20, 21, 39, 40, 49, 50, 51, 64, 99, 100, 126, 127, 128, 129,
        254, 255, 256, 257, 299, 300,
    ];
    const FEW: &[i64] = &[-129, -1, 0, 1, 7, 10, 50, 64, 128, 256];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sizes.c");
    let scratch = Scratch::new();
    let unit = parse(&file, &Options::default()).expect("valid C");
    let mut counts = [0, 0];
    let mut listed = 0;
    for region in &unit.regions {
        let name = &region.function;
        let with = |parameters: Vec<(String, i64)>| Options {
            parameters,
            function: Some(name.clone()),
            ..Options::default()
        };
        // The arrays suggest sizes that some are refused with.
        let accepted = |unit: &Unit| unit.regions.iter().all(|region| region.result.is_ok());
        let own = [10, 30, 0, 50].into_iter().find_map(|size| {
            parse(&file, &with(vec![("n".to_owned(), size)])).ok().filter(accepted)
        });
        let small = own.as_ref().and_then(|unit| unit.regions.first()).unwrap_or(region);
        let names: Vec<String> = match &small.result {
            Ok(program) => program.parameters.iter().map(|known| known.name.clone()).collect(),
            Err(reject) => panic!("{name}: {reject}"),
        };
        let sets: Vec<Vec<i64>> = match names.len() {
            1 => ENDS.iter().map(|value| vec![*value]).collect(),
            2 => FEW.iter().flat_map(|n| FEW.iter().map(move |m| vec![*n, *m])).collect(),
            count => panic!("{name} has {count} parameters"),
        };
        listed += small.assumptions.len();
        let mut values = Vec::new();
        let mut symbolic = None;
        for set in sets {
            let parameters = names.iter().cloned().zip(set.iter().copied()).collect();
            let Ok(unit) = parse(&file, &with(parameters)) else { continue };
            let result = &unit.regions.first().expect("one region").result;
            let accepted = result.as_ref().is_ok_and(|program| validate(program).is_ok());
            counts[usize::from(accepted)] += 1;
            if let (true, Ok(program)) = (accepted, result) {
                values.push(set);
                symbolic = Some(program.clone());
            }
        }
        let program = symbolic.unwrap_or_else(|| panic!("{name} is never accepted"));
        let host = small.host.as_ref().expect("accepted");
        run_both(&unit, small, &program, host, &values, FAR_REACH, &scratch);
    }
    assert!(counts[0] > 100 && counts[1] > 300, "refused and accepted: {counts:?}");
    assert!(listed > 10, "only {listed} assumptions");
}

#[test]
fn golden_programs_compute_what_their_source_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let scratch = Scratch::new();
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).expect("the folder exists").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        let unit = parse(&path, &Options::default()).expect("valid C");
        for size in [9, 30] {
            let choose = |position: usize, known: Option<i64>| {
                known.unwrap_or(i64::MAX).min(size + 2 * position as i64)
            };
            compared += compare(&unit, &scratch, &choose);
        }
    }
    assert!(compared >= 16, "only {compared}");
}

#[test]
fn polybench_programs_compute_what_their_source_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../polybench");
    let scratch = Scratch::new();
    let kernels = [
        "medley/deriche",
        "medley/nussinov",
        "datamining/correlation",
        "linear-algebra/solvers/durbin",
        "linear-algebra/solvers/gramschmidt",
        "linear-algebra/blas/symm",
    ];
    for kernel in kernels {
        let name = kernel.rsplit('/').next().expect("a name");
        let file = folder.join(kernel).join(format!("{name}.c"));
        let unit = parse(&file, &Options::default()).expect("valid C");
        let choose = |position: usize, _: Option<i64>| 20 + position as i64;
        assert_eq!(compare(&unit, &scratch, &choose), 1, "{name}");
    }
}
