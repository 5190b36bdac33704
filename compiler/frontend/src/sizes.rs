//! For which sizes a region's program means what its text does.
//!
//! A program says what its text does under conditions: quotients are not negative, narrow values do not wrap,
//! every access is inside its array. Where the parameters' values are known, all of that is decided. Where they
//! are not, each condition `value >= 0` for all iterations becomes one on the parameters alone: the iterations
//! with `value < 0` are projected onto the parameters, and one of the inequalities that hold there must not. A
//! projection may hold more than what it is the shadow of, so that what is asked at run time may be too much,
//! never too little.
//!
//! Nothing is said for parameters beyond a limit, so that products of extents and sums of subscripts fit their types.

use crate::lower::limits;
use crate::outline::Check;
use crate::polyhedron::{Shadow, System};
use crate::unit::Region;
use loopwright_ir::{Affine, Array, ArrayId, Constraint, Expression, Program, Statement, Variable};

/// Parameters are at most two to this power, or less where arrays have many dimensions.
const LARGEST: u32 = 31;

/// The bits that all extents of an array may have together.
const EXTENT_BITS: u32 = 120;

/// More conditions than this are not checked at each call.
const MOST: usize = 64;

/// What has to hold for loops that know no sizes.
#[derive(Clone, Debug)]
pub struct AnySize {
    /// The parameters' names.
    parameters: Vec<String>,
    /// On the parameters alone, all of which hold: one of the inequalities of each.
    conditions: Vec<Vec<Constraint>>,
    limit: i64,
    /// That arrays do not overlap.
    apart: Vec<Check>,
    /// About how many statements run, as C.
    work: Option<String>,
}

/// Finds the conditions. `program` is the region's own, perhaps changed, with no parameter put in for its value.
/// `None` where they cannot be stated, or are too many.
pub fn any_size(region: &Region, program: &Program) -> Option<AnySize> {
    let source = region.result.as_ref().ok()?;
    let dimensions = source.arrays.iter().map(|array| array.extents.len()).max().unwrap_or(0);
    let power = u32::try_from(dimensions).ok().filter(|most| *most > 0);
    let limit = 1_i64 << power.map_or(LARGEST, |most| (EXTENT_BITS / most).min(LARGEST));
    let names = |variable: Variable| source.parameter_name(variable);
    let ground = Ground { program: source, limit };
    let mut conditions: Vec<Vec<Constraint>> = Vec::new();
    let mut add = |clause: Option<Vec<Constraint>>| {
        let clause = clause.filter(|clause| !clause.is_empty())?;
        let known = clause.iter().any(|one| one.affine.as_constant().is_some_and(|it| it >= 0));
        if !known && !conditions.contains(&clause) {
            conditions.push(clause);
        }
        (conditions.len() <= MOST).then_some(())
    };
    for constraint in &source.context {
        add(Some(vec![constraint.clone()]))?;
    }
    for obligation in &region.obligations {
        for piece in &obligation.pieces {
            add(ground.holds_everywhere(piece, &obligation.value))?;
        }
    }
    for statement in &source.statements {
        for access in std::iter::once(&statement.write).chain(&statement.reads) {
            let array = source.arrays.get(access.array.0)?;
            for (subscript, extent) in access.subscripts.iter().zip(&array.extents) {
                let last = extent.clone().with_constant(extent.constant_term() - 1);
                add(ground.holds_everywhere(&statement.domain, subscript))?;
                add(ground.holds_everywhere(&statement.domain, &(&last - subscript)))?;
            }
        }
    }
    let (apart, work) = (apart(program, &names), work(source, &names));
    let parameters = source.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    Some(AnySize { parameters, conditions, limit, apart, work })
}

/// Values that are tried for parameters are changed so often until the conditions hold.
const ATTEMPTS: usize = 64;

impl AnySize {
    /// All checks of a call, in the order in which they are to be made.
    pub fn checks(&self) -> Vec<Check> {
        let limit = self.limit;
        let limits = self.parameters.iter().map(|name| Check::Holds {
            condition: format!("{name} <= {limit}L && {name} >= -{limit}L"),
            meaning: format!("{name} is between -{limit} and {limit}"),
        });
        let name = |variable: Variable| match variable {
            Variable::Parameter(position) => {
                self.parameters.get(position as usize).cloned().unwrap_or_default()
            }
            other => format!("{other:?}"),
        };
        let conditions = self.conditions.iter().map(|clause| stated(clause, &name));
        limits.chain(conditions).chain(self.apart.iter().cloned()).collect()
    }

    /// The same with one inequality of each condition, which holds for some values: narrower, and with nothing but
    /// what a program's context can say. `a[i + j * ld]` is inside of its columns where `n <= 0 or m <= 0 or m <= ld`;
    /// for sizes that anybody has in mind, that is `m <= ld`, and the user's own text runs for the others.
    pub fn narrowed(&self, values: &[i64]) -> Option<Self> {
        let value = valued(values);
        let mut conditions: Vec<Vec<Constraint>> = Vec::new();
        for clause in &self.conditions {
            let holding = clause.iter().find(|one| one.holds(&value) == Some(true))?;
            let holding = vec![holding.clone()];
            if !conditions.contains(&holding) {
                conditions.push(holding);
            }
        }
        Some(Self { conditions, ..self.clone() })
    }

