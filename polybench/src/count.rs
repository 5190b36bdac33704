//! Sizes of the iteration domains that recur in the operation counts.

/// Pairs `0 <= i < j < n`: n(n-1)/2.
pub(crate) fn pairs(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// Triples `0 <= i < j < k < n`: n(n-1)(n-2)/6.
pub(crate) fn triples(n: u64) -> u64 {
    n * n.saturating_sub(1) * n.saturating_sub(2) / 6
}

/// The sum of `i * i` over `0 <= i < n`: (n-1)n(2n-1)/6.
pub(crate) fn squares(n: u64) -> u64 {
    n.saturating_sub(1) * n * (2 * n).saturating_sub(1) / 6
}
