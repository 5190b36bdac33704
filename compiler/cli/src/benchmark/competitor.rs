//! Somebody else's version of a region, from what a user writes after `--against`.
//!
//! - **The name of a file**, as `./mine.so`: an object, a shared object or a program, as it is.
//! - **A compiler's command line**, as `gcc -O3 -march=native`: it gets the region's own text, wrapped in a
//!   function on our buffers, as a C file, and makes a shared object; `-shared -fPIC -w`, the flags
//!   with which the user's file is read, the file, `-o` and `-lm` are appended.
//! - **Any other command line**, with `{output}` for the file that it shall make, and `{input}` for that C file
//!   or `{source}` for the user's own one.
//!
//! A file is called through the first of these functions that it defines: `loopwright_original` (what
//! `{input}` holds), `loopwright_entry` (what our own `--emit shared` holds), or the region's own function, whose
//! arguments are then matched by name. A program is run as a whole.

use super::alternation::Side;
use super::object_file::{FileKind, ObjectFile};
use super::program::Program;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::input::InputFlags;
use crate::laboratory::BINDING;
use loopwright_frontend::{Region, Unit, caller_unit, measuring_unit, own_name};
use loopwright_runtime::{EntryPoint, compile_c, link_shared, run_bounded};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a command may take to make its file.
const LIMIT: Duration = Duration::from_secs(600);

/// What competitors are made from.
pub struct Workshop<'a> {
    pub unit: &'a Unit,
    pub region: &'a Region,
    pub program: &'a loopwright_ir::Program,
    pub flags: &'a InputFlags,
    /// The C compiler for what joins a competitor to our buffers.
    pub compiler: &'a str,
    pub threads: u32,
    /// Where files are made.
    pub folder: &'a Path,
}

impl Workshop<'_> {
    /// The side that a text after `--against` means; `number` tells its files from others'.
    pub fn side(&self, text: &str, number: usize) -> Outcome<Side> {
        let failed = |reason: String| {
            Failure::new(Kind::Environment, format!("--against `{text}`: {reason}"))
        };
        let given = Path::new(text.trim());
        let file = if given.is_file() {
            std::path::absolute(given).or_fail(Kind::Environment)?
        } else {
            self.make(text, number)?
        };
        let found = ObjectFile::read(&file).map_err(failed)?;
        let output = format!("competitor{number}.so");
        let entry = |symbol: &str| -> Outcome<Side> {
            let library = match found.kind {
                FileKind::Object => {
                    let bytes = std::fs::read(&file).or_fail(Kind::Environment)?;
                    link_shared(&bytes, self.folder, &output)
                        .map_err(|error| failed(error.to_string()))?
                }
                _ => file.clone(),
            };
            // What `{input}` holds has variables of its own.
            let locator = (symbol == own_name(self.unit, "original"))
                .then(|| own_name(self.unit, "locate"))
                .filter(|locator| found.defines(locator));
            Ok(Side::Entry(EntryPoint::new(library, symbol).with_locator(locator)))
        };
        if found.kind == FileKind::Program {
            return Ok(Side::Program(Program { path: file, threads: self.threads }));
        }
        for symbol in [own_name(self.unit, "original"), loopwright_codegen::ENTRY.to_owned()] {
            if found.defines(&symbol) {
                return entry(&symbol);
            }
        }
        let function = &self.region.function;
        if found.defines(function) {
            return self
                .call(&file, found.kind, &output)
                .map_err(|error| failed(error.to_string()));
        }
        Err(Failure::with_help(
            Kind::Environment,
            format!("--against `{text}`: the file defines no function that can be called"),
            format!(
                "it should define `{function}`, with the signature that it has in {} and not static, or \
                 `{}(void **buffers, const int64_t *parameters)`",
                self.unit.file.display(),
                loopwright_codegen::ENTRY
            ),
        ))
    }

    /// Runs a command line that makes a file, by the shell.
    fn make(&self, text: &str, number: usize) -> Outcome<PathBuf> {
        let output = self.folder.join(format!("against{number}"));
        let input = self.folder.join("against.c");
        let measuring =
            measuring_unit(self.unit, self.region, self.program, None).or_fail(Kind::Other)?;
        std::fs::write(&input, measuring.source).or_fail(Kind::Environment)?;
        let quoted = |path: &Path| format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"));
        let has_places = ["{input}", "{source}", "{output}"].iter().any(|it| text.contains(it));
        let line = if has_places {
            if !text.contains("{output}") {
                return Err(Failure::with_help(
                    Kind::Environment,
                    format!("--against `{text}`: the command does not say where its file goes"),
                    "write {output} where the name of the file that it makes belongs, as in -o {output}",
                ));
            }
            let source = std::path::absolute(&self.unit.file).or_fail(Kind::Environment)?;
            text.replace("{input}", &quoted(&input))
                .replace("{source}", &quoted(&source))
                .replace("{output}", &quoted(&output))
        } else {
            let flags: Vec<String> = self
                .flags
                .compiler_arguments()
                .iter()
                .map(|flag| quoted(Path::new(flag)))
                .collect();
            format!(
                "{text} -shared -fPIC -w {} {} -iquote {} {} -o {} -lm",
                BINDING.join(" "),
                flags.join(" "),
                quoted(&measuring.folder),
                quoted(&input),
                quoted(&output)
            )
        };
        let mut command = Command::new("sh");
        command.args(["-c", &line]);
        let ran = run_bounded(command, LIMIT).or_fail(Kind::Environment)?;
        if !ran.status.success() || !output.is_file() {
            let error = String::from_utf8_lossy(&ran.stderr);
            return Err(Failure::with_help(
                Kind::Environment,
                format!("--against `{text}` made no file ({}): {}", ran.status, error.trim_end()),
                format!("what was run: {line}"),
            ));
        }
        Ok(output)
    }

    /// Joins the region's own function in a file to our buffers.
    fn call(&self, file: &Path, kind: FileKind, output: &str) -> Result<Side, String> {
        let calling = caller_unit(self.unit, self.region).map_err(|error| error.to_string())?;
        let source = self.folder.join(format!("{output}.c"));
        std::fs::write(&source, &calling.source).map_err(|error| error.to_string())?;
        let library = self.folder.join(output);
        // The user's file is in both parts: of what both define, the competitor's comes first.
        let mut flags: Vec<String> =
            ["-O1", "-shared", "-fPIC", "-w", "-Wl,-z,muldefs"].map(str::to_owned).to_vec();
        flags.extend(self.flags.compiler_arguments());
        flags.extend(["-iquote".to_owned(), calling.folder.to_string_lossy().into_owned()]);
        flags.push(file.to_string_lossy().into_owned());
        if let (FileKind::Shared, Some(folder)) = (kind, file.parent()) {
            flags.push(format!("-Wl,-rpath,{}", folder.display()));
        }
        compile_c(&source, &flags, self.compiler, &library, LIMIT)
            .map_err(|error| error.to_string())?;
        Ok(Side::Entry(
            EntryPoint::new(library, calling.entry_symbol).with_locator(calling.locator_symbol),
        ))
    }
}
