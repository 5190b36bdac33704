//! From a string of LOOPerSet to our steps.

use super::parse::{Command, Kind, Level, parse};
use super::skew::{completed, shears};
use crate::FormatError;
use loopwright_ir::{
    LeafId, LoopId, NamedAffine, Program, Schedule, ScheduleTree, SkewFactors, Step,
};
use loopwright_transform::rewrite;
use std::collections::HashSet;

/// The steps that a string means on a tree, which is the original one unless steps came before.
///
/// The steps are checked for making sense, not for keeping the dependences.
///
/// # Errors
/// [`FormatError`] for a text that does not parse, names what is not there, or asks for what our
/// steps cannot express.
pub fn from_looperset(
    program: &Program,
    tree: &ScheduleTree,
    text: &str,
) -> Result<Schedule, FormatError> {
    let mut reader = Reader::of(program, tree, text)?;
    for mark in std::mem::take(&mut reader.marks) {
        let Mark { command, statement, loop_name, unroll } = mark;
        reader.apply(
            &command,
            match unroll {
                Some(factor) => Step::Unroll { statement, loop_name, factor },
                None => Step::Parallelize { statement, loop_name },
            },
        )?;
    }
    Ok(Schedule::from_steps(reader.steps))
}

/// The order that a string makes of another one, without its marks.
pub fn read_on(
    program: &Program,
    tree: &ScheduleTree,
    text: &str,
) -> Result<ScheduleTree, FormatError> {
    Ok(Reader::of(program, tree, text)?.tree)
}

/// A mark, which is put on its loop when the order stands.
struct Mark {
    command: String,
    statement: String,
    loop_name: String,
    unroll: Option<u32>,
}

/// A statement and the loops that a command names around it.
struct Target {
    leaf: LeafId,
    statement: String,
    levels: Vec<usize>,
}

struct Reader<'p> {
    program: &'p Program,
    tree: ScheduleTree,
    /// Whether computations are named as statements, rather than by their positions.
    by_name: bool,
    steps: Vec<Step>,
    marks: Vec<Mark>,
    /// Computations and the levels at which they were shifted just now, which decides a fusion's shift.
    shifted: HashSet<(LeafId, usize)>,
}

impl<'p> Reader<'p> {
    /// After all commands, but for the marks.
    fn of(program: &'p Program, tree: &ScheduleTree, text: &str) -> Result<Self, FormatError> {
        let commands = parse(text)?;
        let named: HashSet<&String> =
            commands.iter().flat_map(|command| &command.computations).collect();
        let by_name = named.iter().all(|name| tree.leaf_named(program, name).is_some());
        let mut reader = Reader {
            program,
            tree: tree.clone(),
            by_name,
            steps: Vec::new(),
            marks: Vec::new(),
            shifted: HashSet::new(),
        };
        for command in &commands {
            reader.command(command)?;
        }
        Ok(reader)
    }

    fn command(&mut self, command: &Command) -> Result<(), FormatError> {
        match command.kind {
            Kind::Fuse => return self.fuse(command),
            Kind::Shift => {
                let targets = self.targets(command)?;
                let levels = |target: &Target| (target.leaf, target.levels.first().copied());
                self.shifted.extend(
                    targets.iter().map(levels).filter_map(|(leaf, level)| Some((leaf, level?))),
                );
            }
            _ => self.shifted.clear(),
        }
        for target in self.targets(command)? {
            // An earlier target's step may have changed the loops around this one.
            let names = self.names(target.leaf);
            let loops: Option<Vec<String>> =
                target.levels.iter().map(|level| names.get(*level).cloned()).collect();
            let Some(loops) = loops else {
                return Err(self.no_level(command, target.leaf, target.levels.last().copied()));
            };
            self.rewrite_target(command, &target, &loops)?;
        }
        Ok(())
    }

