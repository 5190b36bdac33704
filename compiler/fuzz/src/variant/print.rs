//! A program's loops as a C file that the frontend reads.

use loopwright_codegen::{COptions, Kernel, print_c};
use loopwright_ir::{Array, LoopTree, Program};
use std::fmt::Write as _;

/// What bounds of loops may call.
const MACROS: [(&str, &str); 4] = [
    ("floord(", "#define floord(n, d) ((n) / (d) - ((n) % (d) < 0))\n"),
    ("ceild(", "#define ceild(n, d) ((n) / (d) + ((n) % (d) > 0))\n"),
    ("min(", "#define min(a, b) ((a) < (b) ? (a) : (b))\n"),
    ("max(", "#define max(a, b) ((a) > (b) ? (a) : (b))\n"),
];

/// The file: arrays at file scope, scalars that nobody else sees in the function, and the loops as a region.
pub fn text_of(program: &Program, loops: &LoopTree, function: &str, changes: &str) -> String {
    let mut body = body_of(program, loops);
    let is_scalar = |array: &&Array| array.extents.is_empty();
    for scalar in program.arrays.iter().filter(is_scalar) {
        body = body.replace(&format!("{}[0]", scalar.name), &scalar.name);
    }
    let mut text = format!("/* {changes} */\n#include <math.h>\n#include <stdint.h>\n\n");
    for (call, definition) in MACROS {
        if body.contains(call) {
            text.push_str(definition);
        }
    }
    let declared = |array: &Array| {
        let extents: String = array.extents.iter().map(|extent| format!("[{extent}]")).collect();
        format!("{} {}{extents};\n", array.element.c_name(), array.name)
    };
    let is_local = |array: &Array| array.extents.is_empty() && !array.live_outside;
    for array in program.arrays.iter().filter(|array| !is_local(array)) {
        text.push_str("static ");
        text.push_str(&declared(array));
    }
    // Writing to a string cannot fail, so its results are dropped.
    let _ = write!(text, "\nvoid {function}(void)\n{{\n");
    for array in program.arrays.iter().filter(|array| is_local(array)) {
        text.push_str("  ");
        text.push_str(&declared(array));
    }
    let _ = write!(text, "#pragma scop\n{body}#pragma endscop\n}}\n");
    text
}

/// The statements of the function that code generation prints for the loops.
fn body_of(program: &Program, loops: &LoopTree) -> String {
    let options = COptions { function: "loops".to_owned(), openmp: false };
    let kernel = Kernel { program, tree: loops, fallback: None };
    let printed = print_c(&kernel, &options);
    let begin = printed.find("loops_scheduled(").unwrap_or(0);
    let behind = printed.get(begin..).unwrap_or_default();
    let inside = behind.split_once("{\n").map_or("", |(_, inside)| inside);
    let body = inside.split_once("\n}\n").map_or(inside, |(body, _)| body);
    format!("{}\n", body.replace("int64_t ", "int "))
}
