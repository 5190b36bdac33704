//! Regrouped: sums that are added up in storage of our own, and then to the total.
//!
//! `P'` is `P` with *regrouped* sums if it has further arrays, seen by nobody outside, and further statements; if each
//! statement `S` of `P` is one of `P'`, whose instance `S'(y)` stands for `S(g(y))` with affine `g`; and if
//!
//! - **R1** the order of `P'` is a correct tree of `P` (C1 and C2 of the crate's text), but for the dependences of sums,
//!   as below, on themselves;
//! - **R2** `S'(y)` has the body and the accesses of `S(g(y))`; but some statements `S` are *sums* `s[e] = s[e] ⊕ x`
//!   (`operator.rs`), and in place of `s[e(g(y))]` they have an element `p[h(y)]` of a new array of their own;
//! - **R3** of the other new statements one, `B`, gives each `p[h]` that `S'` or `F` accesses its first value, once and before
//!   that: one that changes no total, or `s[e]` itself where `s[e] ⊕ s[e]` is that; and one, `F`, adds it to the
//!   total, `s[e] = s[e] ⊕ p[h]`, once and after the last `S'`. Where `S'(y)` has `p[h]` in place of `s[e]`, these
//!   two mean the same `s[e]`, and nothing else accesses the new array;
//! - **R4** no other instance that accesses `s[e]` runs between the `B` and `F` of `p[h]`, and it runs before `B` if it
//!   comes before an `S(x)` that adds to `p[h]` in `P`, and behind `F` if after it.
//!
//! Between two instances that are no sums of the kind the total then takes in the same values `x` as in `P`, by R1 and
//! R4; in another grouping and order, which is the same for integers.

use super::keeping::witness;
use super::operator::{Operator, operator};
use super::scene::{Scene, Touched};
use super::{Change, malformed, order};
use crate::proof::tree::{Source, touched};
use crate::proof::{Form, Questions, Stop, Tree, once, order as dependences};
use crate::{Doubt, Limits, Refutation};
use loopwright_ir::{
    Access, Affine, BinaryOperation, CompareOperation, Expression, Program, Statement, Variable,
};

const CHANGE: Change = Change::Regrouped;

pub(super) fn prove(before: &Program, after: &Program, limits: &Limits) -> Result<(), Stop> {
    same_surroundings(before, after)?;
    let known = before.statements.len();
    let parameters = after.parameters.len();
    let (mut origins, mut sums) = (Vec::new(), Vec::new());
    for (number, (old, new)) in before.statements.iter().zip(&after.statements).enumerate() {
        let inner = iterators(old, new).ok_or(Doubt::Ambiguous)?;
        if let Some(operator) = same_work(old, new, &inner, before.arrays.len())? {
            sums.push(sum(after, known, number, operator)?);
        }
        let access = Access { array: new.write.array, subscripts: inner };
        let forms = touched(parameters, &access).ok_or_else(|| malformed(CHANGE, "iterators"))?;
        origins.push(Some((number, forms)));
    }
    origins.resize(after.statements.len(), None);
    if after.statements.len() != known + 2 * sums.len() {
        return Err(malformed(CHANGE, "there are statements that no sum needs"));
    }
    let sets = order::sets(after)?;
    let tree = order::as_tree(CHANGE, before, &sets, &origins)?;
    let mut questions = Questions::new(limits, tree.assumptions.clone())?;
    once::prove(before, &tree, &mut questions)?;
    let total = |number: usize, array: usize| {
        let is = |sum: &&Sum| sum.adding == number;
        sums.iter().find(is).is_some_and(|_| {
            before.statements.get(number).is_some_and(|one| one.write.array.0 == array)
        })
    };
    let skipped = |[one, other]: [usize; 2], array: usize, both_write: bool| {
        one == other && both_write && total(one, array)
    };
    dependences::prove_but(before, &tree, &mut questions, &skipped)?;
    for sum in &sums {
        let forms = |number: usize| origins.get(number).cloned().flatten().map(|one| one.1);
        let judge =
            Judge { before, after, old: &tree, new: &sets, sum, sums: &sums, forms: &forms };
        judge.all(&mut questions)?;
    }
    Ok(())
}

