//! Runs generated code and compares its results bit by bit with a naive evaluation.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod bounds;
mod branches;
mod build;
mod conditional;
mod doors;
mod fast_math;
mod gemm;
mod harness;
mod head;
mod interpret;
mod masked;
mod names;
mod neighbours;
mod pack_faults;
mod packs;
mod pages;
mod regions;
mod speed;
mod squares;
mod streams;
mod types;
mod unroll;
