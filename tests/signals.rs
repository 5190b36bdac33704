//! Nothing is left behind: commands that signals end at any moment, and what the user's code starts.

use std::collections::BTreeSet;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often commands are ended at random moments; more where this variable says so.
const KILLS: &str = "LOOPWRIGHT_KILLS";
const FEW: u64 = 12;

/// How long a command may take to end in order, and what it leaves to vanish, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A loop nest that keeps every command busy for a while, and whose code starts what it should not.
const SOURCE: &str = r"
double A[200][200], B[200][200], C[200][200];
void init_array(void) {
  for (int i = 0; i < 200; i++) for (int j = 0; j < 200; j++) { A[i][j] = i + j; B[i][j] = i - j; }
}
void multiply(void) {
#pragma scop
  for (int i = 0; i < 200; i++)
    for (int j = 0; j < 200; j++)
      for (int k = 0; k < 200; k++)
        C[i][j] += A[i][k] * B[k][j];
#pragma endscop
}
";

/// A folder that holds the input and all temporary files of what runs in it.
struct Place {
    folder: tempfile::TempDir,
    name: String,
}

impl Place {
    fn new(source: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("input.c"), source).expect("written");
        std::fs::create_dir(folder.path().join("temporary")).expect("made");
        std::fs::create_dir(folder.path().join("out")).expect("made");
        let name = folder.path().display().to_string();
        Self { folder, name }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the command; all that it starts is known by the variable in its environment.
    fn start(&self, words: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_loopwright"))
            .args(words)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .env("TMPDIR", self.path("temporary"))
            .env("LOOPWRIGHT_TEST", &self.name)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the binary runs")
    }

    /// The processes that carry the variable, by number and command line.
    fn processes(&self) -> BTreeSet<String> {
        let mark = format!("LOOPWRIGHT_TEST={}", self.name);
        let entries = std::fs::read_dir("/proc").expect("readable").flatten();
        entries
            .filter(|entry| {
                std::fs::read(entry.path().join("environ")).is_ok_and(|environment| {
                    environment.split(|byte| *byte == 0).any(|one| one == mark.as_bytes())
                })
            })
            .map(|entry| {
                let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                format!("{} {line}", entry.file_name().display())
            })
            .collect()
    }