fn same_surroundings(before: &Program, after: &Program) -> Result<(), Stop> {
    let arrays = before.arrays.len();
    let same = before.parameters == after.parameters
        && before.context == after.context
        && after.arrays.get(..arrays) == Some(before.arrays.as_slice())
        && after.arrays.iter().skip(arrays).all(|array| !array.live_outside)
        && before.external_arrays().len() == after.external_arrays().len()
        && after.statements.len() >= before.statements.len();
    if same { Ok(()) } else { Err(malformed(CHANGE, "something other than statements differs")) }
}

/// The iterators of a statement over those of another one in which some are cut into several: of two loops of one
/// name, both have the same value of the source's variable. A guess, which what follows proves.
fn iterators(old: &Statement, new: &Statement) -> Option<Vec<Affine>> {
    let mut result: Vec<Affine> = Vec::new();
    for (own, depth) in old.iterators.iter().zip(0_u32..) {
        let mut named = new.iterators.iter().filter(|one| one.name == own.name);
        let (Some(found), None) = (named.next(), named.next()) else { return None };
        let variable = Variable::Iterator(depth);
        let factor = own.source_value.coefficient(variable);
        let rest = &own.source_value - &(&Affine::variable(variable) * factor);
        let mut unknown = false;
        let rest = rest.substitute(|variable| match variable {
            Variable::Iterator(at) => result.get(at as usize).cloned().unwrap_or_else(|| {
                unknown = true;
                Affine::default()
            }),
            other => Affine::variable(other),
        });
        let value = &found.source_value - &rest;
        let divides = |number: i64| number.checked_rem(factor) == Some(0);
        let all = value.terms().iter().all(|(_, number)| divides(*number));
        if unknown || factor == 0 || !all || !divides(value.constant_term()) {
            return None;
        }
        let terms = value.terms().iter().map(|(variable, number)| (*variable, number / factor));
        result.push(Affine::from_terms(terms, value.constant_term() / factor));
    }
    Some(result)
}

/// R2; the operator if the statement is one of the sums.
fn same_work(
    old: &Statement,
    new: &Statement,
    inner: &[Affine],
    arrays: usize,
) -> Result<Option<Operator>, Stop> {
    let moved = |affine: &Affine| {
        affine.substitute(|variable| match variable {
            Variable::Iterator(at) => inner.get(at as usize).cloned().unwrap_or_default(),
            other => Affine::variable(other),
        })
    };
    let same = |old: &Access, new: &Access| {
        old.array == new.array
            && old.subscripts.iter().map(moved).eq(new.subscripts.iter().cloned())
    };
    let wrong = || malformed(CHANGE, format!("{} does something else", old.name));
    if moved_body(old.body.clone(), &moved) != new.body || old.reads.len() != new.reads.len() {
        return Err(wrong());
    }
    if new.write.array.0 < arrays {
        let all = same(&old.write, &new.write)
            && old.reads.iter().zip(&new.reads).all(|(old, new)| same(old, new));
        return if all { Ok(None) } else { Err(wrong()) };
    }
    // Just the reads of the total are of the new array, where the total is read.
    let all = old.reads.iter().zip(&new.reads).all(|(read, other)| {
        if *read == old.write { *other == new.write } else { same(read, other) }
    });
    let is_total = |position: usize| old.reads.get(position) == Some(&old.write);
    let found = operator(&canonical(old), &is_total).filter(|_| all);
    found.map(Some).ok_or_else(wrong)
}

fn moved_body(body: Expression, moved: &dyn Fn(&Affine) -> Affine) -> Expression {
    match body {
        Expression::Index { value, element } => Expression::Index { value: moved(&value), element },
        other => other.map_operands(&mut |operand| moved_body(operand, moved)),
    }
}

/// The body with equal reads under one number.
fn canonical(statement: &Statement) -> Expression {
    fn first(statement: &Statement, body: Expression) -> Expression {
        match body {
            Expression::Read { position, element } => {
                let access = statement.reads.get(position);
                let first = statement.reads.iter().position(|read| Some(read) == access);
                Expression::Read { position: first.unwrap_or(position), element }
            }
            other => other.map_operands(&mut |operand| first(statement, operand)),
        }
    }
    first(statement, statement.body.clone())
}

/// A sum with the statements around it, by number.
struct Sum {
    adding: usize,
    beginning: usize,
    finishing: usize,
}

