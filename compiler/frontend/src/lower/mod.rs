//! From the C of a region to statements with domains, accesses and bodies.
//!
//! Loops are normalised on the way down, so that everything below a loop speaks of iterators that
//! count upwards by one. A domain is kept as a list of disjoint conjunctions; a statement is written
//! out once for each, at the same place in the order.

mod affine;
mod alias;
mod arithmetic;
mod body;
mod bounds;
mod condition;
mod construct;
mod loops;
mod obligation;
mod roles;
mod standing;
mod statement;
mod write_back;

pub(crate) use obligation::{Obligation, limits};

use crate::reject::{RejectReason, Rejection};
use crate::syntax::{
    ExpressionKind, Extent, Place, Shape, Storage, Syntax, ValueType, Variable, VariableId,
};
use alias::Alias;
use condition::{Condition, Piece, cross};
use loopwright_ir::{
    Affine, Array, ArrayId, ArrayKind, Constraint, ElementType, Parameter, Program, SourceNode,
    Span, Statement, Variable as IrVariable,
};
use roles::{Forced, Roles};
use standing::Standings;
use std::collections::BTreeMap;

/// A program, and what has to be checked once the parameters' values are known.
pub(crate) struct Lowered {
    pub program: Program,
    pub obligations: Vec<Obligation>,
    /// For each statement and read, whether the source makes the access at every point of the
    /// domain; other accesses are made although the source might not.
    pub unconditional: Vec<Vec<bool>>,
    /// The variable behind each parameter and array.
    pub parameters: Vec<VariableId>,
    pub arrays: Vec<VariableId>,
    /// Arrays whose outermost extent has to be found from the accesses.
    pub open_arrays: Vec<ArrayId>,
    /// The variables that statements assign.
    pub written: std::collections::HashSet<VariableId>,
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
            obligations: Vec::new(),
            standings: Standings::default(),
            aliases: BTreeMap::new(),
            last_loops: BTreeMap::new(),
            forced: forced.clone(),
        };
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
        let scope = Scope { iterators: Vec::new(), pieces: vec![Vec::new()] };
        let mut order = Vec::new();
        for statement in &self.syntax.statements {
            order.extend(self.statement(statement, &scope)?);
        }
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
            parameters,
            arrays: lowering.roles.arrays,
            open_arrays,
            written: lowering.roles.written,
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
}

impl Scope {
    /// Whether a loop over the variable is around.
    fn is_active(&self, variable: VariableId) -> bool {
        self.iterators.iter().any(|active| active.variable == variable)
    }

    /// The part of the scope where a condition holds.
    fn restricted(&self, condition: &Condition, place: Place) -> Result<Scope, Rejection> {
        let pieces = condition.pieces().and_then(|pieces| cross(&self.pieces, &pieces));
        match pieces {
            Ok(pieces) => Ok(Scope { iterators: self.iterators.clone(), pieces }),
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
    obligations: Vec<Obligation>,
    /// What the loop variables hold where no loop over them runs.
    standings: Standings,
    aliases: BTreeMap<VariableId, Alias>,
    /// The header of the last loop over a variable, for messages.
    last_loops: BTreeMap<VariableId, Place>,
    /// What was found out about roles; where it is more than they were made with, the lowering begins
    /// again.
    forced: Forced,
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

    /// The array behind a variable, and whether its outermost extent is still to be found.
    fn array(
        &mut self,
        id: VariableId,
        variable: &Variable,
        context: &mut Vec<Constraint>,
    ) -> Result<(Array, bool), Rejection> {
        let shape = match &variable.shape {
            Ok(shape) => shape,
            Err(reason) => return Err(Rejection::new(variable.place, reason.clone())),
        };
        let scope = Scope { iterators: Vec::new(), pieces: vec![Vec::new()] };
        let mut extents = Vec::new();
        let mut open = false;
        for (dimension, extent) in shape.extents.iter().enumerate() {
            extents.push(match extent {
                Extent::Constant(value) => Affine::constant(*value),
                Extent::Expression(size) => {
                    let value =
                        self.affine(size, &scope, affine::Purpose::Bound).map_err(|_| {
                            Rejection::new(
                                variable.place,
                                RejectReason::ArrayExtent { name: variable.name.clone() },
                            )
                        })?;
                    if value.variables().any(|part| matches!(part, IrVariable::Iterator(_))) {
                        return Err(Rejection::new(
                            variable.place,
                            RejectReason::ArrayExtent { name: variable.name.clone() },
                        ));
                    }
                    // C requires the sizes that a declaration evaluates to be positive. The outermost
                    // one of a function's parameter is not evaluated.
                    if dimension > 0 || variable.storage != Storage::Argument {
                        let positive = value.clone().with_constant(value.constant_term() - 1);
                        context.push(Constraint::non_negative(positive));
                    }
                    value
                }
                Extent::Unknown if dimension == 0 => {
                    open = true;
                    Affine::constant(0)
                }
                Extent::Unknown => {
                    return Err(Rejection::new(
                        variable.place,
                        RejectReason::ArrayExtent { name: variable.name.clone() },
                    ));
                }
            });
        }
        let array = Array {
            name: self.unique_name(id, variable),
            element: element_of(variable).unwrap_or(ElementType::F64),
            element_spelling: shape.element_spelling.clone(),
            extents,
            kind: kind_of(variable, shape),
            live_outside: self.is_live_outside(id, variable),
        };
        Ok((array, open))
    }

    /// The variable's name, with a number where another array or parameter has it already.
    fn unique_name(&self, id: VariableId, variable: &Variable) -> String {
        let taken = |name: &str| self.syntax.variables.iter().any(|other| other.name == name);
        if self.roles.stored(id).is_some() {
            // Its loops have the variable's own name.
            let plain = format!("{}_value", variable.name);
            let numbered = (2..).map(|number| format!("{plain}_{number}"));
            let mut names = std::iter::once(plain.clone()).chain(numbered);
            return names.find(|name| !taken(name)).unwrap_or(plain);
        }
        let earlier = |other: &&VariableId| {
            self.variable(**other).is_some_and(|other| other.name == variable.name)
        };
        let same =
            self.roles.arrays.iter().take_while(|other| **other != id).filter(earlier).count()
                + self.roles.parameters.iter().filter(earlier).count();
        if same == 0 {
            return variable.name.clone();
        }
        let mut number = same + 1;
        loop {
            let name = format!("{}_{number}", variable.name);
            if !taken(&name) {
                return name;
            }
            number += 1;
        }
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

/// A scalar that is passed by value overlaps nothing, as if it were `restrict`.
fn kind_of(variable: &Variable, shape: &Shape) -> ArrayKind {
    match variable.storage {
        // A pointer may point anywhere, whoever holds it.
        Storage::Global | Storage::Local if shape.pointer => ArrayKind::Argument,
        Storage::Global => ArrayKind::Global,
        Storage::Local => ArrayKind::Local,
        Storage::Argument if shape.restrict || shape.extents.is_empty() => {
            ArrayKind::RestrictArgument
        }
        Storage::Argument => ArrayKind::Argument,
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
