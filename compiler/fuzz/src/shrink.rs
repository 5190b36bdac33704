//! Making what failed small.
//!
//! Greedy: drop steps, take away from the program, make numbers smaller, as long as the pair still
//! fails in the same kind of view. Statements that follow a dropped one get earlier names, and the
//! steps speak of them by those.

use crate::failure::{Finding, View};
use crate::protocol::Case;
use crate::subject::{SCHEDULES, program_of};
use loopwright_ir::{NamedAffine, Schedule, SkewFactors, Step, expanded_name, partial_name};
use loopwright_synth::{Outline, Reduction};

/// Which views are as good as one another when a failure is looked for again.
fn kind(view: View) -> u8 {
    match view {
        View::Forward | View::Reversed | View::Shuffled => 0,
        View::Native | View::Fence | View::Crash => 1,
        View::Compile => 2,
        View::Panic => 3,
        View::Hang => 4,
        View::Replay => 5,
        View::Foreign => 6,
        View::Relaxed => 7,
    }
}

/// The smallest failing case found with at most `most` judgements, with what it shows. `judge` gives
/// a case's finding, if it is a valid one that fails.
pub fn shrink(
    start: &Case,
    finding: &Finding,
    most: usize,
    judge: &mut dyn FnMut(&Case) -> Option<Finding>,
) -> (Case, Finding) {
    let Some(Ok(schedule)) = start.schedule.as_ref().map(|text| text.parse::<Schedule>()) else {
        return (start.clone(), finding.clone());
    };
    let mut shrinker = Shrinker {
        outline: program_of(start.seed, start.pair / SCHEDULES).outline,
        best: start.clone(),
        steps: schedule.steps().to_vec(),
        finding: finding.clone(),
        left: most,
        judge,
    };
    while shrinker.left > 0 {
        let dropped = shrinker.drop_steps();
        let reduced = shrinker.reduce_program();
        let simplified = shrinker.simplify_steps();
        if !(dropped || reduced || simplified) {
            break;
        }
    }
    (shrinker.best, shrinker.finding)
}

struct Shrinker<'a> {
    outline: Outline,
    best: Case,
    steps: Vec<Step>,
    finding: Finding,
    left: usize,
    judge: &'a mut dyn FnMut(&Case) -> Option<Finding>,
}

impl Shrinker<'_> {
    /// Takes the smaller case if it still fails.
    fn attempt(&mut self, steps: Vec<Step>, reduction: Option<Reduction>) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let mut case = self.best.clone();
        case.reductions.extend(reduction);
        case.schedule = Some(Schedule::from_steps(steps.clone()).to_string());
        case.native = kind(self.finding.view) != 0;
        let Some(finding) = (self.judge)(&case) else { return false };
        if kind(finding.view) != kind(self.finding.view) {
            return false;
        }
        (self.best, self.steps, self.finding) = (case, steps, finding);
        true
    }

    fn drop_steps(&mut self) -> bool {
        let mut changed = false;
        let mut position = self.steps.len();
        while position > 0 {
            position -= 1;
            let mut steps = self.steps.clone();
            steps.remove(position);
            changed |= self.attempt(steps, None);
            position = position.min(self.steps.len());
        }
        changed
    }

    fn reduce_program(&mut self) -> bool {
        let mut changed = false;
        let mut position = 0;
        loop {
            let reductions = self.outline.reductions();
            let Some(&reduction) = reductions.get(position) else { return changed };
            if self.left == 0 {
                return changed;
            }
            position += 1;
            let Some(smaller) = self.outline.reduced(reduction) else { continue };
            let steps = self.renamed(reduction);
            if self.attempt(steps, Some(reduction)) {
                self.outline = smaller;
                changed = true;
                // The same position now names another item; sizes are made smaller again.
                position = position.saturating_sub(1);
            }
        }
    }

    /// The steps for the program without what a reduction takes away.
    fn renamed(&self, reduction: Reduction) -> Vec<Step> {
        match reduction {
            Reduction::Drop(at) => {
                let Some(gone) = self.outline.statements_of(at) else { return self.steps.clone() };
                self.steps.iter().filter_map(|step| without(step, &gone)).collect()
            }
            Reduction::Compact => {
                let names = self.outline.compact_names();
                let rename = |array: &mut String| {
                    for (old, new) in &names {
                        if old == array {
                            return array.clone_from(new);
                        }
                        let expanded = |name: &str| expanded_name(name, 1);
                        for storage in [&expanded as &dyn Fn(&str) -> String, &partial_name] {
                            if *array == storage(old) {
                                *array = storage(new);
                                return;
                            }
                        }
                    }
                };
                let mut steps = self.steps.clone();
                for step in &mut steps {
                    if let Step::Pack { array, .. }
                    | Step::Promote { array, .. }
                    | Step::Expand { array, .. }
                    | Step::Keep { array, .. } = step
                    {
                        rename(array);
                    }
                }
                steps
            }
            _ => self.steps.clone(),
        }
    }

    fn simplify_steps(&mut self) -> bool {
        let mut changed = false;
        let mut position = 0;
        while position < self.steps.len() {
            let better = simpler(&self.steps[position]).into_iter().any(|step| {
                let mut steps = self.steps.clone();
                steps[position] = step;
                self.attempt(steps, None)
            });
            changed |= better;
            if !better {
                position += 1;
            }
        }
        changed
    }
}