/// Finds the statements that begin and finish a sum.
fn sum(after: &Program, known: usize, adding: usize, operator: Operator) -> Result<Sum, Stop> {
    let missing = |what: &str| malformed(CHANGE, format!("a sum is not {what}"));
    let storage = after.statements.get(adding).map(|one| one.write.array);
    let new = || after.statements.iter().enumerate().skip(known);
    let begins = |one: &Statement| {
        let reads = (&one.body, one.reads.len());
        let copies =
            operator.is_idempotent() && matches!(reads, (Expression::Read { position: 0, .. }, 1));
        let element = after.arrays.get(one.write.array.0).map(|array| array.element);
        let same_type = element == Some(one.body.element());
        Some(one.write.array) == storage && same_type && (operator.is_neutral(&one.body) || copies)
    };
    let finishes = |one: &Statement| {
        let [total, partial] = one.reads.as_slice() else { return false };
        *total == one.write
            && Some(partial.array) == storage
            && total.array != partial.array
            && combines(operator, &one.body)
    };
    let (beginning, _) = new().find(|(_, one)| begins(one)).ok_or_else(|| missing("begun"))?;
    let (finishing, _) = new().find(|(_, one)| finishes(one)).ok_or_else(|| missing("finished"))?;
    let alone = after.statements.iter().enumerate().all(|(number, one)| {
        [adding, beginning, finishing].contains(&number)
            || one.reads.iter().chain([&one.write]).all(|access| Some(access.array) != storage)
    });
    if alone { Ok(Sum { adding, beginning, finishing }) } else { Err(missing("by itself")) }
}

/// Whether a body is `total ⊕ partial`, which are the reads 0 and 1.
fn combines(operator: Operator, body: &Expression) -> bool {
    let read = |one: &Expression, wanted: usize| matches!(one, Expression::Read { position, .. } if *position == wanted);
    let both = |left: &Expression, right: &Expression| {
        read(left, 0) && read(right, 1) || read(left, 1) && read(right, 0)
    };
    match (operator, body) {
        (
            Operator::Sum,
            Expression::Binary { operation: BinaryOperation::Add, left, right, .. },
        )
        | (
            Operator::Product,
            Expression::Binary { operation: BinaryOperation::Multiply, left, right, .. },
        ) => both(left, right),
        (Operator::Extreme(own), Expression::Call { function, arguments, .. }) => {
            matches!(arguments.as_slice(), [left, right] if own == *function && both(left, right))
        }
        (
            Operator::Least | Operator::Greatest,
            Expression::Select { condition, then, otherwise, .. },
        ) => {
            let orders = matches!(&**condition, Expression::Compare { operation, left, right, .. }
                if both(left, right)
                    && !matches!(operation, CompareOperation::Equal | CompareOperation::NotEqual));
            let is_total = |position: usize| position == 0;
            orders
                && both(then, otherwise)
                && super::operator::operator(body, &is_total) == Some(operator)
        }
        _ => false,
    }
}

struct Judge<'a> {
    before: &'a Program,
    after: &'a Program,
    /// The sets of both programs.
    old: &'a Tree,
    new: &'a Tree,
    sum: &'a Sum,
    sums: &'a [Sum],
    /// The old iterators of a statement over its new ones.
    forms: &'a dyn Fn(usize) -> Option<Vec<Form>>,
}

impl<'a> Judge<'a> {
    fn statement(&self, number: usize) -> Result<(&'a Statement, &'a Source), Stop> {
        let found = self.after.statements.get(number).zip(self.new.sources.get(number));
        found.ok_or_else(|| malformed(CHANGE, "a statement"))
    }

    fn touched(&self, access: &Access) -> Result<Touched, Stop> {
        let forms = touched(self.new.parameters, access);
        let subscripts = forms.ok_or_else(|| malformed(CHANGE, "an access"))?;
        Ok(Touched { array: access.array.0, subscripts })
    }

    fn name(&self, array: usize) -> String {
        self.after.arrays.get(array).map_or_else(String::new, |array| array.name.clone())
    }

