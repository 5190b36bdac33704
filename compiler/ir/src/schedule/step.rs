//! The steps with their parameters: the table from which their names, reading and printing follow.
//!
//! A line of the table has a step's example, which begins with its name, how it is written, and its fields with their
//! kinds of arguments (`kinds.rs`) in the order of the text. What a step does stands in the file of its name
//! in `compiler/transform/src/steps`.

use super::ParseError;
use super::argument::{Argument, Place};
use super::kinds::{
    ArrayName, Dimensions, ElementOf, Factors, Kind, Loop, Loops, MaybeNumber, MaybePoint,
    MaybeSize, Number, Orders, Piece, Point, Size, SizeOrOne, Sizes, Subscripts, Targets,
};
use super::named::SkewFactors;
use super::reader::Reader;
use std::fmt;

macro_rules! steps {
    ($(
        $(#[$text:meta])*
        $variant:ident $example:literal $form:literal { $($field:ident: $kind:ty),* $(,)? }
    )*) => {
        /// One transformation with its parameters. Loops are named along the path to `statement`, which is
        /// the name of a statement's piece.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Step {
            $($(#[$text])* #[doc = concat!(" `", $example, "`.")] $variant {
                $($field: <$kind as Kind>::Value),*
            },)*
        }

        impl Step {
            /// An example of each step, in the order of the documentation.
            pub const EXAMPLES: &'static [&'static str] = &[$($example),*];

            /// How each step is written, with names for its arguments, in the same order.
            pub const FORMS: &'static [&'static str] = &[$($form),*];

            /// An example of this step.
            fn example(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $example,)* }
            }

            /// The statement, or the piece of one, that the step names first.
            pub fn statement(&self) -> &str {
                match self { $(Self::$variant { $($field),* } => {
                    let first = None;
                    $(let first = first.or(<$kind as Kind>::piece($field));)*
                    first.unwrap_or_default()
                })* }
            }

            /// The names of all statements, or pieces of statements, for changing them.
            pub fn pieces_mut(&mut self) -> Vec<&mut String> {
                match self { $(Self::$variant { $($field),* } => {
                    let mut all = Vec::new();
                    $(all.extend(<$kind as Kind>::pieces($field));)*
                    all
                })* }
            }

            /// The loops that the step names.
            pub fn loops(&self) -> Vec<&str> {
                match self { $(Self::$variant { $($field),* } => {
                    let mut all: Vec<&str> = Vec::new();
                    $(all.extend(<$kind as Kind>::loops($field).iter().map(String::as_str));)*
                    all
                })* }
            }

            /// The arguments, as they are printed.
            fn arguments(&self) -> Vec<String> {
                match self { $(Self::$variant { $($field),* } => {
                    let mut texts = Vec::new();
                    $(<$kind as Kind>::print($field, &mut texts);)*
                    texts
                })* }
            }

            /// The step with that name and those arguments.
            pub(super) fn read(
                name: &str,
                place: Place,
                rest: &[(Argument, Place)],
            ) -> Result<Self, ParseError> {
                $(if name == name_of($example) {
                    let mut reader = Reader { name, form: $form, place, rest, subscripts: Vec::new() };
                    let step = Self::$variant {
                        $($field: <$kind as Kind>::read(&mut reader)?),*
                    };
                    reader.end()?;
                    return if step.fits() { Ok(step) } else { Err(reader.usage()) };
                })*
                Err(place.error(format!(
                    "there is no step `{name}`; the steps are {}",
                    Self::names().collect::<Vec<_>>().join(", ")
                )))
            }
        }
    };
}