/// The step where some statements are gone and the later ones have earlier names; `None` for a step
/// of one that is gone.
fn without(step: &Step, gone: &std::ops::Range<usize>) -> Option<Step> {
    let rename = |name: &str| -> Option<String> {
        let (number, piece) = match name.strip_prefix('S')?.split_once('_') {
            Some((number, piece)) => (number, format!("_{piece}")),
            None => (name.strip_prefix('S')?, String::new()),
        };
        let position = number.parse::<usize>().ok()?.checked_sub(1)?;
        if gone.contains(&position) {
            return None;
        }
        let number = if position >= gone.end { position - gone.len() } else { position } + 1;
        Some(format!("S{number}{piece}"))
    };
    let mut step = step.clone();
    // Of several orders, those of statements that are left.
    if let Step::Affine { orders } = &mut step {
        orders.retain(|order| rename(&order.statement).is_some());
        if orders.is_empty() {
            return None;
        }
    }
    for piece in step.pieces_mut() {
        *piece = rename(piece)?;
    }
    Some(step)
}

/// The step with smaller numbers, the smallest first.
fn simpler(step: &Step) -> Vec<Step> {
    let mut all = Vec::new();
    let mut add = |step: Step| all.push(step);
    let constants = |affine: &NamedAffine| -> Vec<NamedAffine> {
        let smaller = [0, 1, affine.constant_term()].map(NamedAffine::constant);
        smaller.into_iter().filter(|smaller| smaller != affine).collect()
    };
    match step {
        Step::Tile { loops, sizes, .. } => {
            for position in 0..sizes.len() {
                if sizes.len() > 1 {
                    let mut copy = step.clone();
                    if let Step::Tile { loops, sizes, .. } = &mut copy {
                        loops.remove(position);
                        sizes.remove(position);
                    }
                    add(copy);
                }
                for size in [2, sizes[position] / 2, sizes[position].saturating_sub(1)] {
                    if size >= 2 && size < sizes[position] {
                        let mut copy = step.clone();
                        if let Step::Tile { sizes, .. } = &mut copy {
                            sizes[position] = size;
                        }
                        add(copy);
                    }
                }
            }
            let _ = loops;
        }
        Step::Vectorize { width, unroll, .. } => {
            for (smaller, fewer) in [(2, 1), (2, *unroll), (*width, 1)] {
                if (smaller, fewer) < (*width, *unroll) {
                    let mut copy = step.clone();
                    if let Step::Vectorize { width, unroll, .. } = &mut copy {
                        (*width, *unroll) = (smaller, fewer);
                    }
                    add(copy);
                }
            }
        }
        Step::UnrollAndJam { factor, .. } | Step::Unroll { factor, .. } if *factor > 2 => {
            for smaller in [2, factor - 1] {
                let mut copy = step.clone();
                if let Step::UnrollAndJam { factor, .. } | Step::Unroll { factor, .. } = &mut copy {
                    *factor = smaller;
                }
                add(copy);
            }
        }
        Step::Split { at, .. }
        | Step::Shift { amount: at, .. }
        | Step::Sink { at: Some(at), .. } => {
            for smaller in constants(at) {
                let mut copy = step.clone();
                if let Step::Split { at, .. }
                | Step::Shift { amount: at, .. }
                | Step::Sink { at: Some(at), .. } = &mut copy
                {
                    *at = smaller;
                }
                add(copy);
            }
        }
        Step::Affine { orders } => {
            for (position, order) in orders.iter().enumerate() {
                let mut with = |rows: Option<Vec<NamedAffine>>| {
                    let mut orders = orders.clone();
                    match rows {
                        Some(rows) => orders[position].rows = rows,
                        None => drop(orders.remove(position)),
                    }
                    add(Step::Affine { orders });
                };
                if orders.len() > 1 {
                    with(None);
                }
                for (at, row) in order.rows.iter().enumerate() {
                    let mut rows = order.rows.clone();
                    if rows.len() > 1 {
                        rows.remove(at);
                        with(Some(rows.clone()));
                    }
                    for smaller in constants(row).into_iter().take(1) {
                        rows.clone_from(&order.rows);
                        rows[at] = smaller;
                        with(Some(rows.clone()));
                    }
                }
            }
        }
        Step::Peel { count, .. } if count.abs() > 1 => {
            let mut copy = step.clone();
            if let Step::Peel { count, .. } = &mut copy {
                *count = count.signum();
            }
            add(copy);
        }
        Step::Skew { factors: SkewFactors::Given(factors), .. } => {
            for position in 0..factors.len() {
                for smaller in [0, factors[position].signum()] {
                    if smaller.abs() < factors[position].abs() {
                        let mut copy = step.clone();
                        if let Step::Skew { factors: SkewFactors::Given(factors), .. } = &mut copy {
                            factors[position] = smaller;
                        }
                        add(copy);
                    }
                }
            }
        }
        Step::Permute { loops, .. } | Step::Wavefront { loops, .. } if loops.len() > 2 => {
            for position in 0..loops.len() {
                let mut copy = step.clone();
                if let Step::Permute { loops, .. } | Step::Wavefront { loops, .. } = &mut copy {
                    loops.remove(position);
                }
                add(copy);
            }
        }
        Step::Pack { .. } => {
            let mut copy = step.clone();
            if let Step::Pack { order, .. } = &mut copy
                && !order.is_empty()
            {
                order.clear();
                add(copy);
            }
            let mut copy = step.clone();
            if let Step::Pack { subscripts, .. } = &mut copy
                && !subscripts.is_empty()
            {
                subscripts.clear();
                add(copy);
            }
        }
        _ => {}
    }
    all
}