    /// What the sum adds to in the old program, over its new iterators.
    fn total(&self) -> Result<Touched, Stop> {
        let old = self.before.statements.get(self.sum.adding);
        let inner = (self.forms)(self.sum.adding);
        let (Some(old), Some(inner)) = (old, inner) else {
            return Err(malformed(CHANGE, "a statement"));
        };
        let forms = touched(self.new.parameters, &old.write).unwrap_or_default();
        let moved = forms.iter().map(|form| form.composed(self.new.parameters, &inner));
        let subscripts = moved.collect::<Result<_, _>>()?;
        Ok(Touched { array: old.write.array.0, subscripts })
    }

    fn all(&self, questions: &mut Questions) -> Result<(), Stop> {
        let sum = self.sum;
        self.each_has_one(sum.adding, sum.beginning, true, questions)?;
        self.each_has_one(sum.finishing, sum.beginning, true, questions)?;
        self.each_has_one(sum.adding, sum.finishing, false, questions)?;
        self.same_total(questions)?;
        for (number, statement) in self.after.statements.iter().enumerate() {
            if [sum.beginning, sum.finishing].contains(&number) {
                continue;
            }
            for access in statement.reads.iter().chain([&statement.write]) {
                self.apart(number, access, questions)?;
            }
        }
        Ok(())
    }

    /// The partial sum that a statement accesses.
    fn partial(&self, number: usize) -> Result<Touched, Stop> {
        let (statement, _) = self.statement(number)?;
        match statement.reads.get(1) {
            Some(partial) if number == self.sum.finishing => self.touched(partial),
            _ => self.touched(&statement.write),
        }
    }

    /// Each instance of one statement has exactly one of another one, before or after it, for its partial sum.
    fn each_has_one(
        &self,
        one: usize,
        other: usize,
        before: bool,
        questions: &mut Questions,
    ) -> Result<(), Stop> {
        let ((_, own), (_, second)) = (self.statement(one)?, self.statement(other)?);
        let (element, written) = (self.partial(one)?, self.partial(other)?);
        let alone = Scene::new(self.new.parameters).with(own);
        let pair = alone.with(second);
        let rows = pair.same((0, &element), (1, &written))?.unwrap_or_default();
        let order = if before { pair.before(1, 0)? } else { pair.before(0, 1)? };
        let pieces = pair.and(&rows).pieces(&order);
        if let Some(point) = questions.escapes(alone.width, &alone.rows, &pieces)? {
            let array = self.name(element.array);
            if before || one >= self.before.statements.len() {
                return Err(Refutation::NotFilled { array }.into());
            }
            let instance = witness(self.after, self.new, one, &point);
            return Err(Refutation::OtherResult { instance, array }.into());
        }
        let twice = Scene::new(self.new.parameters).with(second).with(second);
        let rows = twice.same((0, &written), (1, &written))?.unwrap_or_default();
        for way in twice.before(0, 1)? {
            let meeting = twice.and(&rows).and(&way);
            if questions.point(meeting.width, &[], &meeting.rows)?.is_some() {
                return Err(malformed(CHANGE, "a partial sum has two ends"));
            }
        }
        Ok(())
    }

    /// What a partial sum is finished into, and begun with, is the total of what is added to it.
    fn same_total(&self, questions: &mut Questions) -> Result<(), Stop> {
        let (finish, finishing) = self.statement(self.sum.finishing)?;
        let partial = self.partial(self.sum.finishing)?;
        let written = self.touched(&finish.write)?;
        let (begin, _) = self.statement(self.sum.beginning)?;
        let mut others = vec![(self.sum.adding, self.total()?)];
        if let [read] = begin.reads.as_slice() {
            others.push((self.sum.beginning, self.touched(read)?));
        }
        for (number, total) in others {
            let (_, source) = self.statement(number)?;
            let pair = Scene::new(self.new.parameters).with(source).with(finishing);
            let rows = pair.same((0, &self.partial(number)?), (1, &partial))?;
            for way in pair.differ((0, &total), (1, &written))? {
                let pair = pair.and(&rows.clone().unwrap_or_default()).and(&way);
                if let Some(point) = questions.point(pair.width, &[], &pair.rows)? {
                    let instance = witness(self.after, self.new, number, &point);
                    let array = self.name(total.array);
                    return Err(Refutation::OtherResult { instance, array }.into());
                }
            }
        }
        Ok(())
    }

