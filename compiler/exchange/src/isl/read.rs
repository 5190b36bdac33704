//! From isl's trees to ours.

use super::expression;
use super::instances::{Instances, known_parameters};
use super::leaf::{Member, place};
use super::marks::{self, MarkText};
use super::notation;
use super::quasi::{Quasi, greatest_common_divisor};
use super::yaml::{self, Tree};
use crate::FormatError;
use loopwright_ir::verify::verify_tree;
use loopwright_ir::{Leaf, LoopId, Node, Program, ScheduleTree, StatementId, TreeLoop, Variable};
use loopwright_isl::Set;
use std::collections::BTreeMap;

/// A tree that was read, and what of the text was not used.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedTree {
    pub tree: ScheduleTree,
    pub warnings: Vec<String>,
}

/// Reads an isl schedule tree in YAML for a program. Whether the order is legal is not asked.
///
/// # Errors
/// [`FormatError`]: the text is no such tree, it is not of this program, or our trees cannot
/// express it; the module's text says what can be.
pub fn from_isl(program: &Program, text: &str) -> Result<ImportedTree, FormatError> {
    let document = yaml::parse(text)?;
    let instances = Instances::of_domain(program, &document.domain)?;
    let mut reader = Reader {
        program,
        instances,
        next_loop: 0,
        leaves: BTreeMap::new(),
        warnings: document.warnings,
    };
    let all = (0..program.statements.len()).map(StatementId);
    let active =
        all.map(|statement| Active { statement, filter: None, members: Vec::new() }).collect();
    let roots = reader.nodes(&document.child, active, &mut Vec::new(), Vec::new())?;
    for id in (0..program.statements.len()).map(StatementId) {
        let filters = reader.leaves.get(&id).map(Vec::as_slice).unwrap_or_default();
        reader.instances.check_leaves(id, filters)?;
    }
    let tree = ScheduleTree { roots, next_loop: reader.next_loop };
    verify_tree(program, &tree)?;
    reader.warnings.dedup();
    Ok(ImportedTree { tree, warnings: reader.warnings })
}

/// A statement at a place in the tree.
#[derive(Clone)]
struct Active {
    statement: StatementId,
    /// Which instances are here, if not all.
    filter: Option<Set>,
    /// The loops around.
    members: Vec<Member>,
}

