//! A region as text, with what has to be known to compile, call and judge it.

use super::types::{CType, Range};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Argument,
    Global,
    Local,
    /// No variable of the text: how far apart the rows of a matrix in [`Form::Rows`] lie.
    Derived,
}

/// An integer that the region does not change.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub ctype: CType,
    pub place: Place,
    /// The one that it is tuned for.
    pub value: i64,
}

/// The number of elements of a dimension: `factor * parameter + constant`, or the constant.
#[derive(Clone, Debug)]
pub struct Extent {
    pub text: String,
    pub parameter: Option<usize>,
    pub factor: i64,
    pub constant: i64,
}

impl Extent {
    /// The value for given values of the parameters.
    pub fn value(&self, parameters: &[i64]) -> i64 {
        let parameter = self.parameter.and_then(|at| parameters.get(at)).copied().unwrap_or(0);
        parameter.saturating_mul(self.factor).saturating_add(self.constant)
    }
}

/// How an array argument is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `double A[n][m]`
    Array,
    /// `double (*A)[m]` or `double *A`
    Pointer,
    /// `double A[restrict n][m]`
    Restrict,
    /// `double A[][m]`
    Open,
    /// `double *A` with `A[i * m + j]`
    Flat,
    /// `double **A`
    Rows,
    /// A member of the structure that the argument `g` points to.
    Member,
}

/// As many rows has the table of a matrix in [`Form::Rows`]; behind them lie null pointers.
const MOST_ROWS: usize = 256;

/// An array, or a scalar as one without dimensions. What it holds is passed in a buffer.
#[derive(Clone, Debug)]
pub struct Array {
    /// In the program.
    pub name: String,
    /// How the text names it.
    pub text: String,
    pub ctype: CType,
    /// How the text names its type.
    pub spelling: String,
    pub extents: Vec<Extent>,
    pub place: Place,
    pub form: Form,
    /// Whether statements may assign it.
    pub writable: bool,
    /// Of an integer: what its elements may be.
    pub range: Range,
    /// Of floating point: whether it holds numbers of moderate size only.
    pub tame: bool,
}

impl Array {
    pub fn is_scalar(&self) -> bool {
        self.extents.is_empty()
    }

    /// How many elements it has for given values of the parameters; none where that is no size.
    pub fn elements(&self, parameters: &[i64]) -> Option<usize> {
        let mut product: usize = 1;
        for extent in &self.extents {
            let value = usize::try_from(extent.value(parameters).max(0)).ok()?;
            product = product.checked_mul(value)?;
        }
        Some(product)
    }

    /// The name in the structure.
    fn member(&self) -> &str {
        self.text.strip_prefix("g->").unwrap_or(&self.text)
    }

    fn brackets(&self, from: usize) -> String {
        self.extents.iter().skip(from).map(|extent| format!("[{}]", extent.text)).collect()
    }
}

/// A generated region.
#[derive(Clone, Debug, Default)]
pub struct Region {
    pub number: u64,
    /// The function's name.
    pub function: String,
    /// Macros, types, helpers and constants in front of the function.
    pub prelude: String,
    /// Declarations of the function in front of the region.
    pub locals: String,
    /// What stands between the pragmas.
    pub body: String,
    pub parameters: Vec<Parameter>,
    pub arrays: Vec<Array>,
    /// The constructs that occur.
    pub constructs: BTreeSet<&'static str>,
    /// Whether the values of the parameters stand in a call of the file.
    pub called: bool,
    pub choices: Vec<u32>,
    /// The whole file that the region is a part of, where it was not generated.
    pub written: Option<Written>,
}

/// A file with regions that somebody wrote.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub text: String,
    /// The arguments that the region's function takes, in its order, as C in terms of `buffers` and `values`.
    pub arguments: Vec<String>,
    /// Statements in front of the call and behind it, which fill structures and read them.
    pub before: String,
    pub after: String,
    /// Whether the file with the region replaced is called, too.
    pub replaced: bool,
}

impl Region {
    /// The values that it is tuned for.
    pub fn values(&self) -> Vec<i64> {
        self.parameters.iter().map(|parameter| parameter.value).collect()
    }