steps! {
    /// Exchanges two loops.
    Interchange "interchange(S1, i, j)" "interchange(STATEMENT, LOOP, LOOP)" {
        statement: Piece, outer: Loop, inner: Loop,
    }
    /// Puts loops into the order in which they are named.
    Permute "permute(S1, k, i, j)" "permute(STATEMENT, LOOP, LOOP, …)" {
        statement: Piece, loops: Loops<2>,
    }
    /// Tiles a band of nested loops, one size a loop.
    Tile "tile(S1, i, j, 32, 64)" "tile(STATEMENT, LOOP, …, SIZE, …) with one size a loop" {
        statement: Piece, loops: Loops<1>, sizes: Sizes,
    }
    /// Gives full tiles inside each iteration of a loop code without guards.
    Separate "separate(S1, j_t)" "separate(STATEMENT, LOOP)" {
        statement: Piece, loop_name: Loop,
    }
    /// Gives what is around the statement inside a loop, before it and after it, loops of its own.
    Distribute "distribute(S1, i)" "distribute(STATEMENT, LOOP)" {
        statement: Piece, loop_name: Loop,
    }
    /// Makes one loop of the loop around one statement and the loop at the same depth around
    /// `other`, whose iterations move by `shift`, or by what the dependences allow best.
    Fuse "fuse(S1, S2, i, 1)" "fuse(STATEMENT, STATEMENT, LOOP[, SHIFT])" {
        statement: Piece, other: Piece, loop_name: Loop, shift: MaybeNumber,
    }
    /// Moves a statement into a loop around `target` that stands beside it, to the iteration `at`, or
    /// to the first or last one.
    Sink "sink(S1, S2, k, i + 1)" "sink(STATEMENT, STATEMENT, LOOP[, ITERATION])" {
        statement: Piece, target: Piece, loop_name: Loop, at: MaybePoint,
    }
    /// Moves a statement, with the loops that the two do not share, in front of another one.
    Reorder "reorder(S3, S1)" "reorder(STATEMENT, STATEMENT)" {
        statement: Piece, other: Piece,
    }
    /// Splits a loop and what is inside at a point: the iterations below it first, then the others,
    /// whose leaves are new pieces.
    Split "split(S1, j, i + 1)" "split(STATEMENT, LOOP, POINT)" {
        statement: Piece, loop_name: Loop, at: Point,
    }
    /// Splits off the first iterations, or with a negative count the last ones.
    Peel "peel(S1, i, 1)" "peel(STATEMENT, LOOP, COUNT)" {
        statement: Piece, loop_name: Loop, count: Number,
    }
    /// Gives the order of some statements, of which there is at least one, outright.
    Affine "affine(S1: [t, 0, i]; S2: [t, 1, i + 1])"
        "affine(STATEMENT: [ROW, …]; …), as in affine(S1: [t, 0, i]; S2: [t, 1, i + 1])" {
        orders: Orders,
    }
    /// Moves a statement and what stands behind it in a loop into the next iteration.
    Rotate "rotate(S3, i)" "rotate(STATEMENT, LOOP)" {
        statement: Piece, loop_name: Loop,
    }
    /// Runs a loop backwards.
    Reverse "reverse(S1, i)" "reverse(STATEMENT, LOOP)" {
        statement: Piece, loop_name: Loop,
    }
    /// Moves the instances of one statement to later iterations.
    Shift "shift(S1, i, 2)" "shift(STATEMENT, LOOP, AMOUNT)" {
        statement: Piece, loop_name: Loop, amount: Point,
    }
    /// Adds multiples of one loop to others, by given factors or by what the dependences decide:
    /// `skew(S1, t, i, j)`, `skew(S1, i, j, inner)`, `skew(S1, i, j, outer)`.
    Skew "skew(S1, t, i, j, 1, 1)"
        "skew(STATEMENT, LOOP, LOOP, …, FACTOR, …) with a factor for each loop but the first, or with \
         `tilable`, `inner` or `outer` in place of the factors" {
        statement: Piece, source: Loop, targets: Targets, factors: Factors,
    }
    /// Lets the first of several loops count the diagonals, and the second run in parallel.
    Wavefront "wavefront(S1, i_t, j_t)" "wavefront(STATEMENT, LOOP, LOOP, …)" {
        statement: Piece, loops: Loops<2>,
    }
    /// Runs the iterations of a loop on several threads.
    Parallelize "parallelize(S1, i)" "parallelize(STATEMENT, LOOP)" {
        statement: Piece, loop_name: Loop,
    }
    /// Lets the iterations of a loop overlap whose body is one parallel loop.
    Pipeline "pipeline(S1, t_t)" "pipeline(STATEMENT, LOOP)" {
        statement: Piece, loop_name: Loop,
    }
    /// Lets the iterations of a loop overlap whose body is one sequential loop, each waiting for the
    /// iterations that this loop has reached.
    Doacross "doacross(S1, i_t)" "doacross(STATEMENT, LOOP)" {
        statement: Piece, loop_name: Loop,
    }
    /// Runs `width` iterations in vector lanes, `unroll` vectors at a time.
    Vectorize "vectorize(S1, j, 8, 2)"
        "vectorize(STATEMENT, LOOP, WIDTH[, VECTORS]) with a width of at most 64" {
        statement: Piece, loop_name: Loop, width: Size, unroll: SizeOrOne,
    }
    /// Runs `factor` iterations in lock-step.
    UnrollAndJam "unroll_and_jam(S1, i, 4)" "unroll_and_jam(STATEMENT, LOOP, FACTOR)" {
        statement: Piece, loop_name: Loop, factor: Size,
    }
    /// Runs `factor` iterations without a test between them.
    Unroll "unroll(S1, k, 4)" "unroll(STATEMENT, LOOP, FACTOR)" {
        statement: Piece, loop_name: Loop, factor: Size,
    }
    /// Lets each iteration of a loop work on a copy of what it touches of an array, whose dimensions
    /// may get another order: `pack(S1, A, k_t)`. With subscripts, of which there are none for all
    /// accesses to the array, only what the statement reads with just these, over the source's loop
    /// variables, works on the copy: `pack(S1, A[i][k], i_t)`.
    Pack "pack(S1, B, k_t, 1, 0)"
        "pack(STATEMENT, ARRAY, LOOP[, DIMENSION, …]) with each dimension once, counted from 0, or with \
         an element that the statement reads, as in A[i][k], for the array" {
        statement: Piece, array: ElementOf, subscripts: Subscripts, loop_name: Loop, order: Dimensions,
    }
    /// Keeps the one element of an array that each iteration of a loop touches in a register.
    Promote "promote(S1, C, j)" "promote(STATEMENT, ARRAY, LOOP)" {
        statement: Piece, array: ArrayName, loop_name: Loop,
    }
    /// Lets the vectors that a statement stores go past the caches.
    Stream "stream(S1)" "stream(STATEMENT)" {
        statement: Piece,
    }
    /// Gives each iteration of a loop of the source, and of those around it, an element of its own for
    /// each element of an array that it uses as a temporary. The storage is named [`expanded_name`].
    Expand "expand(S1, t, j)" "expand(STATEMENT, ARRAY, LOOP)" {
        statement: Piece, array: ArrayName, loop_name: Loop,
    }
    /// Takes the sums that a loop of the source carries apart: `lanes` partial sums side by side, and with a
    /// chunk as many again for each `chunk` iterations. Their storage is named [`partial_name`].
    Regroup "regroup(S1, i, 16, 4096)" "regroup(STATEMENT, LOOP, SUMS[, ITERATIONS])" {
        statement: Piece, loop_name: Loop, lanes: Size, chunk: MaybeSize,
    }
    /// Makes two loops of a loop of the source: the iterations below a point, and behind them the others,
    /// whose statements are new ones.
    Divide "divide(S1, i, k + 1)" "divide(STATEMENT, LOOP, POINT)" {
        statement: Piece, loop_name: Loop, at: Point,
    }
    /// Keeps what a statement reads with just these subscripts in a loop of the source, so that others may write
    /// the array meanwhile. The storage is named [`kept_name`].
    Keep "keep(S1, A[k][j], i)" "keep(STATEMENT, ELEMENT, LOOP), as in keep(S1, A[k][j], i)" {
        statement: Piece, array: ElementOf, subscripts: Subscripts, loop_name: Loop,
    }
}

