//! Reads a C file: its regions, in the order of the text.

mod auto;
mod names;

use crate::assumptions::Assumption;
use crate::error::{FrontendError, Located, PragmaProblem};
use crate::gathered::values_of_subscripts;
use crate::host::{FunctionSignature, HostFunction};
use crate::libclang::{Cursor, Message, ParseFailure, TranslationUnit};
use crate::lower::{Lowered, Obligation, Surroundings, lower};
use crate::origin::ValueOrigin;
use crate::outline::{Site, SiteSource};
use crate::parameters;
use crate::pragmas::{Floating, Found, PragmaPair, find, find_in_headers, pairs, relaxes};
use crate::reject::{Reject, RejectReason, Rejection, SharedSource};
use crate::source::{
    MOST_OPERATORS, endless_expression, read, read_source, shared, text_of, undashed,
};
use crate::syntax::reader::{Outline, Reader};
use crate::syntax::{Place, Syntax, VariableId};
use crate::values::{Known, Values};
use loopwright_ir::{Program, Span};
use names::{definitions, known, program_name};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// How a file is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Passed to the C compiler as they are: `-I`, `-D`, `-include`, `-std=…` and the like.
    pub compiler_arguments: Vec<String>,
    /// Values of parameters by name; they go before what the source says.
    pub parameters: Vec<(String, i64)>,
    /// Whether `a * b + c` becomes a fused multiply-add, as with `-ffp-contract=on`, where no pragma says
    /// otherwise.
    pub contraction: bool,
    /// Only the regions of this function, or the one region whose program has this name.
    pub function: Option<String>,
    /// Whether functions without pragmas are searched for regions; there may be none then.
    pub auto: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            compiler_arguments: Vec::new(),
            parameters: Vec::new(),
            contraction: true,
            function: None,
            auto: false,
        }
    }
}

/// Stacks to parse on, in bytes; the first that the system gives.
const STACKS: &[usize] = &[1 << 30, 1 << 28, 1 << 26];

/// A C file and its regions.
#[derive(Clone, Debug)]
pub struct Unit {
    pub file: PathBuf,
    /// The file as it is.
    pub bytes: Vec<u8>,
    /// The same text of the same length, with a question mark for each byte that is not UTF-8.
    pub source: String,
    /// In the order of the text.
    pub regions: Vec<Region>,
    /// The functions and variables that the file defines for other files, too.
    pub definitions: Vec<String>,
    /// The macros that there are, the compiler's own, too.
    pub macros: BTreeSet<String>,
    /// What is declared at file scope, in headers, too.
    pub declared: BTreeSet<String>,
}

/// The text between two pragmas.
#[derive(Clone, Debug)]
pub struct Region {
    /// The function that the region is in.
    pub function: String,
    /// From the first pragma's end to the second one's beginning.
    pub span: Span,
    /// Whether pragmas stand around it, or it was found.
    pub marked: bool,
    /// How many loops of one that was found stand in each other.
    pub depth: usize,
    pub result: Result<Program, Reject>,
    /// Where the value of each parameter of the program comes from; empty where the region is rejected.
    pub origins: Vec<ValueOrigin>,
    /// What the program relies on, in the order of the text; empty where the region is rejected.
    pub assumptions: Vec<Assumption>,
    /// What is needed to compile the original text; `None` where the region is rejected.
    pub host: Option<HostFunction>,
    /// What the lowering relied on; empty where the region is rejected.
    pub(crate) obligations: Vec<Obligation>,
}

