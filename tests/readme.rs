//! What README.md and the guide print is true: every command in them runs, and answers as they say where they show it.
//!
//! Commands that take long as printed run with smaller arguments, see `shortened`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const README: &str = include_str!("../README.md");

/// README's text and the guide's, one after the other.
const TEXTS: [&str; 8] = [
    README,
    include_str!("../compiler/guide/tuning.md"),
    include_str!("../compiler/guide/schedules.md"),
    include_str!("../compiler/guide/cc.md"),
    include_str!("../compiler/guide/measuring.md"),
    include_str!("../compiler/guide/fuzzing.md"),
    include_str!("../polybench/RESULTS.md"),
    include_str!("../costmodel/README.md"),
];

/// A file as README has it in mind: with a parameter that its only call tells.
const KERNEL: &str = "static double A[64][64], B[64][64];
void kernel(int n, double A[n][n], double B[n][n])
{
#pragma scop
  for (int i = 1; i < n - 1; i++)
    for (int j = 1; j < n - 1; j++)
      B[i][j] = 0.25 * (A[i - 1][j] + A[i + 1][j] + A[i][j - 1] + A[i][j + 1]);
#pragma endscop
}
double run(void)
{
  for (int i = 0; i < 64; i++)
    for (int j = 0; j < 64; j++)
      A[i][j] = i + 0.5 * j;
  kernel(64, A, B);
  return B[5][5];
}
";

/// One where loops must not be interchanged.
const ILLEGAL: &str = "double A[64][64];
void kernel(void)
{
#pragma scop
  for (int i = 1; i < 63; i++)
    for (int j = 1; j < 63; j++)
      A[i][j] = A[i - 1][j + 1] + 1.0;
#pragma endscop
}
";

const MAIN: &str = "double run(void);\nint main(void) { return run() != 7.5; }\n";

/// A command of a code block with the lines that follow it up to the block's end or the next command.
struct Printed {
    command: String,
    answer: Vec<String>,
}

fn printed() -> Vec<Printed> {
    let mut found: Vec<Printed> = Vec::new();
    let mut inside = false;
    for line in TEXTS.iter().flat_map(|text| text.lines()) {
        let Some(code) = line.strip_prefix("    ") else {
            inside = false;
            continue;
        };
        let bare = code.strip_prefix("$ ").unwrap_or(code);
        let first = bare.split_whitespace().next().unwrap_or_default();
        if ["loopwright", "make", "clang-19", "gcc"].contains(&first) {
            found.push(Printed { command: without_remark(bare), answer: Vec::new() });
            inside = code.starts_with("$ ");
        } else if inside && let Some(last) = found.last_mut() {
            last.answer.push(code.to_owned());
        }
    }
    found
}

fn without_remark(line: &str) -> String {
    line.split("  #").next().unwrap_or(line).trim().to_owned()
}

/// Commands in the running text.
fn mentioned() -> Vec<String> {
    let spans = TEXTS.iter().flat_map(|text| text.split('`').skip(1).step_by(2));
    let commands = spans.filter(|span| span.starts_with("loopwright "));
    // A command in running text may go on in the next line.
    commands.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with what the commands name: the binary, the repository's files, a kernel, somebody's main program.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    let write = |name: &str, text: &str| std::fs::write(path.join(name), text).expect("written");
    let link = |to: &Path, name: &str| {
        std::os::unix::fs::symlink(to, path.join(name)).expect("linked");
    };
    link(Path::new(env!("CARGO_BIN_EXE_loopwright")), "loopwright");
    let repository = repository().canonicalize().expect("the repository");
    link(&repository.join("polybench"), "polybench");
    link(&repository.join("tests"), "tests");
    link(&repository.join("Makefile"), "Makefile");
    write("kernel.c", KERNEL);
    write("main.c", MAIN);
    write("kernel.schedule", "tile(S1, i, j, 32, 32)\nparallelize(S1, i_t)\n");
    std::fs::create_dir(path.join("my-schedules")).expect("made");
    write("my-schedules/gemm.schedule", "parallelize(S2, i)\n");
    let compiled = shell(path, "clang-19 -c main.c -o main.o");
    assert!(compiled.status.success(), "{}", text(&compiled.stderr));
    folder
}