    fn rewrite_target(
        &mut self,
        command: &Command,
        target: &Target,
        loops: &[String],
    ) -> Result<(), FormatError> {
        let statement = target.statement.clone();
        match (command.kind, loops) {
            (Kind::Interchange, [outer, inner]) => {
                let (outer, inner) = (outer.clone(), inner.clone());
                self.apply(&command.text, Step::Interchange { statement, outer, inner })
            }
            (Kind::Reverse, [loop_name]) => {
                self.apply(&command.text, Step::Reverse { statement, loop_name: loop_name.clone() })
            }
            (Kind::Shift, [loop_name]) => {
                let by = command.factors.first().copied().unwrap_or_default();
                if by == 0 {
                    return Ok(());
                }
                let amount = NamedAffine::constant(by);
                let loop_name = loop_name.clone();
                self.apply(&command.text, Step::Shift { statement, loop_name, amount })
            }
            (Kind::Skew, [outer, inner]) => self.skew(command, &statement, outer, inner),
            (Kind::Tile, loops) => self.tile(command, target, loops),
            (Kind::Parallelize, [loop_name]) => {
                self.mark(command, statement, loop_name, None);
                Ok(())
            }
            (Kind::Unroll, [loop_name]) => {
                let factor = size(command, command.factors.first().copied())?;
                self.mark(command, statement, loop_name, Some(factor));
                Ok(())
            }
            _ => Err(FormatError::syntax(format!("`{}`", command.text), "it has other levels")),
        }
    }

    fn mark(&mut self, command: &Command, statement: String, name: &str, unroll: Option<u32>) {
        let (command, loop_name) = (command.text.clone(), name.to_owned());
        self.marks.push(Mark { command, statement, loop_name, unroll });
    }

    fn skew(
        &mut self,
        command: &Command,
        statement: &str,
        outer: &str,
        inner: &str,
    ) -> Result<(), FormatError> {
        let product = match command.factors.as_slice() {
            [a, b] => completed(*a, *b).and_then(shears),
            _ => None,
        };
        let Some(product) = product else {
            return Err(FormatError::not_expressible(
                format!("`{}`", command.text),
                "no integers complete these factors to a unimodular matrix; they must be without \
                 a common divisor, the first one not 0",
            ));
        };
        let names = [outer, inner];
        for shear in product {
            let (to, from) = if shear.to == 0 { (0, 1) } else { (1, 0) };
            self.apply(
                &command.text,
                Step::Skew {
                    statement: statement.to_owned(),
                    source: names[from].to_owned(),
                    targets: vec![names[to].to_owned()],
                    factors: SkewFactors::Given(vec![shear.factor]),
                },
            )?;
        }
        Ok(())
    }

    /// A tile; what was to run in parallel now does so block by block.
    fn tile(
        &mut self,
        command: &Command,
        target: &Target,
        loops: &[String],
    ) -> Result<(), FormatError> {
        if target.levels.windows(2).any(|pair| pair[1] <= pair[0]) {
            return Err(FormatError::syntax(
                format!("`{}`", command.text),
                "the levels of a tile are named from the outermost to the innermost",
            ));
        }
        let factors = command.factors.iter().map(|factor| size(command, Some(*factor)));
        let sizes = factors.collect::<Result<Vec<u32>, _>>()?;
        let before = self.inside(target, loops);
        self.apply(
            &command.text,
            Step::Tile { statement: target.statement.clone(), loops: loops.to_vec(), sizes },
        )?;
        let first = target.levels.first().copied().unwrap_or_default();
        let tiles: Vec<String> =
            self.names(target.leaf).into_iter().skip(first).take(loops.len()).collect();
        for mark in &mut self.marks {
            let position = loops.iter().position(|name| *name == mark.loop_name);
            let tile = position.and_then(|position| tiles.get(position));
            if let (None, Some(tile), true) = (mark.unroll, tile, before.contains(&mark.statement))
            {
                mark.loop_name.clone_from(tile);
            }
        }
        Ok(())
    }

    /// The leaves inside of the outermost of the loops, by name.
    fn inside(&self, target: &Target, loops: &[String]) -> HashSet<String> {
        let outermost = loops.first();
        let id = self.tree.path_to(target.leaf).and_then(|path| {
            path.iter().find(|one| Some(&one.name) == outermost).map(|one| one.id)
        });
        self.tree
            .leaves()
            .iter()
            .filter(|(path, _)| path.iter().any(|one| Some(one.id) == id))
            .map(|(_, leaf)| leaf.id().name(self.program))
            .collect()
    }

    /// `F(Lx)`: the loops of two computations at the levels 0 to x become one each.
    fn fuse(&mut self, command: &Command) -> Result<(), FormatError> {
        let leaves = command
            .computations
            .iter()
            .map(|name| self.leaf(name))
            .collect::<Result<Vec<_>, _>>()?;
        let level = match command.levels.first() {
            Some(Level::At(level)) => *level,
            _ => usize::MAX,
        };
        let Some((&first, others)) = leaves.split_first() else {
            return Err(FormatError::syntax(
                format!("`{}`", command.text),
                "a fusion names its computations, as in `F(L0,comps=['comp00','comp01'])`",
            ));
        };
        for &other in others {
            for depth in 0..=level {
                let (path, other_path) = (self.path(first), self.path(other));
                let (Some(one), Some(two)) = (path.get(depth), other_path.get(depth)) else {
                    return Err(self.no_level(command, other, Some(depth)));
                };
                if one.0 == two.0 {
                    continue;
                }
                self.apply(
                    &command.text,
                    Step::Fuse {
                        statement: first.name(self.program),
                        other: other.name(self.program),
                        loop_name: one.1.clone(),
                        shift: [first, other]
                            .iter()
                            .any(|leaf| self.shifted.contains(&(*leaf, depth)))
                            .then_some(0),
                    },
                )?;
            }
        }
        Ok(())
    }

