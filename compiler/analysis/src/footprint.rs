//! The box of an array that one iteration of a loop touches, or touches through some reads, by projection.

use crate::ordering::{Place, column};
use crate::packing::PackingError;
use crate::polyhedron::{Polyhedron, proofs_are_spent};
use crate::row::Row;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, Constraint, Leaf, LoopId, Packing, Program, ScheduleTree, StatementId,
    TreeLoop, Variable,
};

/// Beyond this many rows, elimination looks for what is redundant.
const MANY_ROWS: usize = 14;

/// By so much a bound is moved at most so that it holds for all accesses.
const MOVED: i64 = 64;

/// The box that one iteration of a loop touches of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// The first element in each dimension, over the parameters and the loop and those around it.
    pub origin: Vec<Affine>,
    /// The size in each dimension, over the parameters.
    pub extents: Vec<Affine>,
    pub reads: bool,
    pub writes: bool,
}

/// The leaves below a loop with wanted accesses, and these with whether each writes. A piece of a
/// split statement of which nothing runs below the loop is left out: it touches nothing.
pub(crate) fn accesses_below<'t, 'p>(
    program: &'p Program,
    tree: &'t ScheduleTree,
    id: LoopId,
    wanted: impl Fn(StatementId, &Access, bool) -> bool,
) -> Vec<(Place<'t>, Vec<(&'p Access, bool)>)> {
    let mut found = Vec::new();
    let leaves = tree.leaves();
    let pieces =
        |of: &Leaf| leaves.iter().filter(|(_, leaf)| leaf.statement == of.statement).count();
    for (position, (path, leaf)) in leaves.iter().cloned().enumerate() {
        let Some(statement) = program.statements.get(leaf.statement.0) else { continue };
        if !path.iter().any(|inner| inner.id == id) {
            continue;
        }
        let reads = statement.reads.iter().map(|access| (access, false));
        let accesses: Vec<_> = reads
            .chain([(&statement.write, true)])
            .filter(|(access, write)| wanted(leaf.statement, access, *write))
            .collect();
        let place = Place { path, leaf, position, likeness: position };
        if !accesses.is_empty() && (pieces(leaf) == 1 || !never_runs(program, &place)) {
            found.push((place, accesses));
        }
    }
    found
}

/// Whether a leaf below a loop makes an access that a packing is for, even if it is known never to run.
pub fn mentioned_below(
    program: &Program,
    tree: &ScheduleTree,
    id: LoopId,
    packing: &Packing,
) -> bool {
    let takes = |leaf: &Leaf| {
        program.statements.get(leaf.statement.0).is_some_and(|statement| {
            let reads = statement.reads.iter().map(|access| (access, false));
            let mut all = reads.chain([(&statement.write, true)]);
            all.any(|(access, write)| packing.takes(leaf.statement, access, write))
        })
    };
    let below = |path: &[&TreeLoop]| path.iter().any(|inner| inner.id == id);
    tree.leaves().iter().any(|(path, leaf)| below(path) && takes(leaf))
}

/// Whether it is proved that a leaf has no instance.
fn never_runs(program: &Program, place: &Place<'_>) -> bool {
    let parameters = program.parameters.len();
    let columns = parameters + place.path.len();
    let rows = place.leaf.constraints.iter().chain(&program.context).filter_map(|constraint| {
        row_of(&constraint.affine, constraint.equality, place, parameters, columns)
    });
    let all = Polyhedron::new(columns, rows);
    if all.is_empty() {
        return true;
    }
    // From the inside out each loop's numbers are rounded to whole tiles before those of the tiles around
    // are combined.
    let mut outside = all;
    for inner in (parameters..columns).rev() {
        outside = outside.eliminate(inner);
        if outside.rows().len() >= MANY_ROWS {
            outside = outside.without_redundant_rows();
        }
    }
    outside.is_empty()
}