/// Parses a C file. A region that cannot be represented is rejected by itself, in its
/// [`Region::result`]; the others go on.
///
/// # Errors
/// The file cannot be read, libclang is missing, the C has errors, the pragmas do not fit together,
/// there is no region, or `options` name a parameter or function that no region has.
pub fn parse(file: &Path, options: &Options) -> Result<Unit, FrontendError> {
    // The C compiler recurses on what it reads. Of a large stack only what is touched costs memory.
    for stack in STACKS {
        let parsed = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("frontend".to_owned()).stack_size(*stack);
            let running = thread.spawn_scoped(scope, || parse_here(file, options)).ok()?;
            Some(running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        if let Some(parsed) = parsed {
            return parsed;
        }
    }
    parse_here(file, options)
}

fn parse_here(file: &Path, options: &Options) -> Result<Unit, FrontendError> {
    let file = &undashed(file);
    let bytes = read(file).map_err(|error| FrontendError::Unreadable {
        file: file.to_owned(),
        reason: error.to_string(),
    })?;
    let source = text_of(&bytes);
    if let Some(line) = endless_expression(&bytes) {
        return Err(FrontendError::EndlessExpression {
            file: file.to_owned(),
            line,
            limit: MOST_OPERATORS,
        });
    }
    if let Some(flag) = options.compiler_arguments.iter().find(|flag| relaxes(flag)) {
        return Err(FrontendError::RelaxedFlag { flag: flag.clone() });
    }
    // Warnings are none of our business, and `-Werror` must not turn them into errors.
    let mut arguments = options.compiler_arguments.clone();
    arguments.push("-w".to_owned());
    let unit =
        TranslationUnit::parse(file, &bytes, &arguments).map_err(|failure| match failure {
            ParseFailure::Library(reason) => FrontendError::Libclang { reason },
            ParseFailure::Refused(code) => FrontendError::Refused { file: file.to_owned(), code },
            ParseFailure::NulByte => FrontendError::NulByte,
        })?;
    let found = find(&unit, &bytes);
    let floating = Floating::of(&found, &find_in_headers(&unit), options.contraction);
    let file_reader = FileReader {
        file,
        text: &source,
        bytes: &bytes,
        floating,
        shared: shared(file, &source),
        options,
    };
    file_reader.check_syntax(unit.messages())?;
    let regions = file_reader.regions(&unit, &found)?;
    file_reader.check_parameters(&regions)?;
    let definitions = definitions(unit.root());
    let (macros, declared) = known(unit.root());
    Ok(Unit { file: file.to_owned(), source, bytes, regions, definitions, macros, declared })
}

/// A program for the parameters' values, and where each comes from.
type Completed = Result<(Program, Vec<ValueOrigin>), Rejection>;

struct FileReader<'a> {
    file: &'a Path,
    text: &'a str,
    bytes: &'a [u8],
    floating: Floating,
    shared: SharedSource,
    options: &'a Options,
}

