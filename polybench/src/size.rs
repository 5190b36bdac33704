//! The five dataset sizes.

use std::fmt;
use std::str::FromStr;

/// A dataset size of the suite, from a few kilobytes to beyond the last-level cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    Mini,
    Small,
    Medium,
    Large,
    ExtraLarge,
}

impl Size {
    /// Every size, the smallest first.
    pub const ALL: [Size; 5] =
        [Size::Mini, Size::Small, Size::Medium, Size::Large, Size::ExtraLarge];

    /// The preprocessor symbol that selects this size in the C sources.
    pub fn define(self) -> &'static str {
        match self {
            Size::Mini => "MINI_DATASET",
            Size::Small => "SMALL_DATASET",
            Size::Medium => "MEDIUM_DATASET",
            Size::Large => "LARGE_DATASET",
            Size::ExtraLarge => "EXTRALARGE_DATASET",
        }
    }

    /// The name as it is typed on a command line: lower case, one word.
    pub fn name(self) -> &'static str {
        match self {
            Size::Mini => "mini",
            Size::Small => "small",
            Size::Medium => "medium",
            Size::Large => "large",
            Size::ExtraLarge => "extralarge",
        }
    }

    /// This size's value out of one for each size, the smallest first.
    pub(crate) fn pick<T: Copy>(self, [mini, small, medium, large, extra_large]: &[T; 5]) -> T {
        *match self {
            Size::Mini => mini,
            Size::Small => small,
            Size::Medium => medium,
            Size::Large => large,
            Size::ExtraLarge => extra_large,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A text that names no dataset size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no dataset size; the sizes are mini, small, medium, large and extralarge")]
pub struct UnknownSize(pub String);

impl FromStr for Size {
    type Err = UnknownSize;

    /// Reads a size as [`Size::name`] writes it, or as its symbol in C, in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Size::ALL
            .into_iter()
            .find(|size| {
                text.eq_ignore_ascii_case(size.name()) || text.eq_ignore_ascii_case(size.define())
            })
            .ok_or_else(|| UnknownSize(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_read_as_it_is_written() {
        for size in Size::ALL {
            assert_eq!(size.to_string().parse(), Ok(size));
            assert_eq!(size.define().parse(), Ok(size));
        }
        assert_eq!("huge".parse::<Size>(), Err(UnknownSize("huge".into())));
    }
}
