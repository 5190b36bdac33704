//! `tune --budget T` ends within T, a tenth of it, and one run of the original, whatever the region is.
//!
//! Six regions are looked at among the other tests, with a margin for busy machines. All sixty, in a table and
//! without a margin, on a quiet machine:
//!
//! `cargo test --release -p loopwright --test budget -- --ignored --nocapture`

#[path = "budget/nests.rs"]
mod nests;

use nests::Nest;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A command is killed when it takes so much longer than it may.
const HARD: Duration = Duration::from_secs(120);

/// What starting a process and ending it may take beside the budget.
const PROCESS: f64 = 0.15;

/// What came of a nest.
struct Run {
    seconds: f64,
    /// How long the original's first run took, by the command's own report.
    original: f64,
    verdict: String,
    /// Whether the answer is one: a result, or a message and the documented exit code.
    valid: bool,
}

fn run(nest: &Nest) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("input.c"), &nest.source).expect("a writable folder");
    let output = std::fs::File::create(folder.path().join("output")).expect("a writable folder");
    let errors = std::fs::File::create(folder.path().join("errors")).expect("a writable folder");
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["tune", "input.c", "--json", "--budget", &format!("{}s", nest.budget)])
        .args(&nest.arguments)
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .expect("the binary runs");
    let code = wait(&mut child);
    let seconds = started.elapsed().as_secs_f64();
    let text = |name| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let (output, errors) = (text("output"), text("errors"));
    let document: serde_json::Value = serde_json::from_str(&output).unwrap_or_default();
    let region = &document[0];
    let original = region["original_first_run_seconds"].as_f64().unwrap_or(0.0);
    let verdict = match (code, region["given_up"].as_str(), region["speedup"].as_f64()) {
        (None, ..) => "killed".to_owned(),
        (Some(0), Some(reason), _) => format!("the source stays: {reason}"),
        (Some(0), None, Some(_)) if region["source_stays"] == true => {
            format!("the source stays, {} measured", measured(region))
        }
        (Some(0), None, Some(speedup)) => format!("{speedup:.2}x, {} measured", measured(region)),
        (Some(code), ..) => {
            let reason = region["reason"].as_str().unwrap_or("no reason");
            format!("exit {code}: {reason}")
        }
    };
    let known = matches!(code, Some(0)) && region["schedule"].is_string()
        || matches!(code, Some(3)) && region["reason"].is_string();
    let valid = known && !errors.contains("panicked");
    Run { seconds, original, verdict, valid }
}

fn measured(region: &serde_json::Value) -> usize {
    region["measured"].as_array().map_or(0, Vec::len)
}

/// The exit code; `None` where the process had to be killed or was.
fn wait(child: &mut Child) -> Option<i32> {
    let end = Instant::now() + HARD;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().expect("a child of this process") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[test]
fn a_budget_is_kept_with_a_margin() {
    let nests = [
        nests::skewed(16, 1.0),
        nests::unrolled(400, 1.0),
        nests::deep(60, 10, 1.0),
        nests::arrays(200, 1.0),
        nests::slow(20_000, 1.0),
        nests::tiny(0.05),
    ];
    for nest in nests {
        let run = run(&nest);
        assert!(run.valid, "{}: {}", nest.name, run.verdict);
        let most = nest.budget * 1.1 + run.original + 5.0;
        assert!(run.seconds < most, "{}: {:.1} s: {}", nest.name, run.seconds, run.verdict);
    }
}

#[test]
fn a_slow_original_is_said_to_be_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nest = nests::slow(30_000, 0.5);
    std::fs::write(folder.path().join("input.c"), &nest.source).expect("a writable folder");
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["tune", "input.c", "--budget", "500ms"])
        .current_dir(folder.path())
        .output()
        .expect("the binary runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let known = ["one run of the original of f takes", "stays as it is"];
    assert!(known.iter().any(|words| errors.contains(words)), "{errors}");
}

#[test]
fn several_regions_share_a_budget() {
    let mut source = "double A[300][300], B[300][300];\n".to_owned();
    for name in ["f", "g", "h"] {
        source.push_str(&format!(
            "void {name}(void) {{\n#pragma scop\nfor (int i = 0; i < 300; i++) for (int j = 0; j < 300; j++) \
             A[i][j] += B[j][i];\n#pragma endscop\n}}\n"
        ));
    }
    let nest =
        Nest { name: "three regions".to_owned(), source, budget: 3.0, arguments: Vec::new() };
    let run = run(&nest);
    assert!(run.valid && run.seconds < 3.0 * 1.1 + 5.0, "{:.1} s: {}", run.seconds, run.verdict);
}

#[test]
fn times_that_never_end_or_begin_are_refused() {
    for (command, flag) in [("tune", "--budget"), ("bench", "--budget"), ("polybench", "--budget")]
    {
        for time in ["inf", "nan", "0", "1e400", "-1s", "5 fortnights"] {
            let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
                .args([command, &format!("{flag}={time}")])
                .args((command != "polybench").then_some("input.c"))
                .output()
                .expect("the binary runs");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command} {time}: {errors}");
            assert!(errors.contains(time) || errors.contains("a time has to end"), "{errors}");
        }
    }
    for time in ["inf", "nan", "0", "-3"] {
        let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
            .args(["fuzz", &format!("--time={time}")])
            .output()
            .expect("the binary runs");
        assert_eq!(output.status.code(), Some(2), "{time}");
    }
}

#[test]
#[ignore = "takes minutes and a quiet machine"]
fn the_budget_on_sixty_adversarial_nests() {
    let nests = nests::all();
    assert_eq!(nests.len(), 60);
    println!("{:<32} {:>7} {:>8} {:>8}  verdict", "nest", "budget", "original", "taken");
    let mut missed = Vec::new();
    for nest in nests {
        let run = run(&nest);
        let kept = run.valid && run.seconds <= nest.budget * 1.1 + run.original + PROCESS;
        println!(
            "{:<32} {:>6}s {:>7.2}s {:>7.2}s  {}{}",
            nest.name,
            nest.budget,
            run.original,
            run.seconds,
            if kept { "" } else { "MISSED " },
            run.verdict.replace('\n', " ")
        );
        if !kept {
            missed.push(nest.name);
        }
    }
    assert!(missed.is_empty(), "missed by {missed:?}");
}
