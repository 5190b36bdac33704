//! From the C of a region to statements with domains, accesses and bodies.
//!
//! Loops are normalised on the way down, so that everything below a loop speaks of iterators that
//! count upwards by one. A domain is kept as a list of disjoint conjunctions; a statement is written
//! out once for each, at the same place in the order.

mod affine;
mod alias;
mod arithmetic;
mod arrays;
mod assign;
mod body;
mod bounds;
mod classification;
mod condition;
mod construct;
mod gather;
mod guard;
mod leaving;
mod limits;
mod loops;
mod obligation;
mod polynomial;
mod quotient;
mod recurrence;
mod retry;
mod roles;
mod standing;
mod statement;
mod write_back;

pub(crate) use arithmetic::{common_element, promoted};
pub(crate) use obligation::{Obligation, limits};

use crate::reject::{RejectReason, Rejection};
use crate::syntax::{ExpressionKind, Place, Storage, Syntax, ValueType, Variable, VariableId};
use alias::Alias;
use condition::{Condition, Piece, cross};
use loopwright_ir::{
    Affine, ArrayId, Constraint, ElementType, Parameter, Program, SourceNode, Span, Statement,
    Variable as IrVariable,
};
use roles::{Forced, Roles};
use standing::{Standing, Standings};
use std::collections::BTreeMap;

/// A program, and what has to be checked once the parameters' values are known.
pub(crate) struct Lowered {
    pub program: Program,
    pub obligations: Vec<Obligation>,
    /// For each statement and read, whether the source makes the access at every point of the
    /// domain; other accesses are made although the source might not.
    pub unconditional: Vec<Vec<bool>>,
    /// For each statement, whether the source makes its write at every point of the domain.
    pub certain_writes: Vec<bool>,
    /// The variable behind each parameter and array.
    pub parameters: Vec<VariableId>,
    pub arrays: Vec<VariableId>,
    /// Arrays whose outermost extent has to be found from the accesses.
    pub open_arrays: Vec<ArrayId>,
    /// The variables that statements assign.
    pub written: std::collections::HashSet<VariableId>,
    /// The variables whose values before the region are taken from [`Syntax::entries`].
    pub entered: std::collections::BTreeSet<VariableId>,
}

/// The text of the main file and what a region's program is called there.
pub(crate) struct Surroundings<'a> {
    pub name: String,
    pub span: Span,
    pub text: &'a str,
    /// The region is in a loop, so that scalars may carry values from one run to the next.
    pub in_loop: bool,
    /// Whether a local variable is mentioned in the function outside the region.
    pub mentioned_outside: &'a dyn Fn(VariableId) -> bool,
    /// Whether the value that a variable has behind the region may be read.
    pub read_after: &'a dyn Fn(VariableId) -> bool,
    /// Whether multiplications and additions of the expression at a place are contracted.
    pub contracts: &'a dyn Fn(Place) -> bool,
    /// The value of a parameter, where that is known before its uses are looked at.
    pub value_of: &'a dyn Fn(VariableId) -> Option<i64>,
    /// Arrays of one dimension stay what they are.
    pub flat: bool,
}

/// Lowers a region whose syntax has been read; `pragma` is where it begins.
pub(crate) fn lower(
    syntax: &Syntax,
    surroundings: &Surroundings<'_>,
    pragma: Place,
) -> Result<Lowered, Rejection> {
    let mut forced = Forced::default();
    loop {
        let mut lowering = Lowering {
            syntax,
            surroundings,
            roles: Roles::new(syntax, &forced),
            statements: Vec::new(),
            unconditional: Vec::new(),
            certain_writes: Vec::new(),
            guards: Vec::new(),
            declared_under: BTreeMap::new(),
            obligations: Vec::new(),
            standings: Standings::default(),
            aliases: BTreeMap::new(),
            last_loops: BTreeMap::new(),
            forced: forced.clone(),
            need: None,
            splits: 0,
            ignore_signs: 0,
            fixed: BTreeMap::new(),
            entries: BTreeMap::new(),
        };
        lowering.enter();
        let result = lowering.order(pragma);
        // Some variables turn out to live in memory only when they are read.
        if lowering.forced != forced {
            forced = lowering.forced;
            continue;
        }
        return lowering.finish(result?);
    }
}

/// The region's statements in their order, as far as they are lowered.
type Order = Vec<SourceNode>;

