//! From our trees to isl's.

use super::invert::loop_values;
use super::marks;
use super::names::{condition, domain_conditions, naming, parameters, piece, tuple};
use super::quasi::Quasi;
use super::{OPERATIONS, set_error};
use crate::FormatError;
use loopwright_ir::verify::verify_tree;
use loopwright_ir::{
    Leaf, LeafId, LoopId, Mark, Node, Program, ScheduleTree, StatementId, TreeLoop,
};
use loopwright_isl::{Context, IslError, Set};
use std::collections::{BTreeSet, HashMap};

/// The tree in isl's YAML notation, one band a loop.
///
/// # Errors
/// [`FormatError::NotExpressible`] when a loop's variable is no sum of iterators and of quotients of
/// them, or differs between the pieces of one statement.
pub fn to_isl(program: &Program, tree: &ScheduleTree) -> Result<String, FormatError> {
    verify_tree(program, tree)?;
    if program.external_arrays().len() < program.arrays.len() {
        return Err(FormatError::not_expressible(
            "storage of our own in isl's notation",
            "a schedule tree is about the statements of the source, and `expand` and `regroup` change them",
        ));
    }
    let context = Context::new().map_err(|error| set_error("a new context", error))?;
    let mut writer = Writer { program, values: HashMap::new(), filters: HashMap::new() };
    for (path, leaf) in tree.leaves() {
        let ids: Vec<LoopId> = path.iter().map(|inner| inner.id).collect();
        let values = loop_values(&ids, leaf).map_err(|id| {
            let name = path.iter().find(|inner| inner.id == id).map_or("?", |inner| &inner.name);
            FormatError::not_expressible(
                format!("the loop `{name}` around {} in isl's notation", leaf.id().name(program)),
                "its variable is no sum of the statement's iterators and of quotients of them",
            )
        })?;
        writer.values.insert(leaf.id(), ids.into_iter().zip(values).collect());
    }
    let leaves = tree.leaves();
    for (_, leaf) in &leaves {
        let several = leaves.iter().filter(|(_, one)| one.statement == leaf.statement).count() > 1;
        let filter = if several {
            context
                .with_quota(OPERATIONS, || writer.filter(&context, leaf))
                .map_err(|error| set_error(leaf.id().name(program), error))?
        } else {
            tuple(program, leaf.statement)
        };
        writer.filters.insert(leaf.id(), filter);
    }
    let domains: Vec<String> = (0..program.statements.len())
        .map(StatementId)
        .map(|id| piece(program, id, &domain_conditions(program, id)))
        .collect();
    let mut text = format!("domain: \"{}{{ {} }}\"\n", parameters(program), domains.join("; "));
    writer.child(&tree.roots, 0, &mut text)?;
    Ok(text)
}

struct Writer<'p> {
    program: &'p Program,
    /// The value of each loop around each leaf, over the leaf's iterators.
    values: HashMap<LeafId, HashMap<LoopId, Quasi>>,
    /// Which instances each leaf has, as pieces of a union of sets.
    filters: HashMap<LeafId, String>,
}

