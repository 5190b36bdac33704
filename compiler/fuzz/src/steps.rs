//! One random step of any kind on any loops.
//!
//! Numbers are small, and sizes often one less than, equal to, or one more than an extent of the
//! program, where boundaries are.

mod affine;
mod packing;

use crate::subject::Subject;
use loopwright_ir::{
    Leaf, Mark, NamedAffine, Node, Program, ScheduleTree, SkewFactors, Step, TreeLoop,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// What the numbers of steps are drawn from.
pub struct Surroundings {
    /// Tile sizes.
    sizes: Vec<u32>,
    parameters: Vec<String>,
}

impl Surroundings {
    /// The sizes around the program's extents, and the small ones.
    pub fn of(subject: &Subject) -> Self {
        let mut sizes: Vec<u32> = (2..=9).chain([2, 3, 4, 8]).collect();
        let program = &subject.synthetic.program;
        for array in 0..program.arrays.len() {
            let extents = program.extents(loopwright_ir::ArrayId(array)).unwrap_or_default();
            for extent in extents {
                for near in [extent - 1, extent, extent + 1] {
                    if let Ok(near) = u32::try_from(near)
                        && (2..=24).contains(&near)
                        && !sizes.contains(&near)
                    {
                        sizes.push(near);
                    }
                }
            }
        }
        Self::new(&subject.program, sizes)
    }

    /// Tile sizes from the given ones.
    pub fn new(program: &Program, sizes: Vec<u32>) -> Self {
        let parameters =
            program.parameters.iter().map(|parameter| parameter.name.clone()).collect();
        Self { sizes, parameters }
    }
}

struct Drawer<'a> {
    program: &'a Program,
    tree: &'a ScheduleTree,
    surroundings: &'a Surroundings,
    random: &'a mut ChaCha8Rng,
    statement: String,
    path: Vec<&'a TreeLoop>,
    leaf: &'a Leaf,
}

/// A step on a random leaf; `None` where the drawn kind makes no sense there.
pub fn random_step(
    program: &Program,
    tree: &ScheduleTree,
    surroundings: &Surroundings,
    random: &mut ChaCha8Rng,
) -> Option<Step> {
    let leaves = tree.leaves();
    let (path, leaf) = leaves.get(random.random_range(0..leaves.len().max(1)))?;
    let mut drawer = Drawer {
        program,
        tree,
        surroundings,
        random,
        statement: leaf.id().name(program),
        path: path.clone(),
        leaf,
    };
    drawer.step()
}

