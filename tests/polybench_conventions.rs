//! PolyBench/C's conventions: kernels as they are published run as they are with `-I utilities`, and the objects
//! that are written take the place of the C compiler's: linked with `polybench.c`, which was compiled apart,
//! the program prints the same bytes.
//!
//! All kernels are compiled in their own order; three are tuned, or all with LOOPWRIGHT_LONG=1.

#[path = "conventions/published.rs"]
mod published;

use published::{TYPES, published};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const HEADER: &str = include_str!("conventions/polybench.h");
const FUNCTIONS: &str = include_str!("conventions/polybench.c");

/// What every command gets.
const FLAGS: [&str; 6] = ["-I", "utilities", "-D", "MINI_DATASET", "-D", "POLYBENCH_DUMP_ARRAYS"];

/// A folder as PolyBench/C's archive has it.
struct Suite {
    folder: tempfile::TempDir,
}

impl Suite {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let utilities = folder.path().join("utilities");
        std::fs::create_dir(&utilities).expect("a writable folder");
        std::fs::write(utilities.join("polybench.h"), HEADER).expect("written");
        std::fs::write(utilities.join("polybench.c"), FUNCTIONS).expect("written");
        let suite = Self { folder };
        suite.add("types.h", TYPES);
        let mut clang = suite.command("clang-19");
        clang.args(["-O2", "-c", "-o", "polybench.o", "utilities/polybench.c"]);
        succeed("polybench.c", &mut clang);
        suite
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env("OMP_NUM_THREADS", "2");
        command
    }

    fn add(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }

    /// What the program prints that is made of the source by the C compiler alone.
    fn original(&self, name: &str, more: &[&str]) -> Vec<u8> {
        let mut clang = self.command("clang-19");
        clang.args(["-O3", "-march=native", "-w"]).args(FLAGS).args(more);
        clang.args(["-o", &format!("{name}.original"), &format!("{name}.c"), "polybench.o", "-lm"]);
        succeed(name, &mut clang);
        self.dump(name, &format!("{name}.original"))
    }

    /// What it prints with the object that a command of ours writes in the source's place.
    fn replaced(&self, name: &str, command: &[&str], more: &[&str]) -> Vec<u8> {
        let object = format!("{name}.o");
        let mut ours = self.command(env!("CARGO_BIN_EXE_loopwright"));
        ours.arg(command[0]).arg(format!("{name}.c")).args(&command[1..]);
        ours.args(FLAGS).args(more).args(["--emit", "obj", "-o", &object]);
        succeed(name, &mut ours);
        let program = format!("{name}.replaced");
        let mut clang = self.command("clang-19");
        clang.args(["-o", &program, &object, "polybench.o", "-fopenmp", "-lm"]);
        succeed(name, &mut clang);
        self.dump(name, &program)
    }

    fn dump(&self, name: &str, program: &str) -> Vec<u8> {
        let path = PathBuf::from(".").join(program);
        let output = succeed(name, &mut self.command(path.to_str().expect("UTF-8")));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut values: Vec<&str> = text.split_whitespace().collect();
        assert!(values.len() > 20 && !text.contains("nan"), "{name} computes nothing:\n{text}");
        values.retain(|value| {
            value.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
        });
        values.sort_unstable();
        values.dedup();
        assert!(values.len() > 2, "{name} computes hardly anything:\n{text}");
        output.stderr
    }

    fn compare(&self, name: &str, command: &[&str], more: &[&str]) {
        let original = self.original(name, more);
        let replaced = self.replaced(name, command, more);
        assert!(original == replaced, "{name}: {command:?} gives other bytes");
    }
}

