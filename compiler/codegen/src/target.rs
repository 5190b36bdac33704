//! The machine for which code is generated.

use crate::error::{CodegenError, Result};
use inkwell::OptimizationLevel;
use inkwell::targets::{
    CodeModel, InitializationConfig, RelocMode, Target as LlvmTarget, TargetMachine, TargetTriple,
};
use std::sync::Once;

/// A machine as LLVM names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// As `x86_64-pc-linux-gnu`.
    pub triple: String,
    /// As `znver3`.
    pub cpu: String,
    /// As `+avx2,+fma`.
    pub features: String,
    /// The widest vectors that LLVM may use, in bits; `None` leaves it to LLVM's tables of CPUs.
    pub vector_bits: Option<u32>,
}

impl Target {
    /// Whether the code is for a 64-bit x86.
    pub(crate) fn is_x86(&self) -> bool {
        self.triple.starts_with("x86_64")
    }

    /// Whether loads and stores of some lanes of a vector only, for elements of so many bytes, are
    /// single instructions.
    pub(crate) fn masks_lanes(&self, bytes: u64) -> bool {
        let x86 = self.is_x86();
        let any = self.has("+avx512bw") && self.has("+avx512vl") || self.is_level(4);
        let words = self.has("+avx2") || self.is_level(3);
        x86 && (any || words && bytes >= 4)
    }

    /// Whether vectors of so many lanes and bytes a lane fill a register and a cache line, so that each that begins elsewhere lies
    /// across two lines, while a single instruction cuts it from two that do not.
    pub(crate) fn cuts_lines(&self, lanes: u32, bytes: u64) -> bool {
        let wide = self.has("+avx512f") || self.is_level(4);
        let whole = self.vector_bits.is_none_or(|bits| bits >= 512);
        self.is_x86() && wide && whole && bytes >= 4 && u64::from(lanes) * bytes == 64
    }

    /// The widest registers, in bits, for which glibc's libmvec has functions that this machine runs; `None`
    /// for other machines and other libraries.
    pub(crate) fn libmvec_bits(&self) -> Option<u32> {
        let widest = if self.has("+avx512f") && self.has("+avx512dq") || self.is_level(4) {
            512
        } else if self.has("+avx2") || self.is_level(3) {
            256
        } else {
            128
        };
        let glibc = self.triple.starts_with("x86_64") && self.triple.ends_with("linux-gnu");
        glibc.then(|| self.vector_bits.map_or(widest, |bits| widest.min(bits.max(128))))
    }

    fn has(&self, name: &str) -> bool {
        self.features.split(',').any(|feature| feature == name)
    }

    /// Whether the processor is named as a level of the x86-64 ABI, at least this one.
    fn is_level(&self, least: u32) -> bool {
        let level = self.cpu.strip_prefix("x86-64-v").and_then(|text| text.parse::<u32>().ok());
        level.is_some_and(|level| level >= least)
    }
}

/// The machine on which the compiler runs.
pub fn host_target() -> Target {
    Target {
        triple: TargetMachine::get_default_triple().as_str().to_string_lossy().into_owned(),
        cpu: TargetMachine::get_host_cpu_name().to_string_lossy().into_owned(),
        features: TargetMachine::get_host_cpu_features().to_string_lossy().into_owned(),
        vector_bits: None,
    }
}

/// What [`target_for_march`] knows beside `native`.
///
/// Levels without fused multiply-adds are left out: a C compiler rounds `a*b+c` twice for them, so
/// that they have other bits.
pub const MARCHES: [&str; 2] = ["x86-64-v3", "x86-64-v4"];

/// The machine that a C compiler's `-march=NAME` means: `native`, or a level of the x86-64 ABI.
///
/// # Errors
/// Another name, or a level of x86-64 where the compiler runs on something else.
pub fn target_for_march(name: &str) -> Result<Target> {
    let host = host_target();
    if name == "native" {
        return Ok(host);
    }
    if !MARCHES.contains(&name) {
        return Err(CodegenError::UnknownMarch { name: name.to_owned() });
    }
    let triple = if host.triple.starts_with("x86_64") {
        host.triple
    } else {
        "x86_64-unknown-linux-gnu".to_owned()
    };
    Ok(Target { triple, cpu: name.to_owned(), features: String::new(), vector_bits: None })
}

