//! Loop trees in the form in which they run: variables by depth, parameters put in.

use super::flat::{Limit, Test};
use super::{Flat, InterpretError, Slots};
use loopwright_ir::{Affine, LoopId, LoopTreeNode, Mark, Pack, Program, Variable};

pub(super) struct Loop {
    /// How many loops are around it: where its variable stands among the values.
    pub depth: usize,
    pub lower: Limit,
    pub upper: Limit,
    pub mark: Mark,
    /// Whether there are local copies inside.
    pub copies: bool,
    pub body: Vec<Step>,
}

/// A statement, and the subscripts of those of its reads that alone use a copy.
pub(super) type OnlyReads = (usize, Vec<Affine>);

pub(super) struct Copying {
    pub array: usize,
    /// `None` for all accesses to the array.
    pub reads: Option<OnlyReads>,
    pub origin: Vec<Flat>,
    pub extents: Vec<Flat>,
    pub copy_in: bool,
    pub copy_out: bool,
    pub body: Vec<Step>,
}

pub(super) enum Step {
    Loop(Loop),
    Choice { tests: Vec<Test>, body: Vec<Step>, otherwise: Vec<Step> },
    Copying(Copying),
    Instance { statement: usize, iterators: Vec<Flat> },
}

fn has_copies(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Loop(inner) => inner.copies,
        Step::Choice { body, otherwise, .. } => has_copies(body) || has_copies(otherwise),
        Step::Copying(_) => true,
        Step::Instance { .. } => false,
    })
}

/// Translates a tree; `depth` is afterwards at least the depth of its deepest loop.
pub(super) struct Translation<'a> {
    pub program: &'a Program,
    pub parameters: &'a [i64],
    pub path: Vec<LoopId>,
    pub packed: Vec<(usize, Option<OnlyReads>)>,
    pub depth: usize,
}

impl Translation<'_> {
    pub fn steps(&mut self, nodes: &[LoopTreeNode]) -> Result<Vec<Step>, InterpretError> {
        nodes.iter().map(|node| self.step(node)).collect()
    }

    fn step(&mut self, node: &LoopTreeNode) -> Result<Step, InterpretError> {
        let path = self.path.clone();
        // An inner loop's variable hides an outer one of the same number.
        let slot_of = |variable| match variable {
            Variable::Loop(id) => path.iter().rposition(|around| around.0 == id),
            _ => None,
        };
        let slots = Slots { parameters: self.parameters, slot_of: &slot_of };
        Ok(match node {
            LoopTreeNode::Statement(instance) => {
                let statement = self.program.statements.get(instance.statement.0);
                if statement.map(|statement| statement.iterators.len())
                    != Some(instance.iterators.len())
                {
                    let detail = format!("the iterators of {}", instance.statement);
                    return Err(InterpretError::BadTree(detail));
                }
                let iterators = slots.flats(&instance.iterators)?;
                Step::Instance { statement: instance.statement.0, iterators }
            }
            LoopTreeNode::If { conditions, body, otherwise } => Step::Choice {
                tests: conditions
                    .iter()
                    .map(|condition| slots.test(condition))
                    .collect::<Result<_, _>>()?,
                body: self.steps(body)?,
                otherwise: self.steps(otherwise)?,
            },
            LoopTreeNode::For(inner) => {
                let (lower, upper) = (slots.limit(&inner.lower)?, slots.limit(&inner.upper)?);
                let depth = self.path.len();
                self.path.push(inner.id);
                self.depth = self.depth.max(self.path.len());
                let body = self.steps(&inner.body);
                self.path.pop();
                let (mark, body) = (inner.mark_in_effect(), body?);
                Step::Loop(Loop { depth, lower, upper, mark, copies: has_copies(&body), body })
            }
            LoopTreeNode::Pack(pack) => self.copying(pack, &slots)?,
        })
    }

    fn copying(&mut self, pack: &Pack, slots: &Slots<'_>) -> Result<Step, InterpretError> {
        let array = pack.array.0;
        let name = |program: &Program| match program.arrays.get(array) {
            Some(array) => array.name.clone(),
            None => format!("array {array}"),
        };
        let dimensions = self.program.arrays.get(array).map(|array| array.extents.len());
        if dimensions != Some(pack.origin.len()) || dimensions != Some(pack.extents.len()) {
            let detail = format!("the copy of {} has other dimensions", name(self.program));
            return Err(InterpretError::BadTree(detail));
        }
        let reads = pack.reads.as_ref();
        let reads = reads.map(|reads| (reads.statement.0, reads.subscripts.clone()));
        let same = |(other, others): &(usize, Option<OnlyReads>)| {
            *other == array && (others.is_none() || reads.is_none() || *others == reads)
        };
        if self.packed.iter().any(same) {
            let detail = format!("{} is copied inside of a copy", name(self.program));
            return Err(InterpretError::BadTree(detail));
        }
        let (origin, extents) = (slots.flats(&pack.origin)?, slots.flats(&pack.extents)?);
        self.packed.push((array, reads.clone()));
        let body = self.steps(&pack.body);
        self.packed.pop();
        let (copy_in, copy_out) = (pack.copy_in, pack.copy_out);
        let body = body?;
        Ok(Step::Copying(Copying { array, reads, origin, extents, copy_in, copy_out, body }))
    }
}