/// A row over the parameters and the loops around a leaf; `None` where it mentions anything else.
fn row_of(
    affine: &Affine,
    equality: bool,
    place: &Place<'_>,
    parameters: usize,
    columns: usize,
) -> Option<Row> {
    let mut coefficients = vec![0; columns];
    for &(variable, coefficient) in affine.terms() {
        let at = column(variable, place, parameters, parameters)?;
        *coefficients.get_mut(at)? = coefficient;
    }
    Some(Row { coefficients, constant: affine.constant_term(), equality })
}

/// An access's subscript over the loops around a leaf.
pub(crate) fn subscript_in_loops(subscript: &Affine, leaf: &Leaf) -> Affine {
    subscript.substitute(|variable| match variable {
        Variable::Iterator(depth) => leaf
            .iterators
            .get(depth as usize)
            .cloned()
            .unwrap_or_else(|| Affine::variable(variable)),
        other => Affine::variable(other),
    })
}

/// The box of an array that one iteration of a loop touches through the accesses that a packing is for.
///
/// # Errors
/// [`PackingError::NotAccessed`], [`PackingError::NoFixedSize`], or [`PackingError::Undecided`] where the
/// work for proofs is limited and spent.
pub fn footprint(
    program: &Program,
    tree: &ScheduleTree,
    id: LoopId,
    packing: &Packing,
) -> Result<Footprint, PackingError> {
    let mut below = accesses_below(program, tree, id, |statement, access, write| {
        packing.takes(statement, access, write)
    });
    let one = Affine::constant(1);
    match footprint_of(program, tree, id, packing, &below) {
        Ok(found) if !packing.register || found.extents.iter().all(|extent| *extent == one) => {
            Ok(found)
        }
        refused @ (Ok(_) | Err(PackingError::NoFixedSize { .. })) => {
            // What never runs may have any bounds, and needs none.
            let before = below.len();
            below.retain(|(place, _)| !never_runs(program, place));
            match below.len() {
                same if same == before => refused,
                _ => footprint_of(program, tree, id, packing, &below),
            }
        }
        refused => refused,
    }
}

