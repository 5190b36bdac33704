//! `loopwright doctor`.
use crate::failure::Outcome;
/// In the making.
#[derive(clap::Args)]
pub struct Arguments {}
/// Runs the command.
pub fn run(_arguments: &Arguments) -> Outcome<()> {
    Ok(())
}
