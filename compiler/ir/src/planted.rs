//! Deliberate faults of the compiler, to see whether its tests would notice.
//!
//! Each place that may fail on purpose asks [`planted`], which is one relaxed load and false unless
//! the hidden flag of `loopwright fuzz --planted` has [planted](plant) that fault in this process.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// 0 for none, otherwise the fault's position counted from 1.
static PLANTED: AtomicU32 = AtomicU32::new(0);

/// Whether the fault is planted in this process.
#[inline]
pub fn planted(fault: Fault) -> bool {
    PLANTED.load(Ordering::Relaxed) == fault as u32 + 1
}

/// Plants a fault, or none, for the rest of the process's life.
pub fn plant(fault: Option<Fault>) {
    PLANTED.store(fault.map_or(0, |fault| fault as u32 + 1), Ordering::Relaxed);
}

macro_rules! faults {
    (
        pairs { $($variant:ident, $name:literal, $text:literal;)* }
        texts { $($text_variant:ident, $text_name:literal, $text_text:literal;)* }
    ) => {
        /// A deliberate fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Fault {
            $(#[doc = $text] $variant,)*
            $(#[doc = $text_text] $text_variant,)*
        }

        impl Fault {
            /// Those that pairs of programs and schedules show, by the part of the compiler.
            pub const ALL: &'static [Fault] = &[$(Fault::$variant,)*];

            /// Those of the frontend and of what is written out, which C texts show.
            pub const TEXT: &'static [Fault] = &[$(Fault::$text_variant,)*];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* $(Self::$text_variant => $text_name,)* }
            }

            /// Whether it can show in programs and loops, rather than in the code that is generated for them.
            pub fn changes_loops(self) -> bool {
                self < Fault::TruncatedDivision
            }

            /// What is wrong when it is planted.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => $text,)* $(Self::$text_variant => $text_text,)* }
            }
        }
    };
}