impl FileReader<'_> {
    fn check_syntax(&self, messages: Vec<Message>) -> Result<(), FrontendError> {
        let mut errors = messages.into_iter().filter(|message| message.is_error);
        let Some(first) = errors.next() else {
            return Ok(());
        };
        let location = first.location;
        let path = location.file.unwrap_or_else(|| self.file.to_owned());
        let source = if path == self.file { Some(self.shared.clone()) } else { read_source(&path) };
        Err(FrontendError::Syntax {
            file: path,
            line: location.line,
            column: location.column,
            message: first.text,
            others: errors.count(),
            at: Box::new(Located {
                source,
                span: (location.offset, 0).into(),
                line: location.line,
                column: location.column,
            }),
        })
    }

    fn regions(&self, unit: &TranslationUnit, found: &Found) -> Result<Vec<Region>, FrontendError> {
        let problem =
            |(problem, word): (PragmaProblem, crate::libclang::Token)| FrontendError::Pragma {
                file: self.file.to_owned(),
                problem,
                at: Box::new(Located {
                    source: Some(self.shared.clone()),
                    span: (word.start, word.end.saturating_sub(word.start)).into(),
                    line: word.line,
                    column: word.column,
                }),
            };
        let (tokens, skipped) = (unit.tokens(self.text.len()), unit.skipped_ranges());
        let pairs = pairs(&found.pragmas).map_err(problem)?;
        if pairs.is_empty() && !self.options.auto {
            return Err(FrontendError::NoRegion { file: self.file.to_owned() });
        }
        let functions = auto::functions(unit.root());
        let headers = unit.headers();
        let site_source = SiteSource {
            unit,
            text: self.bytes,
            tokens: &tokens,
            skipped: &skipped,
            headers: &headers,
        };
        let signatures: Vec<_> = functions.iter().copied().map(FunctionSignature::of).collect();
        let values = Values::of(unit.root());
        let mut regions = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let is_wanted = |name: &str, program: &str| {
            let wanted = self.options.function.as_deref();
            wanted.is_none_or(|wanted| wanted == name || wanted == program)
        };
        let read = |function, program_name, pair: &PragmaPair| {
            let mut site = Site::new(function, (pair.start, pair.end), &site_source);
            site.contraction = self.floating.said_at(pair.start);
            self.region(function, program_name, pair, site, &signatures, &values)
        };
        let mut marked = Vec::new();
        for pair in pairs {
            let around = functions.iter().copied().find(|function| {
                function.start().offset <= pair.start && function.end().offset >= pair.end
            });
            let Some(function) = around else {
                return Err(problem((PragmaProblem::OutsideFunction, pair.opening)));
            };
            let name = function.spelling();
            let program_name = program_name(&name, &names, &signatures);
            names.push(program_name.clone());
            marked.push(function);
            if is_wanted(&name, &program_name) {
                regions.push(read(function, program_name, &pair)?);
            }
        }
        let unmarked = functions.iter().filter(|one| self.options.auto && !marked.contains(one));
        for function in unmarked {
            let name = function.spelling();
            if !is_wanted(&name, &name) {
                continue;
            }
            let found = auto::find(self.text, *function, &mut |(start, end)| {
                read(*function, name.clone(), &auto::pair(self.text, start, end))
            })?;
            regions.extend(auto::named(found, &mut names, |names| {
                program_name(&name, names, &signatures)
            }));
        }
        regions.sort_by_key(|region| region.span.start);
        match &self.options.function {
            Some(wanted) if regions.is_empty() => Err(FrontendError::UnknownFunction {
                name: wanted.clone(),
                known: names.join(", "),
            }),
            _ => Ok(regions),
        }
    }

    fn region<'unit>(
        &self,
        function: Cursor<'unit>,
        program_name: String,
        pair: &PragmaPair,
        site: Site,
        signatures: &[FunctionSignature],
        values: &Values<'unit>,
    ) -> Result<Region, FrontendError> {
        let name = function.spelling();
        let pragma = Place {
            file: 0,
            line: pair.opening.line,
            column: pair.opening.column,
            start: pair.opening.start,
            end: pair.opening.end,
        };
        let bounds = (pair.start, pair.end);
        let (syntax, found) =
            Reader::read(function, self.file.to_owned(), self.text, bounds, pragma, values);
        let span = Span {
            file: self.file.to_owned(),
            line: pair.opening.line,
            column: pair.opening.column,
            start: pair.start,
            end: pair.end,
        };
        let contracts = |place: Place| {
            self.floating.contracts(if place.file == 0 { place.start } else { pair.start })
        };
        let mut misfit = None;
        let result = found.and_then(|outline| {
            self.check_floating(&syntax, &contracts, pair)?;
            let mut result = self.lowered(
                &program_name,
                &span,
                (&syntax, &outline),
                pragma,
                (&contracts, false),
            );
            // What leaves the rows of a matrix in one dimension is an array of one dimension.
            if matches!(
                &result,
                Ok((_, Err(Rejection { reason: RejectReason::RowOverrun { .. }, .. })))
            ) {
                let found = (&syntax, &outline);
                result = self.lowered(&program_name, &span, found, pragma, (&contracts, true));
            }
            let (lowered, completed) = result?;
            misfit = self
                .options
                .parameters
                .iter()
                .find_map(|(name, value)| parameters::misfit(&lowered, &syntax, name, *value));
            let mut assumptions: Vec<Assumption> = Vec::new();
            let unspecific = parameters::without_values(&lowered.program);
            for obligation in &lowered.obligations {
                let assumption = obligation.assumption(&unspecific);
                assumptions.extend(assumption.filter(|one| !assumptions.contains(one)));
            }
            let (program, origins) = completed?;
            let mut host = HostFunction::new(
                name.clone(),
                span.clone(),
                self.text,
                &syntax,
                &lowered,
                signatures.to_vec(),
                site,
            );
            host.restrict(&values_of_subscripts(&program));
            let (function, span, host) = (name.clone(), span.clone(), Some(host));
            let (result, obligations) = (Ok(program), lowered.obligations);
            let (marked, depth) = (true, 0);
            Ok(Region {
                function,
                span,
                marked,
                depth,
                result,
                origins,
                assumptions,
                host,
                obligations,
            })
        });
        let region = result.unwrap_or_else(|rejection| {
            let result = Err(self.reject(&syntax, rejection));
            let (origins, assumptions, obligations) = (Vec::new(), Vec::new(), Vec::new());
            let (function, marked, depth, host) = (name, true, 0, None);
            Region {
                function,
                span,
                marked,
                depth,
                result,
                origins,
                assumptions,
                host,
                obligations,
            }
        });
        misfit.map_or(Ok(region), Err)
    }

    /// The region's program, once lowered and once for the parameters' values.
    fn lowered(
        &self,
        name: &str,
        span: &Span,
        (syntax, outline): (&Syntax, &Outline),
        pragma: Place,
        (contracts, flat): (&dyn Fn(Place) -> bool, bool),
    ) -> Result<(Lowered, Completed), Rejection> {
        let surroundings = Surroundings {
            name: name.to_owned(),
            span: span.clone(),
            text: self.text,
            in_loop: outline.in_loop,
            mentioned_outside: &|id| outline.mentioned_outside.contains(&id),
            read_after: &|id| outline.read_after.contains(&id),
            contracts,
            value_of: &|id| self.value_of(syntax, &outline.known, id),
            flat,
        };
        let lowered = lower(syntax, &surroundings, pragma)?;
        let completed =
            parameters::complete(&lowered, syntax, &self.options.parameters, &outline.known);
        Ok((lowered, completed))
    }

    /// The value of an integer that is known without looking at what is done with it.
    fn value_of(
        &self,
        syntax: &Syntax,
        known: &HashMap<VariableId, Known>,
        id: VariableId,
    ) -> Option<i64> {
        let variable = syntax.variables.get(id)?;
        let given = self.options.parameters.iter().rev().find(|(name, _)| *name == variable.name);
        match (given, known.get(&id)) {
            (Some((_, value)), _) => Some(*value),
            (None, Some(Known::Value(value, _))) => Some(*value),
            _ => variable.value,
        }
    }

    /// Floating-point arithmetic must be what one expression after the other says.
    fn check_floating(
        &self,
        syntax: &Syntax,
        contracts: &dyn Fn(Place) -> bool,
        pair: &PragmaPair,
    ) -> Result<(), Rejection> {
        if let Some((pragma, at)) = self.floating.relaxed_within(pair.start, pair.end) {
            let place =
                Place { file: 0, line: at.line, column: at.column, start: at.start, end: at.end };
            return Err(Rejection::new(place, RejectReason::RelaxedArithmetic { pragma }));
        }
        // A function's own expression is contracted as the pragmas at its definition say.
        for inlined in &syntax.inlined {
            if contracts(inlined.call) != self.floating.contracts(inlined.definition) {
                let reason = RejectReason::OtherContraction { name: inlined.name.clone() };
                return Err(Rejection::new(inlined.call, reason));
            }
        }
        Ok(())
    }

    fn reject(&self, syntax: &Syntax, rejection: Rejection) -> Reject {
        let place = rejection.place;
        let path = syntax.files.get(place.file).cloned().unwrap_or_else(|| self.file.to_owned());
        let source = if place.file == 0 { Some(self.shared.clone()) } else { read_source(&path) };
        Reject {
            span: Span {
                file: path,
                line: place.line,
                column: place.column,
                start: place.start,
                end: place.end,
            },
            reason: rejection.reason,
            source,
        }
    }

    /// A value for a parameter that no region has is a mistake, unless a region was rejected, whose
    /// parameters are not known.
    fn check_parameters(&self, regions: &[Region]) -> Result<(), FrontendError> {
        let mut known: Vec<&str> = Vec::new();
        for region in regions {
            match &region.result {
                Ok(program) => {
                    known
                        .extend(program.parameters.iter().map(|parameter| parameter.name.as_str()));
                }
                Err(_) => return Ok(()),
            }
        }
        known.sort_unstable();
        known.dedup();
        match self.options.parameters.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(FrontendError::UnknownParameter {
                name: name.clone(),
                known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
            }),
        }
    }
}