    /// What there is of temporary files, in the folder for them and beside the output.
    fn temporary_files(&self) -> Vec<PathBuf> {
        let list = |folder: &str| {
            let entries = std::fs::read_dir(self.path(folder)).expect("readable").flatten();
            entries.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let is_temporary = |path: &Path| {
            path.file_name().is_some_and(|name| name.display().to_string().starts_with(".loop"))
        };
        let mut found = list("temporary");
        found.extend(list("out").into_iter().filter(|path| is_temporary(path)));
        found
    }

    /// Waits until nothing is left. What a killed program leaves vanishes shortly after it.
    fn assert_nothing_is_left(&self, after: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (processes, files) = (self.processes(), self.temporary_files());
            if processes.is_empty() && files.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left after {after}: {processes:#?} {files:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn send(child: &Child, signal: &str) {
    let arguments = [format!("-{signal}"), child.id().to_string()];
    let _ = Command::new("kill").args(arguments).stderr(Stdio::null()).status();
}

fn wait(child: &mut Child, what: &str) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().expect("waits") {
            return status;
        }
        assert!(Instant::now() < deadline, "{what} did not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A generator of numbers that looks random enough (Marsaglia: Xorshift RNGs, 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const COMMANDS: &[&[&str]] = &[
    &["tune", "input.c", "--budget", "4s", "--emit", "obj,schedule", "-o", "out/tuned"],
    &["compile", "input.c", "--run", "--verify", "--emit", "obj,c", "-o", "out/compiled"],
    &["bench", "input.c", "--budget", "3s", "--against", "gcc -Ofast"],
    &["explain", "input.c"],
    &["fuzz", "--pairs", "100000", "--jobs", "2"],
    &["fuzz", "--legality", "100000"],
    &["polybench", "--tune", "--size", "small", "--budget", "1s"],
    &["polybench", "--check", "--size", "mini"],
    &["polybench", "--expert", "--size", "small", "--budget", "1s"],
    &["dataset", "generate", "--out", "out", "--programs", "100000"],
    &["doctor"],
];

/// Every command, every signal, at moments from its start on; with a second signal now and then.
#[test]
fn commands_that_end_at_any_moment_leave_nothing() {
    let kills = std::env::var(KILLS).ok().and_then(|text| text.parse().ok()).unwrap_or(FEW);
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = seed.map_or(1, |time| time.as_nanos() as u64) | 1;
    let mut random = Random(seed);
    let place = Place::new(SOURCE);
    for kill in 0..kills {
        let command = COMMANDS[(kill as usize) % COMMANDS.len()];
        let signal = ["TERM", "INT", "HUP", "KILL"][random.below(4) as usize];
        let latest = if random.below(3) == 0 { 150 } else { 4000 };
        let moment = random.below(latest);
        let twice = random.below(4) == 0;
        let what =
            format!("seed {seed}, {kill}: {command:?}, {signal} after {moment} ms, twice {twice}");
        let mut child = place.start(command);
        std::thread::sleep(Duration::from_millis(moment));
        send(&child, signal);
        if twice {
            std::thread::sleep(Duration::from_millis(random.below(300)));
            send(&child, signal);
        }
        wait(&mut child, &what);
        place.assert_nothing_is_left(&what);
    }
    // What was written is whole.
    let shard = std::fs::read_to_string(place.path("out/shard-1-of-1.jsonl")).unwrap_or_default();
    let mut lines: Vec<&str> = shard.split('\n').collect();
    lines.pop();
    for line in lines {
        serde_json::from_str::<serde_json::Value>(line).expect("a whole line");
    }
}

#[test]
fn a_normal_end_leaves_nothing_either() {
    let place = Place::new(SOURCE);
    for command in [
        &["fuzz", "--pairs", "60", "--jobs", "2"][..],
        &["compile", "input.c", "--run"],
        &["compile", "absent.c", "--run"],
    ] {
        wait(&mut place.start(command), "it");
        assert!(place.processes().is_empty(), "{command:?}: {:#?}", place.processes());
        assert!(place.temporary_files().is_empty(), "{command:?}: {:?}", place.temporary_files());
    }
}

/// The first signal leads to an end in order, with what was found so far.
#[test]
fn the_first_signal_keeps_the_best_so_far() {
    for signal in ["TERM", "INT", "HUP"] {
        let place = Place::new(SOURCE);
        let mut child = place.start(&[
            "tune", "input.c", "--budget", "120s", "--emit", "schedule", "-o", "out/best",
        ]);
        // Long enough for the first measurements, on a busy machine, too.
        let deadline = Instant::now() + PATIENCE;
        while !place.processes().iter().any(|line| line.contains("exe worker")) {
            assert!(Instant::now() < deadline, "no worker was started");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_secs(5));
        send(&child, signal);
        let status = wait(&mut child, signal);
        assert_eq!(status.code(), Some(0), "{signal}: {status}");
        let written = std::fs::read_dir(place.path("out")).expect("readable").count();
        assert_eq!(written, 1, "{signal}");
        place.assert_nothing_is_left(signal);
    }
}

/// A worker that hangs in a constructor ends with a parent that is killed, and so do daemons.
#[test]
fn what_the_users_code_starts_ends_with_the_command() {
    let endless = format!(
        "__attribute__((constructor)) static void c(void) {{ for (;;) __asm__ volatile(\"\"); }}\n{SOURCE}"
    );
    let daemon = format!(
        "#include <unistd.h>\n\
         __attribute__((constructor)) static void c(void) {{\n\
           if (fork() == 0) {{ setsid(); if (fork() == 0) for (;;) pause(); _exit(0); }}\n}}\n{SOURCE}"
    );
    for (what, source, seconds) in [("endless", endless, 4), ("daemon", daemon, 4)] {
        for signal in ["KILL", "TERM"] {
            let place = Place::new(&source);
            let mut child = place.start(&["compile", "input.c", "--run"]);
            std::thread::sleep(Duration::from_secs(seconds));
            send(&child, signal);
            let status = wait(&mut child, what);
            // A command that had ended by then has nothing left either.
            assert!(status.signal().is_some() || status.code().is_some());
            place.assert_nothing_is_left(&format!("{what}, {signal}"));
        }
    }
}

#[test]
fn a_worker_that_somebody_kills_is_no_want_of_memory() {
    let place = Place::new(&SOURCE.replace("< 200", "< 199"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["bench", "input.c", "--budget", "30s"])
        .current_dir(place.folder.path())
        .env("LOOPWRIGHT_TEST", &place.name)
        .env("TMPDIR", place.path("temporary"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let deadline = Instant::now() + PATIENCE;
    let worker = loop {
        let found = place.processes().into_iter().find(|line| line.contains("exe worker"));
        if let Some(line) = found {
            break line.split(' ').next().expect("a number").to_owned();
        }
        assert!(Instant::now() < deadline, "no worker was started");
        std::thread::sleep(Duration::from_millis(5));
    };
    std::thread::sleep(Duration::from_millis(200));
    let _ = Command::new("kill").args(["-KILL", &worker]).status();
    let status = wait(&mut child, "bench");
    let mut text = String::new();
    let mut errors = child.stderr.take().expect("piped");
    std::io::Read::read_to_string(&mut errors, &mut text).expect("readable");
    assert!(!status.success(), "{status}: {text}");
    assert!(text.contains("killed from outside") && !text.contains("memory"), "{text}");
    place.assert_nothing_is_left("a killed worker");
}

/// Two writers of one shard: the second refuses, and nothing of the first's is lost.
#[test]
fn a_second_generator_refuses_the_same_folder() {
    let place = Place::new(SOURCE);
    let words = ["dataset", "generate", "--out", "out", "--programs", "18446744073709551615"];
    let mut first = place.start(&words);
    let shard = place.path("out/shard-1-of-1.jsonl");
    let deadline = Instant::now() + PATIENCE;
    while std::fs::metadata(&shard).map_or(0, |found| found.len()) == 0 {
        assert!(Instant::now() < deadline, "nothing was written");
        std::thread::sleep(Duration::from_millis(20));
    }
    let written = std::fs::metadata(&shard).expect("there").len();
    let second = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(words)
        .current_dir(place.folder.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("runs");
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && error.contains("being written by another"), "{error}");
    assert!(std::fs::metadata(&shard).expect("there").len() >= written);
    send(&first, "TERM");
    wait(&mut first, "the first generator");
    place.assert_nothing_is_left("two generators");
}
