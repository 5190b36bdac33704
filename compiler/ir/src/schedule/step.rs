//! One transformation with its parameters.

use super::{AffineOrder, NamedAffine, ParseError, SkewFactors};
use std::fmt;

/// One transformation with its parameters. Loops are named along the path to `statement`, which is
/// the name of a statement's piece.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Exchanges two loops: `interchange(S1, i, j)`.
    Interchange { statement: String, outer: String, inner: String },
    /// Puts loops into the order in which they are named: `permute(S1, k, i, j)`.
    Permute { statement: String, loops: Vec<String> },
    /// Tiles a band of nested loops, one size a loop: `tile(S1, i, j, 32, 64)`.
    Tile { statement: String, loops: Vec<String>, sizes: Vec<u32> },
    /// Gives full tiles inside each iteration of a loop code without guards: `separate(S1, j_t)`.
    Separate { statement: String, loop_name: String },
    /// Gives what is around the statement inside a loop, before it and after it, loops of its own:
    /// `distribute(S1, i)`.
    Distribute { statement: String, loop_name: String },
    /// Makes one loop of the loop around one statement and the loop at the same depth around
    /// `other`, whose iterations move by `shift`: `fuse(S1, S2, i)`, `fuse(S1, S2, i, 1)`.
    Fuse { statement: String, other: String, loop_name: String, shift: Option<i64> },
    /// Moves a statement into a loop around `target` that stands beside it, to the iteration `at`:
    /// `sink(S1, S2, k)`, `sink(S1, S2, k, i + 1)`.
    Sink { statement: String, target: String, loop_name: String, at: Option<NamedAffine> },
    /// Moves a statement, with the loops that the two do not share, in front of another one:
    /// `reorder(S3, S1)`.
    Reorder { statement: String, other: String },
    /// Splits a loop and what is inside at a point: the iterations below it first, then the others,
    /// whose leaves are new pieces: `split(S1, j, i + 1)`.
    Split { statement: String, loop_name: String, at: NamedAffine },
    /// Splits off the first iterations, or with a negative count the last ones: `peel(S1, i, 1)`.
    Peel { statement: String, loop_name: String, count: i64 },
    /// Gives the order of some statements, of which there is at least one, outright:
    /// `affine(S1: [t, 0, i]; S2: [t, 1, i + 1])`.
    Affine { orders: Vec<AffineOrder> },
    /// Moves a statement and what stands behind it in a loop into the next iteration: `rotate(S3, i)`.
    Rotate { statement: String, loop_name: String },
    /// Runs a loop backwards: `reverse(S1, i)`.
    Reverse { statement: String, loop_name: String },
    /// Moves the instances of one statement to later iterations: `shift(S1, i, 2)`.
    Shift { statement: String, loop_name: String, amount: NamedAffine },
    /// Adds multiples of one loop to others: `skew(S1, t, i, j, 1, 1)`, or with factors that the
    /// dependences decide: `skew(S1, t, i, j)`, `skew(S1, i, j, inner)`, `skew(S1, i, j, outer)`.
    Skew { statement: String, source: String, targets: Vec<String>, factors: SkewFactors },
    /// Lets the first of several loops count the diagonals, and the second run in parallel:
    /// `wavefront(S1, i_t, j_t)`.
    Wavefront { statement: String, loops: Vec<String> },
    /// Runs the iterations of a loop on several threads: `parallelize(S1, i)`.
    Parallelize { statement: String, loop_name: String },
    /// Lets the iterations of a loop overlap whose body is one parallel loop: `pipeline(S1, t_t)`.
    Pipeline { statement: String, loop_name: String },
    /// Lets the iterations of a loop overlap whose body is one sequential loop, each waiting for the
    /// iterations that this loop has reached: `doacross(S1, i_t)`.
    Doacross { statement: String, loop_name: String },
    /// Runs `width` iterations in vector lanes, `unroll` vectors at a time:
    /// `vectorize(S1, j, 8)` or `vectorize(S1, j, 8, 2)`.
    Vectorize { statement: String, loop_name: String, width: u32, unroll: u32 },
    /// Runs `factor` iterations in lock-step: `unroll_and_jam(S1, i, 4)`.
    UnrollAndJam { statement: String, loop_name: String, factor: u32 },
    /// Runs `factor` iterations without a test between them: `unroll(S1, k, 4)`.
    Unroll { statement: String, loop_name: String, factor: u32 },
    /// Lets each iteration of a loop work on a copy of what it touches of an array, whose dimensions
    /// may get another order: `pack(S1, A, k_t)`, `pack(S1, B, k_t, 1, 0)`. With subscripts only what the
    /// statement reads with just these, over the source's loop variables, works on the copy:
    /// `pack(S1, A[i][k], i_t)`.
    Pack {
        statement: String,
        array: String,
        /// Empty for all accesses to the array.
        subscripts: Vec<NamedAffine>,
        loop_name: String,
        order: Vec<usize>,
    },
    /// Keeps the one element of an array that each iteration of a loop touches in a register:
    /// `promote(S1, C, j)`.
    Promote { statement: String, array: String, loop_name: String },
    /// Lets the vectors that a statement stores go past the caches: `stream(S1)`.
    Stream { statement: String },
    /// Gives each iteration of a loop of the source, and of those around it, an element of its own for
    /// each element of an array that it uses as a temporary: `expand(S1, t, j)`. The storage is
    /// named [`expanded_name`].
    Expand { statement: String, array: String, loop_name: String },
    /// Takes the sums that a loop of the source carries apart: `lanes` partial sums side by side, and with a
    /// chunk as many again for each `chunk` iterations: `regroup(S1, i, 16)`, `regroup(S1, i, 16, 4096)`.
    /// Their storage is named [`partial_name`].
    Regroup { statement: String, loop_name: String, lanes: u32, chunk: Option<u32> },
    /// Makes two loops of a loop of the source: the iterations below a point, and behind them the others,
    /// whose statements are new ones: `divide(S1, i, k + 1)`.
    Divide { statement: String, loop_name: String, at: NamedAffine },
    /// Keeps what a statement reads with just these subscripts in a loop of the source, so that others may write
    /// the array meanwhile: `keep(S1, A[k][j], i)`. The storage is named [`kept_name`].
    Keep { statement: String, array: String, subscripts: Vec<NamedAffine>, loop_name: String },
}

