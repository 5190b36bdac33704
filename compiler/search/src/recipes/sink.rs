//! C, further in: a loop that carries nothing is cut into blocks of lanes, and the lanes become the innermost loop of
//! everything inside, so that temporaries are a few vectors and roots, divisions and choices are taken lane by lane.
//!
//! ```c
//! for (i) { m = …; for (k) { s = 0; for (d) s += f(X[i][d], C[k][d]); m = min(m, s); } }
//! // blocks of i on threads; X's part is copied with i along its rows
//! for (i_t, parallel) { pack X; for (i: lanes) m[i] = …; for (k) { for (i) …; for (d) for (i) …; for (i) … } }
//! ```

use super::{Context, names_of};
use crate::facts::{AccessFact, LeafFact};
use crate::site::Site;
use crate::{Draft, Machine};
use loopwright_ir::{ArrayId, Leaf, LeafId, LoopId, Node};

/// What of an array is copied with the lanes along its rows.
#[derive(Clone, Debug)]
struct Turned {
    piece: String,
    /// As `pack` takes it: the array, or one read of it.
    what: String,
    /// The array's dimensions, the lanes' one last.
    order: Vec<usize>,
}

/// What stays the same whatever the numbers are.
#[derive(Clone, Debug)]
pub struct Sunk {
    pieces: Vec<String>,
    /// The loops of the band, and the one that gives the lanes.
    band: Vec<String>,
    vector: String,
    width: u32,
    /// A loop of the band that threads may share.
    shared: Option<String>,
    turned: Vec<Turned>,
    /// All statements are in all loops of the band, and whether nothing is around these.
    flat: bool,
    outermost: bool,
    /// The loop along which a statement of a flat nest adds up what it keeps along the lanes.
    sums: Option<String>,
    /// Whether a part that is turned is used more than once, so that turning pays.
    pub reused: bool,
}

impl Sunk {
    /// For the loop of the band at a depth; `None` where its lanes are innermost already, or where that cannot be said
    /// in steps.
    pub fn new(
        context: &Context<'_>,
        site: &Site,
        depth: usize,
        shared: Option<usize>,
    ) -> Option<Self> {
        let leaf = site.leaves.first()?;
        let flat = site.leaves.iter().all(|leaf| leaf.path.len() == site.band.end);
        let within = site.leaves.iter().any(|leaf| leaf.path.len() > depth + 1);
        if !within || site.single().is_some() || !flat && site.band.start > 0 {
            return None;
        }
        let name = |depth: usize| leaf.path.get(depth).map(|inner| inner.name.clone());
        let width = site.lanes(context.machine);
        let (turned, reused) = across(context, site, depth);
        Some(Self {
            pieces: site.leaves.iter().map(|leaf| leaf.name.clone()).collect(),
            band: site.band.clone().filter_map(name).collect(),
            vector: name(depth)?,
            width,
            shared: shared.and_then(name),
            turned,
            flat,
            outermost: site.band.start == 0,
            sums: if flat { summed(site, depth).and_then(name) } else { None },
            reused,
        })
    }

    /// Whether there is anything to turn.
    pub fn turns(&self) -> bool {
        !self.turned.is_empty()
    }

    /// Whether rows of sums are kept along the lanes.
    pub fn has_sums(&self) -> bool {
        self.sums.is_some()
    }

    /// Takes the steps: blocks of so many lanes, so many vectors side by side; threads nowhere (0), on a loop outside
    /// (1) or on the blocks (2); so many rows of sums at once, each as far as a strip of lanes.
    pub fn build(
        &self,
        draft: &mut Draft,
        (block, vectors, threads, turn): (u32, u32, u32, bool),
        (rows, strip): (u32, u32),
    ) -> Option<()> {
        let s = self.pieces.first()?.as_str();
        let vector = self.vector.as_str();
        let blocks = draft.tile(s, &[vector], &[block.max(self.width * vectors)])?;
        let blocks = blocks.into_iter().next()?;
        if !self.is_split(draft) || !self.split(draft) {
            self.sink(draft, &blocks, threads)?;
        }
        match threads {
            1 => draft.parallelize(s, self.shared.as_ref()?)?,
            2 => draft.parallelize(s, &blocks)?,
            _ => {}
        }
        if turn {
            for one in &self.turned {
                let order: String = one.order.iter().map(|at| format!(", {at}")).collect();
                let pack = format!("pack({}, {}, {blocks}{order})", one.piece, one.what);
                if let Some(next) = draft.allowing(&pack) {
                    *draft = next;
                }
            }
        }
        if let (Some(sums), 2..) = (&self.sums, rows) {
            let strip = strip.max(self.width * vectors);
            draft.tile(s, &[sums, vector], &[rows, strip])?;
            draft.jam(s, sums, rows)?;
        }
        self.mark(draft, vectors)
    }

