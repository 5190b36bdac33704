//! A: contractions. Sums of products over a loop `r` of operands that each miss one of the loops `i`, `j` of the
//! result: matrix products of any spelling, tensor contractions, (min, +) products.
//!
//! ```c
//! for (i) for (j) for (r) C[i][j] += A[i][r] * B[r][j];
//! // blocks of r and i, panels of j, register tiles of mr rows by v vectors
//! for (r_t) for (i_t) { pack A; for (j_t) { pack B; for (i_t2) for (i: mr) for (j: v vectors) for (r) … } }
//! ```
//! Sizes as in BLIS: the panel of `B` stays in the first-level cache, the block of `A` in the second-level one.

use super::Context;
use super::operand::{Operand, operand, unique};
use crate::facts::{AccessFact, LeafFact, follows};
use crate::site::Site;
use crate::sketch::{Hole, Sketch, Values, balanced};
use crate::{Draft, Machine};

/// Products run at more than half of the peak; compilers reach a thirtieth to a third of that.
const GAIN: f64 = 24.0;

/// Which loop of the band has which part.
#[derive(Clone, Debug)]
struct Roles {
    piece: String,
    /// Other loops of the band that stay outside, in their order.
    rest: Vec<String>,
    i: String,
    j: String,
    r: String,
    /// What is read with `i` and without `j`, and what with `j` and without `i`.
    blocks: Vec<Operand>,
    panels: Vec<Operand>,
    /// The outermost loop of the rest that threads may share.
    outer_parallel: Option<String>,
    /// The domain couples `i` and `j`; where it couples `i` and `r`, how.
    triangular: bool,
    ragged: Option<Ragged>,
    lanes: u32,
    /// How many columns there are, and threads to share them.
    columns: f64,
    threads: u32,
}

/// How the sum's length depends on the row: `r <= i + offset`, or `r >= i + offset`.
#[derive(Clone, Copy, Debug)]
struct Ragged {
    ends: bool,
    offset: i64,
}

/// Proposes the sketch, where the site is a contraction.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let Some(leaf) = site.single() else { return Vec::new() };
    let choices = roles(context, site, leaf);
    choices.into_iter().map(|(roles, holes)| sketch(roles, holes)).collect()
}

