//! Data sets as job arrays, on a Slurm of one node that the test starts: its own munge, controller and daemon,
//! in a temporary folder, on free ports.
//!
//! Where Slurm is not installed, or the system refuses it, the reason is printed and nothing is tested:
//! `make test-slurm` installs it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long anything of Slurm may take on a busy machine.
const LONGEST: Duration = Duration::from_secs(240);

/// A cluster of one node; it ends with this.
struct Cluster {
    folder: tempfile::TempDir,
    processes: Vec<Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Jobs first: their daemons are processes of their own.
        let _ = self.command("scancel").args(["--quiet", "--user=root"]).output();
        for process in self.processes.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn program(name: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
}

fn free_ports() -> Option<[u16; 2]> {
    let listeners: Vec<_> =
        (0..2).filter_map(|_| std::net::TcpListener::bind("127.0.0.1:0").ok()).collect();
    let ports: Vec<u16> =
        listeners.iter().filter_map(|one| Some(one.local_addr().ok()?.port())).collect();
    ports.try_into().ok()
}

impl Cluster {
    /// Starts it, or says why there is none.
    fn start() -> Result<Self, String> {
        let needed = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol"];
        if let Some(missing) = needed.iter().find(|name| program(name).is_none()) {
            return Err(format!("{missing} is not installed"));
        }
        if std::fs::metadata("/proc/self").map(|one| std::os::unix::fs::MetadataExt::uid(&one)).ok()
            != Some(0)
        {
            return Err("Slurm's daemon starts jobs as root only".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let at = folder.path().to_owned();
        let hostname = Command::new("hostname").output().map_err(|error| error.to_string())?;
        let hostname = String::from_utf8_lossy(&hostname.stdout).trim().to_owned();
        let [controller, daemon] = free_ports().ok_or("no ports are free")?;
        let shown = at.display();
        for name in ["state", "spool"] {
            std::fs::create_dir(at.join(name)).map_err(|error| error.to_string())?;
        }
        std::fs::write(at.join("munge.key"), [7; 64]).map_err(|error| error.to_string())?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode;
        std::fs::set_permissions(at.join("munge.key"), mode(0o600)).map_err(|e| e.to_string())?;
        std::fs::set_permissions(&at, mode(0o755)).map_err(|error| error.to_string())?;
        let configuration = format!(
            "ClusterName=test\nSlurmctldHost={hostname}(127.0.0.1)\nSlurmctldPort={controller}\n\
             SlurmdPort={daemon}\nSlurmUser=root\nAuthType=auth/munge\nAuthInfo=socket={shown}/munge.socket,cred_expire=5\n\
             CryptoType=crypto/munge\nStateSaveLocation={shown}/state\nSlurmdSpoolDir={shown}/spool\n\
             SlurmctldPidFile={shown}/slurmctld.pid\nSlurmdPidFile={shown}/slurmd.pid\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectType=select/cons_tres\n\
             SelectTypeParameters=CR_CPU\nReturnToService=2\nMpiDefault=none\nSchedulerType=sched/builtin\n\
             AccountingStorageType=accounting_storage/none\nJobAcctGatherType=jobacct_gather/none\n\
             MessageTimeout=5\nKillWait=1\nMinJobAge=300\nBatchStartTimeout=60\nSlurmctldTimeout=30\n\
             SchedulerParameters=sched_interval=1\n\
             NodeName={hostname} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN\n\
             PartitionName=all Nodes={hostname} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO\n"
        );
        std::fs::write(at.join("slurm.conf"), configuration).map_err(|error| error.to_string())?;
        let mut cluster = Self { folder, processes: Vec::new() };
        let munge = [
            "--foreground".to_owned(),
            "--force".to_owned(),
            format!("--key-file={shown}/munge.key"),
            format!("--socket={shown}/munge.socket"),
            format!("--pid-file={shown}/munge.pid"),
            format!("--log-file={shown}/munge.log"),
            format!("--seed-file={shown}/munge.seed"),
            "--num-threads=2".to_owned(),
        ];
        cluster.spawn("munged", &munge)?;
        cluster.wait_for("munge's socket", |cluster| cluster.path("munge.socket").exists())?;
        let common = ["-D".to_owned(), "-f".to_owned(), format!("{shown}/slurm.conf")];
        cluster.spawn("slurmctld", &common)?;
        cluster.spawn("slurmd", &common)?;
        cluster.wait_for("an idle node", |cluster| {
            let output = cluster.command("sinfo").args(["-h", "-o", "%T"]).output();
            output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("idle"))
        })?;
        Ok(cluster)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name).unwrap_or_else(|| name.into()));
        command.env("SLURM_CONF", self.path("slurm.conf"));
        command
    }

    fn spawn(&mut self, name: &str, words: &[String]) -> Result<(), String> {
        let log = std::fs::File::create(self.path(&format!("{name}.out")))
            .map_err(|error| error.to_string())?;
        let error = log.try_clone().map_err(|error| error.to_string())?;
        let child = self
            .command(name)
            .args(words)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(error)
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        self.processes.push(child);
        Ok(())
    }

