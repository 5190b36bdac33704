//! Making what failed small.