    /// R4 for one access of another statement.
    fn apart(&self, number: usize, access: &Access, questions: &mut Questions) -> Result<(), Stop> {
        let (finish, finishing) = self.statement(self.sum.finishing)?;
        let (_, beginning) = self.statement(self.sum.beginning)?;
        let (_, adding) = self.statement(self.sum.adding)?;
        let (_, other) = self.statement(number)?;
        if access.array != finish.write.array {
            return Ok(());
        }
        let element = self.touched(access)?;
        let wrong = |point: &[i64]| -> Stop {
            let instance = witness(self.after, self.new, number, point);
            Refutation::OtherValue { instance, array: self.name(access.array.0) }.into()
        };
        // Members: the other one, the beginning, the finishing.
        let (begun, partial) =
            (self.partial(self.sum.beginning)?, self.partial(self.sum.finishing)?);
        let three = Scene::new(self.new.parameters).with(other).with(beginning).with(finishing);
        let same = three.same((1, &begun), (2, &partial))?.unwrap_or_default();
        let written = self.touched(&finish.write)?;
        let meets = three.same((0, &element), (2, &written))?.unwrap_or_default();
        let three = three.and(&same).and(&meets);
        for way in Scene::both(&three.before(1, 0)?, &three.before(0, 2)?) {
            let between = three.and(&way);
            if let Some(point) = questions.point(between.width, &[], &between.rows)? {
                return Err(wrong(&point));
            }
        }
        if self.sums.iter().any(|one| [one.beginning, one.finishing].contains(&number)) {
            // Another sum into the same total is one that takes in its values at another time.
            let meeting = Scene::new(self.new.parameters).with(other).with(finishing);
            let rows = meeting.same((0, &element), (1, &written))?.unwrap_or_default();
            let meeting = meeting.and(&rows);
            let met = questions.point(meeting.width, &[], &meeting.rows)?;
            return if met.is_some() { Err(Doubt::Ambiguous.into()) } else { Ok(()) };
        }
        // Members: the other one, the adding one, the beginning or the finishing one.
        let added = self.partial(self.sum.adding)?;
        let total = self.total()?;
        for (end, source, first) in
            [(self.sum.beginning, beginning, true), (self.sum.finishing, finishing, false)]
        {
            let scene = Scene::new(self.new.parameters).with(other).with(adding).with(source);
            let ended = self.partial(end)?;
            let same = scene.same((1, &added), (2, &ended))?.unwrap_or_default();
            let meets = scene.same((0, &element), (1, &total))?.unwrap_or_default();
            let scene = scene.and(&same).and(&meets);
            let old = self.before_in_old(&scene, [number, self.sum.adding], first)?;
            let new = if first { scene.before(2, 0)? } else { scene.before(0, 2)? };
            for way in Scene::both(&old, &new) {
                let whole = scene.and(&way);
                if let Some(point) = questions.point(whole.width, &[], &whole.rows)? {
                    return Err(wrong(&point));
                }
            }
        }
        Ok(())
    }

    /// The ways in which, of the first two members of a scene, the first comes before the second in the old
    /// program, or else the second before the first.
    fn before_in_old(
        &self,
        scene: &Scene<'_>,
        numbers: [usize; 2],
        first: bool,
    ) -> Result<Vec<Vec<loopwright_isl::ConstraintRow>>, Stop> {
        let [Some(one), Some(other)] = numbers.map(|number| self.old.sources.get(number)) else {
            return Err(malformed(CHANGE, "a statement"));
        };
        let [Some(left), Some(right)] = numbers.map(|number| (self.forms)(number)) else {
            return Err(malformed(CHANGE, "a statement"));
        };
        let forms = |member: usize, forms: &[Form]| -> Vec<Form> {
            forms.iter().map(|form| scene.form(member, form)).collect()
        };
        let (left, right) = (forms(0, &left), forms(1, &right));
        let pairs = one.loops.iter().zip(&other.loops);
        let common = pairs.take_while(|(left, right)| left == right).count();
        let (mut ways, mut equal) = (Vec::new(), Vec::new());
        for (left, right) in left.iter().zip(&right).take(common) {
            let mut rows = equal.clone();
            rows.push(if first { right.above(left)? } else { left.above(right)? });
            ways.push(rows);
            equal.push(right.equals(left)?);
        }
        if (one.position < other.position) == first {
            ways.push(equal);
        }
        Ok(ways)
    }
}