impl Drawer<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end.max(1))
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    /// A loop around the leaf, mostly one that is not marked.
    fn depth(&mut self) -> Option<usize> {
        let count = self.path.len();
        (count > 0).then(|| self.below(count))
    }

    fn name(&self, depth: usize) -> Option<String> {
        self.path.get(depth).map(|inner| inner.name.clone())
    }

    fn loop_name(&mut self) -> Option<String> {
        let depth = self.depth()?;
        self.name(depth)
    }

    fn size(&mut self) -> u32 {
        let place = self.below(self.surroundings.sizes.len());
        self.surroundings.sizes.get(place).copied().unwrap_or(4)
    }

    /// Consecutive loops, outermost first.
    fn band(&mut self, most: usize) -> Option<Vec<String>> {
        let start = self.depth()?;
        let count = 1 + self.below((self.path.len() - start).min(most));
        Some(self.path.iter().skip(start).take(count).map(|inner| inner.name.clone()).collect())
    }

    fn shuffled(&mut self, mut names: Vec<String>) -> Vec<String> {
        for last in (1..names.len()).rev() {
            let other = self.below(last + 1);
            names.swap(last, other);
        }
        names
    }

    /// A small expression of the loops outside of `depth` and of the parameters.
    fn affine(&mut self, depth: usize) -> Option<NamedAffine> {
        let constant = self.random.random_range(-3..=10);
        let mut terms = Vec::new();
        if depth > 0 && self.chance(0.35) {
            let outer = self.below(depth);
            let factor = if self.chance(0.7) { 1 } else { self.random.random_range(-1..=2) };
            terms.push((self.name(outer)?, factor));
        }
        if !self.surroundings.parameters.is_empty() && self.chance(0.25) {
            let place = self.below(self.surroundings.parameters.len());
            terms.push((self.surroundings.parameters.get(place)?.clone(), 1));
        }
        NamedAffine::from_terms(terms, constant)
    }

    /// The name of another leaf.
    fn other(&mut self) -> Option<String> {
        let names: Vec<String> = self
            .tree
            .leaves()
            .iter()
            .map(|(_, leaf)| leaf.id().name(self.program))
            .filter(|name| *name != self.statement)
            .collect();
        let place = self.below(names.len());
        names.get(place).cloned()
    }

    /// An array that the statement accesses, or sometimes any.
    fn array(&mut self) -> Option<(String, usize)> {
        let statement = self.program.statements.get(self.leaf.statement.0)?;
        let accesses: Vec<_> =
            std::iter::once(&statement.write).chain(&statement.reads).map(|it| it.array).collect();
        let place = self.below(accesses.len());
        let array = self.program.array(*accesses.get(place)?);
        Some((array.name.clone(), array.extents.len()))
    }

    fn step(&mut self) -> Option<Step> {
        let statement = self.statement.clone();
        // Few paths have a parallel loop inside of another one.
        if let Some(step) = self.pipeline()
            && self.chance(0.4)
        {
            return Some(step);
        }
        if let Some(step) = self.doacross()
            && self.chance(0.05)
        {
            return Some(step);
        }
        // Copies race where there are threads.
        if self.path.iter().any(|inner| inner.mark == Mark::Parallel) && self.chance(0.15) {
            return self.pack();
        }
        // Few statements leave alone what they write, and only vectors of theirs are streamed.
        if let Some(step) = self.stream()
            && self.chance(if matches!(self.path.last()?.mark, Mark::Vector { .. }) {
                0.3
            } else {
                0.02
            })
        {
            return Some(step);
        }
        match self.below(50) {
            0..=2 => {
                let (outer, inner) = (self.loop_name()?, self.loop_name()?);
                (outer != inner).then_some(Step::Interchange { statement, outer, inner })
            }
            3..=4 => {
                let loops = self.band(4)?;
                let loops = self.shuffled(loops);
                (loops.len() > 1).then_some(Step::Permute { statement, loops })
            }
            5..=10 => {
                let mut loops = self.band(3)?;
                if self.chance(0.2) {
                    loops = self.shuffled(loops);
                }
                let sizes = loops.iter().map(|_| self.size()).collect();
                Some(Step::Tile { statement, loops, sizes })
            }
            11..=12 => {
                let tiles: Vec<String> = self
                    .path
                    .iter()
                    .filter(|inner| inner.name.contains("_t"))
                    .map(|inner| inner.name.clone())
                    .collect();
                let place = self.below(tiles.len());
                let loop_name = match tiles.get(place) {
                    Some(tile) if self.chance(0.9) => tile.clone(),
                    _ => self.loop_name()?,
                };
                Some(Step::Separate { statement, loop_name })
            }
            13 => Some(Step::Distribute { statement, loop_name: self.loop_name()? }),
            14..=16 => {
                let other = self.other()?;
                let loop_name = self.loop_name()?;
                let shift =
                    if self.chance(0.4) { None } else { Some(self.random.random_range(-2..=3)) };
                Some(Step::Fuse { statement, other, loop_name, shift })
            }
            17..=18 => self.sink(),
            19..=20 => {
                let depth = self.depth()?;
                let at = self.affine(depth)?;
                Some(Step::Split { statement, loop_name: self.name(depth)?, at })
            }
            21..=22 => {
                let count = self.random.random_range(-3..=3_i64);
                let loop_name = self.loop_name()?;
                (count != 0).then_some(Step::Peel { statement, loop_name, count })
            }
            23..=24 => Some(Step::Reverse { statement, loop_name: self.loop_name()? }),
            25..=26 => {
                let depth = self.depth()?;
                let amount = self.affine(depth)?;
                Some(Step::Shift { statement, loop_name: self.name(depth)?, amount })
            }
            27..=29 => self.skew(),
            30 => {
                let loops = self.band(3)?;
                (loops.len() > 1).then_some(Step::Wavefront { statement, loops })
            }
            31..=32 => Some(Step::Parallelize { statement, loop_name: self.loop_name()? }),
            33..=35 => {
                let loop_name = if self.chance(0.6) {
                    self.path.last()?.name.clone()
                } else {
                    self.loop_name()?
                };
                let width = [2, 3, 4, 4, 8, 8][self.below(6)];
                let unroll = if self.chance(0.7) { 1 } else { self.random.random_range(2..=4) };
                Some(Step::Vectorize { statement, loop_name, width, unroll })
            }
            36..=37 => {
                let factor = self.random.random_range(2..=5);
                Some(Step::UnrollAndJam { statement, loop_name: self.loop_name()?, factor })
            }
            38..=39 => {
                let factor = self.random.random_range(2..=5);
                Some(Step::Unroll { statement, loop_name: self.loop_name()?, factor })
            }
            40 => self.pack(),
            41 => self.pack_reads(),
            42..=43 => self.affine_order(),
            44..=45 => Some(Step::Rotate { statement, loop_name: self.loop_name()? }),
            46..=47 => Some(Step::Reorder { statement, other: self.other()? }),
            _ => {
                let (array, _) = self.array()?;
                let loop_name = if self.chance(0.6) {
                    self.path.last()?.name.clone()
                } else {
                    self.loop_name()?
                };
                Some(Step::Promote { statement, array, loop_name })
            }
        }
    }

    fn sink(&mut self) -> Option<Step> {
        let target = self.other()?;
        let id = self.tree.leaf_named(self.program, &target)?;
        let path = self.tree.path_to(id)?;
        let shared =
            path.iter().zip(&self.path).take_while(|(left, right)| left.id == right.id).count();
        // Beside the first loop that is not shared, or now and then anywhere.
        let depth = if self.chance(0.85) { shared } else { self.below(path.len()) };
        let loop_name = path.get(depth)?.name.clone();
        let at = if self.chance(0.5) { None } else { self.affine(depth.min(self.path.len())) };
        Some(Step::Sink { statement: self.statement.clone(), target, loop_name, at })
    }

    /// Of the loop around a parallel one, if there is one that has no mark.
    fn pipeline(&self) -> Option<Step> {
        let depth = self.path.iter().position(|inner| inner.mark == Mark::Parallel)?;
        let outer = self.path.get(depth.checked_sub(1)?)?;
        let (statement, loop_name) = (self.statement.clone(), outer.name.clone());
        (outer.mark == Mark::Sequential).then_some(Step::Pipeline { statement, loop_name })
    }

    /// Of a loop whose body is one loop, neither with a mark, if there is one.
    fn doacross(&self) -> Option<Step> {
        let alone = |outer: &&&TreeLoop| {
            outer.mark == Mark::Sequential
                && matches!(outer.body.as_slice(), [Node::Loop(only)] if only.mark == Mark::Sequential)
        };
        let outer = self.path.iter().find(alone)?;
        let (statement, loop_name) = (self.statement.clone(), outer.name.clone());
        Some(Step::Doacross { statement, loop_name })
    }

    /// Where it makes sense, and seldom elsewhere.
    fn stream(&mut self) -> Option<Step> {
        let statement = self.program.statements.get(self.leaf.statement.0)?;
        let refused = self.leaf.streamed || statement.reads.contains(&statement.write);
        if refused && !self.chance(0.02) {
            return None;
        }
        Some(Step::Stream { statement: self.statement.clone() })
    }

    fn skew(&mut self) -> Option<Step> {
        let statement = self.statement.clone();
        let start = self.depth()?;
        let inner = self.path.len().saturating_sub(start + 1);
        if inner == 0 {
            return None;
        }
        let count = 1 + self.below(inner.min(2));
        let source = self.name(start)?;
        let targets: Vec<String> =
            self.path.iter().skip(start + 1).take(count).map(|it| it.name.clone()).collect();
        let factors = match self.below(10) {
            0..=4 => SkewFactors::Given(
                targets.iter().map(|_| self.random.random_range(-2..=2)).collect(),
            ),
            5..=7 => SkewFactors::Tilable,
            kind if targets.len() == 1 => {
                if kind == 8 {
                    SkewFactors::InnerParallel
                } else {
                    SkewFactors::OuterParallel
                }
            }
            _ => SkewFactors::Tilable,
        };
        Some(Step::Skew { statement, source, targets, factors })
    }
}
