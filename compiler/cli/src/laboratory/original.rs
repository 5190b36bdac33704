//! The region's own text as a shared object: what everything is compared with.

use super::companions;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_frontend::{Region, Unit, measuring_unit};
use loopwright_ir::{Expression, MathFunction, Program};
use loopwright_runtime::{EntryPoint, ProcessError, ToolchainError, compile_c};
use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

/// Variables and functions of the file are its own, as in a program: not those of the same name in the libraries
/// that the process happens to have.
pub const BINDING: [&str; 2] = ["-fvisibility=hidden", "-Wl,-Bsymbolic"];

/// How long the C compiler may take.
const COMPILE_LIMIT: Duration = Duration::from_secs(120);

/// How the original is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimization {
    /// `-O0`: the bits of the source, nothing else.
    None,
    /// `-O3`: the speed to beat.
    Full,
}

/// The C compiler and its flags.
#[derive(Clone, Debug)]
pub struct CompilerSettings {
    pub compiler: String,
    pub optimization: Optimization,
    /// What follows `-march=`, as `native`.
    pub march: String,
    /// `-ffp-contract=…`.
    pub contraction: &'static str,
    /// The user's own flags.
    pub arguments: Vec<String>,
    /// The function that fills the arrays.
    pub initializer: String,
}

/// The original's entry points.
pub struct Objects {
    pub original: EntryPoint,
    /// Compiled so that calls of libm stay calls, where that may change bits.
    pub reference: Option<EntryPoint>,
    pub initializer: Option<EntryPoint>,
}

/// Compiles the user's own file with functions that run the region where it stands.
pub fn compile(
    unit: &Unit,
    region: &Region,
    program: &Program,
    settings: &CompilerSettings,
    folder: &Path,
    limit: Option<Duration>,
) -> Outcome<Objects> {
    let end = limit.map(|limit| Instant::now() + limit);
    let measuring =
        measuring_unit(unit, region, program, Some(&settings.initializer)).or_fail(Kind::Other)?;
    if let Some(note) = &measuring.note {
        eprintln!("note: {note}");
    }
    let source = folder.join("original.c");
    std::fs::write(&source, &measuring.source).or_fail(Kind::Environment)?;
    let build = |name: &str, more: &[&OsStr]| -> Outcome<EntryPoint> {
        let object = folder.join(name);
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.map_or(COMPILE_LIMIT, |left| left.min(COMPILE_LIMIT));
        let level = match settings.optimization {
            Optimization::None => "-O0",
            Optimization::Full => "-O3",
        };
        let march = format!("-march={}", settings.march);
        let mut flags: Vec<&OsStr> = settings.arguments.iter().map(OsStr::new).collect();
        flags.extend(["-iquote".as_ref(), measuring.folder.as_os_str()]);
        let own = [level, &march, settings.contraction, "-shared", "-fPIC", "-w"];
        flags.extend(own.into_iter().chain(BINDING).map(OsStr::new));
        flags.extend(more);
        compile_c(&source, &flags, &settings.compiler, &object, left).map_err(|error| {
            let text = format!("the original cannot be compiled: {error}");
            let failure = Failure::new(Kind::Environment, text);
            match error {
                ToolchainError::Process(ProcessError::TimedOut { .. }) => {
                    failure.for_want_of_time()
                }
                _ => failure,
            }
        })?;
        Ok(EntryPoint::new(object, measuring.entry_symbol.clone())
            .with_locator(measuring.locator_symbol.clone()))
    };
    let mut original = build("original.so", &[])?;
    let companions = companions::needed(unit, &original.library, settings, folder);
    let mut beside: Vec<&OsStr> = companions.iter().map(|path| path.as_os_str()).collect();
    if !beside.is_empty() {
        // They stand ahead of what needs them.
        beside.insert(0, "-Wl,--no-as-needed".as_ref());
        original = build("original.so", &beside)?;
    }
    let reference = match settings.optimization {
        Optimization::Full if may_be_folded(program, region) => {
            beside.extend(["-fno-builtin", "-O0"].map(OsStr::new));
            Some(build("reference.so", &beside)?)
        }
        Optimization::Full if may_be_rewritten(program) => {
            beside.push("-fno-builtin".as_ref());
            Some(build("reference.so", &beside)?)
        }
        _ => None,
    };
    let initializer = measuring.initializer_symbol.map(|symbol| {
        EntryPoint::new(original.library.clone(), symbol).with_locator(original.locator.clone())
    });
    Ok(Objects { original, reference, initializer })
}

/// Whether the program has a multiply-add of nothing but numbers that an optimiser may know: LLVM computes such
/// a one with two roundings, where it unrolls the loops around, and the machine with one.
fn may_be_folded(program: &Program, region: &Region) -> bool {
    let declarations = region.host.iter().flat_map(|host| &host.declarations);
    let tables: Vec<usize> = declarations
        .filter(|one| one.constant && one.initialised)
        .filter_map(|one| Some(one.array?.0))
        .collect();
    let mut found = false;
    for statement in &program.statements {
        let changes = |position: usize| {
            statement.reads.get(position).is_none_or(|read| !tables.contains(&read.array.0))
        };
        statement.body.walk(&mut |expression| {
            if let Expression::MultiplyAdd { .. } = expression {
                let mut known = true;
                expression.walk(&mut |inner| {
                    if let Expression::Read { position, .. } = inner {
                        known &= !changes(*position);
                    }
                });
                found |= known;
            }
        });
    }
    found
}

/// Whether the program calls a function that an optimiser replaces by another one, as `pow(2, x)` by
/// `exp2(x)`, whose last bit may differ.
fn may_be_rewritten(program: &Program) -> bool {
    let exact = [
        MathFunction::SquareRoot,
        MathFunction::Absolute,
        MathFunction::Floor,
        MathFunction::Ceiling,
        MathFunction::Truncate,
        MathFunction::Round,
        MathFunction::RoundToEven,
        MathFunction::CopySign,
        MathFunction::FusedMultiplyAdd,
    ];
    let mut found = false;
    for statement in &program.statements {
        statement.body.walk(&mut |expression| {
            if let Expression::Call { function, .. } = expression {
                found |= !exact.contains(function);
            }
        });
    }
    found
}