fn succeed(name: &str, command: &mut Command) -> Output {
    let output = command.output().expect("the program runs");
    assert!(
        output.status.success(),
        "{name}: {command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Our kernels in the published form.
fn kernels(suite: &Suite) -> Vec<&'static str> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    loopwright_polybench::write_sources(folder.path()).expect("written");
    let add = |kernel: &loopwright_polybench::Kernel| {
        let text = std::fs::read_to_string(folder.path().join(kernel.relative_path)).expect("read");
        let files = published(kernel.name, &text);
        suite.add(&format!("{}.c", kernel.name), &files.source);
        suite.add(&format!("{}.h", kernel.name), &files.header);
        kernel.name
    };
    loopwright_polybench::kernels().iter().map(add).collect()
}

/// Does something with every name, two at a time, and says all that went wrong.
fn each(names: &[&str], work: impl Fn(&str) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let attempt = std::panic::AssertUnwindSafe(|| work(name));
                    if std::panic::catch_unwind(attempt).is_err() {
                        failed.lock().expect("no panic").push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic");
    assert!(failed.is_empty(), "{} of {} failed: {failed:?}", failed.len(), names.len());
}

#[test]
fn published_files_run_as_they_are_and_their_objects_take_the_place_of_the_compilers() {
    let suite = Suite::new();
    let names = kernels(&suite);
    assert_eq!(names.len(), 30);
    each(&names, |name| suite.compare(name, &["compile", "--run"], &[]));
}

#[test]
fn tuned_objects_take_the_place_of_the_compilers() {
    let suite = Suite::new();
    let names = kernels(&suite);
    let long = std::env::var_os("LOOPWRIGHT_LONG").is_some();
    let few = ["gemm", "jacobi-2d", "trisolv"];
    let names: Vec<&str> = names.into_iter().filter(|name| long || few.contains(name)).collect();
    let tune = ["tune", "--budget", "1s", "--measure", "4"];
    each(&names, |name| suite.compare(name, &tune, &[]));
}

/// The header's other choices: arrays that are variables, prototypes with variable extents, constant bounds.
#[test]
fn other_choices_of_the_header() {
    let suite = Suite::new();
    kernels(&suite);
    let choices: [&[&str]; 4] = [
        &["-D", "POLYBENCH_STACK_ARRAYS"],
        &["-D", "POLYBENCH_USE_C99_PROTO"],
        &["-D", "POLYBENCH_USE_SCALAR_LB"],
        &["-D", "POLYBENCH_TIME", "-D", "DATA_TYPE_IS_FLOAT"],
    ];
    for more in choices {
        each(&["2mm", "seidel-2d"], |name| suite.compare(name, &["compile", "--run"], more));
    }
}

/// Arrays at file scope, declared by the macros, and functions without arguments.
#[test]
fn arrays_at_file_scope() {
    let suite = Suite::new();
    suite.add(
        "global.c",
        "#include <math.h>
#define DATA_TYPE_IS_DOUBLE
#include <polybench.h>
#include \"types.h\"
#define N 40
#define _PB_N POLYBENCH_LOOP_BOUND(N, n)
static int n = N;
POLYBENCH_2D_ARRAY_DECL(A, DATA_TYPE, N, N, n, n)
POLYBENCH_1D_ARRAY_DECL(x, DATA_TYPE, N, n)
POLYBENCH_1D_ARRAY_DECL(y, DATA_TYPE, N, n)
DATA_TYPE alpha;
static void init_array(void)
{
  int i, j;
  alpha = 1.5;
  for (i = 0; i < N; i++) {
    x[i] = 1.0 + i / 7.0;
    y[i] = 0.0;
    for (j = 0; j < N; j++)
      A[i][j] = (DATA_TYPE)((i * j + 3) % N) / N;
  }
}
static void kernel_global(void)
{
  int i, j;
#pragma scop
  for (i = 0; i < N; i++)
    for (j = 0; j < N; j++)
      y[i] = y[i] + alpha * A[i][j] * x[j];
#pragma endscop
}
int main(int argc, char **argv)
{
  int i;
  init_array();
  kernel_global();
  (void)argc; (void)argv;
  for (i = 0; i < N; i++)
    fprintf(POLYBENCH_DUMP_TARGET, DATA_PRINTF_MODIFIER, y[i]);
  return 0;
}
",
    );
    let variables = ["-D", "POLYBENCH_STACK_ARRAYS"];
    let order = ["compile", "--run", "--schedule", "interchange(S1, j, i); vectorize(S1, i, 4)"];
    suite.compare("global", &order, &variables);
    suite.compare("global", &["tune", "--budget", "1s", "--measure", "4"], &variables);
}

/// Only some of the arrays are filled by `init_array`, and the region stands in `main`.
#[test]
fn regions_in_main_and_arrays_that_are_filled_elsewhere() {
    let suite = Suite::new();
    let file = |region: &str, kernel: &str, call: &str| {
        format!(
            "#include <math.h>
#define DATA_TYPE_IS_DOUBLE
#include <polybench.h>
#include \"types.h\"
#define N 40
#define _PB_N POLYBENCH_LOOP_BOUND(N, n)
static void init_array(int n, DATA_TYPE *alpha, DATA_TYPE POLYBENCH_2D(A, N, N, n, n))
{{
  int i, j;
  *alpha = 0.75;
  for (i = 0; i < n; i++)
    for (j = 0; j < n; j++)
      A[i][j] = (DATA_TYPE)((i * j + 3) % N) / N;
}}
{kernel}
int main(int argc, char **argv)
{{
  int n = N;
  int i, j;
  DATA_TYPE alpha;
  POLYBENCH_2D_ARRAY_DECL(A, DATA_TYPE, N, N, n, n);
  POLYBENCH_1D_ARRAY_DECL(x, DATA_TYPE, N, n);
  POLYBENCH_1D_ARRAY_DECL(y, DATA_TYPE, N, n);
  (void)argc; (void)argv;
  init_array(n, &alpha, POLYBENCH_ARRAY(A));
  for (i = 0; i < n; i++)
    (POLYBENCH_ARRAY(x))[i] = 1.0 + i / 7.0;
{call}{region}
  for (i = 0; i < n; i++)
    fprintf(POLYBENCH_DUMP_TARGET, DATA_PRINTF_MODIFIER, (POLYBENCH_ARRAY(y))[i]);
  POLYBENCH_FREE_ARRAY(A);
  POLYBENCH_FREE_ARRAY(x);
  POLYBENCH_FREE_ARRAY(y);
  return 0;
}}
"
        )
    };
    let kernel =
        "static void kernel_some(int n, DATA_TYPE alpha, DATA_TYPE POLYBENCH_2D(A, N, N, n, n),
    DATA_TYPE POLYBENCH_1D(x, N, n), DATA_TYPE POLYBENCH_1D(y, N, n))
{
  int i, j;
#pragma scop
  for (i = 0; i < _PB_N; i++) {
    y[i] = 0.0;
    for (j = 0; j < _PB_N; j++)
      y[i] = y[i] + alpha * A[i][j] * x[j];
  }
#pragma endscop
}";
    let call =
        "  kernel_some(n, alpha, POLYBENCH_ARRAY(A), POLYBENCH_ARRAY(x), POLYBENCH_ARRAY(y));\n";
    suite.add("some.c", &file("", kernel, call));
    suite.compare("some", &["compile", "--run"], &[]);
    suite.compare("some", &["tune", "--budget", "1s", "--measure", "4"], &[]);
    let region = "#pragma scop
  for (i = 0; i < N; i++) {
    (POLYBENCH_ARRAY(y))[i] = 0.0;
    for (j = 0; j < N; j++)
      (POLYBENCH_ARRAY(y))[i] = (POLYBENCH_ARRAY(y))[i] + alpha * (POLYBENCH_ARRAY(A))[i][j] * (POLYBENCH_ARRAY(x))[j];
  }
#pragma endscop";
    suite.add("inside.c", &file(region, "", ""));
    for more in [&["-D", "POLYBENCH_STACK_ARRAYS"][..], &[]] {
        suite.compare("inside", &["compile", "--run"], more);
    }
}