fn roles(context: &Context<'_>, site: &Site, leaf: &LeafFact) -> Vec<(Roles, Vec<Hole>)> {
    let band: Vec<usize> = site.band.clone().collect();
    let trips = |depth: usize| leaf.path.get(depth).map_or(1.0, |inner| inner.trips);
    let write = leaf.write();
    let kept: Vec<usize> = band.iter().copied().filter(|depth| write.moves_with(*depth)).collect();
    let summed = |depth: &usize| !write.moves_with(*depth) && trips(*depth) > 1.0;
    let mut sums: Vec<usize> = band.iter().copied().filter(summed).collect();
    if !leaf.accumulates() || sums.is_empty() {
        return Vec::new();
    }
    sums.sort_by(|left, right| trips(*left).total_cmp(&trips(*right)));
    let Some(&r) = sums.last() else { return Vec::new() };
    let Some(&j) = kept.iter().find(|depth| write.is_contiguous(**depth)) else {
        return Vec::new();
    };
    if !site.is_coincident(j) {
        return Vec::new();
    }
    let shares = |i: usize| {
        let misses = |without: usize, with: usize| {
            leaf.operands().any(|operand| {
                operand.moves_with(with) && operand.moves_with(r) && !operand.moves_with(without)
            })
        };
        misses(i, j) && misses(j, i)
    };
    let rows = kept.iter().copied().filter(|depth| *depth != j && shares(*depth));
    let Some(i) = rows.max_by(|left, right| trips(*left).total_cmp(&trips(*right))) else {
        return Vec::new();
    };
    let name = |depth: usize| leaf.path.get(depth).map_or_else(String::new, |one| one.name.clone());
    let operands = |with: usize, without: usize| -> Vec<&AccessFact> {
        let wanted = |one: &&AccessFact| {
            one.moves_with(with) && !one.moves_with(without) && one.moves_with(r)
        };
        leaf.operands().filter(wanted).collect()
    };
    let (mut blocks, panels) = (operands(i, j), operands(j, i));
    let rest: Vec<usize> =
        band.iter().copied().filter(|depth| ![i, j, r].contains(depth)).collect();
    let shared =
        rest.iter().copied().find(|depth| site.is_coincident(*depth) && trips(*depth) >= 2.0);
    let bytes = leaf.element_bytes();
    let lanes = context.machine.lanes(bytes);
    let (rows, vectors) =
        register_tile(context.machine, panels.len().max(1), trips(i), trips(j), lanes);
    let panel = vectors * lanes;
    let machine = context.machine;
    let wide = f64::from(lanes) * bytes as f64 / 64.0;
    let depth = (290.0 * wide * machine.l1_bytes as f64 / (f64::from(panel) * bytes as f64)).sqrt();
    let sum = Hole::parts("sum block", trips(r), depth, 4);
    let share = if machine.vector_bits >= 512 { 0.35 } else { 0.5 };
    let block = share * machine.l2_bytes as f64 / (f64::from(sum.rule) * bytes as f64);
    let threads = f64::from(machine.threads.max(1));
    let alone = site.in_parallel || shared.is_some();
    let most = if alone { trips(i) } else { (trips(i) / threads).ceil() };
    let triangular = leaf.couples(i, j);
    let block = if triangular { block.min(trips(i) / (2.5 * threads)) } else { block }.min(most);
    let parts = (trips(i) / block.max(1.0)).ceil();
    let parts = if alone { parts } else { (parts / threads).ceil() * threads };
    let rule = balanced(trips(i), parts, rows);
    let mut rows_hole = Hole::parts("row block", trips(i), f64::from(rule), rows);
    rows_hole = Hole::new("row block", rule, rows_hole.choices);
    // A copy pays where it is read several times.
    let reread = |times: f64| times >= 7.0;
    let stride_is_bad = |one: &AccessFact, along: usize| !one.is_contiguous(along);
    let pack_panel = panels.iter().any(|one| stride_is_bad(one, j)) && trips(i) > 4.0
        || reread(f64::from(rule) / f64::from(rows));
    // What was stored for the nest alone lies as it is read.
    let program = context.draft.program();
    let private = |one: &&AccessFact| program.array(one.array).storage_of().is_some();
    blocks.retain(|one| !private(one));
    let pack_panel = pack_panel && !panels.iter().any(private);
    let large = trips(r) * trips(j) * bytes as f64 > machine.l1_bytes as f64;
    let holes = vec![
        sum,
        rows_hole,
        Hole::new("rows", rows, [1, 2, 4, 6, 8, 12]),
        Hole::new("vectors", vectors, [1, 2, 3, 4]),
        Hole::new("unrolled", if panels.len() > 1 { 2 } else { 4 }, [1, 2, 4, 8]),
        Hole::flag("pack block", reread(trips(j) / f64::from(panel)) && large),
        Hole::flag("pack panel", pack_panel && large),
        // 0: nobody, 1: a loop outside, 2: blocks of rows, 3: panels, 4: ranges of columns around everything.
        Hole::new(
            "threads",
            match () {
                () if site.in_parallel || machine.threads < 2 || !site.has_work() => 0,
                () if shared.is_some_and(|depth| trips(depth) >= threads) => 1,
                () if !site.is_coincident(i) => 4,
                () if trips(i) >= 2.0 * f64::from(rows) => 2,
                () => 3,
            },
            if site.in_parallel { vec![0] } else { vec![0, 1, 2, 3, 4] },
        ),
    ];
    let along = |access: &AccessFact, depth: usize| operand(program, leaf, access, depth);
    let roles = Roles {
        piece: leaf.name.clone(),
        rest: rest.iter().map(|depth| name(*depth)).collect(),
        i: name(i),
        j: name(j),
        r: name(r),
        blocks: unique(blocks.iter().map(|one| along(one, r))),
        panels: unique(panels.iter().filter(|one| !private(one)).map(|one| along(one, j))),
        outer_parallel: shared.map(name),
        triangular: triangular || leaf.couples(j, r),
        ragged: ragged(context.draft, leaf, i, r),
        lanes,
        columns: trips(j),
        threads: machine.threads.max(1),
    };
    vec![(roles, holes)]
}

