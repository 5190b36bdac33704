//! Accesses of an occurrence as functions of its stages: strides, distinct lines, reuse.
//!
//! Accesses to one array that differ only in constants form one [`AccessGroup`], since they touch
//! nearly the same elements (the five points of a stencil).

use super::nest::Occurrence;
use super::order::Order;
use loopwright_ir::{Access, Program, Variable};

/// Bytes of a cache line on every supported machine.
pub const LINE: f64 = 64.0;

/// Accesses to one array with equal coefficients.
#[derive(Clone, Debug)]
pub struct AccessGroup {
    pub array: usize,
    pub element_bytes: f64,
    /// Extent of each dimension in elements.
    extents: Vec<f64>,
    /// For each dimension, the change of the subscript when each level's variable grows by one.
    coefficients: Vec<Vec<f64>>,
    /// Elements that each level's variable moves the address by.
    pub strides: Vec<f64>,
    /// Linear offsets in elements of the distinct accesses, sorted.
    pub offsets: Vec<f64>,
    /// Spread of the constants in each dimension.
    spread: Vec<f64>,
    /// The offset that is written.
    pub written: Option<f64>,
    /// Number of distinct offsets that are read.
    pub reads: usize,
}

struct Linear {
    coefficients: Vec<Vec<f64>>,
    constants: Vec<f64>,
}

/// The groups of a statement occurrence, the written one first; and for each read of the statement
/// the position of its group and its offset.
pub fn groups(
    program: &Program,
    occurrence: &Occurrence<'_>,
) -> (Vec<AccessGroup>, Vec<(usize, f64)>) {
    let statement = program.statement(occurrence.instance.statement);
    let mut groups: Vec<AccessGroup> = Vec::new();
    let (group, offset) = insert(program, occurrence, &statement.write, &mut groups);
    if let Some(group) = groups.get_mut(group) {
        group.written = Some(offset);
    }
    let mut reads = Vec::with_capacity(statement.reads.len());
    let mut seen: Vec<(usize, f64)> = Vec::new();
    for access in &statement.reads {
        let place = insert(program, occurrence, access, &mut groups);
        reads.push(place);
        if !seen.contains(&place) {
            seen.push(place);
            if let Some(group) = groups.get_mut(place.0) {
                group.reads += 1;
            }
        }
    }
    (groups, reads)
}

fn insert(
    program: &Program,
    occurrence: &Occurrence<'_>,
    access: &Access,
    groups: &mut Vec<AccessGroup>,
) -> (usize, f64) {
    let array = program.array(access.array);
    let linear = linearise(program, occurrence, access);
    let extents: Vec<f64> = match program.extents(access.array) {
        Some(extents) => extents.into_iter().map(|extent| extent.max(1) as f64).collect(),
        None => vec![1000.0; access.subscripts.len()],
    };
    let mut weights = vec![1.0; extents.len()];
    for dimension in (1..extents.len()).rev() {
        weights[dimension - 1] = weights[dimension] * extents[dimension];
    }
    let offset = dot(&linear.constants, &weights);
    let same = groups.iter().position(|group| {
        group.array == access.array.0 && group.coefficients == linear.coefficients
    });
    let position = same.unwrap_or_else(|| {
        let strides = (0..occurrence.levels.len())
            .map(|level| {
                let column = linear.coefficients.iter().map(|row| row[level]);
                column.zip(&weights).map(|(coefficient, weight)| coefficient * weight).sum()
            })
            .collect();
        groups.push(AccessGroup {
            array: access.array.0,
            element_bytes: array.element.bytes() as f64,
            spread: vec![0.0; extents.len()],
            extents,
            coefficients: linear.coefficients,
            strides,
            offsets: Vec::new(),
            written: None,
            reads: 0,
        });
        groups.len() - 1
    });
    let group = &mut groups[position];
    if !group.offsets.contains(&offset) {
        if let Some(first) = group.offsets.first().copied() {
            widen(&mut group.spread, &group.extents, &weights, offset - first);
        }
        group.offsets.push(offset);
        group.offsets.sort_by(f64::total_cmp);
    }
    (position, offset)
}