fn shell(folder: &Path, command: &str) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("bash")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", folder.display()))
        .env_remove("COLUMNS")
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env_remove("LOOPWRIGHT_RECORDS")
        .output()
        .expect("bash runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The command with arguments that make it end soon. `None` for what measures the machine.
fn shortened(command: &str) -> Option<String> {
    let mut command = command.to_owned();
    for (long, short) in [
        ("--size large", "--size mini"),
        ("--size small", "--size mini"),
        ("--size medium --budget 20s", "--size mini --budget 300ms"),
        ("table tests/examples", "table tests/examples/ldlt.c -D SMALL --turns 100ms"),
        ("table tests/loops --budget 2s --turns 1s", "table tests/loops/packing.c --turns 100ms"),
        ("--budget 60s", "--budget 300ms"),
        ("--pairs 30000", "--pairs 200"),
        ("--regions 50000", "--regions 100"),
        ("--legality 20000", "--legality 100"),
        ("--planted all", "--planted no-write-after-read"),
        (
            "--programs 4000 --time 3h",
            "--programs 6 --schedules 4 --threads 1 --milliseconds 0.02..0.1",
        ),
        ("n=2000", "n=200"),
        ("-D LARGE_DATASET", "-D SMALL_DATASET"),
    ] {
        command = command.replace(long, short);
    }
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["loopwright", "doctor", "--peak", ..] => return None,
        ["loopwright", "polybench", .., "--variants", _, "--size", _] => {
            command = command.replace("--variants 3", "--variants 1 --budget 300ms");
        }
        ["make", ..] => command = command.replacen("make", "make --dry-run", 1),
        ["loopwright", "tune" | "bench" | "table", ..] => command.push_str(" --budget 300ms"),
        // A budget is for each kernel.
        ["loopwright", "polybench", second, ..] if second.starts_with("--") => {
            let budget = if command.contains("--budget") { "" } else { " --budget 300ms" };
            let kernel = if command.contains(" gemm") { "" } else { " gemm" };
            command.push_str(&format!("{budget}{kernel}"));
        }
        _ => {}
    }
    Some(command)
}

#[test]
fn every_flag_exists() {
    let folder = workplace();
    let commands = printed().into_iter().map(|printed| printed.command).chain(mentioned());
    let ours: Vec<String> = commands.filter(|command| command.starts_with("loopwright")).collect();
    assert!(ours.len() > 20, "{ours:?}");
    for command in ours {
        // Whatever stands before is parsed before help is printed.
        let output = shell(folder.path(), &format!("{command} --help"));
        assert!(output.status.success(), "`{command}`: {}", text(&output.stderr));
    }
}

#[test]
fn every_command_runs() {
    let folder = workplace();
    for Printed { command, .. } in printed() {
        let Some(short) = shortened(&command) else { continue };
        let why_illegal = command.contains("'interchange(S1, i, j)'");
        let kernel = if why_illegal { ILLEGAL } else { KERNEL };
        std::fs::write(folder.path().join("kernel.c"), kernel).expect("written");
        if short.contains("x86-64-v3") && !std::arch::is_x86_feature_detected!("avx2") {
            continue;
        }
        let output = shell(folder.path(), &short);
        let error = text(&output.stderr);
        let expected = if why_illegal { 4 } else { 0 };
        assert_eq!(output.status.code(), Some(expected), "`{command}`, run as `{short}`: {error}");
        if command.contains("-o program") {
            let run = shell(folder.path(), "./program");
            assert_eq!(run.status.code(), Some(0), "the linked program: {}", text(&run.stderr));
        }
    }
}

/// Whether the command says every line that README shows below it.
fn answers(printed: &Printed) {
    let folder = workplace();
    let output = shell(folder.path(), &printed.command);
    let all = text(&output.stdout) + &text(&output.stderr);
    for line in &printed.answer {
        let said = all.lines().any(|found| found == line);
        assert!(said, "`{}` says, without `{line}`:\n{all}", printed.command);
    }
}

fn with_answers(kind: &str) -> Vec<Printed> {
    // Times are other ones on other machines.
    let is_wanted = |printed: &Printed| {
        !printed.answer.is_empty()
            && !printed.command.contains("--run")
            && printed.command.contains(kind)
    };
    let found: Vec<Printed> = printed().into_iter().filter(is_wanted).collect();
    assert!(!found.is_empty(), "the examples of {kind} are gone");
    found
}

#[test]
fn certificates_are_the_printed_ones() {
    with_answers("--verify").iter().for_each(answers);
}

#[test]
fn advice_is_the_printed_one() {
    with_answers("--why-not").iter().for_each(answers);
}

#[test]
fn readme_is_short_and_its_links_lead_somewhere() {
    assert!(README.len() <= 6000, "{} bytes", README.len());
    for target in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(repository().join(target).exists(), "README links to {target}");
    }
}
