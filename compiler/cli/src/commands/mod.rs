//! One file for each subcommand.

pub mod bench;
pub mod cc;
pub mod compile;
pub mod dataset;
pub mod doctor;
pub mod explain;
pub mod fuzz;
pub mod model;
pub mod polybench;
pub mod records;
pub mod scan;
pub mod steps;
pub mod table;
pub mod tune;