/// The box that some accesses touch.
fn footprint_of(
    program: &Program,
    tree: &ScheduleTree,
    id: LoopId,
    packing: &Packing,
    below: &[(Place<'_>, Vec<(&Access, bool)>)],
) -> Result<Footprint, PackingError> {
    let array_name = || packing.name(program);
    let loop_name = || {
        let inner = tree.loops().into_iter().find(|inner| inner.id == id);
        inner.map_or_else(String::new, |inner| inner.name.clone())
    };
    let Some((first, _)) = below.first() else {
        return Err(PackingError::NotAccessed { array: array_name(), loop_name: loop_name() });
    };
    let depth = first.path.iter().take_while(|inner| inner.id != id).count() + 1;
    let outer: Vec<LoopId> = first.path.iter().take(depth).map(|inner| inner.id).collect();
    let dimensions = program.arrays.get(packing.array.0).map_or(0, |one| one.extents.len());
    let (mut origin, mut extents) = (Vec::new(), Vec::new());
    for dimension in 0..dimensions {
        let mut shadows = Vec::new();
        for (place, accesses) in below {
            for (access, _) in accesses {
                // What would be found now may be another box than with more work.
                if proofs_are_spent() {
                    return Err(PackingError::Undecided { array: array_name() });
                }
                let subscript = access.subscripts.get(dimension).cloned().unwrap_or_default();
                let subscript = subscript_in_loops(&subscript, place.leaf);
                shadows.push(shadow(program, place, depth, &subscript));
            }
        }
        let (first, size) = interval(program, &shadows, depth).ok_or_else(|| {
            PackingError::NoFixedSize { array: array_name(), loop_name: loop_name(), dimension }
        })?;
        let parameters = program.parameters.len();
        let variable = |column: usize| match outer.get(column.wrapping_sub(parameters)) {
            Some(id) => id.variable(),
            None => Variable::Parameter(u32::try_from(column).unwrap_or(u32::MAX)),
        };
        let affine = |row: &Row| {
            let terms = row.coefficients.iter().enumerate().take(parameters + depth);
            Affine::from_terms(terms.map(|(at, value)| (variable(at), *value)), row.constant)
        };
        let late = i64::from(planted(Fault::PackOrigin));
        let short = i64::from(planted(Fault::PackExtent));
        origin.push(&affine(&first) + &Affine::constant(late));
        extents.push(&affine(&size) - &Affine::constant(short));
    }
    let writes = |wanted: bool| {
        below.iter().flat_map(|(_, accesses)| accesses).any(|(_, write)| *write == wanted)
    };
    Ok(Footprint { origin, extents, reads: writes(false), writes: writes(true) })
}

/// What the loop and those around it satisfy, for all iterations of the loop in which an instance
/// makes an access that the packing is for: a conjunction, so that some iterations without such an instance may
/// satisfy it.
pub fn touching(
    program: &Program,
    tree: &ScheduleTree,
    id: LoopId,
    packing: &Packing,
) -> Vec<Constraint> {
    let mut below = accesses_below(program, tree, id, |statement, access, write| {
        packing.takes(statement, access, write)
    });
    // What never runs makes no access; what contradicts itself may hide what the others have in common.
    let runs = |place: &Place<'_>| !never_runs(program, place);
    if below.len() > 1 && below.iter().any(|(place, _)| runs(place)) {
        below.retain(|(place, _)| runs(place));
    }
    let Some((first, _)) = below.first() else { return Vec::new() };
    let depth = first.path.iter().take_while(|inner| inner.id != id).count() + 1;
    let parameters = program.parameters.len();
    let variable = |column: usize| match first.path.get(column.wrapping_sub(parameters)) {
        Some(inner) => inner.id.variable(),
        None => Variable::Parameter(u32::try_from(column).unwrap_or(u32::MAX)),
    };
    let nothing = Affine::constant(0);
    let shadows: Vec<Polyhedron> =
        below.iter().map(|(place, _)| shadow(program, place, depth, &nothing)).collect();
    let mut common: Vec<Constraint> = Vec::new();
    for row in shadows.iter().flat_map(Polyhedron::rows) {
        if row.coefficient(parameters + depth) != 0
            || !shadows.iter().all(|shadow| shadow.implies(row))
        {
            continue;
        }
        let terms = row.coefficients.iter().enumerate().take(parameters + depth);
        let terms = terms.map(|(at, coefficient)| (variable(at), *coefficient));
        let affine = Affine::from_terms(terms, row.constant);
        let constraint = Constraint { affine, equality: row.equality };
        if !common.contains(&constraint) {
            common.push(constraint);
        }
    }
    common
}

/// What a subscript's values satisfy: columns parameters, the `depth` outermost loops, the value.
fn shadow(program: &Program, place: &Place<'_>, depth: usize, subscript: &Affine) -> Polyhedron {
    let parameters = program.parameters.len();
    let value = parameters + place.path.len();
    let row = |affine: &Affine, equality| row_of(affine, equality, place, parameters, value + 1);
    let constraint = |constraint: &Constraint| row(&constraint.affine, constraint.equality);
    // A row that cannot be expressed is left out: the shadow only gets larger.
    let mut rows: Vec<Row> =
        place.leaf.constraints.iter().chain(&program.context).filter_map(constraint).collect();
    if let Some(mut defining) = row(subscript, true) {
        if let Some(entry) = defining.coefficients.get_mut(value) {
            *entry = -1;
        }
        rows.push(defining);
    }
    let mut shadow = Polyhedron::new(value + 1, rows);
    for inner in (parameters + depth..value).rev() {
        shadow = shadow.eliminate(inner);
        if shadow.rows().len() >= MANY_ROWS {
            shadow = shadow.without_redundant_rows();
        }
    }
    // The value's column moves down to follow the loops that are left.
    let moved = shadow.rows().iter().map(|row| {
        let mut coefficients = row.coefficients.clone();
        let last = coefficients.pop().unwrap_or(0);
        coefficients.truncate(parameters + depth);
        coefficients.push(last);
        Row { coefficients, ..row.clone() }
    });
    Polyhedron::new(parameters + depth + 1, moved.collect::<Vec<_>>())
}

/// The first value and the number of values of an interval that holds those of all shadows: rows
/// over the parameters and outer loops, the second without loops. The smallest that is found, first of the bounds that some
/// shadow has and all keep, then also of those that all keep when they are moved a little: of `1..=p-1` and `2`,
/// where `p` may be 2, no bound holds for both.
fn interval(program: &Program, shadows: &[Polyhedron], depth: usize) -> Option<(Row, Row)> {
    smallest(program, shadows, depth, 0).or_else(|| smallest(program, shadows, depth, MOVED))
}

/// The row, moved by as little as makes it hold, and by no more than `most`.
fn moved(row: &Row, most: i64, holds: impl Fn(&Row) -> bool) -> Option<Row> {
    let by = |amount: i64| {
        let constant = row.constant.checked_add(amount)?;
        Some(Row { constant, ..row.clone() }).filter(&holds)
    };
    if let Some(row) = by(0) {
        return Some(row);
    }
    let (mut fails, mut found) = (0, (most, by(most)?));
    while found.0 - fails > 1 {
        let middle = fails + (found.0 - fails) / 2;
        match by(middle) {
            Some(row) => found = (middle, row),
            None => fails = middle,
        }
    }
    Some(found.1)
}

/// The smallest interval, of bounds that are moved by at most so much.
fn smallest(
    program: &Program,
    shadows: &[Polyhedron],
    depth: usize,
    most: i64,
) -> Option<(Row, Row)> {
    let parameters = program.parameters.len();
    let value = parameters + depth;
    // Bounds in all outer loops, and weaker ones in the parameters alone.
    let mut weaker = Vec::new();
    for shadow in shadows {
        let mut flat = shadow.clone();
        for outer in (parameters..value).rev() {
            flat = flat.eliminate(outer);
            if flat.rows().len() >= MANY_ROWS {
                flat = flat.without_redundant_rows();
            }
        }
        weaker.push(flat);
    }
    let holds = |row: &Row| !proofs_are_spent() && shadows.iter().all(|shadow| shadow.implies(row));
    let bounds = |lower: bool| {
        let mut found: Vec<Row> = Vec::new();
        for row in shadows.iter().chain(&weaker).flat_map(Polyhedron::rows) {
            for row in row.inequalities() {
                let wanted = if lower { 1 } else { -1 };
                if row.coefficient(value) != wanted || found.contains(&row) {
                    continue;
                }
                found.extend(moved(&row, most, holds).filter(|row| !found.contains(row)));
            }
        }
        found
    };
    let (lowers, uppers) = (bounds(true), bounds(false));
    let mut best: Option<(bool, i64, Row, Row)> = None;
    for lower in &lowers {
        for upper in &uppers {
            // value + l >= 0 and -value + u >= 0: the size is l + u + 1.
            let Some(mut size) = lower.combine_plainly(upper) else { continue };
            size.constant = size.constant.checked_add(1)?;
            if !size.is_free_from(parameters) {
                continue;
            }
            let rank = (size.term_count() > 0, size.constant);
            if best.as_ref().is_none_or(|(symbolic, least, ..)| rank < (*symbolic, *least)) {
                let mut first = lower.clone();
                for entry in &mut first.coefficients {
                    *entry = entry.checked_neg()?;
                }
                first.constant = first.constant.checked_neg()?;
                *first.coefficients.get_mut(value)? = 0;
                best = Some((rank.0, rank.1, first, size));
            }
        }
    }
    best.map(|(_, _, first, size)| (first, size))
}