/// Widens the spread so that a linear distance is covered, taken apart by dimension.
fn widen(spread: &mut [f64], extents: &[f64], weights: &[f64], distance: f64) {
    let mut rest = distance.abs();
    for ((spread, extent), weight) in spread.iter_mut().zip(extents).zip(weights) {
        let steps = (rest / weight).round();
        let near = (rest - steps * weight).abs();
        if steps >= 1.0 && near < weight / 2.0 {
            *spread = spread.max(steps.min(*extent));
            rest = near;
        }
    }
}

fn linearise(program: &Program, occurrence: &Occurrence<'_>, access: &Access) -> Linear {
    let mut coefficients = Vec::with_capacity(access.subscripts.len());
    let mut constants = Vec::with_capacity(access.subscripts.len());
    for subscript in &access.subscripts {
        let mut row = vec![0.0; occurrence.levels.len()];
        let mut constant = subscript.constant_term() as f64;
        for &(variable, factor) in subscript.terms() {
            let factor = factor as f64;
            let Variable::Iterator(depth) = variable else {
                constant += factor * parameter(program, variable);
                continue;
            };
            let Some(value) = occurrence.instance.iterators.get(depth as usize) else { continue };
            constant += factor * value.constant_term() as f64;
            for &(inner, coefficient) in value.terms() {
                let level = occurrence.levels.iter().position(|level| level.variable == inner);
                match level.and_then(|level| row.get_mut(level)) {
                    Some(cell) => *cell += factor * coefficient as f64,
                    None => constant += factor * coefficient as f64 * parameter(program, inner),
                }
            }
        }
        coefficients.push(row);
        constants.push(constant);
    }
    Linear { coefficients, constants }
}

fn parameter(program: &Program, variable: Variable) -> f64 {
    match variable {
        Variable::Parameter(position) => program.parameter_value(position).unwrap_or(0) as f64,
        _ => 0.0,
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

impl AccessGroup {
    /// Stride in elements of one iteration of a stage.
    pub fn stage_stride(&self, order: &Order, stage: usize) -> f64 {
        order
            .stages
            .get(stage)
            .map_or(0.0, |stage| self.strides.get(stage.level).copied().unwrap_or(0.0) * stage.step)
    }

    /// Distinct cache lines touched by the stages from `from` inwards.
    pub fn lines(&self, order: &Order, from: usize) -> f64 {
        let dimensions = self.extents.len();
        let mut visits = self.offsets.len() as f64;
        let mut reach = vec![1.0; dimensions];
        for stage in order.stages.iter().skip(from) {
            let mut moves = false;
            for (reach, row) in reach.iter_mut().zip(&self.coefficients) {
                let coefficient = row.get(stage.level).copied().unwrap_or(0.0).abs();
                *reach += coefficient * stage.step * (stage.trip - 1.0).max(0.0);
                moves |= coefficient != 0.0;
            }
            if moves {
                visits *= stage.trip.max(1.0);
            }
        }
        for ((reach, spread), extent) in reach.iter_mut().zip(&self.spread).zip(&self.extents) {
            *reach = (*reach + spread).min(*extent).max(1.0);
        }
        let (last, rows) = match reach.split_last() {
            Some((last, outer)) => (*last, outer.iter().product::<f64>()),
            None => (1.0, 1.0),
        };
        let whole_row = self.extents.last().is_some_and(|extent| last >= *extent);
        let row_bytes = last * self.element_bytes;
        let lines = if whole_row {
            (rows * row_bytes / LINE).max(1.0)
        } else {
            rows * (1.0 + (row_bytes - self.element_bytes) / LINE)
        };
        lines.min(visits).max(1.0)
    }

    /// Bytes of the whole array.
    pub fn array_bytes(&self) -> f64 {
        self.extents.iter().product::<f64>() * self.element_bytes
    }

    /// Whether an iteration of the innermost loop leaves the address where it is.
    pub fn is_invariant(&self, order: &Order) -> bool {
        order.innermost().is_none_or(|stage| self.stage_stride(order, stage) == 0.0)
    }

    /// Stride in elements between neighbouring lanes.
    pub fn lane_stride(&self, order: &Order) -> f64 {
        use super::order::StageKind::Lanes;
        order
            .stages
            .iter()
            .position(|stage| stage.kind == Lanes)
            .map_or(0.0, |stage| self.stage_stride(order, stage))
    }
}
