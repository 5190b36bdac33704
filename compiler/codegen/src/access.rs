//! Accesses over loop variables, and when two of them name the same or different elements.

use loopwright_ir::{Access, Affine, ArrayId, Bound, Constraint, Variable};

/// An access whose subscripts speak of loop variables and parameters. In vector code the vector
/// loop's variable stands for its value in lane 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ResolvedAccess {
    pub array: ArrayId,
    pub subscripts: Vec<Affine>,
}

impl ResolvedAccess {
    /// The access of one copy of a statement instance. `offsets` are what the copy adds to the
    /// loop variables.
    pub fn new(access: &Access, iterators: &[Affine], offsets: &[(u32, i64)]) -> Self {
        let subscripts = access
            .subscripts
            .iter()
            .map(|subscript| resolve(subscript, iterators, offsets))
            .collect();
        Self { array: access.array, subscripts }
    }

    /// Whether the element depends on a variable.
    pub fn mentions(&self, variable: Variable) -> bool {
        self.subscripts.iter().any(|subscript| subscript.mentions(variable))
    }
}

/// An affine expression of a statement's iterators, for one copy of an instance.
pub(crate) fn resolve(affine: &Affine, iterators: &[Affine], offsets: &[(u32, i64)]) -> Affine {
    let over_loops = affine.substitute(|variable| match variable {
        Variable::Iterator(depth) => {
            iterators.get(depth as usize).cloned().unwrap_or_else(|| Affine::variable(variable))
        }
        other => Affine::variable(other),
    });
    shift(over_loops, offsets)
}

/// The expression with `offset` added to each named loop variable.
pub(crate) fn shift(affine: Affine, offsets: &[(u32, i64)]) -> Affine {
    let change: i64 = offsets
        .iter()
        .map(|(id, offset)| affine.coefficient(Variable::Loop(*id)).wrapping_mul(*offset))
        .fold(0, i64::wrapping_add);
    let constant = affine.constant_term().wrapping_add(change);
    affine.with_constant(constant)
}

/// Affine bounds of a loop variable that hold in every iteration.
#[derive(Clone, Debug)]
pub(crate) struct VariableRange {
    pub variable: Variable,
    pub lower: Vec<Affine>,
    pub upper: Vec<Affine>,
}

impl VariableRange {
    /// What a loop's bounds say of its variable; quotients and unions are left out.
    pub fn new(variable: Variable, lower: &Bound, upper: &Bound) -> Self {
        let mut range = Self { variable, lower: Vec::new(), upper: Vec::new() };
        collect(lower, true, &mut range.lower);
        collect(upper, false, &mut range.upper);
        range
    }
}

/// What a condition that holds says of each variable that it mentions once.
pub(crate) fn ranges_of(condition: &Constraint) -> Vec<VariableRange> {
    let affine = &condition.affine;
    let mut ranges = Vec::new();
    for &(variable, coefficient) in affine.terms() {
        // The rest is the bound: v + rest >= 0, or rest - v >= 0.
        let rest = affine.substitute_one(variable, &Affine::constant(0));
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        match coefficient {
            1 => lower.push(-&rest),
            -1 => upper.push(rest),
            _ => continue,
        }
        if condition.equality {
            let other = lower.iter().chain(&upper).next().cloned();
            (lower, upper) = (other.clone().into_iter().collect(), other.into_iter().collect());
        }
        ranges.push(VariableRange { variable, lower, upper });
    }
    ranges
}

fn collect(bound: &Bound, up: bool, affines: &mut Vec<Affine>) {
    match bound {
        Bound::Quotient { affine, divisor: 1 } => affines.push(affine.clone()),
        Bound::Quotient { .. } => {}
        Bound::Maximum(bounds) if up => bounds.iter().for_each(|bound| collect(bound, up, affines)),
        Bound::Minimum(bounds) if !up => {
            bounds.iter().for_each(|bound| collect(bound, up, affines));
        }
        Bound::Maximum(_) | Bound::Minimum(_) => {}
    }
}

/// How two accesses to one array relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// The same element, lane by lane.
    Same,
    /// No element in common, over all lanes.
    Disjoint,
    Unknown,
}

/// Compares two accesses to one array. The variables have one value for both, except that the
/// lanes of a vector loop, `(variable, width)`, are independent.
pub(crate) fn overlap(
    left: &ResolvedAccess,
    right: &ResolvedAccess,
    vector: Option<(Variable, i64)>,
    ranges: &[VariableRange],
) -> Overlap {
    if left == right {
        return Overlap::Same;
    }
    let apart = left.subscripts.iter().zip(&right.subscripts).any(|(left, right)| {
        let difference = left - right;
        let (mut lowest, mut highest) = (0, 0);
        if let Some((variable, width)) = vector {
            for coefficient in
                [left.coefficient(variable), right.coefficient(variable).saturating_neg()]
            {
                let reach = coefficient.saturating_mul(width - 1);
                lowest = reach.min(0).saturating_add(lowest);
                highest = reach.max(0).saturating_add(highest);
            }
        }
        let at = |constant: i64| {
            let sum = difference.constant_term().saturating_add(constant);
            difference.clone().with_constant(sum)
        };
        is_positive(&at(lowest), ranges, 5) || is_positive(&-&at(highest), ranges, 5)
    });
    if apart { Overlap::Disjoint } else { Overlap::Unknown }
}