impl Lowering<'_> {
    fn order(&mut self, pragma: Place) -> Result<Order, Rejection> {
        let scope = Scope::outermost();
        let statements = &self.syntax.statements;
        let mut order = self.with_quotients(scope.clone(), pragma, &mut |lowering, scope| {
            let mut order = Vec::new();
            for statement in statements {
                order.extend(lowering.statement(statement, scope)?);
            }
            Ok(order)
        })?;
        if self.statements.is_empty() {
            let reason =
                if self.assigns() { RejectReason::NothingRuns } else { RejectReason::Empty };
            return Err(Rejection::new(pragma, reason));
        }
        order.extend(self.write_back(&scope, pragma)?);
        Ok(order)
    }

    /// Whether the text assigns anything but loop variables.
    fn assigns(&self) -> bool {
        let mut assigns = false;
        for statement in &self.syntax.statements {
            statement.walk(&mut |_| {}, &mut |expression| {
                if let ExpressionKind::Assign { target, .. } | ExpressionKind::Step { target, .. } =
                    &expression.kind
                {
                    let variable = base_variable(&target.kind);
                    assigns |= variable
                        .is_some_and(|id| matches!(self.roles.of(id), roles::Role::Array(_)));
                }
            });
        }
        assigns
    }

    fn finish(self, order: Order) -> Result<Lowered, Rejection> {
        let mut lowering = self;
        let (syntax, surroundings) = (lowering.syntax, lowering.surroundings);
        // Sizes are no place for what loops left behind.
        lowering.standings = Standings::default();
        let mut context = Vec::new();
        let mut arrays = Vec::new();
        let mut open_arrays = Vec::new();
        for (position, id) in lowering.roles.arrays.clone().into_iter().enumerate() {
            let Some(variable) = syntax.variables.get(id) else { continue };
            let (array, open) = lowering.array(id, variable, &mut context)?;
            if open {
                open_arrays.push(ArrayId(position));
            }
            arrays.push(array);
        }
        let parameters = lowering.roles.parameters.clone();
        for (position, value) in &lowering.fixed {
            let parameter = Affine::variable(IrVariable::Parameter(*position));
            context.push(Constraint::equal(&parameter, &Affine::constant(*value)));
        }
        let program = Program {
            name: surroundings.name.clone(),
            parameters: parameters
                .iter()
                .filter_map(|id| syntax.variables.get(*id))
                .map(|variable| Parameter {
                    name: variable.name.clone(),
                    element: element_of(variable).unwrap_or(ElementType::I32),
                    value: variable.value,
                })
                .collect(),
            context: lowering.context(context),
            arrays,
            statements: lowering.statements,
            order,
            span: surroundings.span.clone(),
        };
        Ok(Lowered {
            program,
            obligations: lowering.obligations,
            unconditional: lowering.unconditional,
            certain_writes: lowering.certain_writes,
            parameters,
            arrays: lowering.roles.arrays,
            open_arrays,
            written: lowering.roles.written,
            entered: lowering.roles.entered,
        })
    }
}

/// A loop around the statement that is being lowered.
#[derive(Clone, Debug)]
struct Active {
    variable: VariableId,
    name: String,
    source_value: Affine,
}

/// The loops around a statement and the conditions under which it runs.
#[derive(Clone, Debug)]
struct Scope {
    iterators: Vec<Active>,
    /// Disjoint, and not provably empty; none at all where nothing runs.
    pieces: Vec<Piece>,
    /// The quotients that loops around stand for.
    quotients: Vec<retry::Quotient>,
}

impl Scope {
    /// Around the whole region.
    fn outermost() -> Self {
        Self { iterators: Vec::new(), pieces: vec![Vec::new()], quotients: Vec::new() }
    }

    /// Whether a loop over the variable is around.
    fn is_active(&self, variable: VariableId) -> bool {
        self.iterators.iter().any(|active| active.variable == variable)
    }

    /// The part of the scope where a condition holds.
    fn restricted(&self, condition: &Condition, place: Place) -> Result<Scope, Rejection> {
        let pieces = condition.pieces().and_then(|pieces| cross(&self.pieces, &pieces));
        match pieces {
            Ok(pieces) => Ok(Scope {
                iterators: self.iterators.clone(),
                pieces,
                quotients: self.quotients.clone(),
            }),
            Err(condition::TooManyPieces) => Err(Rejection::new(
                place,
                RejectReason::TooManyPieces { limit: condition::PIECE_LIMIT },
            )),
        }
    }
}