    /// What holds of the parameters wherever the checks do.
    pub fn context(&self) -> impl Iterator<Item = &Constraint> {
        let alone = |clause: &'_ Vec<Constraint>| clause.len() == 1;
        self.conditions.iter().filter(move |clause| alone(clause)).flatten()
    }

    /// Values for which the conditions hold: the known ones, and others near `size`. `None` where none are found.
    pub fn values(&self, known: &[Option<i64>], size: i64) -> Option<Vec<i64>> {
        let mut values: Vec<i64> = known.iter().map(|value| value.unwrap_or(size)).collect();
        for _ in 0..ATTEMPTS {
            let broken = self
                .conditions
                .iter()
                .find(|clause| !clause.iter().any(|one| one.holds(valued(&values)) == Some(true)));
            let Some(broken) = broken else { return self.fits(&values).then_some(values) };
            let (position, change) =
                broken.iter().find_map(|one| mending(one, known, valued(&values)))?;
            let value = values.get_mut(position)?;
            *value = value.checked_add(change)?;
        }
        None
    }

    /// A check that about so many statements run at least; `None` where that cannot be said.
    pub fn worthwhile(&self, statements: u64) -> Option<Check> {
        let work = self.work.as_ref()?;
        Some(Check::Holds {
            condition: format!("{work} >= {statements}.0"),
            meaning: format!("at least {statements} statements run"),
        })
    }

    /// Whether the conditions on parameters hold for these values.
    pub fn fits(&self, values: &[i64]) -> bool {
        let value = valued(values);
        values.iter().all(|value| value.unsigned_abs() <= self.limit.unsigned_abs())
            && self
                .conditions
                .iter()
                .all(|clause| clause.iter().any(|one| one.holds(&value) == Some(true)))
    }
}

/// The values of parameters; nothing else has one.
fn valued(values: &[i64]) -> impl Fn(Variable) -> i64 + '_ {
    |variable| match variable {
        Variable::Parameter(position) => values.get(position as usize).copied().unwrap_or(0),
        _ => 0,
    }
}

/// A parameter whose value is not known, and what to add to it so that a constraint holds: rather more of one than
/// less of another.
fn mending(
    constraint: &Constraint,
    known: &[Option<i64>],
    value: impl Fn(Variable) -> i64,
) -> Option<(usize, i64)> {
    let missing = constraint.affine.evaluate(&value)?.checked_neg()?;
    if constraint.equality && missing < 0 {
        return None;
    }
    let free = constraint.affine.terms().iter().filter_map(|(variable, factor)| match variable {
        Variable::Parameter(position) => {
            let position = *position as usize;
            known.get(position)?.is_none().then_some((position, *factor))
        }
        _ => None,
    });
    let (position, factor) = free.max_by_key(|(_, factor)| factor.signum())?;
    let steps = missing.checked_add(factor.abs() - 1)? / factor.abs();
    Some((position, steps.max(1) * factor.signum()))
}

/// What is known of the parameters.
struct Ground<'a> {
    program: &'a Program,
    limit: i64,
}

impl Ground<'_> {
    /// Inequalities of the parameters of which one must hold so that `value >= 0` at all points of a domain: with
    /// a true one among them where it always does, none where it never does as far as is known. `None` where that
    /// is not found out.
    fn holds_everywhere(&self, domain: &[Constraint], value: &Affine) -> Option<Vec<Constraint>> {
        let mut system = System::new(domain.iter().chain(&self.program.context));
        for (position, parameter) in self.program.parameters.iter().enumerate() {
            let variable = Affine::variable(Variable::Parameter(u32::try_from(position).ok()?));
            let (least, greatest) = limits(parameter.element);
            let least = least.unwrap_or(i64::MIN).max(-self.limit);
            let greatest = greatest.unwrap_or(i64::MAX).min(self.limit);
            system.add(&Constraint::less_or_equal(&Affine::constant(least), &variable));
            system.add(&Constraint::less_or_equal(&variable, &Affine::constant(greatest)));
        }
        if system.implies_non_negative(value) {
            return Some(vec![Constraint::non_negative(Affine::constant(0))]);
        }
        // Without the limits, which would be among what may not hold.
        let mut system = System::new(domain);
        system.add(&Constraint::less(value, &Affine::constant(0)));
        let kept = |variable| matches!(variable, Variable::Parameter(_));
        match system.shadow(kept)? {
            Shadow::Nothing => Some(vec![Constraint::non_negative(Affine::constant(0))]),
            Shadow::Within(rows) => Some(rows.iter().flat_map(negated).collect()),
        }
    }
}

