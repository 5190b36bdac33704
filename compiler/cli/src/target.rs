//! The machine that code is for: this one, another level of x86-64, or another kind altogether.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use clap::Args;
use loopwright_codegen::{Target, target_for_march, target_for_triple};
use loopwright_runtime::Machine;

/// Which machine to compile for.
#[derive(Args, Clone, Debug)]
pub struct TargetArguments {
    /// The machine that the code is for: native, x86-64-v3 (AVX2, 16 registers) or x86-64-v4.
    #[arg(long, value_name = "NAME", default_value = "native")]
    pub march: String,
    /// Another kind of machine, as LLVM names it: aarch64-unknown-linux-gnu. Code for it is written, not
    /// run.
    #[arg(long, value_name = "TRIPLE", conflicts_with = "march")]
    pub target: Option<String>,
}

impl TargetArguments {
    /// As code generation takes it.
    pub fn resolve(&self) -> Outcome<Target> {
        match &self.target {
            None => target_for_march(&self.march).or_fail(Kind::Environment),
            Some(triple) => target_for_triple(triple).map_err(|error| {
                Failure::with_help(
                    Kind::Environment,
                    error.to_string(),
                    "this build's LLVM makes code for x86-64 and AArch64, as aarch64-unknown-linux-gnu",
                )
            }),
        }
    }

    /// The same, for code that is to be run now.
    pub fn resolve_to_run(&self) -> Outcome<Target> {
        match &self.target {
            None => runnable(&self.march),
            Some(triple) => Err(Failure::with_help(
                Kind::Environment,
                format!("code for {triple} cannot be run here"),
                "leave --run out, and write the code with --emit asm, obj or llvm",
            )),
        }
    }
}

/// Width of the vectors that code for `-march=NAME` may use; `None` where that is this machine's.
pub fn vector_bits_of(march: &str) -> Option<u32> {
    match march {
        "x86-64-v3" => Some(256),
        "x86-64-v4" => Some(512),
        _ => None,
    }
}

/// The target of a `-march=NAME` whose code runs on this machine.
pub fn runnable(march: &str) -> Outcome<Target> {
    let target = target_for_march(march).or_fail(Kind::Environment)?;
    let needed = vector_bits_of(march).unwrap_or(0);
    let machine = Machine::detect();
    if machine.vector_bits < needed {
        return Err(Failure::new(
            Kind::Environment,
            format!(
                "code for {march} does not run on this machine: {} has vectors of {} bits",
                machine.cpu, machine.vector_bits
            ),
        ));
    }
    Ok(target)
}
