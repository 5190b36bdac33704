//! The order in which an occurrence really touches memory, marks taken into account.
//!
//! A lock-step mark (unroll-and-jam, vector) on a loop moves a block of its iterations inside every
//! deeper loop. The loop is therefore split: its *outer part* stays, its *block* goes innermost, as
//! copies of the instruction or as lanes of a register. Afterwards an occurrence is a plain list of
//! [`Stage`]s, outermost first: outer parts, then copies, then lanes.

use super::nest::{Level, Occurrence};
use crate::MachineFeatures;
use loopwright_ir::Mark;

/// What becomes of the iterations of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageKind {
    /// They run one after the other.
    Loop,
    /// They are separate instructions of one loop body.
    Copies,
    /// They are lanes of vector registers.
    Lanes,
}

/// A loop or a part of one.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    pub kind: StageKind,
    /// Position in [`Occurrence::levels`].
    pub level: usize,
    /// Iterations, for a parallel loop those of one thread.
    pub trip: f64,
    /// How far one iteration moves the level's variable.
    pub step: f64,
}

/// The stages of an occurrence and what the marks come to.
#[derive(Clone, Debug)]
pub struct Order {
    pub stages: Vec<Stage>,
    /// Number of leading stages of kind [`StageKind::Loop`], one a level.
    pub loops: usize,
    /// Lanes that one vector operation works on; 1 without a vector.
    pub lanes: f64,
    /// Vector operations in lock-step.
    pub vectors: f64,
    /// Product of the unroll-and-jam factors in force.
    pub jam: f64,
    /// Number of loops with an unroll-and-jam in force.
    pub jammed: usize,
    /// The vector was not asked for: the innermost loop is one that compilers vectorise themselves.
    pub automatic: bool,
    /// A lock-step mark has no effect, because a deeper loop's bounds depend on the marked one.
    pub blocked: bool,
    /// Share of the marked iterations that do not fill a block.
    pub remainder: f64,
    /// The marked vector loop is the innermost one.
    pub vector_innermost: bool,
    /// The parallel loop, as a position in the levels.
    pub parallel: Option<usize>,
    /// Threads with work in that loop; 1 without it.
    pub active_threads: f64,
    /// Time of the busiest thread over the mean, at least 1.
    pub imbalance: f64,
}

impl Order {
    /// The order that the marks ask for. `automatic_lanes` is the vector width that a compiler would
    /// give the innermost loop when nothing is marked: 1 if it would not.
    pub fn new(
        occurrence: &Occurrence<'_>,
        machine: &MachineFeatures,
        automatic_lanes: f64,
    ) -> Self {
        let levels = &occurrence.levels;
        let mut order = Self {
            stages: Vec::with_capacity(levels.len() + 4),
            loops: levels.len(),
            lanes: 1.0,
            vectors: 1.0,
            jam: 1.0,
            jammed: 0,
            automatic: false,
            blocked: false,
            remainder: 0.0,
            vector_innermost: false,
            parallel: None,
            active_threads: 1.0,
            imbalance: 1.0,
        };
        let mut copies = Vec::new();
        let mut lanes = Vec::new();
        for (position, level) in levels.iter().enumerate() {
            let mut stage =
                Stage { kind: StageKind::Loop, level: position, trip: level.trip, step: 1.0 };
            match level.mark {
                Mark::Parallel | Mark::Doacross if order.parallel.is_none() => {
                    order.share_among_threads(levels, position, machine, &mut stage);
                }
                Mark::Parallel
                | Mark::Doacross
                | Mark::Sequential
                | Mark::Pipelined
                | Mark::Unroll { .. } => {}
                Mark::UnrollJam { factor } => {
                    let factor = f64::from(factor.max(1));
                    if let Some(block) = order.block(levels, position, factor, &mut stage) {
                        order.jam *= block;
                        order.jammed += 1;
                        let stage = Stage { kind: StageKind::Copies, trip: block, ..stage };
                        copies.push(Stage { step: 1.0, ..stage });
                    }
                }
                Mark::Vector { width, unroll } => {
                    let width = f64::from(width.max(1));
                    let unroll = f64::from(unroll.max(1));
                    if let Some(block) = order.block(levels, position, width * unroll, &mut stage) {
                        order.lanes = width.min(block);
                        order.vectors = (block / order.lanes).max(1.0);
                        order.vector_innermost = position + 1 == levels.len();
                        let stage = Stage { step: 1.0, ..stage };
                        copies.push(Stage {
                            kind: StageKind::Copies,
                            trip: order.vectors,
                            step: order.lanes,
                            ..stage
                        });
                        lanes.push(Stage { kind: StageKind::Lanes, trip: order.lanes, ..stage });
                    }
                }
            }
            order.stages.push(stage);
        }
        if order.lanes <= 1.0 && automatic_lanes > 1.0 {
            order.vectorise_innermost(levels, automatic_lanes, &mut lanes);
        }
        order.stages.extend(copies);
        order.stages.extend(lanes);
        order
    }

    /// Splits a block off a stage; `None` when the marks cannot be in force.
    fn block(
        &mut self,
        levels: &[Level],
        position: usize,
        size: f64,
        stage: &mut Stage,
    ) -> Option<f64> {
        let dependent = |level: &Level| level.depends_on.contains(&position);
        if levels.iter().skip(position + 1).any(dependent) {
            self.blocked = true;
            return None;
        }
        let block = size.min(stage.trip.floor().max(1.0));
        let whole = (stage.trip / block).floor() * block;
        self.remainder = self.remainder.max(1.0 - whole / stage.trip);
        stage.trip /= block;
        stage.step = block;
        Some(block)
    }

    fn vectorise_innermost(&mut self, levels: &[Level], width: f64, lanes: &mut Vec<Stage>) {
        let Some(position) = levels.len().checked_sub(1) else { return };
        let Some(stage) = self.stages.get_mut(position) else { return };
        if stage.step != 1.0 || stage.trip < width {
            return;
        }
        let trip = stage.trip;
        let block = width;
        stage.trip = trip / block;
        stage.step = block;
        self.automatic = true;
        self.lanes = width;
        self.remainder = self.remainder.max(1.0 - (trip / block).floor() * block / trip);
        lanes.push(Stage { kind: StageKind::Lanes, level: position, trip: width, step: 1.0 });
    }

    fn share_among_threads(
        &mut self,
        levels: &[Level],
        position: usize,
        machine: &MachineFeatures,
        stage: &mut Stage,
    ) {
        self.parallel = Some(position);
        let trip = stage.trip.max(1.0);
        self.active_threads = machine.thread_count().min(trip);
        let longest = (trip / self.active_threads).ceil();
        self.imbalance = longest * self.active_threads / trip;
        stage.trip = (stage.trip / self.active_threads).max(0.5);
        let uneven = levels.iter().enumerate().skip(position + 1).any(|(_, level)| {
            level.varies_with.iter().any(|outer| {
                *outer == position
                    || levels.get(*outer).is_some_and(|loop_| loop_.depends_on.contains(&position))
            })
        });
        if uneven && self.active_threads > 1.0 {
            self.imbalance *= 1.15;
        }
    }

    /// The innermost stage of kind loop, if there is a loop.
    pub fn innermost(&self) -> Option<usize> {
        self.loops.checked_sub(1)
    }

    /// Executions of the innermost loop's body on one thread, guards not considered.
    pub fn bodies(&self) -> f64 {
        self.stages.iter().take(self.loops).map(|stage| stage.trip).product()
    }
}