fn name_of(example: &'static str) -> &'static str {
    example.split_once('(').map_or(example, |(name, _)| name)
}

impl Step {
    /// The names of all steps, in the order of the documentation.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::EXAMPLES.iter().map(|example| name_of(example))
    }

    /// The step's name in a schedule's text.
    pub fn name(&self) -> &'static str {
        name_of(self.example())
    }

    /// Whether it changes the program, not the order: such a step means the same wherever it stands.
    pub fn changes_program(&self) -> bool {
        matches!(
            self,
            Self::Expand { .. } | Self::Regroup { .. } | Self::Divide { .. } | Self::Keep { .. }
        )
    }

    /// The same step for another statement.
    pub fn with_statement(mut self, name: &str) -> Self {
        if let Some(first) = self.pieces_mut().into_iter().next() {
            name.clone_into(first);
        }
        self
    }

    /// Whether the numbers of its arguments go together, as a text may have them.
    fn fits(&self) -> bool {
        match self {
            Self::Tile { loops, sizes, .. } => loops.len() == sizes.len(),
            Self::Vectorize { width, .. } => *width <= 64,
            Self::Skew { targets, factors, .. } => match factors {
                SkewFactors::Given(factors) => factors.len() == targets.len(),
                SkewFactors::Tilable => true,
                SkewFactors::InnerParallel | SkewFactors::OuterParallel => targets.len() == 1,
            },
            _ => true,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({})", self.name(), self.arguments().join(", "))
    }
}

impl std::str::FromStr for Step {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let schedule: super::Schedule = text.parse()?;
        match schedule.steps() {
            [step] => Ok(step.clone()),
            steps => Err(ParseError {
                line: 1,
                column: 1,
                message: format!("one step is expected, {} are given", steps.len()),
            }),
        }
    }
}
