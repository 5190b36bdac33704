//! J: outer loops in a band with loops of each statement inside, where what ends a step joins what begins the next.
//!
//! ```c
//! for (k) { …; for (j > k) { r[k][j] = q_k · a_j;  a_j -= r[k][j] * q_k; } }
//! // the subtraction of step k - 1 is the first thing in step k, in one sweep over a_j with the product
//! for (k) for (j) for (i) { S7(k - 1, j, i); if (j == k) S2(k, i) else S6(k, j, i) }
//! ```
//! Some rows keep all dependences (the solver's band, not a whole one); what they leave open stands inside, each
//! strongly connected component in loops of its own. The last component with loops moves one step later in the outermost
//! row, as `rotate` does, and shares loops with each that walks through the same array alike. The first step, in which
//! nothing has moved in, and what is left behind the last one are loops of their own.

use super::distribute::strongly_connected;
use crate::Draft;
use crate::affine::Band;
use loopwright_ir::{Access, LoopTreeNode, Program, StatementId, Variable};

/// Statements in the same loops inside of the band.
type Cluster = Vec<StatementId>;

/// The draft with a band's loops around each component's; `None` where the band has less than two rows.
pub fn outer(draft: &Draft, band: &Band) -> Option<Draft> {
    if band.depth() < 2 {
        return None;
    }
    let clusters = strongly_connected(&band.open(), band.statements());
    draft.allowing(&text(draft, band, &clusters))
}

/// The same, with the end of a step joined to the beginning of the next; `None` where no array would be walked through
/// less often.
pub fn joined(draft: &Draft, band: &Band) -> Option<Draft> {
    let program = draft.program();
    if band.depth() == 0 {
        return None;
    }
    let clusters = strongly_connected(&band.open(), band.statements());
    let loops = |cluster: &Cluster| cluster.first().map_or(0, |id| band.iterators_left(*id).len());
    let at = clusters.iter().rposition(|cluster| loops(cluster) > 0)?;
    let (staying, moving) = clusters.split_at(at);
    let last = moving.first()?;
    let alike = |cluster: &&Cluster| {
        loops(cluster) == loops(last)
            && cluster
                .iter()
                .any(|one| last.iter().any(|two| sweep_alike(program, band, *one, *two)))
    };
    if !staying.iter().any(|cluster| alike(&cluster)) {
        return None;
    }
    let later = band.later(&moving.concat());
    let edges = later.open();
    let mut found: Option<Draft> = None;
    let mut members = last.clone();
    for cluster in staying.iter().filter(alike) {
        let more = [members.as_slice(), cluster].concat();
        // What shares loops is one node of the graph.
        let mut joined = edges.clone();
        joined.extend(more.iter().zip(more.iter().skip(1)).map(|(one, two)| (*one, *two)));
        joined.extend(more.first().zip(more.last()).map(|(one, two)| (*two, *one)));
        let order = strongly_connected(&joined, band.statements());
        let same = |known: &Cluster| more.iter().all(|one| known.contains(one));
        if !order.iter().any(|known| known.len() == more.len() && same(known)) {
            continue;
        }
        // What moved comes first inside of the loops.
        let in_order = |known: Cluster| if same(&known) { more.clone() } else { known };
        let order: Vec<Cluster> = order.into_iter().map(in_order).collect();
        if let Some(next) = draft.allowing(&text(draft, &later, &order)) {
            (found, members) = (Some(next), more);
        }
    }
    let found = found?;
    Some(without_ends(draft, &found, members.last().copied()?).unwrap_or(found))
}

/// The draft with the outermost loop's first and last iteration split off, where something is missing in them.
fn without_ends(before: &Draft, joined: &Draft, stays: StatementId) -> Option<Draft> {
    let name = joined.program().statement(stays).name.clone();
    let outermost = |draft: &Draft| draft.loops(draft.leaf(&name)?).first().cloned();
    let (first, last) = range(before, &outermost(before)?)?;
    let mut draft = joined.clone();
    let mut piece = name.clone();
    for at in [first + 1, last + 1] {
        let mut next = draft.clone();
        let Some(rest) = next.split(&piece, &outermost(joined)?, &at.to_string()) else { continue };
        if statements(&next.lower()?.roots) > statements(&draft.lower()?.roots) {
            draft = next;
            piece = if at == last + 1 { piece } else { rest };
        }
    }
    draft.is_legal().then_some(draft)
}

/// The first and the last iteration of an outermost loop, where those are numbers.
fn range(draft: &Draft, name: &str) -> Option<(i64, i64)> {
    let loops = draft.lower()?;
    loops.roots.iter().find_map(|node| match node {
        LoopTreeNode::For(inner) if inner.name == name => {
            let none = |_: Variable| 0;
            inner.lower.evaluate(true, &none).zip(inner.upper.evaluate(false, &none))
        }
        _ => None,
    })
}

/// How many statements the loops have.
fn statements(nodes: &[LoopTreeNode]) -> usize {
    let below = |node: &LoopTreeNode| match node {
        LoopTreeNode::For(inner) => statements(&inner.body),
        LoopTreeNode::If { body, .. } => statements(body),
        LoopTreeNode::Pack(pack) => statements(&pack.body),
        LoopTreeNode::Statement(_) => 1,
    };
    nodes.iter().map(below).sum()
}

/// Whether both walk through an array by their inner loops in the same dimensions.
fn sweep_alike(program: &Program, band: &Band, one: StatementId, two: StatementId) -> bool {
    let accesses = |id: StatementId| {
        let statement = program.statement(id);
        std::iter::once(&statement.write).chain(&statement.reads)
    };
    let sweeps = |id: StatementId, access: &Access| -> Vec<Vec<usize>> {
        let loops = band.iterators_left(id).into_iter();
        let moves = |at: usize| {
            let variable = Variable::Iterator(u32::try_from(at).unwrap_or(u32::MAX));
            let dimensions = access.subscripts.iter().enumerate();
            dimensions.filter(|(_, one)| one.mentions(variable)).map(|(at, _)| at).collect()
        };
        loops.map(moves).collect()
    };
    accesses(one).any(|access| {
        let mine = sweeps(one, access);
        mine.iter().all(|dimensions| !dimensions.is_empty())
            && accesses(two).any(|other| other.array == access.array && sweeps(two, other) == mine)
    })
}

/// The `affine` step: the band's rows, a number for each cluster, and the loops left.
fn text(draft: &Draft, band: &Band, clusters: &[Cluster]) -> String {
    let program = draft.program();
    let mut parts = Vec::new();
    for (number, cluster) in clusters.iter().enumerate() {
        for (place, id) in cluster.iter().enumerate() {
            let statement = program.statement(*id);
            let mut row = band.rows_of(&draft.base, *id);
            row.push(number.to_string());
            let left = band.iterators_left(*id).into_iter();
            row.extend(left.filter_map(|at| Some(statement.iterators.get(at)?.name.clone())));
            if cluster.len() > 1 {
                row.push(place.to_string());
            }
            parts.push(format!("{}: [{}]", statement.name, row.join(", ")));
        }
    }
    format!("affine({})", parts.join("; "))
}