/// The least loads for a multiply-add among the tiles that the registers hold.
fn register_tile(
    machine: &Machine,
    products: usize,
    rows: f64,
    columns: f64,
    lanes: u32,
) -> (u32, u32) {
    let registers = machine.vector_registers();
    let products = u32::try_from(products).unwrap_or(1);
    let mut best = (1.0, (1, 1));
    for mr in [1, 2, 4, 8] {
        for v in 1..=4_u32 {
            let fits = mr * v + (v + 1) * products <= registers.saturating_sub(2 * (products - 1));
            let whole = f64::from(mr) <= rows && (v == 1 || f64::from(v * lanes) <= columns);
            let loads = f64::from(mr + v) / f64::from(mr * v);
            if fits && whole && loads < best.0 {
                best = (loads, (mr, v));
            }
        }
    }
    best.1
}

/// How the sum's bounds depend on the row, where one constraint says it with equal weights.
fn ragged(draft: &Draft, leaf: &LeafFact, i: usize, r: usize) -> Option<Ragged> {
    if !leaf.couples(i, r) {
        return None;
    }
    let of = |depth: usize| leaf.path.get(depth).map(|inner| inner.id.variable());
    let (row, sum) = (of(i)?, of(r)?);
    let all = draft.tree.leaves();
    let (_, found) = all.iter().find(|(_, one)| one.id() == leaf.id)?;
    found.constraints.iter().find_map(|constraint| {
        let affine = &constraint.affine;
        let only = affine.variables().count() == 2
            && !constraint.equality
            && !follows(constraint, &found.constraints);
        match (affine.coefficient(row), affine.coefficient(sum)) {
            (1, -1) if only => Some(Ragged { ends: true, offset: affine.constant_term() }),
            (-1, 1) if only => Some(Ragged { ends: false, offset: -affine.constant_term() }),
            _ => None,
        }
    })
}

fn sketch(roles: Roles, holes: Vec<Hole>) -> Sketch {
    Sketch::new(("contract", GAIN), holes, move |draft, values| build(&roles, draft, values))
}

