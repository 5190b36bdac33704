//! What each variable of a region is: a parameter, an array, a loop variable, or a name for an
//! affine value.

use super::base_variable;
use crate::syntax::{
    Expression, ExpressionKind, Extent, Statement, StatementKind, Storage, Syntax, ValueType,
    Variable, VariableId,
};
use loopwright_ir::ArrayId;
use std::collections::{BTreeMap, BTreeSet, HashSet};

#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    /// Not mentioned, or of a type that no use of it can have.
    None,
    /// An integer that the region does not change.
    Parameter(u32),
    /// An array, or a scalar as an array without dimensions.
    Array(ArrayId),
    Iterator,
    /// An integer declared in the region whose only value is computed from iterators and
    /// parameters: it stands for the value that this expression has at the declaration.
    Alias,
}

/// What only the lowering finds out about roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Forced {
    /// Loop variables that are scalars in memory, too: their value from before the region is read, or
    /// the one that the region leaves.
    pub stored: BTreeSet<VariableId>,
    /// Would-be aliases whose value reads memory.
    pub scalars: BTreeSet<VariableId>,
    /// Arrays of one dimension that are matrices in rows, by how far apart the rows of each dimension are.
    pub shapes: BTreeMap<VariableId, Vec<super::polynomial::Stride>>,
    /// Arrays that are none, because something in the region does not fit.
    pub flat: BTreeSet<VariableId>,
    /// Loop variables of which the region needs what they are before it.
    pub entered: BTreeSet<VariableId>,
}

/// The roles of all variables, and the order of parameters and arrays: globals, arguments, locals,
/// each in the order of declaration.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    roles: Vec<Role>,
    pub parameters: Vec<VariableId>,
    pub arrays: Vec<VariableId>,
    /// The scalars of the loop variables that have one.
    stored: BTreeMap<VariableId, ArrayId>,
    /// The variables that statements assign.
    pub written: HashSet<VariableId>,
    /// Those, and the arrays of which statements assign elements.
    pub changed: HashSet<VariableId>,
    /// Integers that statements assign and that subscripts, bounds or conditions mention: what they hold is followed
    /// through the region, as it is for loop variables.
    tracked: HashSet<VariableId>,
    /// The variables that subscripts, bounds and conditions mention, or the values of those do.
    index: HashSet<VariableId>,
    /// Those of which the region needs what they are before it, where that is a known expression.
    pub entered: BTreeSet<VariableId>,
    /// The same where it is a parameter.
    pub entry_parameters: BTreeMap<VariableId, u32>,
}

