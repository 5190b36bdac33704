//! Whether the data is in the caches when a measured run begins.

use clap::ValueEnum;

/// Where a run finds its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cache {
    /// Where the copying of its initial contents left it: what fits into the caches is there.
    Hot,
    /// In memory: every line of it is flushed before each run.
    Cold,
}

impl Cache {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Cold => "cold",
        }
    }

    /// In a report.
    pub fn text(self) -> &'static str {
        match self {
            Self::Hot => "hot caches",
            Self::Cold => "cold caches",
        }
    }
}