    /// Puts the lanes innermost.
    fn sink(&self, draft: &mut Draft, blocks: &str, threads: u32) -> Option<()> {
        if !self.flat {
            let rows = self.rows(draft, false)?;
            return draft.text(&format!("affine({})", rows.join("; ")));
        }
        let vector = self.vector.as_str();
        let shared = self.shared.as_deref().filter(|_| threads == 1);
        let others = self.band.iter().map(String::as_str).filter(|name| *name != vector);
        let inside = others.filter(|name| Some(*name) != shared);
        let order: Vec<&str> =
            shared.into_iter().chain([blocks]).chain(inside).chain([vector]).collect();
        draft.permute(self.pieces.first()?, &order)
    }

    /// Whether neighbouring statements run for different lanes, as on both sides of a diagonal.
    fn is_split(&self, draft: &Draft) -> bool {
        let (Some(with), Some(without)) = (self.rows(draft, true), self.rows(draft, false)) else {
            return false;
        };
        self.outermost && with != without
    }

    /// The same with lanes of their own for statements that run for different ones, where that is legal.
    fn split(&self, draft: &mut Draft) -> bool {
        let next = (|| {
            let rows = self.rows(draft, true)?;
            draft.allowing(&format!("affine({})", rows.join("; ")))
        })();
        next.map(|next| *draft = next).is_some()
    }

    /// Lanes in every innermost loop.
    fn mark(&self, draft: &mut Draft, vectors: u32) -> Option<()> {
        let mut done: Vec<LoopId> = Vec::new();
        for piece in &self.pieces {
            let leaf = draft.leaf(piece)?;
            let (id, name) =
                draft.tree.path_to(leaf)?.last().map(|one| (one.id, one.name.clone()))?;
            if !done.contains(&id) {
                done.push(id);
                draft.vectorize(piece, &name, self.width, vectors)?;
            }
        }
        Some(())
    }

    /// For each statement its loops as they are, but for the lanes, which come last; one loop of lanes for neighbouring
    /// statements, or for those of them that run for the same lanes.
    fn rows(&self, draft: &Draft, split: bool) -> Option<Vec<String>> {
        let first = draft.leaf(self.pieces.first()?)?;
        let root = draft.tree.roots.iter().find(|root| contains(root, first))?;
        let mut rows = Rows { draft, vector: &self.vector, split, found: Vec::new() };
        rows.collect(std::slice::from_ref(root), &mut Vec::new());
        Some(rows.found)
    }
}

/// Where all statements are in the same loops and none is walked across the lanes, the loop next to the lanes along which
/// a statement adds up what it keeps along them.
fn summed(site: &Site, lanes: usize) -> Option<usize> {
    let last = site.band.clone().rev().find(|depth| *depth != lanes)?;
    let crossed = site.leaves.iter().flat_map(|leaf| &leaf.accesses).any(|one| crosses(one, lanes));
    let adds = site.leaves.iter().any(|leaf| {
        let write = leaf.write();
        leaf.accumulates() && write.moves_with(lanes) && !write.moves_with(last)
    });
    (adds && !crossed && site.permutable == site.band.len()).then_some(last)
}

fn contains(node: &Node, wanted: LeafId) -> bool {
    match node {
        Node::Leaf(leaf) => leaf.id() == wanted,
        Node::Loop(inner) => inner.body.iter().any(|child| contains(child, wanted)),
    }
}

/// Entries of an affine order in the making.
struct Rows<'a> {
    draft: &'a Draft,
    vector: &'a str,
    split: bool,
    found: Vec<String>,
}

impl Rows<'_> {
    fn collect(&mut self, nodes: &[Node], before: &mut Vec<String>) {
        let groups: Vec<&[Node]> = nodes
            .chunk_by(|one, other| matches!((one, other), (Node::Leaf(_), Node::Leaf(_))))
            .collect();
        for (number, group) in groups.iter().enumerate() {
            let depth = before.len();
            if groups.len() > 1 {
                before.push(number.to_string());
            }
            if let [Node::Loop(inner)] = group {
                if inner.name != self.vector {
                    before.push(inner.name.clone());
                }
                self.collect(&inner.body, before);
            } else {
                self.leaves(group, before);
            }
            before.truncate(depth);
        }
    }

    /// Neighbouring statements.
    fn leaves(&mut self, group: &[Node], before: &[String]) {
        let leaves: Vec<&Leaf> = group
            .iter()
            .filter_map(|node| match node {
                Node::Leaf(leaf) => Some(leaf),
                Node::Loop(_) => None,
            })
            .collect();
        let alike = |one: &Leaf, other: &Leaf| {
            let has = |leaf: &Leaf, wanted| leaf.constraints.contains(wanted);
            one.constraints.iter().all(|wanted| has(other, wanted))
                && other.constraints.iter().all(|wanted| has(one, wanted))
        };
        let mut kinds: Vec<Vec<&Leaf>> = Vec::new();
        for leaf in leaves {
            let same = |kind: &Vec<&Leaf>| kind.first().is_some_and(|one| alike(one, leaf));
            match kinds.iter_mut().find(|kind| !self.split || same(kind)) {
                Some(kind) => kind.push(leaf),
                None => kinds.push(vec![leaf]),
            }
        }
        for (number, kind) in kinds.iter().enumerate() {
            for (place, leaf) in kind.iter().enumerate() {
                let mut all = before.to_vec();
                if kinds.len() > 1 {
                    all.push(number.to_string());
                }
                all.push(self.vector.to_owned());
                if kind.len() > 1 {
                    all.push(place.to_string());
                }
                let name = leaf.id().name(self.draft.program());
                self.found.push(format!("{name}: [{}]", all.join(", ")));
            }
        }
    }
}