faults! {
    pairs {
    // Dependences and legality.
    NoWriteAfterRead, "no-write-after-read", "dependences lack those of a write after a read";
    NoWriteAfterWrite, "no-write-after-write", "dependences lack those of a write after a write";
    NoReadAfterWrite, "no-read-after-write", "dependences lack those of a read after a write between statements";
    NoOuterLevel, "no-outer-level", "dependences lack those that the outermost loop carries";
    NoInnerLevel, "no-inner-level", "dependences lack those that the second loop carries";
    NoIndependentLevel, "no-independent-level", "dependences lack those in the order of the text";
    NoScalarDependences, "no-scalar-dependences", "dependences lack those on scalars";
    NoSelfDependences, "no-self-dependences", "dependences lack those of a statement on itself";
    SubscriptOff, "subscript-off", "elements are the same where their subscripts differ by one";
    DistanceTwo, "distance-two", "dependences begin at a distance of two";
    JamDistance, "jam-distance", "iterations at the far end of a jammed block are not compared";
    JamInnerIgnored, "jam-inner-ignored", "jamming is taken to keep the order inside of a block";
    ParallelAccepted, "parallel-accepted", "a parallel loop is judged as a sequential one";
    PipelineAccepted, "pipeline-accepted", "a pipelined loop is judged as a sequential one";
    DoacrossAccepted, "doacross-accepted", "a doacross loop is judged as a sequential one";
    VectorAccepted, "vector-accepted", "a vector loop is judged as a sequential one";
    VectorForwardOnly, "unordered-forward-ignored", "unordered iterations are compared backwards only";
    SignOfDistance, "sign-of-distance", "a known distance is taken with the other sign";
    PositionReversed, "position-reversed", "places in the text are compared the wrong way round";
    PositionIgnored, "position-ignored", "places in the text are not compared";
    FirstPieceOnly, "first-piece-only", "of a split statement only the first piece is judged";
    ChangedOnly, "changed-sources-only", "only dependences from changed statements are judged again";
    PackReadOnly, "copy-hides-nothing", "a copy is accepted whatever else touches the array";
    ExpandAnything, "expand-anything", "an array is expanded although values pass from one iteration to another";
    ExpandedFlows, "expanded-flows", "storage of an expanded array is taken anew although values pass to later iterations";
    KeepWritten, "keep-written", "a value is kept from before a loop although the loop writes it before it is read";
    CopyConditional, "copy-conditional", "a part of an array is copied although it is read under conditions on data only";
    KeepConditional, "keep-conditional", "a value is kept from before a loop although it is read under a condition on data only";
    PackedFlows, "packed-flows", "a copy for some reads is accepted although its elements are written before they are read";
    ForwardClash, "forward-clash", "an element takes a scalar's place although others touch it meanwhile";
    ForwardGuard, "forward-guard", "an element takes a scalar's place although the last statement runs elsewhere";
    // Steps.
    TileGuard, "tile-guard", "a tile lacks its last iteration";
    TileOverlap, "tile-overlap", "a tile has one iteration of the next one";
    SkewSign, "skew-sign", "the iterators do not take back what skewing added";
    ShiftSign, "shift-sign", "a shifted statement's iterators move the wrong way";
    ReverseKeepsBounds, "reverse-off", "the iterators of a reversed loop are off by one";
    SplitPoint, "split-point", "the second part of a split begins one late";
    PeelCount, "peel-count", "a peel takes one iteration more than the first part leaves";
    FuseKeepsBounds, "fuse-off", "the iterators of a fused loop are off by one";
    RotateSign, "rotate-sign", "the iterators of what moves into the next iteration move the wrong way";
    RotateFirst, "rotate-first", "the first iteration of a rotated loop is left out";
    AffineOff, "affine-off", "the innermost iterator of a statement whose order is given outright is off by one";
    AffineFixed, "affine-fixed", "a statement whose order is given outright runs twice in a loop that it has one place in";
    SinkPlace, "sink-place", "a sunk statement never runs";
    LostConstraint, "lost-constraint", "tiling loses the innermost leaf's last constraint";
    ExpandLast, "expand-last", "an expanded array is copied back from the iteration before the last";
    RegroupLast, "regroup-last", "the last partial sum is not added up";
    DividePoint, "divide-point", "the second part of a divided loop begins one late";
    ExpandSubscript, "expand-subscript", "all iterations of the innermost loop share the storage of an expanded array";
    InterchangeLoses, "isolate-loses", "what stands behind an isolated statement is lost";
    // From the tree to loops.
    LowerFloor, "lower-floor", "lower bounds round down";
    SwappedExtremes, "swapped-extremes", "of several lower bounds the least is taken";
    HullOfFirst, "hull-of-first", "a loop runs where its first leaf does";
    LostCondition, "lost-condition", "the last of several conditions is lost";
    LostSingleCondition, "lost-single-condition", "a condition by itself is lost";
    EqualityDropped, "equality-dropped", "an equality becomes an inequality";
    SingleValue, "single-value", "a loop of one iteration is replaced by the next value";
    BoundWeakened, "bound-dropped", "the first of several upper bounds is lost";
    MergedConditions, "merged-conditions", "neighbours under different conditions share the first";
    FullTileWrong, "full-tile-wrong", "tiles are taken as full one iteration early";
    PackOrigin, "pack-origin", "the box of a copy begins one element late";
    PackExtent, "pack-extent", "a copy is one element short";
    NoCopyIn, "no-copy-in", "a copy that is written is not filled first";
    NoCopyOut, "no-copy-out", "a copy is not written back";
    PackedReadsMixed, "packed-reads-mixed", "a copy for some reads is taken by another read of the statement";
    // Code generation, and all that comes behind the loops: see `changes_loops`.
    TruncatedDivision, "truncated-division", "native bounds truncate instead of rounding down";
    NoRemainder, "no-remainder", "what is left after whole blocks does not run";
    DoubledRemainder, "doubled-remainder", "the last whole block runs again one by one";
    MaskLanes, "mask-lanes", "one lane more than what is left runs";
    HeadLanes, "head-lanes", "a lane before the first iteration runs in a vector that begins with a cache line";
    NeighboursLane, "neighbours-lane", "neighbours made in registers begin a lane early";
    NeighboursStale, "neighbours-stale", "the next iteration finds the same vectors of a row kept";
    LaneStride, "lane-stride", "strided lanes are one element too close";
    StreamedHead, "streamed-head", "vectors that go past the caches begin one iteration after the ones before them end";
    ReversedLanes, "reversed-lanes", "vectors along a falling subscript are not reversed";
    RegisterAliased, "register-aliased", "an element stays in a register although another access may name it";
    RegisterNotStored, "register-not-stored", "an element kept in a register is not stored where it is read as well";
    NarrowIndex, "narrow-index", "positions of elements are computed in eight bits";
    NoContraction, "no-contraction", "a fused multiply-add rounds twice";
    AddedContraction, "negated-addend-kept", "a fused multiply-subtract adds";
    ChunkEnd, "chunk-end", "a thread's share ends one iteration early";
    ChunkStart, "chunk-start", "every thread begins at the first iteration";
    PipelineTile, "pipeline-tile", "a tile of a pipelined loop is left out where a thread takes another row's first";
    DoacrossRow, "doacross-row", "the last iteration of a doacross loop is left out";
    RegionBarrier, "region-barrier", "a parallel loop begins before those ahead of it in its region have ended";
    RegionFirst, "region-first", "a parallel loop begins before what one thread runs ahead of it in its region has ended";
    EveryNth, "every-nth", "dealt iterations begin at one";
    CopyOffset, "copy-offset", "the copies of a jammed block all run the first iteration";
    IndexLanes, "index-lanes", "the value of a loop variable is the same in all lanes";
    ConditionLanes, "condition-lanes", "a condition is tested for the first lane only";
    WidenedMinimum, "lockstep-bounds", "copies in lock-step all have the first copy's bounds";
    StrictConditions, "strict-conditions", "native conditions that hold with equality are taken not to hold";
    UnrollCopies, "unroll-copies", "an unrolled block runs one iteration less";
    UnscaledProduct, "unscaled-product", "a copy that should hold products holds the elements themselves";
    BufferOrigin, "buffer-origin", "accesses to a copy forget the origin of the last dimension";
    PackedReadsShared, "packed-reads-shared", "all reads of the array in a statement are taken from the copy for one of them";
    CopyShort, "copy-short", "the last row or column of a copy is neither copied in nor back";
    Speculation, "speculation", "both arms of a choice are computed whatever the condition";
    TripMultiple, "trip-multiple", "every number of iterations is taken for a multiple of the block";
    TransposedColumns, "transposed-columns", "a transposed square gives its columns backwards";
    UnsignedConversion, "unsigned-conversion", "negative integers become large floating-point numbers";
    }
    texts {
    // The frontend: loops and conditions.
    StrictLoop, "strict-loop", "a loop that may reach its bound ends before it";
    DecreasingStart, "decreasing-start", "a decreasing loop begins one late";
    StepIgnored, "step-ignored", "a loop that steps by several steps by one";
    OrAsAnd, "or-as-and", "`||` of conditions is taken for `&&`";
    ElseNotNegated, "else-not-negated", "`else` runs where the condition holds";
    NegatedComparison, "negated-comparison", "the opposite of a comparison keeps its border";
    MaximumAsMinimum, "maximum-as-minimum", "the greater of two bounds is taken for the lesser";
    QuotientUp, "quotient-up", "a rounded quotient in a bound is one too large";
    EqualityAsBound, "equality-as-bound", "`==` in a condition is taken for `<=`";
    // The frontend: values.
    CastDropped, "cast-dropped", "a cast to a narrower integer is dropped";
    FloatCastDropped, "float-cast-dropped", "a cast from double to float is dropped";
    UnsignedAsSigned, "unsigned-as-signed", "int and unsigned meet as int";
    PromotionLost, "promotion-lost", "narrow integers are not promoted to int";
    BooleanBits, "boolean-bits", "a conversion to _Bool keeps the low bits";
    LogicalOrAsAnd, "logical-or-as-and", "`||` of data is taken for `&&`";
    NotDropped, "not-dropped", "`!` of data is dropped";
    CompoundOrder, "compound-order", "a compound assignment has its operands the wrong way round";
    ContractedAcross, "contracted-across", "a product of an inlined function is fused with what is added outside";
    ContractedSwapped, "negated-product-kept", "the sign of a negated product is lost where it is fused";
    AliasLate, "alias-late", "a copy of a loop variable is read where it is used";
    EntryZero, "entry-zero", "what a variable is before the region is taken to be zero";
    SubscriptOrder, "subscript-order", "subscripts of square arrays are read from right to left";
    ContractedSubtrahend, "contracted-subtrahend", "a fused product is added where it is subtracted";
    // What is written out: the user's file with the region replaced.
    ValueUnchecked, "value-unchecked", "loops run for other sizes than they were made for";
    FirstValueOnly, "first-value-only", "only the first parameter's value is checked";
    OverlapUnchecked, "overlap-unchecked", "loops run on arrays that overlap";
    OverlapShort, "overlap-short", "arrays are taken as apart where they share a row";
    ScalarNotStored, "scalar-not-stored", "a scalar of the host function keeps its value from before the region";
    GlobalNotExchanged, "text-without-globals", "a variable at file scope keeps what the text left in it";
    MembersNotCopied, "members-not-copied", "arrays that lie in no structure are not copied into one";
    // The printed C.
    PrintedFloor, "printed-floor", "printed bounds truncate";
    PrintedBrackets, "printed-brackets", "printed subtractions lose their brackets";
    PrintedFused, "printed-fused", "printed fused multiply-adds round twice";
    PrintedFloat, "printed-float", "printed constants of type float are double";
    }
}

/// A text that names no [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no planted fault `{0}`")]
pub struct UnknownFault(pub String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        Self::ALL
            .iter()
            .chain(Self::TEXT)
            .copied()
            .find(|fault| fault.name() == text)
            .ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