struct Lowering<'a> {
    syntax: &'a Syntax,
    surroundings: &'a Surroundings<'a>,
    roles: Roles,
    statements: Vec<Statement>,
    unconditional: Vec<Vec<bool>>,
    certain_writes: Vec<bool>,
    /// The conditions on data around.
    guards: Vec<guard::Guard<'a>>,
    /// How many of them were around the declarations of scalars.
    declared_under: BTreeMap<VariableId, usize>,
    obligations: Vec<Obligation>,
    /// What the loop variables hold where no loop over them runs.
    standings: Standings,
    aliases: BTreeMap<VariableId, Alias>,
    /// The header of the last loop over a variable, for messages.
    last_loops: BTreeMap<VariableId, Place>,
    /// What was found out about roles; where it is more than they were made with, the lowering begins
    /// again.
    forced: Forced,
    /// What the last failure would need of the scope.
    need: Option<retry::Need>,
    /// How often statements were split.
    splits: usize,
    /// Whether remainders are only compared with zero, so that signs do not matter.
    ignore_signs: usize,
    /// The parameters whose values have become numbers in the program.
    fixed: BTreeMap<u32, i64>,
    /// What loop variables hold before the region, where that is known.
    entries: BTreeMap<VariableId, Standing>,
}

impl<'a> Lowering<'a> {
    fn variable(&self, id: VariableId) -> Option<&'a Variable> {
        self.syntax.variables.get(id)
    }

    fn is_boolean(&self, id: VariableId) -> bool {
        let shape = self.variable(id).and_then(|variable| variable.shape.as_ref().ok());
        shape.is_some_and(|shape| shape.element == ValueType::Boolean)
    }

    fn name(&self, id: VariableId) -> String {
        self.variable(id).map(|variable| variable.name.clone()).unwrap_or_default()
    }

    fn span(&self, place: Place) -> Span {
        Span {
            file: self.syntax.files.get(place.file).cloned().unwrap_or_default(),
            line: place.line,
            column: place.column,
            start: place.start,
            end: place.end,
        }
    }

    /// The source text at a place; empty outside the main file.
    fn text(&self, place: Place) -> String {
        if place.file != 0 {
            return String::new();
        }
        self.surroundings.text.get(place.start..place.end).unwrap_or_default().to_owned()
    }

    fn is_live_outside(&self, id: VariableId, variable: &Variable) -> bool {
        match variable.storage {
            Storage::Global | Storage::Argument => true,
            _ if self.roles.stored(id).is_some() => true,
            Storage::Local if variable.inside => false,
            Storage::Local => {
                self.surroundings.in_loop || (self.surroundings.mentioned_outside)(id)
            }
        }
    }

    /// What is guaranteed of the parameters: those of unsigned types are not negative, truth values at most 1.
    fn context(&self, mut constraints: Vec<Constraint>) -> Vec<Constraint> {
        for (position, id) in self.roles.parameters.iter().enumerate() {
            let element = self.variable(*id).and_then(element_of);
            if element.is_some_and(|element| !element.is_signed_integer()) {
                let position = u32::try_from(position).unwrap_or(u32::MAX);
                let parameter = Affine::variable(IrVariable::Parameter(position));
                if self.is_boolean(*id) {
                    constraints.push(Constraint::less_or_equal(&parameter, &Affine::constant(1)));
                }
                constraints.push(Constraint::non_negative(parameter));
            }
        }
        let mut unique: Vec<Constraint> = Vec::new();
        for constraint in constraints {
            if constraint.affine.as_constant().is_none() && !unique.contains(&constraint) {
                unique.push(constraint);
            }
        }
        unique
    }
}

/// The element type of a scalar or array; `_Bool` is stored as a byte.
fn element_of(variable: &Variable) -> Option<ElementType> {
    variable.shape.as_ref().ok().and_then(|shape| number(&shape.element))
}

/// The machine type of a number.
fn number(value_type: &ValueType) -> Option<ElementType> {
    match value_type {
        ValueType::Number(element) => Some(*element),
        ValueType::Boolean => Some(ElementType::U8),
        _ => None,
    }
}

/// The variable that a chain of subscripts begins with, if it begins with one.
fn base_variable(kind: &ExpressionKind) -> Option<VariableId> {
    match kind {
        ExpressionKind::Variable(id) => Some(*id),
        ExpressionKind::Subscript { base, .. } | ExpressionKind::Convert { operand: base, .. } => {
            base_variable(&base.kind)
        }
        _ => None,
    }
}
