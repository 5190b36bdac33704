//! Something is waited for that says nothing itself: a spinner on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Nothing is said of what does not take that long.
const SILENT: Duration = Duration::from_secs(2);

/// After so much time a line is worth another one: five times as much, at most two minutes.
const GROWTH: u32 = 5;
const OFTEN: Duration = Duration::from_secs(120);

/// Says until it is dropped that something is still going on, and for how long.
pub struct Waiting {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Begins to wait for something: "the original runs".
    pub fn begin(what: &str) -> Self {
        let (end, ended) = channel::<()>();
        let (what, began) = (what.to_owned(), Instant::now());
        let thread = std::thread::Builder::new().spawn(move || {
            if ended.recv_timeout(SILENT) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if std::io::stderr().is_terminal() {
                let bar = spinner(&what, began);
                let _ = ended.recv();
                bar.finish_and_clear();
                return;
            }
            let mut pause = SILENT;
            loop {
                eprintln!("{what}: {} s so far", began.elapsed().as_secs());
                pause = (pause * (GROWTH - 1)).min(OFTEN);
                if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Self { end: Some(end), thread: thread.ok() }
    }
}

fn spinner(what: &str, began: Instant) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_elapsed(began.elapsed());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // The thread sees that nobody can tell it anything any more.
        self.end = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_noticed_at_once() {
        let began = Instant::now();
        drop(Waiting::begin("nothing"));
        assert!(began.elapsed() < SILENT);
    }
}