/// What the region does with its variables.
#[derive(Default)]
struct Uses<'a> {
    mentioned: HashSet<VariableId>,
    iterators: HashSet<VariableId>,
    written: HashSet<VariableId>,
    /// Written, or arrays of which elements are.
    changed: HashSet<VariableId>,
    initialized: Vec<(VariableId, &'a Expression)>,
    /// Mentioned in the conditions of `if`s and loops.
    decide: HashSet<VariableId>,
    /// What is assigned to each variable; `None` for what it steps by.
    assigned: Vec<(VariableId, Option<&'a Expression>)>,
    /// Mentioned in subscripts and bounds.
    index: HashSet<VariableId>,
}

impl Roles {
    pub fn new(syntax: &Syntax, forced: &Forced) -> Self {
        let mut uses = Uses::of(syntax);
        let tracked = uses.tracked(syntax, forced);
        uses.iterators.extend(&tracked);
        let (entered, from_outside) = uses.entered(syntax, forced);
        let uses = uses;
        let mut roles = vec![Role::None; syntax.variables.len()];
        let mut parameters = Vec::new();
        let mut arrays = Vec::new();
        for (id, variable) in syntax.variables.iter().enumerate() {
            if uses.iterators.contains(&id) {
                set(&mut roles, id, Role::Iterator);
                if forced.stored.contains(&id) {
                    arrays.push(id);
                }
                if from_outside.contains(&id) {
                    parameters.push(id);
                }
            } else if !uses.mentioned.contains(&id) {
                continue;
            } else if (is_integer_scalar(variable)
                || (is_truth_value(variable) && uses.decide.contains(&id) && !variable.inside))
                && !uses.written.contains(&id)
            {
                if !variable.inside {
                    parameters.push(id);
                } else if uses.initialized.iter().filter(|entry| entry.0 == id).count() != 1 {
                    arrays.push(id);
                }
            } else if variable.shape.is_ok() {
                arrays.push(id);
            }
        }
        let order = |ids: &mut Vec<VariableId>| {
            ids.sort_by_key(|id| {
                syntax.variables.get(*id).map(|variable| (variable.storage, variable.place.start))
            });
        };
        order(&mut parameters);
        let mut entry_parameters = BTreeMap::new();
        for (position, id) in parameters.iter().enumerate() {
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            if from_outside.contains(id) {
                entry_parameters.insert(*id, position);
            } else {
                set(&mut roles, *id, Role::Parameter(position));
            }
        }
        // Declarations in textual order, so that an alias may stand for an earlier one's.
        for &(id, value) in &uses.initialized {
            let Some(variable) = syntax.variables.get(id) else { continue };
            if uses.iterators.contains(&id) {
                continue;
            }
            let single = uses.initialized.iter().filter(|entry| entry.0 == id).count() == 1;
            let candidate = single
                && is_integer_scalar(variable)
                && !uses.written.contains(&id)
                && !forced.scalars.contains(&id);
            if candidate && is_pure(value, &roles) {
                set(&mut roles, id, Role::Alias);
            } else if uses.mentioned.contains(&id) && !arrays.contains(&id) {
                arrays.push(id);
            }
        }
        order(&mut arrays);
        let mut stored = BTreeMap::new();
        for (position, id) in arrays.iter().enumerate() {
            if uses.iterators.contains(id) {
                stored.insert(*id, ArrayId(position));
            } else {
                set(&mut roles, *id, Role::Array(ArrayId(position)));
            }
        }
        let mut written = uses.written;
        written.extend(uses.initialized.iter().map(|entry| entry.0));
        // Of loop variables only the last value matters, which is written at the region's end.
        written.retain(|id| !uses.iterators.contains(id));
        let (index, changed) = (uses.index, uses.changed);
        Self {
            roles,
            parameters,
            arrays,
            stored,
            written,
            changed,
            tracked,
            index,
            entered,
            entry_parameters,
        }
    }

    pub fn of(&self, id: VariableId) -> Role {
        self.roles.get(id).copied().unwrap_or(Role::None)
    }

    /// Whether what an integer holds is followed through the region, though no loop counts it.
    pub fn is_tracked(&self, id: VariableId) -> bool {
        self.tracked.contains(&id)
    }

    /// Whether subscripts, bounds or conditions depend on a variable.
    pub fn is_index(&self, id: VariableId) -> bool {
        self.index.contains(&id)
    }

    /// The scalar that a loop variable is outside of the region.
    pub fn stored(&self, id: VariableId) -> Option<ArrayId> {
        self.stored.get(&id).copied()
    }
}

fn set(roles: &mut [Role], id: VariableId, role: Role) {
    if let Some(slot) = roles.get_mut(id) {
        *slot = role;
    }
}

fn is_integer_scalar(variable: &Variable) -> bool {
    variable.shape.as_ref().is_ok_and(|shape| {
        shape.extents.is_empty()
            && matches!(shape.element, ValueType::Number(element) if !element.is_float())
    })
}

fn is_truth_value(variable: &Variable) -> bool {
    variable
        .shape
        .as_ref()
        .is_ok_and(|shape| shape.extents.is_empty() && shape.element == ValueType::Boolean)
}

/// Whether an expression is computed from iterators, parameters and constants alone.
fn is_pure(expression: &Expression, roles: &[Role]) -> bool {
    let mut pure = true;
    expression.walk(&mut |node| {
        pure &= match &node.kind {
            ExpressionKind::Integer(_)
            | ExpressionKind::Unary { .. }
            | ExpressionKind::Binary { .. }
            | ExpressionKind::Conditional { .. }
            | ExpressionKind::Inlined(_)
            | ExpressionKind::Convert { .. } => {
                matches!(&node.value_type, ValueType::Number(element) if !element.is_float())
            }
            ExpressionKind::Variable(id) => {
                matches!(roles.get(*id), Some(Role::Parameter(_) | Role::Iterator | Role::Alias))
            }
            _ => false,
        };
    });
    pure
}

/// Adds all variables that an expression mentions.
fn all_mentioned(expression: &Expression, variables: &mut HashSet<VariableId>) {
    expression.walk(&mut |node| {
        if let ExpressionKind::Variable(id) = node.kind {
            variables.insert(id);
        }
    });
}

/// Adds the variables that an expression mentions outside of subscripts.
fn mentioned_in(expression: &Expression, variables: &mut HashSet<VariableId>) {
    match expression.kind {
        ExpressionKind::Subscript { .. } => {}
        ExpressionKind::Variable(id) => {
            variables.insert(id);
        }
        _ => {
            for operand in expression.operands() {
                mentioned_in(operand, variables);
            }
        }
    }
}

impl<'a> Uses<'a> {
    fn of(syntax: &'a Syntax) -> Self {
        let mut uses = Self::default();
        let mut loop_steps: HashSet<*const Expression> = HashSet::new();
        let mut expressions = Vec::new();
        for statement in &syntax.statements {
            statement.walk(
                &mut |inner: &'a Statement| match &inner.kind {
                    StatementKind::If { condition, .. }
                    | StatementKind::LeaveIf { condition, .. } => {
                        mentioned_in(condition, &mut uses.decide);
                        mentioned_in(condition, &mut uses.index);
                    }
                    StatementKind::For(inner) => {
                        mentioned_in(&inner.condition, &mut uses.decide);
                        all_mentioned(&inner.condition, &mut uses.index);
                        if let Some((_, start)) = &inner.start {
                            all_mentioned(start, &mut uses.index);
                        }
                        uses.iterators.extend(inner.start.iter().map(|start| start.0));
                        loop_steps.insert(&raw const inner.step);
                    }
                    StatementKind::Declare(declared) => {
                        for (id, value) in declared {
                            uses.mentioned.insert(*id);
                            uses.initialized.extend(value.as_ref().map(|value| (*id, value)));
                        }
                    }
                    _ => {}
                },
                &mut |expression: &'a Expression| expressions.push(expression),
            );
        }
        for expression in expressions {
            if let ExpressionKind::Subscript { index, .. } = &expression.kind {
                all_mentioned(index, &mut uses.index);
            }
            match &expression.kind {
                ExpressionKind::Variable(id) => {
                    uses.mentioned.insert(*id);
                }
                ExpressionKind::Assign { target, .. } | ExpressionKind::Step { target, .. } => {
                    uses.changed.extend(base_variable(&target.kind));
                    if let ExpressionKind::Variable(id) = target.kind
                        && !loop_steps.contains(&(&raw const *expression))
                    {
                        uses.written.insert(id);
                        uses.assigned.push((
                            id,
                            match &expression.kind {
                                ExpressionKind::Assign { value, .. } => Some(value),
                                _ => None,
                            },
                        ));
                    }
                }
                _ => {}
            }
        }
        uses.mention_extents(syntax);
        uses.close_index();
        uses
    }

    /// What the values of variables in subscripts and bounds mention is in them, too.
    fn close_index(&mut self) {
        loop {
            let mut more = self.index.clone();
            let values = self.initialized.iter().map(|(id, value)| (*id, Some(*value)));
            for (id, value) in values.chain(self.assigned.iter().copied()) {
                if let (true, Some(value)) = (self.index.contains(&id), value) {
                    mentioned_in(value, &mut more);
                }
            }
            if more.len() == self.index.len() {
                return;
            }
            self.index = more;
        }
    }

    /// The integers that are assigned, mentioned in subscripts, bounds or conditions, and made of nothing but
    /// loop variables, parameters and each other.
    fn tracked(&self, syntax: &Syntax, forced: &Forced) -> HashSet<VariableId> {
        let is_integer = |id: &VariableId| syntax.variables.get(*id).is_some_and(is_integer_scalar);
        let mut tracked: HashSet<VariableId> = self
            .written
            .iter()
            .copied()
            .filter(|id| {
                is_integer(id)
                    && self.index.contains(id)
                    && !self.iterators.contains(id)
                    && !forced.scalars.contains(id)
            })
            .collect();
        loop {
            let mut roles = vec![Role::None; syntax.variables.len()];
            for id in 0..syntax.variables.len() {
                let integer = is_integer(&id) && !forced.scalars.contains(&id);
                if integer
                    && (!self.written.contains(&id)
                        || tracked.contains(&id)
                        || self.iterators.contains(&id))
                {
                    set(&mut roles, id, Role::Iterator);
                }
            }
            let values = self.initialized.iter().map(|(id, value)| (*id, Some(*value)));
            let impure: HashSet<VariableId> = values
                .chain(self.assigned.iter().copied())
                .filter(|(_, value)| value.is_some_and(|value| !is_pure(value, &roles)))
                .map(|(id, _)| id)
                .collect();
            let before = tracked.len();
            tracked.retain(|id| !impure.contains(id));
            if tracked.len() == before {
                return tracked;
            }
        }
    }

    /// The variables of which the region may need what they are before it: those for which that is a known expression,
    /// whose parts are mentioned then, and those for which it is what they are handed over with.
    fn entered(
        &mut self,
        syntax: &Syntax,
        forced: &Forced,
    ) -> (BTreeSet<VariableId>, BTreeSet<VariableId>) {
        let (mut entered, mut from_outside) = (BTreeSet::new(), BTreeSet::new());
        for id in forced.entered.iter().copied() {
            let Some(variable) = syntax.variables.get(id) else { continue };
            if variable.inside || variable.member.is_some() || !is_integer_scalar(variable) {
                continue;
            }
            match syntax.entries.get(&id) {
                Some(value) => {
                    all_mentioned(value, &mut self.mentioned);
                    entered.insert(id);
                }
                // What the region leaves is another value.
                None if variable.storage != Storage::Global && !forced.stored.contains(&id) => {
                    from_outside.insert(id);
                }
                None => {}
            }
        }
        (entered, from_outside)
    }

    /// Adds the variables in the sizes of the arrays that are mentioned.
    fn mention_extents(&mut self, syntax: &Syntax) {
        let mut pending: Vec<VariableId> = self.mentioned.iter().copied().collect();
        while let Some(id) = pending.pop() {
            let Some(Ok(shape)) = syntax.variables.get(id).map(|variable| &variable.shape) else {
                continue;
            };
            for extent in &shape.extents {
                if let Extent::Expression(size) = extent {
                    size.walk(&mut |node| {
                        if let ExpressionKind::Variable(inner) = node.kind
                            && self.mentioned.insert(inner)
                        {
                            pending.push(inner);
                        }
                    });
                }
            }
        }
    }
}