    /// The computations that a command acts on: of those that share its loops, the first.
    fn targets(&self, command: &Command) -> Result<Vec<Target>, FormatError> {
        let explicit = !command.computations.is_empty();
        let leaves = if explicit {
            command
                .computations
                .iter()
                .map(|name| self.leaf(name))
                .collect::<Result<Vec<_>, _>>()?
        } else {
            self.tree.leaves().iter().map(|(_, leaf)| leaf.id()).collect()
        };
        let mut seen = HashSet::new();
        let mut targets = Vec::new();
        let mut missing = None;
        for leaf in leaves {
            let path = self.path(leaf);
            let levels: Vec<usize> = command
                .levels
                .iter()
                .map(|level| match level {
                    Level::At(level) => *level,
                    Level::Innermost => path.len().saturating_sub(1),
                })
                .collect();
            let loops: Option<Vec<LoopId>> =
                levels.iter().map(|level| path.get(*level).map(|known| known.0)).collect();
            let Some(loops) = loops else {
                let error = self.no_level(command, leaf, levels.iter().max().copied());
                if explicit {
                    return Err(error);
                }
                missing.get_or_insert(error);
                continue;
            };
            // A shift is of one computation; everything else is of loops.
            if command.kind == Kind::Shift || seen.insert(loops) {
                targets.push(Target { leaf, statement: leaf.name(self.program), levels });
            }
        }
        match missing {
            Some(error) if targets.is_empty() => Err(error),
            _ => Ok(targets),
        }
    }

    /// The statement that a computation stands for.
    fn leaf(&self, name: &str) -> Result<LeafId, FormatError> {
        if self.by_name
            && let Some(leaf) = self.tree.leaf_named(self.program, name)
        {
            return Ok(leaf);
        }
        let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
        let position = digits.parse::<usize>().ok();
        let known = |position: &usize| *position < self.program.statements.len();
        match position.filter(known) {
            Some(position) => {
                Ok(LeafId { statement: loopwright_ir::StatementId(position), piece: 0 })
            }
            None => Err(FormatError::Unknown {
                kind: "computation",
                name: name.to_owned(),
                known: self.program.statements.iter().map(|one| one.name.clone()).collect(),
            }),
        }
    }

    fn path(&self, leaf: LeafId) -> Vec<(LoopId, String)> {
        let path = self.tree.path_to(leaf).unwrap_or_default();
        path.iter().map(|one| (one.id, one.name.clone())).collect()
    }

    fn names(&self, leaf: LeafId) -> Vec<String> {
        self.path(leaf).into_iter().map(|(_, name)| name).collect()
    }

    fn no_level(&self, command: &Command, leaf: LeafId, level: Option<usize>) -> FormatError {
        FormatError::NoSuchLevel {
            command: command.text.clone(),
            level: level.unwrap_or_default(),
            statement: leaf.name(self.program),
            loops: self.names(leaf),
        }
    }

    fn apply(&mut self, command: &str, step: Step) -> Result<(), FormatError> {
        let refused = |illegal| FormatError::Refused { command: command.to_owned(), illegal };
        // What the dependences decide later is nothing to the structure.
        let structure = match &step {
            Step::Fuse { statement, other, loop_name, shift: None } => Step::Fuse {
                statement: statement.clone(),
                other: other.clone(),
                loop_name: loop_name.clone(),
                shift: Some(0),
            },
            other => other.clone(),
        };
        self.tree = rewrite(self.program, &self.tree, &structure).map_err(refused)?;
        self.steps.push(step);
        Ok(())
    }
}

/// A factor that counts iterations.
fn size(command: &Command, factor: Option<i64>) -> Result<u32, FormatError> {
    factor.and_then(|factor| u32::try_from(factor).ok()).filter(|factor| *factor > 0).ok_or_else(
        || FormatError::syntax(format!("`{}`", command.text), "factors here are at least 1"),
    )
}