/// A plain machine of another kind, as `aarch64-unknown-linux-gnu`: what every processor of it has.
///
/// # Errors
/// LLVM was not built for it, or this crate does not use that part of it.
pub fn target_for_triple(triple: &str) -> Result<Target> {
    let cpu = if triple.starts_with("x86_64") { "x86-64-v3" } else { "generic" };
    let target = Target {
        triple: triple.to_owned(),
        cpu: cpu.to_owned(),
        features: String::new(),
        vector_bits: None,
    };
    // Asked now, so that the answer does not depend on what is made.
    target_machine(&target)?;
    Ok(target)
}

/// The version of LLVM that is linked, as `19.1.7`.
pub fn llvm_version() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("{major}.{minor}.{patch}")
}

static INITIALIZED: Once = Once::new();

/// LLVM's machine for a target, with position-independent code.
pub(crate) fn target_machine(target: &Target) -> Result<TargetMachine> {
    target_machine_at(target, OptimizationLevel::Aggressive)
}

/// The same with less work in the back end.
pub(crate) fn target_machine_at(
    target: &Target,
    level: OptimizationLevel,
) -> Result<TargetMachine> {
    INITIALIZED.call_once(|| {
        let config = InitializationConfig::default();
        LlvmTarget::initialize_x86(&config);
        LlvmTarget::initialize_aarch64(&config);
    });
    let unknown =
        |reason: String| CodegenError::UnknownTarget { triple: target.triple.clone(), reason };
    if target.triple.contains('\0') || target.cpu.contains('\0') || target.features.contains('\0') {
        return Err(unknown("a zero byte in the description".to_owned()));
    }
    let triple = TargetTriple::create(&target.triple);
    LlvmTarget::from_triple(&triple)
        .map_err(|error| unknown(error.to_string()))?
        .create_target_machine(
            &triple,
            &target.cpu,
            &target.features,
            level,
            RelocMode::PIC,
            CodeModel::Default,
        )
        .ok_or_else(|| unknown(format!("no machine for the CPU `{}`", target.cpu)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(triple: &str, cpu: &str, features: &str) -> Target {
        Target {
            triple: triple.to_owned(),
            cpu: cpu.to_owned(),
            features: features.to_owned(),
            vector_bits: None,
        }
    }

    #[test]
    fn vector_functions_need_glibc_on_x86() {
        let linux = "x86_64-unknown-linux-gnu";
        assert_eq!(target(linux, "x86-64-v4", "").libmvec_bits(), Some(512));
        assert_eq!(target(linux, "x86-64-v3", "").libmvec_bits(), Some(256));
        assert_eq!(target(linux, "x86-64", "").libmvec_bits(), Some(128));
        assert_eq!(target(linux, "znver3", "+avx2").libmvec_bits(), Some(256));
        let narrow = Target { vector_bits: Some(256), ..target(linux, "x86-64-v4", "") };
        assert_eq!(narrow.libmvec_bits(), Some(256));
        assert_eq!(target("x86_64-unknown-linux-musl", "x86-64-v3", "").libmvec_bits(), None);
        assert_eq!(target("aarch64-unknown-linux-gnu", "generic", "").libmvec_bits(), None);
    }

    #[test]
    fn masks_need_vector_instructions_that_have_them() {
        let linux = "x86_64-unknown-linux-gnu";
        assert!(target(linux, "x86-64-v4", "").masks_lanes(1));
        assert!(target(linux, "x86-64-v3", "").masks_lanes(4));
        assert!(!target(linux, "x86-64-v3", "").masks_lanes(1));
        assert!(!target(linux, "x86-64", "").masks_lanes(8));
        assert!(target(linux, "znver3", "+sse2,+avx2").masks_lanes(8));
        assert!(!target("aarch64-unknown-linux-gnu", "generic", "+neon").masks_lanes(8));
    }
}
