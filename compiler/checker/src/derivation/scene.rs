//! Instances of several statements side by side in one question.

use crate::Doubt;
use crate::proof::tree::Source;
use crate::proof::{Form, moved_row};
use loopwright_isl::ConstraintRow;

/// An element of an array over the scope of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touched {
    pub array: usize,
    pub subscripts: Vec<Form>,
}

/// Instances of some statements: the columns are the parameters, then the iterators of each in turn.
#[derive(Clone)]
pub(super) struct Scene<'a> {
    parameters: usize,
    pub width: usize,
    /// Each statement with the number of columns between the parameters and its own.
    members: Vec<(&'a Source, usize)>,
    pub rows: Vec<ConstraintRow>,
}

impl<'a> Scene<'a> {
    pub fn new(parameters: usize) -> Self {
        Self { parameters, width: parameters, members: Vec::new(), rows: Vec::new() }
    }

    /// With one more instance.
    pub fn with(&self, source: &'a Source) -> Self {
        let mut result = self.clone();
        let offset = self.width - self.parameters;
        let rows = source.domain.iter().map(|row| moved_row(row, self.parameters, offset));
        result.rows.extend(rows);
        result.members.push((source, offset));
        result.width += source.depth;
        result
    }

    /// With more rows.
    pub fn and(&self, rows: &[ConstraintRow]) -> Self {
        let mut result = self.clone();
        result.rows.extend_from_slice(rows);
        result
    }

    /// An expression over the scope of a member.
    pub fn form(&self, member: usize, form: &Form) -> Form {
        let offset = self.members.get(member).map_or(0, |(_, offset)| *offset);
        form.moved(self.parameters, offset)
    }

    /// The rows by which two members touch the same element; `None` where the arrays are different.
    pub fn same(
        &self,
        (left, one): (usize, &Touched),
        (right, other): (usize, &Touched),
    ) -> Result<Option<Vec<ConstraintRow>>, Doubt> {
        if one.array != other.array || one.subscripts.len() != other.subscripts.len() {
            return Ok(None);
        }
        let pairs = one.subscripts.iter().zip(&other.subscripts);
        let rows = pairs.map(|(one, other)| self.form(left, one).equals(&self.form(right, other)));
        Ok(Some(rows.collect::<Result<_, _>>()?))
    }

    /// The ways in which the elements that two members touch can be different ones: no rows at all where the
    /// arrays are.
    pub fn differ(
        &self,
        (left, one): (usize, &Touched),
        (right, other): (usize, &Touched),
    ) -> Result<Vec<Vec<ConstraintRow>>, Doubt> {
        if one.array != other.array || one.subscripts.len() != other.subscripts.len() {
            return Ok(vec![Vec::new()]);
        }
        let mut ways = Vec::new();
        for (one, other) in one.subscripts.iter().zip(&other.subscripts) {
            let (one, other) = (self.form(left, one), self.form(right, other));
            if one != other {
                ways.push(vec![one.above(&other)?]);
                ways.push(vec![other.above(&one)?]);
            }
        }
        Ok(ways)
    }

    /// The ways in which the instance of one member comes before that of another one in the source.
    pub fn before(&self, first: usize, second: usize) -> Result<Vec<Vec<ConstraintRow>>, Doubt> {
        let (Some((one, own)), Some((two, other))) =
            (self.members.get(first), self.members.get(second))
        else {
            return Ok(Vec::new());
        };
        let column = |offset: &usize, depth| Form::column(self.parameters + offset + depth);
        let pairs = one.loops.iter().zip(&two.loops);
        let common = pairs.take_while(|(left, right)| left == right).count();
        let (mut ways, mut equal) = (Vec::new(), Vec::new());
        for depth in 0..common {
            let (left, right) = (column(own, depth), column(other, depth));
            let mut rows = equal.clone();
            rows.push(right.above(&left)?);
            ways.push(rows);
            equal.push(right.equals(&left)?);
        }
        if one.position < two.position {
            ways.push(equal);
        }
        Ok(ways)
    }

    /// For each way of the first and each of the second list, both together.
    pub fn both(
        first: &[Vec<ConstraintRow>],
        second: &[Vec<ConstraintRow>],
    ) -> Vec<Vec<ConstraintRow>> {
        let pairs = first.iter().flat_map(|one| second.iter().map(move |two| (one, two)));
        pairs.map(|(one, two)| [one.as_slice(), two].concat()).collect()
    }

    /// The columns and rows of this scene in each of some ways: pieces that cover a scene with the same first
    /// members.
    pub fn pieces(&self, ways: &[Vec<ConstraintRow>]) -> Vec<(usize, Vec<ConstraintRow>)> {
        ways.iter().map(|way| (self.width, [self.rows.as_slice(), way].concat())).collect()
    }
}