/// The inequalities of which one holds where a constraint does not.
fn negated(constraint: &Constraint) -> Vec<Constraint> {
    let zero = Affine::constant(0);
    let mut result = vec![Constraint::less(&constraint.affine, &zero)];
    if constraint.equality {
        result.push(Constraint::less(&zero, &constraint.affine));
    }
    result
}

fn stated(clause: &[Constraint], names: &dyn Fn(Variable) -> String) -> Check {
    let either = |one: &Constraint| {
        let sign = if one.equality { "==" } else { ">=" };
        format!("{} {sign} 0", one.affine.display_with(names))
    };
    let condition = match clause {
        [] => "0".to_owned(),
        clause => format!("({})", clause.iter().map(either).collect::<Vec<_>>().join(" || ")),
    };
    let meaning: Vec<String> = clause.iter().map(|one| one.display_with(names)).collect();
    Check::Holds { condition, meaning: meaning.join(" or ") }
}

/// No two arrays overlap of which one is written.
fn apart(program: &Program, names: &dyn Fn(Variable) -> String) -> Vec<Check> {
    let arrays = program.external_arrays();
    let written = |id: usize| program.statements.iter().any(|one| one.write.array == ArrayId(id));
    let bytes = |array: &Array| {
        let extents = array.extents.iter().map(|extent| {
            let extent = extent.display_with(names);
            format!(" * (unsigned __int128)(({extent}) > 0 ? ({extent}) : 0)")
        });
        format!("(unsigned __int128){}{}", array.element.bytes(), extents.collect::<String>())
    };
    let mut checks = Vec::new();
    for (first, one) in arrays.iter().enumerate() {
        for (second, other) in arrays.iter().enumerate().skip(first + 1) {
            if written(first) || written(second) {
                checks.push(Check::ApartFor {
                    first: one.name.clone(),
                    first_bytes: bytes(one),
                    second: other.name.clone(),
                    second_bytes: bytes(other),
                });
            }
        }
    }
    checks
}

/// About how many statements run: of each, the product of what its loops run at most, as far as that is a sum of
/// parameters.
fn work(program: &Program, names: &dyn Fn(Variable) -> String) -> Option<String> {
    let mut terms: Vec<String> = Vec::new();
    for statement in &program.statements {
        let term = instances(statement, names)?;
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    (!terms.is_empty()).then(|| format!("({})", terms.join(" + ")))
}

fn instances(statement: &Statement, names: &dyn Fn(Variable) -> String) -> Option<String> {
    let kept = |variable| matches!(variable, Variable::Parameter(_));
    let system = System::new(&statement.domain);
    let calls = calls(&statement.body);
    let mut product = format!("{}.0", 1 + 10 * calls);
    for depth in 0..statement.iterators.len() {
        let iterator = Affine::variable(Variable::Iterator(u32::try_from(depth).ok()?));
        let greatest = |affine: &Affine| {
            let bounds = system.upper_bounds(affine, kept)?;
            // Any bound will do for an estimate; the simplest is read most easily.
            let bound =
                bounds.into_iter().min_by_key(|one| (one.factor, one.bound.terms().len()))?;
            let text = format!("(double)({})", bound.bound.display_with(names));
            Some(if bound.factor == 1 { text } else { format!("{text} / {}.0", bound.factor) })
        };
        let trips = format!("{} + {} + 1.0", greatest(&iterator)?, greatest(&(&iterator * -1))?);
        product.push_str(&format!(" * (({trips}) > 0.0 ? ({trips}) : 0.0)"));
    }
    Some(product)
}

/// About how many statements of a program run with the values that its parameters have: what the loops around each
/// run at most, multiplied. Unknown parameters have the value `unknown`.
pub fn estimated_instances(program: &Program, unknown: i64) -> f64 {
    let mut program = program.clone();
    for parameter in &mut program.parameters {
        parameter.value = parameter.value.or(Some(unknown));
    }
    let program = program.specialize();
    let none = |_: Variable| false;
    let mut sum = 0.0;
    for statement in &program.statements {
        let system = System::new(&statement.domain);
        let greatest = |affine: &Affine| {
            let bounds = system.upper_bounds(affine, none)?;
            let values =
                bounds.iter().filter_map(|one| Some(one.bound.as_constant()? / one.factor));
            values.min()
        };
        let mut product = 1.0;
        for depth in 0..statement.iterators.len() {
            let iterator = Affine::variable(Variable::Iterator(u32::try_from(depth).unwrap_or(0)));
            let ends = greatest(&iterator).zip(greatest(&(&iterator * -1)));
            let trips = ends.map_or(unknown, |(last, first)| last.saturating_add(first) + 1);
            product *= trips.max(0) as f64;
        }
        sum += product;
    }
    sum
}

/// The calls of functions in an expression, which take longer than sums.
fn calls(body: &Expression) -> u64 {
    let mut found = 0;
    body.walk(&mut |one| found += u64::from(matches!(one, Expression::Call { .. })));
    found
}
