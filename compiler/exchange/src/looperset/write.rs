//! From our steps to a string of LOOPerSet.

use super::read::read_on;
use super::shape::same_shape;
use super::skew::{IDENTITY, Matrix, Shear, completed, sheared};
use crate::FormatError;
use loopwright_ir::{LeafId, Mark, Program, Schedule, ScheduleTree, SkewFactors, Step, TreeLoop};
use loopwright_transform::rewrite;

/// A string, and what it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooperString {
    pub text: String,
    /// The steps that have no counterpart, when they may be left out.
    pub left_out: Vec<String>,
}

/// The string that means the same as a schedule, in TiraLib's form: `I(L0,L1,comps=['S1'])|P(…)`.
///
/// Marks stand at the end, with the levels of the final nest. With `leave_out`, steps that have no
/// counterpart are skipped, and so are later ones that need them.
///
/// # Errors
/// [`FormatError`] for a step that makes no sense, and without `leave_out` for one that has no
/// counterpart.
pub fn to_looperset(
    program: &Program,
    schedule: &Schedule,
    leave_out: bool,
) -> Result<LooperString, FormatError> {
    let mut writer =
        Writer { program, tree: ScheduleTree::original(program), commands: Vec::new() };
    // The other steps are about another program then, so that it cannot be left out.
    if let Some(step) = schedule.steps().iter().find(|step| step.changes_program()) {
        let what = format!("`{step}` as a LOOPerSet string");
        return Err(FormatError::not_expressible(
            what,
            "the other steps are about a program that it changes",
        ));
    }
    let mut left_out = Vec::new();
    let mut rest = schedule.steps();
    while let Some(step) = rest.first() {
        let used = writer.skew_run(rest);
        let result = match (used, step) {
            (Some((count, command)), _) => {
                let steps = rest.get(..count).unwrap_or_default();
                rest = rest.get(count..).unwrap_or_default();
                writer.apply(steps).map(|()| writer.commands.push(command))
            }
            (None, step) => {
                rest = rest.get(1..).unwrap_or_default();
                writer.step(step)
            }
        };
        match result {
            Ok(()) => {}
            Err(error @ FormatError::Refused { .. }) if left_out.is_empty() => return Err(error),
            Err(_) if leave_out => left_out.push(step.to_string()),
            Err(error) => return Err(error),
        }
    }
    writer.marks();
    Ok(LooperString { text: writer.commands.join("|"), left_out })
}

struct Writer<'p> {
    program: &'p Program,
    tree: ScheduleTree,
    commands: Vec<String>,
}

