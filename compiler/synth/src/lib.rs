//! Random affine programs and random legal schedules, by seed.
//!
//! They serve two purposes: fuzzing the compiler and making the data sets from which the cost model
//! learns. A program comes both as a [`Program`] and as the C function that the frontend would make
//! the same program from. Programs look like real ones: imperfect and multiple nests, triangles,
//! stencils in time, reductions and contractions, contiguous and strided accesses, data from a
//! first-level cache's size to more than a second-level one's.
//!
//! Architecture invariant: everything follows from the seed; no clock, no environment.

mod outline;
mod schedule;
mod shapes;
mod sketch;
mod value;
mod varied;
mod variety;

pub use outline::{Outline, Reduction};
pub use varied::generate_varied;
pub use variety::Variety;

pub use schedule::{Sample, ScheduleSampler, random_schedule};

use loopwright_ir::{ElementType, Program};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sketch::Sketch;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A family of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// Every element of an array from elements at fixed places of others.
    Elementwise,
    /// Sums of products over one or two loops, the operands indexed by any of the loops.
    Contraction,
    /// Row, column and total sums and maxima, matrix times vector.
    Reduction,
    /// Several nests, each reading what an earlier one wrote.
    Chain,
    /// Statements before, between and after inner loops.
    Imperfect,
    /// Inner bounds that depend on outer iterators.
    Triangular,
    /// Neighbourhoods on a grid, swept once or in time.
    Stencil,
    /// Several of the others on shared arrays, with recurrences.
    Mixture,
    /// Any loops around any statements; not in data sets, since few programs look like it.
    Free,
}

impl Shape {
    /// Those of data sets.
    pub const ALL: [Shape; 8] = [
        Shape::Elementwise,
        Shape::Contraction,
        Shape::Reduction,
        Shape::Chain,
        Shape::Imperfect,
        Shape::Triangular,
        Shape::Stencil,
        Shape::Mixture,
    ];

    /// Those of fuzzing.
    pub const VARIED: [Shape; 9] = [
        Shape::Elementwise,
        Shape::Contraction,
        Shape::Reduction,
        Shape::Chain,
        Shape::Imperfect,
        Shape::Triangular,
        Shape::Stencil,
        Shape::Mixture,
        Shape::Free,
    ];

    /// The name in lower case, as in file names and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elementwise => "elementwise",
            Self::Contraction => "contraction",
            Self::Reduction => "reduction",
            Self::Chain => "chain",
            Self::Imperfect => "imperfect",
            Self::Triangular => "triangular",
            Self::Stencil => "stencil",
            Self::Mixture => "mixture",
            Self::Free => "free",
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A text that names no [`Shape`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no shape `{0}`; the shapes are elementwise, contraction, reduction, chain, imperfect, triangular, stencil, mixture"
)]
pub struct UnknownShape(pub String);

impl FromStr for Shape {
    type Err = UnknownShape;

    fn from_str(text: &str) -> Result<Self, UnknownShape> {
        Self::ALL
            .into_iter()
            .find(|shape| shape.name() == text)
            .ok_or_else(|| UnknownShape(text.to_owned()))
    }
}

/// What programs to make.
#[derive(Clone, Debug)]
pub struct SynthOptions {
    /// The family, or `None` for any.
    pub shape: Option<Shape>,
    /// How long one run should take on one core, roughly, in milliseconds; drawn evenly on a
    /// logarithmic scale.
    pub milliseconds: RangeInclusive<f64>,
    /// All arrays together are no bigger than this, in bytes.
    pub memory: u64,
}

impl Default for SynthOptions {
    fn default() -> Self {
        Self { shape: None, milliseconds: 0.3..=30.0, memory: 64 << 20 }
    }
}

impl SynthOptions {
    /// Programs of a few hundred instances, for interpreters and brute-force oracles.
    pub fn tiny() -> Self {
        Self { shape: None, milliseconds: 0.00005..=0.0008, memory: 1 << 20 }
    }
}

/// A random program.
#[derive(Clone, Debug)]
pub struct SynthProgram {
    /// Unique for a seed and shape: `synth_stencil_42`.
    pub name: String,
    pub shape: Shape,
    pub seed: u64,
    /// A C function of that name with one region between `#pragma scop` and `#pragma endscop`; all
    /// sizes are numbers.
    pub source_c: String,
    /// The same as the region.
    pub program: Program,
    /// What both were made from.
    pub outline: Outline,
}

/// The program of a seed: equal seeds and options give equal programs.
pub fn generate(seed: u64, options: &SynthOptions) -> SynthProgram {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let any = Shape::ALL[random.random_range(0..Shape::ALL.len())];
    let shape = options.shape.unwrap_or(any);
    let element = draw_element(shape, &mut random);
    let (low, high) = (options.milliseconds.start().ln(), options.milliseconds.end().ln());
    let target = (low + random.random::<f64>() * (high - low)).exp() * 1.0e6;
    let name = format!("synth_{}_{seed}", shape.name());
    // The structure depends on the seed alone, so drawing again with another size rescales it.
    let mut instances = target;
    let mut attempt = 0;
    loop {
        let mut sketch = Sketch::new(random.clone(), element, instances);
        shapes::draw(shape, &mut sketch);
        let finished = sketch.finish(&name);
        let ratio = target / finished.nanoseconds.max(1.0);
        attempt += 1;
        let fits = finished.bytes <= options.memory;
        let settled = (0.7..1.4).contains(&ratio) || attempt >= 8;
        if fits && settled || attempt >= 60 {
            return SynthProgram {
                name,
                shape,
                seed,
                source_c: finished.source,
                program: finished.program,
                outline: finished.outline,
            };
        }
        instances *= if fits { ratio.clamp(0.05, 20.0) } else { 0.6 };
        instances = instances.max(8.0);
    }
}

/// Integers only where sums stay far from overflow.
fn draw_element(shape: Shape, random: &mut ChaCha8Rng) -> ElementType {
    let integers = matches!(shape, Shape::Elementwise | Shape::Contraction | Shape::Reduction);
    let draw: f64 = random.random();
    match draw {
        draw if draw < 0.10 && integers => ElementType::I32,
        draw if draw < 0.14 && integers => ElementType::I64,
        draw if draw < 0.38 => ElementType::F32,
        _ => ElementType::F64,
    }
}