/// The most bounds that are substituted before a question is given up.
const MOST_SUBSTITUTIONS: u32 = 4000;

/// Whether the value is at least 1 for all values of the variables in their ranges, as far as
/// substituting at most `depth` bounds after another shows it.
pub(crate) fn is_positive(affine: &Affine, ranges: &[VariableRange], depth: u32) -> bool {
    is_positive_within(affine, ranges, depth, &mut MOST_SUBSTITUTIONS.clone())
}

fn is_positive_within(
    affine: &Affine,
    ranges: &[VariableRange],
    depth: u32,
    left: &mut u32,
) -> bool {
    if let Some(constant) = affine.as_constant() {
        return constant >= 1;
    }
    if depth == 0 || *left == 0 {
        return false;
    }
    *left -= 1;
    ranges.iter().rev().any(|range| {
        let coefficient = affine.coefficient(range.variable);
        let bounds = match coefficient {
            0 => return false,
            1.. => &range.lower,
            _ => &range.upper,
        };
        bounds.iter().any(|bound| {
            let substituted = affine.substitute_one(range.variable, bound);
            is_positive_within(&substituted, ranges, depth - 1, left)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(id: u32) -> Affine {
        Affine::variable(Variable::Loop(id))
    }

    fn access(subscripts: Vec<Affine>) -> ResolvedAccess {
        ResolvedAccess { array: ArrayId(0), subscripts }
    }

    fn plus(affine: Affine, constant: i64) -> Affine {
        let sum = affine.constant_term() + constant;
        affine.with_constant(sum)
    }

    #[test]
    fn neighbouring_vectors_are_disjoint_and_shifted_ones_are_not() {
        let vector = Some((Variable::Loop(1), 4));
        let first = access(vec![variable(0), variable(1)]);
        let second = access(vec![variable(0), plus(variable(1), 4)]);
        let shifted = access(vec![variable(0), plus(variable(1), 3)]);
        let below = access(vec![plus(variable(0), 1), variable(1)]);
        assert_eq!(overlap(&first, &first, vector, &[]), Overlap::Same);
        assert_eq!(overlap(&first, &second, vector, &[]), Overlap::Disjoint);
        assert_eq!(overlap(&first, &shifted, vector, &[]), Overlap::Unknown);
        assert_eq!(overlap(&first, &below, vector, &[]), Overlap::Disjoint);
    }

    #[test]
    fn a_condition_around_separates() {
        // i <= 8 t + 7 and k >= 8 u with u >= t + 1 keep A[k][j] away from A[i][j].
        let range = |id: u32, lower: Vec<Affine>, upper: Vec<Affine>| VariableRange {
            variable: Variable::Loop(id),
            lower,
            upper,
        };
        let mut ranges = vec![
            range(0, Vec::new(), vec![plus(&variable(2) * 8, 7)]),
            range(1, vec![&variable(3) * 8], Vec::new()),
        ];
        let written = access(vec![variable(0), variable(4)]);
        let read = access(vec![variable(1), variable(4)]);
        assert_eq!(overlap(&written, &read, None, &ranges), Overlap::Unknown);
        let apart = plus(&variable(3) - &variable(2), -1);
        ranges.extend(ranges_of(&Constraint::non_negative(apart)));
        assert_eq!(overlap(&written, &read, None, &ranges), Overlap::Disjoint);
        // v = 3 bounds it on both sides.
        let three = ranges_of(&Constraint::zero(plus(variable(0), -3)));
        assert_eq!(three.len(), 1);
        assert_eq!(three[0].lower, vec![Affine::constant(3)]);
        assert_eq!(three[0].upper, vec![Affine::constant(3)]);
    }

    #[test]
    fn a_bound_of_the_inner_loop_separates() {
        // k <= j - 1 keeps A[i][k] away from A[i][j .. j + 3].
        let range = VariableRange {
            variable: Variable::Loop(2),
            lower: vec![Affine::constant(0)],
            upper: vec![plus(variable(1), -1)],
        };
        let written = access(vec![variable(0), variable(1)]);
        let read = access(vec![variable(0), variable(2)]);
        let vector = Some((Variable::Loop(1), 4));
        assert_eq!(
            overlap(&written, &read, vector, std::slice::from_ref(&range)),
            Overlap::Disjoint
        );
        assert_eq!(overlap(&written, &read, vector, &[]), Overlap::Unknown);
        let behind = access(vec![variable(0), plus(variable(2), 1)]);
        assert_eq!(overlap(&written, &behind, vector, &[range]), Overlap::Unknown);
    }
}