    /// The user's text: everything that a file with this region holds.
    pub fn text(&self) -> String {
        if let Some(written) = &self.written {
            return written.text.clone();
        }
        let mut text = self.prelude.clone();
        if self.members().next().is_some() {
            let _ = writeln!(text, "struct S{} {{", self.number);
            for array in self.members() {
                let (ctype, name) = (array.ctype.spelling(), array.member());
                let _ = writeln!(text, "  {ctype} {name}{};", array.brackets(0));
            }
            // Of an array at the end, clang's checks do not know the bounds.
            text.push_str("  char end;\n};\n");
        }
        for parameter in self.parameters.iter().filter(|it| it.place == Place::Global) {
            let _ = writeln!(text, "{} {};", parameter.ctype.spelling(), parameter.name);
        }
        for array in self.arrays.iter().filter(|it| it.place == Place::Global) {
            let _ = writeln!(text, "{} {}{};", array.spelling, array.name, array.brackets(0));
        }
        let _ = writeln!(text, "void {}({}) {{", self.function, self.arguments().join(", "));
        for array in self.arrays.iter().filter(|it| it.place == Place::Local) {
            local(&mut text, array);
        }
        text.push_str(&self.locals);
        let _ = write!(text, "#pragma scop\n{}#pragma endscop\n", self.body);
        for array in &self.arrays {
            let Array { name, .. } = array;
            match array.place {
                Place::Argument if array.is_scalar() && array.writable => {
                    let _ = writeln!(text, "  *{name}_out = {name};");
                }
                Place::Local if array.is_scalar() => {
                    let _ = writeln!(text, "  *{name}_io = {name};");
                }
                Place::Local => {
                    let _ = writeln!(text, "  __builtin_memcpy({name}_io, {name}, sizeof {name});");
                }
                _ => {}
            }
        }
        text.push_str("}\n");
        if self.called {
            let values = self.arguments_of_call();
            let Region { function, .. } = self;
            let _ = writeln!(text, "void {function}_call(void) {{ {function}({values}); }}");
        }
        text
    }

