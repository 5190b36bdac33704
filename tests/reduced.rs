//! Faults that fuzzing found, made small: a program, a schedule, and the same bits.

use std::process::Command;

/// Compiles under the schedule, runs, and compares with the original.
fn same_bits(source: &str, schedule: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("reduced.c");
    std::fs::write(&file, source).expect("a writable folder");
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .arg("compile")
        .arg(&file)
        .args(["--schedule", schedule, "--run"])
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{schedule}\n{error}");
}

/// What the common iterations of jammed copies say of a loop's variable does not hold where the copies
/// run one by one: an element was kept in a register beside an access that names it as well.
#[test]
fn ranges_of_common_iterations_do_not_hold_one_by_one() {
    same_bits(
        "void reduced(double A[2], double B[2])\n{\n#pragma scop\n\
           for (int i = 0; i < 1; i++)\n\
             for (int j = 0; j < 2; j++) {\n\
               for (int k = 0; k < 2; k++) {\n\
                 A[-2*i] = 0.375 * A[i];\n\
                 A[k] = 2.0;\n\
               }\n\
               B[j] = 2.0;\n\
             }\n\
         #pragma endscop\n}\n",
        "shift(S3, i, 10); interchange(S3, i, j); tile(S3, i, 2); skew(S2, j, i_t, i, 1, 0); \
         unroll_and_jam(S3, j, 2)",
    );
}