struct Reader<'p> {
    program: &'p Program,
    instances: Instances<'p>,
    next_loop: u32,
    /// The filters of each statement's leaves so far.
    leaves: BTreeMap<StatementId, Vec<Option<Set>>>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn nodes(
        &mut self,
        tree: &Tree,
        active: Vec<Active>,
        path: &mut Vec<String>,
        mut marks: Vec<MarkText>,
    ) -> Result<Vec<Node>, FormatError> {
        match tree {
            Tree::Band { schedule, child } => self.band(schedule, child, active, path, marks),
            Tree::Mark { text, child } => {
                match marks::parse(self.program, text) {
                    Some(mark) => marks.push(mark),
                    None => self.warnings.push(format!("the mark `{text}` is not used")),
                }
                self.nodes(child, active, path, marks)
            }
            Tree::Filter { filter, child } => {
                let active = self.filtered(filter, &active)?;
                self.nodes(child, active, path, marks)
            }
            Tree::Sequence(children) | Tree::Set(children) => {
                self.unused(&marks);
                let mut parts = Vec::new();
                for child in children {
                    let Tree::Filter { filter, child } = child else { continue };
                    parts.push((self.filtered(filter, &active)?, child));
                }
                if matches!(tree, Tree::Set(_)) {
                    parts.sort_by_key(|(active, _)| active.iter().map(|one| one.statement).min());
                }
                let mut nodes = Vec::new();
                for (active, child) in parts {
                    nodes.extend(self.nodes(child, active, path, Vec::new())?);
                }
                Ok(nodes)
            }
            Tree::Leaf => {
                let (streams, others): (Vec<_>, Vec<_>) =
                    marks.into_iter().partition(|mark| *mark == MarkText::Stream);
                self.unused(&others);
                let mut nodes = Vec::new();
                for one in active {
                    nodes.extend(self.leaf(one, path, !streams.is_empty())?);
                }
                Ok(nodes)
            }
        }
    }

    fn unused(&mut self, marks: &[MarkText]) {
        if !marks.is_empty() {
            self.warnings
                .push("a mark stands above nothing that it is for and is not used".to_owned());
        }
    }

    fn filtered(&self, filter: &str, active: &[Active]) -> Result<Vec<Active>, FormatError> {
        let sets = self.instances.sets(filter, "a filter of the isl tree")?;
        let mut result = Vec::new();
        for one in active {
            let Some(set) = sets.get(&one.statement) else { continue };
            let mut one = one.clone();
            if !self.instances.is_whole(one.statement, set)? {
                one.filter = Some(self.instances.intersect(one.filter.as_ref(), set)?);
            }
            result.push(one);
        }
        Ok(result)
    }

    fn band(
        &mut self,
        schedule: &str,
        child: &Tree,
        mut active: Vec<Active>,
        path: &mut Vec<String>,
        marks: Vec<MarkText>,
    ) -> Result<Vec<Node>, FormatError> {
        let place = "the schedule of a band";
        let (declared, body) = notation::parameters(schedule);
        known_parameters(self.program, &declared)?;
        let mut loops = Vec::new();
        for text in notation::members(body, place)? {
            let mut values = self.member(text, place)?;
            values.retain(|id, _| active.iter().any(|one| one.statement == *id));
            if let Some(one) = active.iter().find(|one| !values.contains_key(&one.statement)) {
                let name = &self.program.statement(one.statement).name;
                return Err(FormatError::syntax(place, format!("`{text}` says nothing of {name}")));
            }
            let values = count_by_one(values).ok_or_else(|| {
                FormatError::not_expressible(place, "a coefficient is out of range")
            })?;
            let id = self.fresh();
            let name = self.name(&values, path);
            path.push(name.clone());
            for one in &mut active {
                if let Some(value) = values.get(&one.statement) {
                    one.members.push(Member { id, value: value.clone() });
                }
            }
            loops.push((id, name));
        }
        let count = loops.len();
        let (marks, streams): (Vec<_>, Vec<_>) =
            marks.into_iter().partition(|mark| *mark != MarkText::Stream);
        self.unused(&streams);
        // Without a loop here the marks go on to the next band.
        let (here, below) = if count == 0 { (Vec::new(), marks) } else { (marks, Vec::new()) };
        let mut body = self.nodes(child, active, path, below)?;
        path.truncate(path.len().saturating_sub(count));
        if body.is_empty() {
            return Ok(body);
        }
        let mut here = Some(here);
        for (position, (id, name)) in loops.into_iter().enumerate().rev() {
            let mut inner = TreeLoop::new(id, name, body);
            if position == 0 {
                here.take().into_iter().flatten().for_each(|mark| marks::put(&mut inner, mark));
            }
            body = vec![Node::Loop(inner)];
        }
        Ok(body)
    }

    /// The expressions of one member, by statement.
    fn member(&self, text: &str, place: &str) -> Result<BTreeMap<StatementId, Quasi>, FormatError> {
        let mut values = BTreeMap::new();
        for piece in notation::pieces(text, place)? {
            let id = self.instances.statement(&piece, place)?;
            let name = &self.program.statement(id).name;
            let target = piece.rest.strip_prefix("->").map(str::trim);
            let Some(target) = target else {
                return Err(FormatError::syntax(place, format!("`{text}` has no `->`")));
            };
            let Some(value) = notation::enclosed(target, '[', ']') else {
                return Err(FormatError::not_expressible(
                    format!("`{target}` for {name}"),
                    "a member is one expression `[(…)]` without a condition",
                ));
            };
            let variable = |name: &str| {
                let position = |at: usize| u32::try_from(at).ok();
                let depth = piece.dimensions.iter().position(|known| known == name);
                match depth {
                    Some(depth) => position(depth).map(Variable::Iterator),
                    None => {
                        let mut parameters = self.program.parameters.iter();
                        let found = parameters.position(|parameter| parameter.name == name);
                        found.and_then(position).map(Variable::Parameter)
                    }
                }
            };
            let value = expression::parse(value, &variable)
                .map_err(|message| FormatError::syntax(place, format!("`{value}`: {message}")))?;
            if values.insert(id, value).is_some() {
                return Err(FormatError::not_expressible(
                    format!("`{text}`"),
                    format!("{name} has several expressions"),
                ));
            }
        }
        Ok(values)
    }

    fn leaf(
        &mut self,
        one: Active,
        path: &[String],
        streamed: bool,
    ) -> Result<Vec<Node>, FormatError> {
        let id = one.statement;
        let conditions = match &one.filter {
            None => Vec::new(),
            Some(filter) => match self.instances.conditions(id, filter)? {
                Some(conditions) => conditions,
                None => return Ok(Vec::new()),
            },
        };
        let mut next = self.next_loop;
        let mut fresh = || {
            let id = LoopId(next);
            next += 1;
            id
        };
        let placed = place(self.program, id, &one.members, &conditions, &mut fresh)?;
        self.next_loop = next;
        let filters = self.leaves.entry(id).or_default();
        let piece = u32::try_from(filters.len()).unwrap_or(u32::MAX);
        filters.push(one.filter);
        let (iterators, constraints) = (placed.iterators, placed.constraints);
        let mut nodes =
            vec![Node::Leaf(Leaf { statement: id, piece, iterators, constraints, streamed })];
        let mut names: Vec<String> = path.to_vec();
        let mut further = Vec::new();
        for (loop_id, depth) in placed.further {
            let iterators = &self.program.statement(id).iterators;
            let wanted = iterators.get(depth).map(|iterator| iterator.name.clone());
            let name = free_name(wanted, &names);
            names.push(name.clone());
            further.push((loop_id, name));
        }
        for (loop_id, name) in further.into_iter().rev() {
            nodes = vec![Node::Loop(TreeLoop::new(loop_id, name, nodes))];
        }
        Ok(nodes)
    }

    fn fresh(&mut self) -> LoopId {
        let id = LoopId(self.next_loop);
        self.next_loop += 1;
        id
    }

    /// The name of a member's loop, by its value for the first statement.
    fn name(&self, values: &BTreeMap<StatementId, Quasi>, path: &[String]) -> String {
        let iterator = |id: StatementId, quasi: &Quasi| {
            let affine = quasi.as_affine()?;
            let Some(Variable::Iterator(depth)) = affine.as_variable() else { return None };
            let iterator = self.program.statement(id).iterators.get(depth as usize)?;
            Some(iterator.name.clone())
        };
        let wanted = values.iter().next().and_then(|(&id, quasi)| match quasi.floors.as_slice() {
            [(1, floor)] if quasi.affine.as_constant() == Some(0) => iterator(id, &floor.numerator)
                .map(|name| {
                    let first = format!("{name}_t");
                    let later = (2..=path.len() + 2).map(|number| format!("{name}_t{number}"));
                    let mut names = std::iter::once(first).chain(later);
                    names.find(|name| !path.contains(name)).unwrap_or_default()
                }),
            _ => iterator(id, quasi),
        });
        free_name(wanted, path)
    }
}

/// The wanted name if it is free on the path, or else the first free one of `c0`, `c1`, ….
fn free_name(wanted: Option<String>, path: &[String]) -> String {
    let free = |name: &String| !name.is_empty() && !path.contains(name);
    let mut others = (path.len()..=2 * path.len() + 1).map(|number| format!("c{number}"));
    wanted.filter(free).or_else(|| others.find(free)).unwrap_or_else(|| "c".to_owned())
}

/// The same order without common factors: our loops count by one.
fn count_by_one(values: BTreeMap<StatementId, Quasi>) -> Option<BTreeMap<StatementId, Quasi>> {
    let first = values.values().next().map_or(0, |value| value.affine.constant_term());
    let mut common = 0;
    for value in values.values() {
        let difference = value.affine.constant_term().checked_sub(first)?;
        common = value.coefficients().chain([difference]).fold(common, greatest_common_divisor);
    }
    if common < 2 {
        return Some(values);
    }
    Some(values.into_iter().map(|(id, value)| (id, value.divided(common))).collect())
}