fn build(roles: &Roles, draft: &mut Draft, values: &Values<'_>) -> Option<()> {
    let s = roles.piece.as_str();
    let (i, j, r) = (roles.i.as_str(), roles.j.as_str(), roles.r.as_str());
    let (rows, vectors) = (values.get("rows").max(1), values.get("vectors").max(1));
    let panel = vectors * roles.lanes;
    let (depth, block) =
        (values.get("sum block").max(1), values.get("row block").next_multiple_of(rows));
    let rest: Vec<&str> = roles.rest.iter().map(String::as_str).collect();
    if values.get("threads") == 4 {
        draft.permute(s, &[rest.as_slice(), &[j, r, i]].concat())?;
        let size = balanced(roles.columns, f64::from(roles.threads), panel);
        let ranges = draft.tile(s, &[j], &[size])?.into_iter().next()?;
        draft.parallelize(s, &ranges)?;
    }
    let leaf = draft.leaf(s)?;
    let trips = crate::facts::Trips::of(&draft.lower()?);
    let length = |name: &str| {
        let path = draft.tree.path_to(leaf).unwrap_or_default();
        path.iter().find(|one| one.name == name).map_or(1.0, |one| trips.get(one.id))
    };
    let blocked = length(r) > f64::from(depth) * 1.001;
    let tiles = if blocked {
        draft.permute(s, &[rest.as_slice(), &[r, i, j]].concat())?;
        let tiles = draft.tile(s, &[r, i, j], &[depth, block, panel])?;
        draft.permute(s, &[i, j, r])?;
        tiles.get(1..)?.to_vec()
    } else {
        draft.permute(s, &[rest.as_slice(), &[i, j, r]].concat())?;
        draft.tile(s, &[i, j], &[block, panel])?
    };
    let [blocks, panels] = tiles.as_slice() else { return None };
    if rows > 1 {
        let inner = draft.tile(s, &[i], &[rows])?;
        let inner = inner.first()?;
        if let Some(ragged) = roles.ragged {
            return build_ragged(roles, draft, values, (blocks, panels, inner), ragged);
        }
    }
    threads(roles, draft, values, blocks, panels)?;
    pack(roles, draft, values, blocks, panels, s)?;
    if roles.triangular {
        draft.text(&format!("separate({s}, {panels})"))?;
    }
    draft.vectorize(s, j, roles.lanes, vectors)?;
    draft.jam(s, i, rows)?;
    draft.unroll(s, r, values.get("unrolled"))
}

/// Marks the loop that threads share.
fn threads(
    roles: &Roles,
    draft: &mut Draft,
    values: &Values<'_>,
    blocks: &str,
    panels: &str,
) -> Option<()> {
    let s = roles.piece.as_str();
    match values.get("threads") {
        1 => draft.parallelize(s, roles.outer_parallel.as_ref()?),
        2 => draft.parallelize(s, blocks),
        3 => {
            draft.permute(s, &[panels, blocks])?;
            draft.parallelize(s, panels)
        }
        _ => Some(()),
    }
}

/// The copies of block and panel.
fn pack(
    roles: &Roles,
    draft: &mut Draft,
    values: &Values<'_>,
    blocks: &str,
    panels: &str,
    s: &str,
) -> Option<()> {
    if values.is_set("pack block") && values.get("threads") != 3 {
        roles.blocks.iter().try_for_each(|one| one.as_it_lies().pack(draft, s, blocks))?;
    }
    if values.is_set("pack panel") {
        roles.panels.iter().try_for_each(|one| one.pack(draft, s, panels))?;
    }
    Some(())
}

/// Rows of different lengths: what all rows of a register tile have is one piece, the rest another.
fn build_ragged(
    roles: &Roles,
    draft: &mut Draft,
    values: &Values<'_>,
    (blocks, panels, tiles): (&str, &str, &str),
    ragged: Ragged,
) -> Option<()> {
    let s = roles.piece.as_str();
    let (i, j, r) = (roles.i.as_str(), roles.j.as_str(), roles.r.as_str());
    let (rows, vectors) = (values.get("rows"), values.get("vectors").max(1));
    draft.permute(s, &[r, i, j])?;
    let offset = match ragged.ends {
        true => ragged.offset + 1,
        false => ragged.offset + i64::from(rows) - 1,
    };
    let sign = if offset < 0 { "-" } else { "+" };
    let second = draft.split(s, r, &format!("{rows}*{tiles} {sign} {}", offset.abs()))?;
    let (full, rest) = if ragged.ends { (s, second.as_str()) } else { (second.as_str(), s) };
    draft.permute(full, &[i, j, r])?;
    draft.permute(rest, &[i, j, r])?;
    threads(roles, draft, values, blocks, panels)?;
    pack(roles, draft, values, blocks, panels, s)?;
    draft.text(&format!("separate({s}, {panels})"))?;
    draft.vectorize(full, j, roles.lanes, vectors)?;
    draft.vectorize(rest, j, roles.lanes, vectors)?;
    draft.jam(full, i, rows)?;
    draft.unroll(full, r, values.get("unrolled"))
}