impl Writer<'_> {
    /// The instances of one of several pieces, as far as the domain does not say so.
    fn filter(&self, context: &Context, leaf: &Leaf) -> Result<String, IslError> {
        let (program, id) = (self.program, leaf.statement);
        let values = self.values.get(&leaf.id());
        let beyond = || IslError::Unsupported("a coefficient is out of range".to_owned());
        let mut conditions = Vec::new();
        for constraint in &leaf.constraints {
            let quasi = Quasi::from(constraint.affine.clone())
                .substitute(&|variable| {
                    values?
                        .iter()
                        .find(|(id, _)| id.variable() == variable)
                        .map(|one| one.1.clone())
                })
                .ok_or_else(beyond)?;
            conditions.push(condition(program, id, &quasi, constraint.equality));
        }
        let set = |conditions: &[String]| {
            let piece = piece(program, id, conditions);
            Set::parse(context, &format!("{}{{ {piece} }}", parameters(program)))
        };
        let (domain, own) = (set(&domain_conditions(program, id))?, set(&conditions)?);
        let text = own.gist(&domain)?.to_text()?;
        let inside = text.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
        let inside = inside.map(|(inside, _)| inside.trim()).unwrap_or_default();
        if inside.is_empty() {
            return Ok(piece(program, id, &["1 = 0".to_owned()]));
        }
        Ok(inside.to_owned())
    }

    /// The key `child` with what is below, or nothing for a lone leaf.
    fn child(&self, nodes: &[Node], depth: usize, text: &mut String) -> Result<(), FormatError> {
        if matches!(nodes, [] | [Node::Leaf(Leaf { streamed: false, .. })]) {
            return Ok(());
        }
        text.push_str(&format!("{}child:\n", indent(depth)));
        let depth = depth + 1;
        if let [Node::Leaf(leaf)] = nodes {
            // isl wants something below a mark.
            let instances = self.filters.get(&leaf.id()).map_or("", String::as_str);
            let filter = format!("{}{{ {instances} }}", parameters(self.program));
            text.push_str(&format!(
                "{0}mark: \"{1}\"\n{0}child:\n{0}  filter: \"{filter}\"\n",
                indent(depth),
                marks::STREAM
            ));
            return Ok(());
        }
        if let [Node::Loop(inner)] = nodes {
            return self.band(inner, depth, text);
        }
        text.push_str(&format!("{}sequence:\n", indent(depth)));
        for node in nodes {
            let mut pieces: Vec<&str> = Vec::new();
            for leaf in leaves(node) {
                if let Some(piece) = self.filters.get(&leaf).map(String::as_str)
                    && !pieces.contains(&piece)
                {
                    pieces.push(piece);
                }
            }
            let filter = format!("{}{{ {} }}", parameters(self.program), pieces.join("; "));
            text.push_str(&format!("{}- filter: \"{filter}\"\n", indent(depth)));
            self.child(std::slice::from_ref(node), depth + 1, text)?;
        }
        Ok(())
    }

    fn band(
        &self,
        inner: &TreeLoop,
        mut depth: usize,
        text: &mut String,
    ) -> Result<(), FormatError> {
        for mark in marks::texts(self.program, inner) {
            text.push_str(&format!("{0}mark: \"{mark}\"\n{0}child:\n", indent(depth)));
            depth += 1;
        }
        let members = self.members(inner)?;
        let parameters = parameters(self.program);
        text.push_str(&format!("{}schedule: \"{parameters}[{{ {members} }}]\"\n", indent(depth)));
        if matches!(inner.mark, Mark::Parallel | Mark::Vector { .. }) {
            text.push_str(&format!("{}coincident: [ 1 ]\n", indent(depth)));
        }
        self.child(&inner.body, depth, text)
    }

    /// `S1[i] -> [(i)]; S2[i, j] -> [(i)]`.
    fn members(&self, inner: &TreeLoop) -> Result<String, FormatError> {
        let mut values: Vec<(StatementId, &Quasi)> = Vec::new();
        for leaf in inner.body.iter().flat_map(leaves) {
            let value = self.values.get(&leaf).and_then(|values| values.get(&inner.id));
            let Some(value) = value else { continue };
            match values.iter().find(|(id, _)| *id == leaf.statement) {
                None => values.push((leaf.statement, value)),
                Some((_, known)) if *known == value => {}
                Some(_) => {
                    let statement = &self.program.statement(leaf.statement).name;
                    return Err(FormatError::not_expressible(
                        format!("the loop `{}` in isl's notation", inner.name),
                        format!("it counts the pieces of {statement} differently"),
                    ));
                }
            }
        }
        let texts: Vec<String> = values
            .into_iter()
            .map(|(id, value)| {
                let value = value.display_with(&naming(self.program, id));
                format!("{} -> [({value})]", tuple(self.program, id))
            })
            .collect();
        Ok(texts.join("; "))
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn leaves(node: &Node) -> BTreeSet<LeafId> {
    match node {
        Node::Leaf(leaf) => BTreeSet::from([leaf.id()]),
        Node::Loop(inner) => inner.body.iter().flat_map(leaves).collect(),
    }
}
