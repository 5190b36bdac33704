//! Why a step cannot be applied, in words for whoever wrote it.

use loopwright_analysis::{
    DependenceError, ExpansionError, KeepingError, LegalityError, PackingError, RegroupingError,
    Violation,
};
use loopwright_ir::Step;
use std::fmt;

/// A step that is refused, and its place in the schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Illegal {
    /// The step's position in its schedule, counted from 1; 0 for a step that stands alone.
    pub number: usize,
    pub step: Step,
    pub cause: Cause,
}

impl Illegal {
    /// The refusal of a step that stands alone.
    pub(crate) fn new(step: &Step, cause: Cause) -> Box<Self> {
        Box::new(Self { number: 0, step: step.clone(), cause })
    }
}

impl fmt::Display for Illegal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number > 0 {
            write!(formatter, "step {}, ", self.number)?;
        }
        write!(formatter, "`{}`: {}", self.step, self.cause)
    }
}

impl std::error::Error for Illegal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Cause {
    /// The step names a statement that the program does not have.
    #[error("there is no statement `{name}`; the statements are {}", known.join(", "))]
    UnknownStatement { name: String, known: Vec<String> },
    /// The step names a loop that is not around its statement.
    #[error(
        "there is no loop `{name}` around {statement}; {}",
        if path.is_empty() { "no loop is around it".to_owned() }
        else { format!("the loops around it are {}, outermost first", path.join(", ")) }
    )]
    UnknownLoop { name: String, statement: String, path: Vec<String> },
    /// A copy of a part cannot hold what is read at subscripts that are data.
    #[error(
        "elements of `{array}` are read at subscripts that are data, which may lie anywhere; pack only the reads with \
         other subscripts, as `{array}[i]`"
    )]
    PackedGather { array: String },
    /// The step names one loop twice.
    #[error("the loop `{name}` is named twice; name each loop once")]
    RepeatedLoop { name: String },
    /// The step names one statement twice.
    #[error("the statement {name} is named twice; give each statement one order")]
    RepeatedStatement { name: String },
    /// The numbers that a step makes are too large.
    #[error("the numbers of the new order are out of range; take smaller factors")]
    OutOfRange,
    /// The loops of a tile have another loop between them.
    #[error(
        "the loops `{outer}` and `{inner}` are not directly nested: {} between them; tile those as \
         well, or interchange first", match between.as_slice() {
            [one] => format!("`{one}` is"),
            several => format!("{} are", several.join(", ")),
        }
    )]
    NotContiguous { outer: String, inner: String, between: Vec<String> },
    /// A tile has another number of sizes than of loops, or no loop.
    #[error("{loops} loops and {sizes} sizes are given; give one size for each loop")]
    SizesDoNotMatch { loops: usize, sizes: usize },
    /// A number is out of its range.
    #[error("the {what} {value} is out of range; it must be from {least} to {most}")]
    BadSize { what: &'static str, value: u32, least: u32, most: u32 },
    /// The schedule makes more of something than anybody has use for, and than the compiler has time for.
    #[error("it makes more than {most} {what}; leave out earlier steps that make some")]
    TooMany { what: &'static str, most: usize },
    /// The statement is alone in its loop already.
    #[error(
        "{statement} shares the loop `{loop_name}` with nothing, so nothing can be distributed"
    )]
    NothingToDistribute { statement: String, loop_name: String },
    /// A loop can run in one way only.
    #[error(
        "the loop `{loop_name}` is {mark} already; tile it first and mark the tile's other loop"
    )]
    AlreadyMarked { loop_name: String, mark: &'static str },
    /// There is more to do in an iteration than a parallel loop.
    #[error(
        "the body of `{loop_name}` is not one parallel loop, without copies around it; distribute the \
         loop, or leave it as it is"
    )]
    NotPipelined { loop_name: String },
    /// Nothing tells how far an iteration has got.
    #[error(
        "the body of `{loop_name}` is not one sequential loop, without copies around it; distribute the \
         loop, or move what stands beside it inside"
    )]
    NotDoacross { loop_name: String },
    /// Threads inside threads.
    #[error(
        "the loop `{inner}` would be parallel inside the parallel loop `{outer}`; only one loop of \
         a nest can be"
    )]
    NestedParallel { outer: String, inner: String },
    /// Vectors inside vectors.
    #[error(
        "the loop `{inner}` would be vectorized inside the vectorized loop `{outer}`; only one loop \
         of a nest can be"
    )]
    NestedVector { outer: String, inner: String },
    /// Threads cannot start in the middle of a vector or of jammed iterations.
    #[error(
        "the parallel loop `{inner}` would be inside the {mark} loop `{outer}`; put the parallel \
         loop outside"
    )]
    ParallelInside { outer: String, mark: &'static str, inner: String },
    /// An expression mentions what is neither an outer loop nor a parameter.
    #[error("`{name}` is not known here; known are {}", known.join(", "))]
    UnknownName { name: String, known: Vec<String> },
    /// The step names an array that the program does not have.
    #[error("there is no array `{name}`; the arrays are {}", known.join(", "))]
    UnknownArray { name: String, known: Vec<String> },
    /// A copy's order of dimensions is not the array's.
    #[error("`{array}` has {dimensions} dimensions, but the order names {given}")]
    WrongDimensions { array: String, dimensions: usize, given: usize },
    /// A skew's factor is out of its range.
    #[error("the factor {factor} is out of range; it must be from -{most} to {most}")]
    BadFactor { factor: i64, most: i64 },
    /// A number was left to the dependences, which are not at hand.
    #[error("a step that leaves out a number needs the dependences; write the number")]
    NeedsDependences,
    /// No factor or shift within the limits does what was asked for.
    #[error("no {what} from {least} to {most} makes this legal")]
    NoneFits { what: &'static str, least: i64, most: i64 },
    /// The distances between two loops have no number for a limit.
    #[error(
        "no shift makes this legal at all sizes: the distances between the two loops grow with the sizes, or \
         cannot be found out; write a shift, as in `fuse(S1, S2, i, 1)`"
    )]
    UnlimitedShift,
    /// Dependences both ways leave no shift.
    #[error(
        "no shift makes this legal: dependences from the first loop to the second need one of at least {least}, \
         those back one of at most {most}"
    )]
    NoShift { least: i64, most: i64 },
    /// One loop would run after the other as before.
    #[error(
        "with the least shift that is legal, {shift}, the two loops have at most one iteration in common; leave them \
         apart, or write the shift"
    )]
    NothingShared { shift: i64 },
    /// A loop is not inside of another.
    #[error("the loop `{inner}` is not inside the loop `{outer}`; name the outer loop first")]
    NotInside { outer: String, inner: String },
    /// The other statement has no loop at that depth.
    #[error("there is no loop around {statement} at the depth of `{loop_name}`")]
    NothingToFuse { statement: String, loop_name: String },
    /// The two statements share the loop.
    #[error("the loop `{loop_name}` around both is one loop already")]
    FusedAlready { loop_name: String },
    /// The loops to be fused stand in different loops.
    #[error(
        "the loop `{loop_name}` around {statement} and the one around {other} do not stand in the \
         same loops; fuse the loops around them first"
    )]
    NotSiblings { statement: String, other: String, loop_name: String },
    /// A statement to be sunk does not stand in the loop's sequence.
    #[error(
        "{statement} does not stand beside the loop `{loop_name}`; sink it into the loops outside \
         of that first, or distribute what is around it"
    )]
    NotBeside { statement: String, loop_name: String },
    /// A statement is where it is to go.
    #[error("{statement} stands right in front of {other} already")]
    AlreadyInFront { statement: String, other: String },
    /// A loop cannot be rotated by what its iterations begin with.
    #[error(
        "{statement} stands at the beginning of the loop `{loop_name}`, or alone in it; name a statement \
         behind others, which moves in front of them"
    )]
    NothingToRotate { statement: String, loop_name: String },
    /// A loop's first or last iteration is not one expression.
    #[error(
        "where the loop `{loop_name}` around {statement} begins or ends is not one affine \
         expression; write the point, as in `split(S1, i, 1)` or `sink(S1, S2, k, 0)`"
    )]
    NoSingleBound { loop_name: String, statement: String },
    /// A part of an array has a copy already.
    #[error("a part of `{array}` is packed already by a loop around or inside")]
    PackedAlready { array: String },
    /// A statement does not read what is to be packed.
    #[error(
        "{statement} reads no `{element}`; {}",
        if known.is_empty() { "it reads nothing of the array".to_owned() } else { format!("it reads {}", known.join(", ")) }
    )]
    NotRead { statement: String, element: String, known: Vec<String> },
    /// Storage is packed as a whole.
    #[error(
        "`{array}` has no other storage than its packs; pack it as a whole, without subscripts"
    )]
    PackedStorage { array: String },
    /// Lanes and jammed iterations cannot share a copy.
    #[error(
        "the loop `{packing}` works on copies inside the {mark} loop `{outer}`, which would need \
         a copy for each of its iterations; pack outside of it"
    )]
    PackInside { packing: String, outer: String, mark: &'static str },
    /// A statement's stores are marked already.
    #[error("the stores of {statement} go past the caches already")]
    StreamedAlready { statement: String },
    /// What is read is in a cache whatever the stores do.
    #[error(
        "{statement} reads the element of `{array}` that it writes, which is in the caches then; storing \
         past them would only evict it"
    )]
    StreamedRead { statement: String, array: String },
    /// Copies are there to stay in a cache or a register.
    #[error(
        "{statement} writes `{array}` to a copy, which is to stay in the caches or in a register; leave out \
         one of the two"
    )]
    StreamedCopy { statement: String, array: String },
    /// An array cannot have storage for each iteration.
    #[error("{0}")]
    Expansion(ExpansionError),
    /// An array has storage for each iteration already.
    #[error("`{array}` is expanded already; name the innermost loop at once")]
    ExpandedAlready { array: String },
    /// Expanding changes the program that the other steps are about.
    #[error(
        "`{array}` can be expanded, but only where a schedule begins; write the step in the schedule"
    )]
    NotExpanded { array: String },
    /// What a statement reads cannot be kept.
    #[error("{0}")]
    Keeping(KeepingError),
    /// A copy of a copy.
    #[error("{statement} makes copies itself; keep what other statements read")]
    KeepsCopy { statement: String },
    /// The sums of a loop cannot be taken apart.
    #[error("{0}")]
    Regrouping(RegroupingError),
    /// A sum would be rounded otherwise than in the source.
    #[error(
        "the floating-point sums of {statement} along `{loop_name}` would be rounded otherwise than in the \
         source; allow that with --fast-math"
    )]
    Rounds { statement: String, loop_name: String },
    /// A sum has partial ones already.
    #[error("the sums in `{array}` are taken apart already; one loop of theirs can be")]
    RegroupedAlready { array: String },
    /// The chunks are not made of whole groups.
    #[error(
        "a chunk of {chunk} iterations is no multiple of {lanes}; the sums side by side must divide it"
    )]
    UnevenChunk { chunk: u32, lanes: u32 },
    /// Taking sums apart changes the program that the other steps are about.
    #[error(
        "the sums along `{loop_name}` can be taken apart, but only where a schedule begins; write the step in the schedule"
    )]
    NotRegrouped { loop_name: String },
    /// A copy of a part of an array cannot be made or would not be right.
    #[error("{0}")]
    Packing(PackingError),
    /// Two instances that depend on one another would run in the wrong order.
    #[error("{0}")]
    Dependence(Box<Violation>),
    /// The dependences of the program that a step makes could not be found out.
    #[error("{0}")]
    Dependences(DependenceError),
    /// Whether the order is legal could not be found out.
    #[error("{0}")]
    NotDecided(LegalityError),
}
