//! A whole program as one side of a comparison.

use loopwright_runtime::run_bounded;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(600);

/// A program that is run as it is, without arguments.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    /// What it finds in `OMP_NUM_THREADS`.
    pub threads: u32,
}

impl Program {
    /// One run in nanoseconds: what the program itself says, or else from its start to its end.
    ///
    /// It says so with a number of seconds alone on the last line of its standard output, as PolyBench's
    /// programs do with `-DPOLYBENCH_TIME`.
    pub fn run(&self) -> Result<u64, String> {
        let mut command = Command::new(&self.path);
        command.env("OMP_NUM_THREADS", self.threads.to_string());
        let start = Instant::now();
        let output = run_bounded(command, LIMIT).map_err(|error| error.to_string())?;
        let whole = start.elapsed();
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            let last = error.lines().next_back().unwrap_or_default();
            return Err(format!("ended with {} {last}", output.status).trim_end().to_owned());
        }
        let own = own_time(&String::from_utf8_lossy(&output.stdout));
        let time = own.unwrap_or(whole);
        Ok(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Whether the program times itself, found out by running it.
    pub fn tells_its_time(&self) -> bool {
        let mut command = Command::new(&self.path);
        command.env("OMP_NUM_THREADS", self.threads.to_string());
        run_bounded(command, LIMIT)
            .is_ok_and(|output| own_time(&String::from_utf8_lossy(&output.stdout)).is_some())
    }
}

/// The seconds on the last line.
fn own_time(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim_end().lines().next_back()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_tell_its_own_time() {
        assert_eq!(own_time("result 3\n0.25\n"), Some(Duration::from_millis(250)));
        assert_eq!(own_time("0.25 seconds\n"), None);
        assert_eq!(own_time("-1\n"), None);
        assert_eq!(own_time("0\n"), None);
        assert_eq!(own_time(""), None);
    }
}