    /// The function's parameters.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for parameter in self.parameters.iter().filter(|it| it.place == Place::Argument) {
            arguments.push(format!("{} {}", parameter.ctype.spelling(), parameter.name));
        }
        for array in &self.arrays {
            let Array { name, spelling, .. } = array;
            match array.place {
                Place::Argument if array.form == Form::Member => {}
                Place::Argument if array.is_scalar() => {
                    arguments.push(format!("{spelling} {name}"));
                    if array.writable {
                        arguments.push(format!("{spelling} *{name}_out"));
                    }
                }
                Place::Argument => arguments.push(declared(array)),
                Place::Local => arguments.push(format!("{spelling} *{name}_io")),
                Place::Global | Place::Derived => {}
            }
        }
        if self.members().next().is_some() {
            arguments.push(format!("struct S{} *g", self.number));
        }
        arguments
    }

    /// The arrays in the structure.
    fn members(&self) -> impl Iterator<Item = &Array> {
        self.arrays.iter().filter(|array| array.form == Form::Member)
    }

    fn arguments_of_call(&self) -> String {
        let mut values = Vec::new();
        for parameter in self.parameters.iter().filter(|it| it.place == Place::Argument) {
            values.push(parameter.value.to_string());
        }
        for array in &self.arrays {
            match array.place {
                Place::Argument if array.form == Form::Member => {}
                Place::Argument if array.is_scalar() => {
                    values.push("0".to_owned());
                    if array.writable {
                        values.push("0".to_owned());
                    }
                }
                Place::Argument | Place::Local => values.push("0".to_owned()),
                Place::Global | Place::Derived => {}
            }
        }
        if self.members().next().is_some() {
            values.push("0".to_owned());
        }
        values.join(", ")
    }

    /// `void fuzz_K(void **buffers, const long *values)`, which calls the user's function on the buffers.
    pub fn trampoline(&self) -> String {
        let Region { function, .. } = self;
        let mut text =
            format!("void {}(void **buffers, const long *values) {{\n", self.reference_symbol());
        let mut arguments = Vec::new();
        for (position, parameter) in self.parameters.iter().enumerate() {
            let ctype = parameter.ctype.spelling();
            let value = format!("({ctype})values[{position}]");
            match parameter.place {
                Place::Argument => arguments.push(value),
                Place::Derived => {}
                _ => {
                    let _ = writeln!(text, "  {} = {value};", parameter.name);
                }
            }
        }
        let mut after = String::new();
        if self.members().next().is_some() {
            let _ = writeln!(text, "  static struct S{} g;", self.number);
        }
        for (position, array) in self.arrays.iter().enumerate() {
            let Array { name, .. } = array;
            let buffer = format!("buffers[{position}]");
            match array.place {
                Place::Argument if array.form == Form::Member => {
                    let member = array.member();
                    let copy = |to: &str, from: &str| {
                        format!("  __builtin_memcpy({to}, {from}, sizeof g.{member});\n")
                    };
                    text.push_str(&copy(&format!("g.{member}"), &buffer));
                    after.push_str(&copy(&buffer, &format!("g.{member}")));
                }
                Place::Argument if array.form == Form::Rows => {
                    let stride = format!("{name}_ld");
                    let at = self.parameters.iter().position(|one| one.name == stride);
                    let (ctype, at) = (array.ctype.spelling(), at.unwrap_or_default());
                    let _ = writeln!(text, "  static {ctype} *rows_{name}[4 * {MOST_ROWS}];");
                    let _ = writeln!(
                        text,
                        "  for (unsigned long r = 0; r < {MOST_ROWS}; r++) rows_{name}[r] = ({ctype} *){buffer} + r * (unsigned long)values[{at}];"
                    );
                    arguments.push(format!("rows_{name}"));
                }
                Place::Argument if array.is_scalar() => {
                    let ctype = array.ctype.spelling();
                    arguments.push(format!("*({ctype} *){buffer}"));
                    if array.writable {
                        arguments.push(buffer);
                    }
                }
                Place::Argument | Place::Local => arguments.push(buffer),
                Place::Global => {
                    let _ = writeln!(text, "  __builtin_memcpy(&{name}, {buffer}, sizeof {name});");
                    let _ =
                        writeln!(after, "  __builtin_memcpy({buffer}, &{name}, sizeof {name});");
                }
                Place::Derived => {}
            }
        }
        if self.members().next().is_some() {
            arguments.push("&g".to_owned());
        }
        if let Some(written) = &self.written {
            arguments.clone_from(&written.arguments);
            text.push_str(&written.before);
            after.push_str(&written.after);
        }
        let _ = writeln!(text, "  {function}({});", arguments.join(", "));
        text.push_str(&after);
        text.push_str("}\n");
        text
    }

    /// Whether the user's file with the region replaced is called.
    pub fn is_replaced(&self) -> bool {
        self.written.as_ref().is_none_or(|written| written.replaced)
    }

    /// The name of the function that calls the user's one.
    pub fn reference_symbol(&self) -> String {
        format!("fuzz_{}", self.number)
    }
}

/// `double A[n][m]` and its like.
fn declared(array: &Array) -> String {
    let Array { name, spelling, .. } = array;
    let first = array.extents.first().map_or("", |extent| extent.text.as_str());
    let inner = array.brackets(1);
    match array.form {
        Form::Array => format!("{spelling} {name}[{first}]{inner}"),
        Form::Restrict => format!("{spelling} {name}[restrict {first}]{inner}"),
        Form::Open => format!("{spelling} {name}[]{inner}"),
        Form::Flat | Form::Member => format!("{spelling} *{name}"),
        Form::Rows => format!("{spelling} **{name}"),
        Form::Pointer if inner.is_empty() => format!("{spelling} *{name}"),
        Form::Pointer => format!("{spelling} (*{name}){inner}"),
    }
}

/// A local variable with what its buffer holds.
fn local(text: &mut String, array: &Array) {
    let Array { name, spelling, .. } = array;
    let _ = if array.is_scalar() {
        writeln!(text, "  {spelling} {name} = *{name}_io;")
    } else {
        let brackets = array.brackets(0);
        writeln!(
            text,
            "  {spelling} {name}{brackets};\n  __builtin_memcpy({name}, {name}_io, sizeof {name});"
        )
    };
}
