//! Every statement in loops of its own, as far as the dependences allow: the strongly connected components of the
//! dependence graph in their order, loop by loop from the outside (Allen and Kennedy, TOPLAS 1987).
//!
//! The order is given outright by one `affine` step, so that components may change places.

use super::statements_below;
use crate::Draft;
use loopwright_analysis::{Dependence, Level};
use loopwright_ir::{ArrayId, Node, Program, StatementId};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// What may keep statements in the same loops besides dependences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// Nothing.
    Nothing,
    /// Temporaries that have an element for each iteration: who writes and who reads one stay in the loops that it was
    /// expanded along, so that it needs no room but for a few iterations.
    Temporaries,
    /// The same with the outer ones of those loops: along the innermost one they are a further dimension of what is
    /// computed inside, which a product is blocked along.
    TemporariesOutside,
}

/// The order with all statements distributed but those that are kept together; `None` where that is the order of the
/// text.
pub fn distributed(draft: &Draft, together: Together) -> Option<Draft> {
    let program = draft.program();
    let mut current = draft.clone();
    for node in &draft.tree.roots {
        let statements = statements_below(node);
        if statements.len() < 2 {
            continue;
        }
        let mut rows: Vec<(StatementId, Vec<String>)> =
            statements.iter().map(|id| (*id, Vec::new())).collect();
        let dependences: Vec<&Dependence> = draft
            .base
            .dependences
            .all()
            .iter()
            .filter(|one| statements.contains(&one.source) && statements.contains(&one.destination))
            .collect();
        let graph = Connections { program, dependences: &dependences, together };
        order(&graph, &statements, 0, &mut rows);
        let parts: Vec<String> = rows
            .iter()
            .map(|(id, row)| format!("{}: [{}]", program.statement(*id).name, row.join(", ")))
            .collect();
        let mut next = current.clone();
        if next.text(&format!("affine({})", parts.join("; "))).is_some() && next.is_legal() {
            current = next;
        }
    }
    (current.tree != draft.tree).then_some(current)
}

/// The strongly connected components of an outermost node's statements, in an order that keeps what is between them.
pub fn outermost_components(draft: &Draft, node: &Node) -> Vec<Vec<StatementId>> {
    let statements = statements_below(node);
    let all = draft.base.dependences.all().iter();
    let inside: Vec<&Dependence> = all
        .filter(|one| statements.contains(&one.source) && statements.contains(&one.destination))
        .collect();
    let program = draft.program();
    let graph = Connections { program, dependences: &inside, together: Together::Nothing };
    components(&graph, &statements, 0)
}

/// What connects the statements of a nest.
struct Connections<'a> {
    program: &'a Program,
    dependences: &'a [&'a Dependence],
    together: Together,
}

impl Connections<'_> {
    /// Pairs of statements that use the same temporary with elements for the iterations of a loop.
    fn through_temporaries(&self, depth: usize) -> Vec<(StatementId, StatementId)> {
        let left = match self.together {
            Together::Nothing => return Vec::new(),
            Together::Temporaries => 0,
            Together::TemporariesOutside => 1,
        };
        let program = self.program;
        let mut pairs = Vec::new();
        for (position, array) in program.arrays.iter().enumerate() {
            let Some(of) = array.storage_of() else { continue };
            if depth + left + program.array(of).extents.len() >= array.extents.len() {
                continue;
            }
            let users: Vec<StatementId> = (0..program.statements.len())
                .map(StatementId)
                .filter(|id| {
                    let statement = program.statement(*id);
                    let mut all = std::iter::once(&statement.write).chain(&statement.reads);
                    all.any(|access| access.array == ArrayId(position))
                })
                .collect();
            pairs.extend(users.iter().copied().zip(users.iter().copied().skip(1)));
        }
        pairs
    }
}

/// Appends, for statements in the same iteration of the first `depth` loops, their component's number and what
/// comes inside of it.
fn order(
    graph: &Connections<'_>,
    statements: &[StatementId],
    depth: usize,
    rows: &mut [(StatementId, Vec<String>)],
) {
    let components = components(graph, statements, depth);
    for (number, component) in components.iter().enumerate() {
        for (id, row) in rows.iter_mut().filter(|(id, _)| component.contains(id)) {
            row.push(number.to_string());
            let iterators = &graph.program.statement(*id).iterators;
            let left = iterators.iter().skip(depth);
            match component.len() {
                1 => row.extend(left.map(|iterator| iterator.name.clone())),
                _ => row.extend(left.take(1).map(|iterator| iterator.name.clone())),
            }
        }
        if component.len() > 1 {
            order(graph, component, depth + 1, rows);
        }
    }
}

/// The components of the dependences that the first `depth` loops leave open.
fn components(
    connections: &Connections<'_>,
    statements: &[StatementId],
    depth: usize,
) -> Vec<Vec<StatementId>> {
    let open = connections.dependences.iter().filter(|one| match one.level {
        Level::Carried(level) => level >= depth,
        Level::Independent => true,
    });
    let mut edges: Vec<_> = open.map(|one| (one.source, one.destination)).collect();
    for (one, other) in connections.through_temporaries(depth) {
        edges.extend([(one, other), (other, one)]);
    }
    strongly_connected(&edges, statements)
}

/// The strongly connected components of statements between which there are edges, in an order that keeps those between
/// the components; where that leaves a choice, the one whose first statement comes first in the text.
pub fn strongly_connected(
    edges: &[(StatementId, StatementId)],
    statements: &[StatementId],
) -> Vec<Vec<StatementId>> {
    let mut graph: DiGraph<StatementId, ()> = DiGraph::new();
    let nodes: Vec<NodeIndex> = statements.iter().map(|id| graph.add_node(*id)).collect();
    let node = |id: StatementId| {
        statements.iter().position(|known| *known == id).and_then(|at| nodes.get(at)).copied()
    };
    for (from, to) in edges {
        if let (Some(from), Some(to)) = (node(*from), node(*to)) {
            graph.update_edge(from, to, ());
        }
    }
    let mut left: Vec<Vec<StatementId>> = tarjan_scc(&graph)
        .into_iter()
        .map(|component| {
            let mut ids: Vec<StatementId> =
                component.into_iter().filter_map(|one| graph.node_weight(one).copied()).collect();
            ids.sort_unstable();
            ids
        })
        .collect();
    left.sort_unstable();
    let mut ordered: Vec<Vec<StatementId>> = Vec::new();
    while !left.is_empty() {
        let free = left.iter().position(|component| {
            let waits = |from: NodeIndex, to: NodeIndex| {
                let of = |one: NodeIndex| graph.node_weight(one).copied();
                of(to).is_some_and(|to| component.contains(&to))
                    && of(from).is_some_and(|from| {
                        !component.contains(&from) && left.iter().any(|other| other.contains(&from))
                    })
            };
            !graph
                .edge_indices()
                .any(|edge| graph.edge_endpoints(edge).is_some_and(|(from, to)| waits(from, to)))
        });
        // Components have no cycles among them, so one is always free.
        let Some(at) = free else { break };
        ordered.push(left.remove(at));
    }
    ordered.extend(left);
    ordered
}
