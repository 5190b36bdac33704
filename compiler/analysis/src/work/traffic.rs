//! The different elements of each array that a program reads and writes.

use super::points::Points;
use loopwright_ir::{Access, ArrayId, Program, Statement, Variable};

/// Bytes of one array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes {
    pub read: u64,
    pub written: u64,
    pub touched: u64,
}

/// The bytes of all arrays that exist outside of the program, in their order. `None` where an extent is
/// unknown or there are too many elements to look at.
///
/// An access runs through the shadow of its statement's domain on the iterators that it mentions, so
/// that a matrix product marks three matrices and does not run through a cube.
pub(super) fn of(program: &Program, effort: &mut u64) -> Option<Vec<Bytes>> {
    let mut all = Vec::new();
    for (position, array) in program.arrays.iter().enumerate() {
        let id = ArrayId(position);
        if !array.live_outside {
            all.push(Bytes::default());
            continue;
        }
        let (mut read, mut written) = (Marks::new(program, id)?, Marks::new(program, id)?);
        for statement in &program.statements {
            for access in statement.reads.iter().filter(|access| access.array == id) {
                read.mark(statement, access, effort)?;
            }
            if statement.write.array == id {
                written.mark(statement, &statement.write, effort)?;
            }
        }
        let size = array.element.bytes();
        all.push(Bytes {
            read: read.count() * size,
            written: written.count() * size,
            touched: read.union(&written) * size,
        });
    }
    Some(all)
}

/// One bit an element.
struct Marks {
    words: Vec<u64>,
    extents: Vec<i64>,
}

impl Marks {
    fn new(program: &Program, id: ArrayId) -> Option<Self> {
        let words = usize::try_from(program.elements(id)?.div_ceil(64)).ok()?;
        // An eighth of a byte an element: what is too large for that was never going to be run.
        let words = (words <= 1 << 28).then(|| vec![0; words])?;
        Some(Self { words, extents: program.extents(id)? })
    }

    fn mark(&mut self, statement: &Statement, access: &Access, effort: &mut u64) -> Option<()> {
        let depths = 0..statement.iterators.len();
        let mentioned = |depth: &usize| {
            let variable = u32::try_from(*depth).map(Variable::Iterator);
            variable.is_ok_and(|it| access.subscripts.iter().any(|index| index.mentions(it)))
        };
        let (mut order, rest): (Vec<usize>, Vec<usize>) = depths.partition(mentioned);
        let columns = order.len();
        order.extend(rest);
        let points = Points::of(&statement.domain, &order)?;
        // The linear index: a constant and a factor for each mentioned iterator.
        let (mut constant, mut factors) = (0_i64, vec![0_i64; columns]);
        for (subscript, extent) in access.subscripts.iter().zip(&self.extents) {
            constant = constant.checked_mul(*extent)?.checked_add(subscript.constant_term())?;
            for (factor, depth) in factors.iter_mut().zip(&order) {
                let own = subscript.coefficient(Variable::Iterator(u32::try_from(*depth).ok()?));
                *factor = factor.checked_mul(*extent)?.checked_add(own)?;
            }
        }
        let Some((stride, outer)) = factors.split_last() else {
            if points.count(effort)? > 0 {
                self.set(constant)?;
            }
            return Some(());
        };
        points.rows_of_shadow(columns, effort, &mut |point, lower, upper| {
            let mut index = constant.checked_add(lower.checked_mul(*stride)?)?;
            for (value, factor) in point.iter().zip(outer) {
                index = index.checked_add(value.checked_mul(*factor)?)?;
            }
            for _ in lower..=upper {
                self.set(index)?;
                index = index.checked_add(*stride)?;
            }
            Some(())
        })
    }

    fn set(&mut self, index: i64) -> Option<()> {
        let index = usize::try_from(index).ok()?;
        *self.words.get_mut(index / 64)? |= 1 << (index % 64);
        Some(())
    }

    fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    fn union(&self, other: &Self) -> u64 {
        let words = self.words.iter().zip(&other.words);
        words.map(|(left, right)| u64::from((left | right).count_ones())).sum()
    }
}