/// What is accessed across the lanes, and whether some of it is used more than once in a block of lanes.
fn across(context: &Context<'_>, site: &Site, depth: usize) -> (Vec<Turned>, bool) {
    let program = context.draft.program();
    let mut arrays: Vec<ArrayId> = Vec::new();
    for access in site.leaves.iter().flat_map(|leaf| &leaf.accesses) {
        let own = program.array(access.array).storage_of().is_none();
        if own && crosses(access, depth) && !arrays.contains(&access.array) {
            arrays.push(access.array);
        }
    }
    let (mut turned, mut reused): (Vec<Turned>, bool) = (Vec::new(), false);
    for array in arrays {
        let uses: Vec<(&LeafFact, &AccessFact)> = site
            .leaves
            .iter()
            .flat_map(|leaf| leaf.accesses.iter().map(move |access| (leaf, access)))
            .filter(|(_, access)| access.array == array)
            .collect();
        let dimension =
            |(leaf, access): &(&LeafFact, &AccessFact)| leaf.dimensions_with(access, depth);
        let Some(first) = uses.iter().find(|one| crosses(one.1, depth)) else { continue };
        let first = dimension(first);
        let [along] = first.as_slice() else {
            continue;
        };
        if !is_small(context.machine, program.extents(array), *along, &uses) {
            continue;
        }
        let dimensions = uses.first().map_or(0, |(_, access)| access.access.subscripts.len());
        let order: Vec<usize> = (0..dimensions).filter(|at| at != along).chain([*along]).collect();
        let again = |(leaf, access): &(&LeafFact, &AccessFact)| {
            (site.band.start..leaf.path.len()).any(|at| {
                let trips = leaf.path.get(at).map_or(1.0, |inner| inner.trips);
                at != depth && trips > 1.0 && !access.moves_with(at)
            })
        };
        reused |= uses.iter().any(|one| crosses(one.1, depth) && again(one));
        let name = program.array(array).name.clone();
        if uses.iter().all(|one| dimension(one).as_slice() == [*along]) {
            let Some((leaf, _)) = uses.first() else { continue };
            turned.push(Turned { piece: leaf.name.clone(), what: name, order });
            continue;
        }
        if uses.iter().any(|(_, access)| access.write) {
            continue;
        }
        for (leaf, access) in uses.iter().filter(|one| crosses(one.1, depth)) {
            let names = names_of(program, leaf.id.statement);
            let subscripts = access.access.subscripts.iter();
            let what: String =
                subscripts.map(|one| format!("[{}]", one.display_with(&names))).collect();
            let what = format!("{name}{what}");
            if !turned.iter().any(|known| known.piece == leaf.name && known.what == what) {
                turned.push(Turned { piece: leaf.name.clone(), what, order: order.clone() });
            }
        }
    }
    (turned, reused)
}

fn crosses(access: &AccessFact, depth: usize) -> bool {
    access.moves_with(depth) && !access.is_contiguous(depth) && access.access.subscripts.len() > 1
}

/// Lanes in a block, as far as the size of copies is concerned.
const LANES: f64 = 64.0;

/// Whether the part for a block of lanes fits into half of the second-level cache.
fn is_small(
    machine: &Machine,
    extents: Option<Vec<i64>>,
    along: usize,
    uses: &[(&LeafFact, &AccessFact)],
) -> bool {
    let bytes = uses.iter().map(|(_, access)| access.bytes).max().unwrap_or(8) as f64;
    extents.is_some_and(|extents| {
        let others = extents.iter().enumerate().filter(|(at, _)| *at != along);
        let row: f64 = others.map(|(_, extent)| *extent as f64).product();
        row * LANES * bytes <= machine.l2_bytes as f64 / 2.0
    })
}