impl Writer<'_> {
    fn step(&mut self, step: &Step) -> Result<(), FormatError> {
        let no_counterpart = |reason: &str| {
            Err(FormatError::not_expressible(format!("`{step}` as a LOOPerSet string"), reason))
        };
        let Some(leaf) = self.tree.leaf_named(self.program, step.statement()) else {
            // The rewrite says what is wrong.
            return self.apply(std::slice::from_ref(step));
        };
        let levels: Vec<usize> = step
            .loops()
            .iter()
            .filter_map(|name| self.path(leaf).iter().position(|known| known.name == *name))
            .collect();
        let before = self.tree.clone();
        let written: Vec<String> = match step {
            Step::Interchange { .. } => match levels.as_slice() {
                [one, two] => vec![self.command(leaf, "I", &levels, &[], *one.max(two))],
                _ => Vec::new(),
            },
            Step::Permute { .. } => self.exchanges(leaf, &levels),
            Step::Reverse { .. } => vec![self.command(leaf, "R", &levels, &[], first(&levels))],
            Step::Shift { amount, statement, .. } => {
                if !amount.terms().is_empty() {
                    return no_counterpart("shifts there are by a number");
                }
                let level = first(&levels);
                vec![format!("Sh(L{level},{},comps=['{statement}'])", amount.constant_term())]
            }
            Step::Fuse { statement, other, shift, .. } => {
                let level = first(&levels);
                // All that stands in the loop moves with it. What moves by nothing says so unless it was shifted
                // just now, for otherwise the dependences are asked again.
                let just_shifted = self.commands.last().is_some_and(|last| {
                    last.starts_with(&format!("Sh(L{level},"))
                        && last.ends_with(&format!("comps=['{other}'])"))
                });
                let moved = match shift {
                    None => Vec::new(),
                    Some(0) if just_shifted => Vec::new(),
                    Some(0) => vec![other.clone()],
                    Some(_) => self.beside(other, level),
                };
                let by = shift.unwrap_or_default();
                let shifts = moved.iter().map(|name| format!("Sh(L{level},{by},comps=['{name}'])"));
                let fusion = format!("F(L{level},comps=['{statement}', '{other}'])");
                shifts.chain([fusion]).collect()
            }
            Step::Tile { sizes, .. } => {
                if sizes.len() > 3 {
                    return no_counterpart("tiles there have at most three loops");
                }
                self.tiles(leaf, &levels, sizes)
            }
            Step::Parallelize { .. } | Step::Unroll { .. } => Vec::new(),
            Step::Skew { factors: SkewFactors::Given(_), .. } => {
                return no_counterpart(
                    "a skew there is of two loops and moves the outer one; `skew(S1, j, i, 2)` \
                     with i outside of j is",
                );
            }
            Step::Skew { .. } => {
                return no_counterpart("its factors are not decided yet; apply it first");
            }
            Step::Wavefront { .. } => match levels.split_first() {
                Some((&one, others)) => others
                    .iter()
                    .map(|other| self.command(leaf, "S", &[one, *other], &[1, 1], *other))
                    .collect(),
                None => Vec::new(),
            },
            Step::Vectorize { .. } => return no_counterpart("there are no vectors there"),
            Step::UnrollAndJam { .. } => {
                return no_counterpart("there are no register tiles there");
            }
            Step::Pack { .. } | Step::Promote { .. } => {
                return no_counterpart("there are no copies of arrays there");
            }
            Step::Stream { .. } => return no_counterpart("all stores are alike there"),
            Step::Expand { .. }
            | Step::Regroup { .. }
            | Step::Divide { .. }
            | Step::Keep { .. } => {
                return no_counterpart("the program is not changed there");
            }
            Step::Pipeline { .. } | Step::Doacross { .. } => {
                return no_counterpart("iterations do not overlap there");
            }
            _ => return no_counterpart("there is no command for it"),
        };
        self.apply(std::slice::from_ref(step))?;
        // A command moves whole loops with all that stands in them, where a step may take a statement out of them first.
        let marks = matches!(step, Step::Parallelize { .. } | Step::Unroll { .. });
        let read = read_on(self.program, &before, &written.join("|"));
        if !marks && !read.is_ok_and(|read| same_shape(&read, &self.tree)) {
            self.tree = before;
            return no_counterpart("a command there moves loops with all that stands in them");
        }
        self.commands.extend(written);
        Ok(())
    }

    /// The statements that share the loop at a level around one, in the order of the text.
    fn beside(&self, statement: &str, level: usize) -> Vec<String> {
        let leaves = self.tree.leaves();
        let around = |name: &str| {
            let mut all = leaves.iter();
            let (path, _) = all.find(|(_, leaf)| leaf.id().name(self.program) == name)?;
            path.get(level).map(|inner| inner.id)
        };
        let wanted = around(statement);
        let named = leaves.iter().map(|(_, leaf)| leaf.id().name(self.program));
        named.filter(|name| wanted.is_some() && around(name) == wanted).collect()
    }

    fn apply(&mut self, steps: &[Step]) -> Result<(), FormatError> {
        let mut tree = self.tree.clone();
        for step in steps {
            tree = rewrite(self.program, &tree, step)
                .map_err(|illegal| FormatError::Refused { command: step.to_string(), illegal })?;
        }
        self.tree = tree;
        Ok(())
    }

    fn path(&self, leaf: LeafId) -> Vec<&TreeLoop> {
        self.tree.path_to(leaf).unwrap_or_default()
    }

    /// A command, for all statements inside the loop at a level around the leaf.
    fn command(
        &self,
        leaf: LeafId,
        name: &str,
        levels: &[usize],
        factors: &[i64],
        of: usize,
    ) -> String {
        let id = self.path(leaf).get(of).map(|one| one.id);
        let leaves = self.tree.leaves();
        let inside = leaves.iter().filter(|(path, _)| path.iter().any(|one| Some(one.id) == id));
        // The leaf itself comes first: it is the one that the loops are looked up around.
        let mut names = vec![leaf.name(self.program)];
        for (_, other) in inside {
            let name = other.id().name(self.program);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let levels = levels.iter().map(|level| format!("L{level}"));
        let factors = factors.iter().map(i64::to_string);
        let arguments: Vec<String> = levels.chain(factors).collect();
        format!("{name}({},comps=['{}'])", arguments.join(","), names.join("', '"))
    }

    /// Exchanges that bring the loops, now at `levels`, into the order of that list.
    fn exchanges(&self, leaf: LeafId, levels: &[usize]) -> Vec<String> {
        let mut places = levels.to_vec();
        places.sort_unstable();
        let innermost = places.last().copied().unwrap_or_default();
        let mut current = places.clone();
        let mut commands = Vec::new();
        for (position, wanted) in levels.iter().enumerate() {
            let Some(found) = current.iter().position(|level| level == wanted) else { continue };
            if found == position {
                continue;
            }
            current.swap(position, found);
            if let (Some(&one), Some(&two)) = (places.get(position), places.get(found)) {
                commands.push(self.command(leaf, "I", &[one, two], &[], innermost));
            }
        }
        commands
    }

    /// A tile, then exchanges of the tile loops if the step wants another order of them.
    fn tiles(&self, leaf: LeafId, levels: &[usize], sizes: &[u32]) -> Vec<String> {
        let mut sorted: Vec<(usize, i64)> =
            levels.iter().copied().zip(sizes.iter().map(|size| i64::from(*size))).collect();
        sorted.sort_unstable();
        let (places, sizes): (Vec<usize>, Vec<i64>) = sorted.into_iter().unzip();
        let name = format!("T{}", places.len());
        let innermost = places.last().copied().unwrap_or_default();
        let tile = self.command(leaf, &name, &places, &sizes, innermost);
        std::iter::once(tile).chain(self.exchanges(leaf, levels)).collect()
    }

    /// The longest run of skews at the beginning that together are one `S`.
    fn skew_run(&self, steps: &[Step]) -> Option<(usize, String)> {
        let first = steps.first()?;
        let leaf = self.tree.leaf_named(self.program, first.statement())?;
        let path = self.path(leaf);
        let level = |name: &str| path.iter().position(|known| known.name == name);
        let mut levels: Option<[usize; 2]> = None;
        let mut matrix: Matrix = IDENTITY;
        let mut best = None;
        for (position, step) in steps.iter().enumerate() {
            let Step::Skew { statement, source, targets, factors: SkewFactors::Given(factors) } =
                step
            else {
                break;
            };
            let ([target], [factor]) = (targets.as_slice(), factors.as_slice()) else { break };
            let (Some(from), Some(to)) = (level(source), level(target)) else { break };
            let pair = [from.min(to), from.max(to)];
            if statement != first.statement() || *levels.get_or_insert(pair) != pair {
                break;
            }
            let shear = Shear { to: usize::from(to > from), factor: *factor };
            let Some(next) = sheared(matrix, shear) else { break };
            matrix = next;
            let [[a, b], _] = matrix;
            if completed(a, b) == Some(matrix) {
                best = Some((position + 1, self.command(leaf, "S", &pair, &[a, b], pair[1])));
            }
        }
        best
    }

    /// The marks of the final tree.
    fn marks(&mut self) {
        let mut seen = std::collections::HashSet::new();
        let mut commands = Vec::new();
        for unrolled in [false, true] {
            for (path, leaf) in self.tree.leaves() {
                for (level, inner) in path.iter().enumerate() {
                    let command = match inner.mark {
                        Mark::Parallel if !unrolled => {
                            self.command(leaf.id(), "P", &[level], &[], level)
                        }
                        Mark::Unroll { factor } if unrolled => {
                            self.command(leaf.id(), "U", &[level], &[i64::from(factor)], level)
                        }
                        _ => continue,
                    };
                    if seen.insert(inner.id) {
                        commands.push(command);
                    }
                }
            }
        }
        self.commands.extend(commands);
    }
}

fn first(levels: &[usize]) -> usize {
    levels.first().copied().unwrap_or_default()
}
