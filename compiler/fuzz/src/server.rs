//! The worker's side: serves requests from one stream, and tells on another what happens.

use crate::checking;
use crate::engine::{Engine, EngineError, Report};
use crate::protocol::{Event, Request};
use crate::text::{self, TextEngine};
use std::io::{BufRead, Write};
use std::path::Path;

/// Serves requests until the input ends. Every event is written out before what it announces is
/// done, so that the parent knows what a process died of.
///
/// # Errors
/// If a stream breaks.
pub fn serve(
    input: impl BufRead,
    mut output: impl Write,
    folder: &Path,
    compiler: &str,
) -> std::io::Result<()> {
    // A panic is a finding; its text goes there, not to the terminal.
    std::panic::set_hook(Box::new(|_| {}));
    let mut engine = Engine::new(folder, compiler);
    let mut texts: Option<TextEngine> = None;
    for line in input.lines() {
        let mut broken = None;
        let mut tell = |event: &Event| {
            if broken.is_none() {
                broken = say(&mut output, event).err();
            }
        };
        let last = match serde_json::from_str(&line?) {
            Err(error) => Event::Refused(error.to_string()),
            Ok(Request::Case(case)) => match engine.judge(&case, &mut tell) {
                Ok(judgement) => Event::Judged(judgement),
                Err(error) => Event::Refused(error.to_string()),
            },
            Ok(Request::Check { seed, first, count, enough, native }) => {
                let batch = checking::Batch { seed, first, count, enough, native };
                match checking::batch(&batch, &mut engine, &mut tell) {
                    Ok(checks) => Event::Checked(checks),
                    Err(error) => Event::Refused(error.to_string()),
                }
            }
            Ok(Request::Texts(batch)) => {
                let mut report = text::Report::new(batch.seed, &mut tell);
                match serve_texts(&mut texts, folder, compiler, &batch, &mut report) {
                    Ok(()) => Event::TextsDone(report.tally),
                    Err(error) => Event::Refused(error.to_string()),
                }
            }
            Ok(Request::Batch { seed, first, count, skip }) => {
                let mut report = Report::new(seed, &mut tell);
                match engine.batch(first, count, &skip, &mut report) {
                    Ok(()) => Event::Done(report.tally),
                    Err(error) => Event::Refused(error.to_string()),
                }
            }
        };
        tell(&last);
        if let Some(error) = broken {
            return Err(error);
        }
    }
    Ok(())
}

/// A batch of regions; the engine is made for the first one.
fn serve_texts(
    texts: &mut Option<TextEngine>,
    folder: &Path,
    compiler: &str,
    batch: &text::Batch,
    report: &mut text::Report<'_>,
) -> Result<(), EngineError> {
    let engine = match texts {
        Some(engine) => engine,
        None => texts.insert(TextEngine::new(folder, compiler)?),
    };
    engine.batch(batch, report)
}

fn say(output: &mut impl Write, event: &Event) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(event).map_err(std::io::Error::other)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}
