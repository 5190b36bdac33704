//! What the user's options mean to reading C, to compiling the rewritten file, and to the loops' code.

use super::command_line::{CommandLine, Item};
use super::host::Macros;
use super::options;
use loopwright_codegen::{Target, host_target, target_for_march};
use std::ffi::OsString;

/// Options by which results are not those of the source.
const RELAXED: [&str; 7] = [
    "-ffast-math",
    "-Ofast",
    "-funsafe-math-optimizations",
    "-fassociative-math",
    "-freciprocal-math",
    "-ffinite-math-only",
    "-fno-signed-zeros",
];

/// Why all regions are left to the host compiler, where the options say so.
pub fn obstacle(line: &CommandLine, macros: &Macros) -> Option<String> {
    let last_level = line.last_of(&["-O"]);
    if let Some(level) = last_level.filter(|level| ["-O0", "-Og"].contains(&level.as_str())) {
        return Some(format!("'{level}' asks for code as it is written"));
    }
    let checked = line.options().map(|(name, _)| name).filter(|name| options::is_checked(name));
    if let Some(flag) = checked.last() {
        return Some(format!("'{flag}' asks for code that our loops do not have"));
    }
    let same = match std::env::consts::ARCH {
        "x86_64" => macros.has("__x86_64__") && !macros.has("__ILP32__"),
        "aarch64" => macros.has("__aarch64__"),
        _ => false,
    };
    if !same || !macros.has("__linux__") {
        return Some("the code is for another machine than this one".to_owned());
    }
    // GCC fuses multiply-adds of different expressions, too, where it may.
    let says = line.last_of(&["-ffp-contract="]);
    let is_gcc = !macros.has("__clang__");
    let fuses = macros.has("__FMA__") || macros.has("__aarch64__");
    if is_gcc
        && fuses
        && says.as_deref() != Some("-ffp-contract=off")
        && !macros.has("__STRICT_ANSI__")
        && !relaxes(line)
    {
        return Some(
            "gcc fuses multiply-adds of different expressions; '-ffp-contract=off' makes results that can be \
             reproduced"
                .to_owned(),
        );
    }
    None
}

/// Whether results may differ in their last bits.
pub fn relaxes(line: &CommandLine) -> bool {
    let mut relaxed = false;
    for (name, _) in line.options() {
        if ["-ffast-math", "-Ofast"].contains(&name.as_str()) {
            relaxed = true;
        } else if name == "-fno-fast-math" {
            relaxed = false;
        }
    }
    relaxed
}

/// Whether `a*b+c` in one expression is one operation for the host compiler's code.
pub fn contracts(line: &CommandLine, macros: &Macros) -> bool {
    let fused = macros.has("__FMA__") || macros.has("__aarch64__");
    let off = line.last_of(&["-ffp-contract="]).is_some_and(|last| last == "-ffp-contract=off");
    fused && !off && macros.has("__clang__")
}

/// The options for reading a file.
pub fn for_reading(line: &CommandLine) -> Vec<String> {
    let mut result = Vec::new();
    for (name, rest) in line.options() {
        let level = name.starts_with("-O") && !RELAXED.contains(&name.as_str());
        let machine = name.starts_with("-m") && name != "-mllvm";
        // What is left to be said of multiply-adds is said by us.
        if level || machine || options::is_of_language(&name) {
            result.push(name);
            result.extend(rest.iter().map(|word| word.to_string_lossy().into_owned()));
        } else if name == "-Ofast" {
            result.push("-O3".to_owned());
        }
    }
    // libclang takes the names of processors of its own only.
    result.retain(|word| !word.starts_with("-mtune="));
    result
}

/// The options without files, outputs and dependences: for asking the compiler something.
pub fn without_files(line: &CommandLine) -> Vec<OsString> {
    let mut words = Vec::new();
    for item in &line.items {
        let Item::Option(option) = item else { continue };
        let name =
            option.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_file = name.starts_with("-o") || name.starts_with("-l") || name.starts_with("-L");
        let is_dependence = name.starts_with("-M");
        let is_mode = ["-c", "-v", "-save-temps", "-shared", "-rdynamic"].contains(&name.as_str())
            || name.starts_with("-x")
            || name.starts_with("-Wl,")
            || name == "-Xlinker";
        if !(is_file || is_dependence || is_mode) {
            words.extend(option.iter().cloned());
        }
    }
    words
}

/// The options for the rewritten file, about which nobody wants to be told anything.
pub fn for_rewritten(line: &CommandLine) -> Vec<OsString> {
    let loud = |word: &OsString| {
        let word = word.to_string_lossy();
        word.starts_with("-W") && !word.starts_with("-Wp,") && !word.starts_with("-Wa,")
            || word.starts_with("-pedantic")
            || word.starts_with("-flto")
            || word == "-v"
    };
    let mut words = without_files(line);
    words.retain(|word| !loud(word));
    words.extend(["-w", "-fno-lto"].map(OsString::from));
    words
}

/// The machine that the loops are for, and what has to be asked of the processor before they run: what the C
/// compiler's own code does not need already.
pub fn target(line: &CommandLine, macros: &Macros) -> (Target, Option<&'static str>) {
    let native = line.last_of(&["-march="]).is_some_and(|last| last == "-march=native");
    let host = host_target();
    if native || !host.triple.starts_with("x86_64") {
        return (host, None);
    }
    let has = |name: &str| host.features.split(',').any(|feature| feature == name);
    let wide = ["+avx512f", "+avx512bw", "+avx512cd", "+avx512dq", "+avx512vl"];
    let words = ["+avx2", "+fma", "+bmi", "+bmi2", "+f16c", "+lzcnt", "+movbe"];
    let covered = |names: &[&str]| names.iter().all(|name| macros.has(name));
    if words.iter().all(|name| has(name)) {
        let (level, known, check) = if wide.iter().all(|name| has(name)) {
            let known = covered(&[
                "__AVX512F__",
                "__AVX512BW__",
                "__AVX512CD__",
                "__AVX512DQ__",
                "__AVX512VL__",
            ]);
            ("x86-64-v4", known, "x86-64-v4")
        } else {
            ("x86-64-v3", covered(&["__AVX2__", "__FMA__", "__BMI2__"]), "x86-64-v3")
        };
        if let Ok(target) = target_for_march(level) {
            return (target, (!known).then_some(check));
        }
    }
    let plain = Target { cpu: "x86-64".to_owned(), features: String::new(), ..host };
    (plain, None)
}