    fn wait_for(&self, what: &str, reached: impl Fn(&Self) -> bool) -> Result<(), String> {
        let started = Instant::now();
        while !reached(self) {
            if started.elapsed() > LONGEST {
                let log = |name: &str| std::fs::read_to_string(self.path(name)).unwrap_or_default();
                return Err(format!(
                    "there is no {what} after {} s:\n{}\n{}",
                    LONGEST.as_secs(),
                    log("slurmctld.out"),
                    log("slurmd.out")
                ));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_loopwright"))
            .args(words)
            .current_dir(self.folder.path())
            .env("SLURM_CONF", self.path("slurm.conf"))
            .env("NO_COLOR", "1")
            .output()
            .expect("the binary runs")
    }

    fn collect(&self, more: &[&str]) -> Value {
        let output = self.run(&[&["dataset", "collect", "data", "--json"], more].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn records(&self) -> usize {
        let files = std::fs::read_dir(self.path("data")).into_iter().flatten().flatten();
        let files = files.map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|one| one == "jsonl"))
            .map(|path| std::fs::read_to_string(path).unwrap_or_default().lines().count())
            .sum()
    }

    /// Kills the process that makes a shard, as the kernel does for want of memory.
    fn kill_worker_of(&self, shard: &str) -> bool {
        let folder = self.path("data").to_string_lossy().into_owned();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let words = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            let words: Vec<&str> = words.split('\0').collect();
            let (number, is_its) = (entry.file_name(), |word: &str| words.contains(&word));
            if is_its(&folder) && is_its(shard) && is_its("generate") {
                let killed = Command::new("kill").arg("-KILL").arg(number).status();
                return killed.is_ok_and(|status| status.success());
            }
        }
        false
    }

    fn is_queue_empty(&self) -> bool {
        let output = self.command("squeue").arg("-h").output();
        output.is_ok_and(|output| output.status.success() && output.stdout.is_empty())
    }
}

const WORDS: [&str; 12] = [
    "dataset",
    "submit",
    "--slurm",
    "--out=data",
    "--tasks=4",
    "--programs=24",
    "--schedules=4",
    "--threads=1",
    "--march=native",
    "--milliseconds=0.02..0.06",
    "--shape=elementwise",
    "--shared",
];

#[test]
fn killed_and_requeued_tasks_lose_and_double_nothing() {
    let mut cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(reason) => {
            eprintln!("skipped: {reason} (`make test-slurm` installs what it needs)");
            return;
        }
    };
    let submitted = cluster.run(&WORDS);
    let error = String::from_utf8_lossy(&submitted.stderr).into_owned();
    assert!(submitted.status.success(), "{error}");
    let text = String::from_utf8_lossy(&submitted.stdout).into_owned();
    let job = text.split([' ', ':']).nth(1).expect("a job's number").to_owned();
    let again = cluster.run(&WORDS);
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(error.contains("was submitted already") && error.contains("--resubmit"), "{error}");

    // In the middle of the work: one task is killed by a signal, one is requeued, one is cancelled.
    cluster.wait_for("record", |cluster| cluster.records() >= 2).expect("tasks run");
    let kill = |words: &[&str]| {
        let output = cluster.command(words[0]).args(&words[1..]).output().expect("it runs");
        output.status.success()
    };
    assert!(cluster.kill_worker_of("1/4") || cluster.kill_worker_of("2/4"), "a task runs");
    kill(&["scontrol", "requeue", &format!("{job}_2")]);
    kill(&["scancel", &format!("{job}_4")]);
    cluster.wait_for("end of the queue", Cluster::is_queue_empty).expect("tasks end");
    // Task 4 was waiting when it was cancelled, if not more.
    let seen = cluster.collect(&["--out=some.jsonl"]);
    let (programs, missing) =
        (seen["programs"].as_u64().unwrap(), seen["missing"].as_u64().unwrap());
    assert_eq!(programs + missing, 24, "{seen}");
    let merged = std::fs::read_to_string(cluster.path("some.jsonl")).expect("written");
    assert_eq!(merged.lines().count() as u64, programs);

    // Until nothing is missing: what other work disturbs is tried again, too.
    for _ in 0..12 {
        if cluster.collect(&[])["missing"] == 0 {
            break;
        }
        cluster.collect(&["--resubmit"]);
        cluster.wait_for("end of the queue", Cluster::is_queue_empty).expect("tasks end");
    }
    let all = cluster.collect(&["--out=all.jsonl"]);
    assert_eq!((&all["programs"], &all["missing"]), (&24.into(), &0.into()), "{all}");
    let merged = std::fs::read_to_string(cluster.path("all.jsonl")).expect("written");
    let mut keys: Vec<String> = merged
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("whole")["key"].to_string())
        .collect();
    keys.sort();
    keys.dedup();
    assert_eq!((keys.len(), cluster.records()), (24, 24), "nothing was made twice");

    // A dead controller: what is there is merged all the same, and nothing is submitted.
    let mut controller = cluster.processes.remove(1);
    controller.kill().expect("it ran");
    controller.wait().expect("it ends");
    std::fs::remove_file(cluster.path("data/shard-3-of-4.jsonl")).expect("removed");
    let output = cluster.run(&["dataset", "collect", "data", "--resubmit", "--out=late.jsonl"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{error}");
    assert!(error.contains("nothing was resubmitted") && error.contains("contact"), "{error}");
    let late = std::fs::read_to_string(cluster.path("late.jsonl")).expect("written");
    assert_eq!(late.lines().count(), 18);
    let words: Vec<&str> =
        WORDS.iter().map(|one| if *one == "--out=data" { "--out=other" } else { one }).collect();
    let output = cluster.run(&words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{error}");
    assert!(error.contains("nothing was submitted"), "{error}");
}