impl Step {
    /// The names of all steps, in the order of the documentation.
    pub const NAMES: [&'static str; 29] = [
        "interchange",
        "permute",
        "tile",
        "separate",
        "distribute",
        "fuse",
        "sink",
        "reorder",
        "split",
        "peel",
        "affine",
        "rotate",
        "reverse",
        "shift",
        "skew",
        "wavefront",
        "parallelize",
        "pipeline",
        "doacross",
        "vectorize",
        "unroll_and_jam",
        "unroll",
        "pack",
        "promote",
        "stream",
        "expand",
        "regroup",
        "divide",
        "keep",
    ];

    /// Whether it changes the program, not the order: such a step means the same wherever it stands.
    pub fn changes_program(&self) -> bool {
        matches!(
            self,
            Self::Expand { .. } | Self::Regroup { .. } | Self::Divide { .. } | Self::Keep { .. }
        )
    }

    /// The step's name in a schedule's text.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Interchange { .. } => "interchange",
            Self::Permute { .. } => "permute",
            Self::Tile { .. } => "tile",
            Self::Separate { .. } => "separate",
            Self::Distribute { .. } => "distribute",
            Self::Fuse { .. } => "fuse",
            Self::Sink { .. } => "sink",
            Self::Reorder { .. } => "reorder",
            Self::Split { .. } => "split",
            Self::Peel { .. } => "peel",
            Self::Affine { .. } => "affine",
            Self::Rotate { .. } => "rotate",
            Self::Reverse { .. } => "reverse",
            Self::Shift { .. } => "shift",
            Self::Skew { .. } => "skew",
            Self::Wavefront { .. } => "wavefront",
            Self::Parallelize { .. } => "parallelize",
            Self::Pipeline { .. } => "pipeline",
            Self::Doacross { .. } => "doacross",
            Self::Vectorize { .. } => "vectorize",
            Self::UnrollAndJam { .. } => "unroll_and_jam",
            Self::Unroll { .. } => "unroll",
            Self::Pack { .. } => "pack",
            Self::Promote { .. } => "promote",
            Self::Stream { .. } => "stream",
            Self::Expand { .. } => "expand",
            Self::Regroup { .. } => "regroup",
            Self::Divide { .. } => "divide",
            Self::Keep { .. } => "keep",
        }
    }

    /// The statement, or the piece of one, that the step names first.
    pub fn statement(&self) -> &str {
        match self {
            Self::Interchange { statement, .. }
            | Self::Permute { statement, .. }
            | Self::Tile { statement, .. }
            | Self::Separate { statement, .. }
            | Self::Distribute { statement, .. }
            | Self::Fuse { statement, .. }
            | Self::Sink { statement, .. }
            | Self::Reorder { statement, .. }
            | Self::Split { statement, .. }
            | Self::Peel { statement, .. }
            | Self::Rotate { statement, .. }
            | Self::Reverse { statement, .. }
            | Self::Shift { statement, .. }
            | Self::Skew { statement, .. }
            | Self::Wavefront { statement, .. }
            | Self::Parallelize { statement, .. }
            | Self::Pipeline { statement, .. }
            | Self::Doacross { statement, .. }
            | Self::Vectorize { statement, .. }
            | Self::UnrollAndJam { statement, .. }
            | Self::Unroll { statement, .. }
            | Self::Pack { statement, .. }
            | Self::Promote { statement, .. }
            | Self::Stream { statement }
            | Self::Expand { statement, .. }
            | Self::Regroup { statement, .. }
            | Self::Divide { statement, .. }
            | Self::Keep { statement, .. } => statement,
            Self::Affine { orders } => orders.first().map_or("", |order| &order.statement),
        }
    }

    /// The same step for another statement.
    pub fn with_statement(mut self, name: &str) -> Self {
        let statement = match &mut self {
            Self::Interchange { statement, .. }
            | Self::Permute { statement, .. }
            | Self::Tile { statement, .. }
            | Self::Separate { statement, .. }
            | Self::Distribute { statement, .. }
            | Self::Fuse { statement, .. }
            | Self::Sink { statement, .. }
            | Self::Reorder { statement, .. }
            | Self::Split { statement, .. }
            | Self::Peel { statement, .. }
            | Self::Rotate { statement, .. }
            | Self::Reverse { statement, .. }
            | Self::Shift { statement, .. }
            | Self::Skew { statement, .. }
            | Self::Wavefront { statement, .. }
            | Self::Parallelize { statement, .. }
            | Self::Pipeline { statement, .. }
            | Self::Doacross { statement, .. }
            | Self::Vectorize { statement, .. }
            | Self::UnrollAndJam { statement, .. }
            | Self::Unroll { statement, .. }
            | Self::Pack { statement, .. }
            | Self::Promote { statement, .. }
            | Self::Stream { statement }
            | Self::Expand { statement, .. }
            | Self::Regroup { statement, .. }
            | Self::Divide { statement, .. }
            | Self::Keep { statement, .. } => statement,
            Self::Affine { orders } => match orders.first_mut() {
                Some(order) => &mut order.statement,
                None => return self,
            },
        };
        name.clone_into(statement);
        self
    }

    /// The loops that the step names.
    pub fn loops(&self) -> Vec<&str> {
        match self {
            Self::Interchange { outer, inner, .. } => vec![outer, inner],
            Self::Permute { loops, .. }
            | Self::Wavefront { loops, .. }
            | Self::Tile { loops, .. } => loops.iter().map(String::as_str).collect(),
            Self::Skew { source, targets, .. } => {
                std::iter::once(source).chain(targets).map(String::as_str).collect()
            }
            Self::Reorder { .. } | Self::Stream { .. } | Self::Affine { .. } => Vec::new(),
            Self::Separate { loop_name, .. }
            | Self::Distribute { loop_name, .. }
            | Self::Fuse { loop_name, .. }
            | Self::Sink { loop_name, .. }
            | Self::Split { loop_name, .. }
            | Self::Peel { loop_name, .. }
            | Self::Rotate { loop_name, .. }
            | Self::Reverse { loop_name, .. }
            | Self::Shift { loop_name, .. }
            | Self::Parallelize { loop_name, .. }
            | Self::Pipeline { loop_name, .. }
            | Self::Doacross { loop_name, .. }
            | Self::Vectorize { loop_name, .. }
            | Self::UnrollAndJam { loop_name, .. }
            | Self::Unroll { loop_name, .. }
            | Self::Pack { loop_name, .. }
            | Self::Promote { loop_name, .. }
            | Self::Expand { loop_name, .. }
            | Self::Regroup { loop_name, .. }
            | Self::Divide { loop_name, .. }
            | Self::Keep { loop_name, .. } => vec![loop_name],
        }
    }

    /// The arguments after the statement, as they are printed.
    fn arguments(&self) -> Vec<String> {
        fn texts<T: ToString>(values: &[T]) -> impl Iterator<Item = String> + '_ {
            values.iter().map(ToString::to_string)
        }
        fn element(array: &str, subscripts: &[NamedAffine]) -> String {
            let subscripts = subscripts.iter().map(|subscript| format!("[{subscript}]"));
            std::iter::once(array.to_owned()).chain(subscripts).collect()
        }
        match self {
            Self::Interchange { outer, inner, .. } => vec![outer.clone(), inner.clone()],
            Self::Permute { loops, .. } | Self::Wavefront { loops, .. } => loops.clone(),
            Self::Tile { loops, sizes, .. } => texts(loops).chain(texts(sizes)).collect(),
            Self::Separate { loop_name, .. }
            | Self::Distribute { loop_name, .. }
            | Self::Rotate { loop_name, .. }
            | Self::Reverse { loop_name, .. }
            | Self::Parallelize { loop_name, .. }
            | Self::Pipeline { loop_name, .. }
            | Self::Doacross { loop_name, .. } => vec![loop_name.clone()],
            Self::Fuse { other, loop_name, shift, .. } => [other.clone(), loop_name.clone()]
                .into_iter()
                .chain(texts(shift.as_slice()))
                .collect(),
            Self::Stream { .. } | Self::Affine { .. } => Vec::new(),
            Self::Reorder { other, .. } => vec![other.clone()],
            Self::Sink { target, loop_name, at, .. } => [target.clone(), loop_name.clone()]
                .into_iter()
                .chain(texts(at.as_slice()))
                .collect(),
            Self::Split { loop_name, at, .. } | Self::Divide { loop_name, at, .. } => {
                vec![loop_name.clone(), at.to_string()]
            }
            Self::Peel { loop_name, count, .. } => vec![loop_name.clone(), count.to_string()],
            Self::Shift { loop_name, amount, .. } => vec![loop_name.clone(), amount.to_string()],
            Self::Skew { source, targets, factors, .. } => {
                let last = match factors {
                    SkewFactors::Given(factors) => texts(factors).collect(),
                    SkewFactors::Tilable => vec!["tilable".to_owned()],
                    SkewFactors::InnerParallel => vec!["inner".to_owned()],
                    SkewFactors::OuterParallel => vec!["outer".to_owned()],
                };
                std::iter::once(source.clone()).chain(targets.clone()).chain(last).collect()
            }
            Self::Vectorize { loop_name, width, unroll: 1, .. } => {
                vec![loop_name.clone(), width.to_string()]
            }
            Self::Vectorize { loop_name, width, unroll, .. } => {
                vec![loop_name.clone(), width.to_string(), unroll.to_string()]
            }
            Self::UnrollAndJam { loop_name, factor, .. }
            | Self::Unroll { loop_name, factor, .. } => {
                vec![loop_name.clone(), factor.to_string()]
            }
            Self::Pack { array, subscripts, loop_name, order, .. } => {
                let packed = element(array, subscripts);
                [packed, loop_name.clone()].into_iter().chain(texts(order)).collect()
            }
            Self::Keep { array, subscripts, loop_name, .. } => {
                vec![element(array, subscripts), loop_name.clone()]
            }
            Self::Promote { array, loop_name, .. } | Self::Expand { array, loop_name, .. } => {
                vec![array.clone(), loop_name.clone()]
            }
            Self::Regroup { loop_name, lanes, chunk, .. } => [loop_name.clone(), lanes.to_string()]
                .into_iter()
                .chain(texts(chunk.as_slice()))
                .collect(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Affine { orders } = self {
            let orders: Vec<String> = orders.iter().map(ToString::to_string).collect();
            return write!(formatter, "{}({})", self.name(), orders.join("; "));
        }
        write!(formatter, "{}({}", self.name(), self.statement())?;
        for argument in self.arguments() {
            write!(formatter, ", {argument}")?;
        }
        formatter.write_str(")")
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
