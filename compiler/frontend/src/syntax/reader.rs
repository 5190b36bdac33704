//! Reads one region out of libclang's tree.
//!
//! Whatever is not understood becomes an `Unsupported` node with its reason, at its place, so that
//! reading never fails: the lowering decides which part of the region matters.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

mod expression;
mod liveness;
mod nodes;
mod statement;

use super::types::{is_constant, shape, value_type, values_of};
use super::{
    Declared, Expression, Extent, Place, Statement, StatementKind, Storage, Syntax, ValueType,
    Variable, VariableId,
};
use crate::libclang::{Cursor, Literal};
use crate::reject::{RejectReason, Rejection};
use crate::values::{Known, Point, Values};
use clang_sys::*;
use liveness::Function;
use nodes::{changed_variables, is_deeper};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// How deep expressions and statements may nest; beyond it the recursion of every later pass would
/// be at risk.
const DEPTH_LIMIT: usize = 400;

/// What the function does around the region.
pub(crate) struct Outline {
    /// The region is inside a loop, or after a label.
    pub in_loop: bool,
    /// The variables of the region that are mentioned outside it.
    pub mentioned_outside: HashSet<VariableId>,
    /// The loop variables, declared before the region, whose value behind it may be read.
    pub read_after: HashSet<VariableId>,
    /// What is known of the integers from before the region.
    pub known: HashMap<VariableId, Known>,
}

/// Reads a region; see [`Reader::read`].
pub(crate) struct Reader<'unit> {
    function: Cursor<'unit>,
    /// The main file.
    text: &'unit str,
    /// The bytes of the main file between the pragmas.
    region: (usize, usize),
    known: Vec<Cursor<'unit>>,
    numbers: HashMap<Cursor<'unit>, VariableId>,
    /// What the function changes, once that has been asked for.
    changed: Option<HashSet<Cursor<'unit>>>,
    /// What a parameter of an inlined function stands for, innermost call last.
    bindings: Vec<(Cursor<'unit>, Expression)>,
    inlining: usize,
    syntax: Syntax,
}

impl<'unit> Reader<'unit> {
    /// The statements of `function` whose text lies between the byte offsets `region` of the main
    /// file, or the place where the pragmas cut a statement.
    pub fn read(
        function: Cursor<'unit>,
        main_file: PathBuf,
        text: &'unit str,
        region: (usize, usize),
        pragma: Place,
        values: &Values<'unit>,
    ) -> (Syntax, Result<Outline, Rejection>) {
        let mut reader = Self {
            function,
            text,
            region,
            known: Vec::new(),
            numbers: HashMap::new(),
            changed: None,
            bindings: Vec::new(),
            inlining: 0,
            syntax: Syntax { files: vec![main_file], ..Syntax::default() },
        };
        let result = match reader.find(function) {
            Some((cursors, in_loop)) => {
                let statements = cursors.iter().map(|cursor| {
                    // No question is asked of a tree that the compiler itself would answer by recursion.
                    if is_deeper(*cursor, DEPTH_LIMIT) {
                        let place = reader.place(*cursor);
                        return Self::unsupported_statement(place, RejectReason::TooDeep);
                    }
                    reader.statement(*cursor, 0)
                });
                let statements = statements.collect();
                reader.syntax.statements = statements;
                for cursor in cursors {
                    reader.know_mentioned(cursor, 0);
                }
                let mut mentioned_outside = HashSet::new();
                reader.collect_outside(function, 0, &mut mentioned_outside);
                let read_after = reader.read_after();
                let known = reader.known_at_region(values);
                Ok(Outline { in_loop, mentioned_outside, read_after, known })
            }
            None => Err(Rejection::new(pragma, RejectReason::PartialStatement)),
        };
        (reader.syntax, result)
    }

    /// The children of the innermost block around the region that lie in it; `None` when the region
    /// cuts one.
    fn find(&mut self, function: Cursor<'unit>) -> Option<(Vec<Cursor<'unit>>, bool)> {
        let (start, end) = self.region;
        let mut in_loop = false;
        let mut current = function;
        for _ in 0..DEPTH_LIMIT {
            let mut around = None;
            let mut inside = Vec::new();
            for child in current.children() {
                let place = self.place(child);
                if place.file != 0 {
                    continue;
                }
                if place.start < start && place.end > end {
                    around = Some(child);
                } else if place.start >= start && place.end <= end {
                    inside.push(child);
                } else if place.start < end && place.end > start {
                    return None;
                }
            }
            match around {
                Some(child) => {
                    in_loop |= matches!(
                        child.kind(),
                        CXCursor_ForStmt
                            | CXCursor_WhileStmt
                            | CXCursor_DoStmt
                            | CXCursor_LabelStmt
                    );
                    current = child;
                }
                None if current.kind() == CXCursor_CompoundStmt => return Some((inside, in_loop)),
                None => return None,
            }
        }
        None
    }

    /// Makes every variable that the region's text mentions known, also those whose constant value
    /// has already taken their place.
    fn know_mentioned(&mut self, cursor: Cursor<'unit>, depth: usize) {
        if depth > DEPTH_LIMIT {
            return;
        }
        if cursor.kind() == CXCursor_DeclRefExpr
            && let Some(declaration) = cursor.referenced()
            && matches!(declaration.kind(), CXCursor_VarDecl | CXCursor_ParmDecl)
        {
            self.variable(declaration);
        }
        for child in cursor.children() {
            self.know_mentioned(child, depth + 1);
        }
    }

    /// The known variables that the function mentions outside the region, beyond declaring them
    /// without a value.
    fn collect_outside(
        &mut self,
        cursor: Cursor<'unit>,
        depth: usize,
        mentioned: &mut HashSet<VariableId>,
    ) {
        if depth > 2 * DEPTH_LIMIT {
            // Nothing is known: every variable may be mentioned.
            mentioned.extend(0..self.known.len());
            return;
        }
        let place = self.place(cursor);
        if place.file == 0 && place.start >= self.region.0 && place.end <= self.region.1 {
            return;
        }
        let declaration = match cursor.kind() {
            CXCursor_DeclRefExpr => cursor.referenced(),
            CXCursor_VarDecl if cursor.initializer().is_some() => Some(cursor),
            _ => None,
        };
        if let Some(declaration) = declaration.map(Cursor::canonical)
            && let Some(id) = self.numbers.get(&declaration)
        {
            mentioned.insert(*id);
        }
        for child in cursor.children() {
            self.collect_outside(child, depth + 1, mentioned);
        }
    }

    /// What the integers that are declared before the region hold where it begins.
    fn known_at_region(&self, values: &Values<'unit>) -> HashMap<VariableId, Known> {
        let (start, end) = self.region;
        let point = Point { function: self.function, start, end };
        let mut found = HashMap::new();
        for (id, variable) in self.syntax.variables.iter().enumerate() {
            let is_integer = variable.shape.as_ref().is_ok_and(|shape| {
                shape.extents.is_empty()
                    && match shape.element {
                        ValueType::Number(element) => !element.is_float(),
                        ValueType::Boolean => true,
                        _ => false,
                    }
            });
            let Some(declaration) = self.known.get(id).filter(|_| is_integer && !variable.inside)
            else {
                continue;
            };
            found.insert(id, values.at(point, *declaration));
        }
        found
    }

    fn read_after(&self) -> HashSet<VariableId> {
        let mut iterators = HashSet::new();
        for statement in &self.syntax.statements {
            let on_statement = &mut |inner: &Statement| {
                if let StatementKind::For(inner) = &inner.kind
                    && !inner.declares
                {
                    iterators.extend(inner.start.iter().map(|start| start.0));
                }
            };
            statement.walk(on_statement, &mut |_| {});
        }
        let function = Function::new(self.function, self.region);
        iterators.retain(|id| {
            let inside = self.syntax.variables.get(*id).is_none_or(|variable| variable.inside);
            let declaration = self.known.get(*id).filter(|_| !inside);
            declaration.is_some_and(|declaration| function.reads_after(*declaration))
        });
        iterators
    }

    fn place(&mut self, cursor: Cursor<'unit>) -> Place {
        let start = cursor.start();
        let end = cursor.end();
        let file = match start.file {
            None => 0,
            Some(path) => {
                self.syntax.files.iter().position(|known| *known == path).unwrap_or_else(|| {
                    self.syntax.files.push(path);
                    self.syntax.files.len() - 1
                })
            }
        };
        let mut end = end.offset.max(start.offset);
        if file == 0 {
            end = after_macro_use(self.text, end);
        }
        Place { file, line: start.line, column: start.column, start: start.offset, end }
    }

    /// The number of a variable by its declaration, which is read on first sight.
    fn variable(&mut self, mentioned: Cursor<'unit>) -> VariableId {
        let declaration = mentioned.canonical();
        if let Some(known) = self.numbers.get(&declaration) {
            return *known;
        }
        // The place is taken before the extents are read: they may mention other variables.
        let id = self.known.len();
        self.known.push(declaration);
        self.numbers.insert(declaration, id);
        let place = self.place(declaration);
        let storage = match declaration.kind() {
            CXCursor_ParmDecl => Storage::Argument,
            _ if declaration.has_global_storage() => Storage::Global,
            _ => Storage::Local,
        };
        // A later declaration may be the one that has the size, as `extern int a[]; int a[5];`.
        let sized = declaration.definition().unwrap_or(mentioned);
        let declared = sized.type_of();
        let file_scope = storage == Storage::Global && !self.is_in_function(place);
        self.syntax.variables.push(Variable {
            name: declaration.spelling(),
            shape: shape(declared),
            type_spelling: declared.spelling(),
            storage,
            inside: storage == Storage::Local
                && place.file == 0
                && place.start >= self.region.0
                && place.end <= self.region.1,
            value: None,
            declared: Declared {
                file_scope,
                defined: storage != Storage::Global || self.has_storage_here(declaration),
                internal: declaration.is_static(),
                initialised: sized.initializer().is_some(),
                constant: is_constant(declared),
                values: values_of(declared),
            },
            place,
        });
        self.variable_extents(id, sized);
        let value = self.known_value(sized, storage);
        if let Some(variable) = self.syntax.variables.get_mut(id) {
            variable.value = value;
        }
        id
    }

    /// Whether a place lies in the function that the region is in.
    fn is_in_function(&mut self, place: Place) -> bool {
        let function = self.place(self.function);
        place.file == function.file && place.start >= function.start && place.end <= function.end
    }

    /// Whether one of the declarations of a variable at file scope makes its storage.
    fn has_storage_here(&self, declaration: Cursor<'unit>) -> bool {
        let makes = |other: Cursor<'unit>| !other.is_extern() || other.initializer().is_some();
        makes(declaration)
            || (self.function.semantic_parent().children().into_iter())
                .filter(|other| other.kind() == CXCursor_VarDecl)
                .any(|other| other.canonical() == declaration && makes(other))
    }

    /// Fills in the sizes of variable-length dimensions, which are children of the declaration,
    /// innermost dimension first.
    fn variable_extents(&mut self, id: VariableId, declaration: Cursor<'unit>) {
        let Some(Ok(shape)) = self.syntax.variables.get(id).map(|variable| &variable.shape) else {
            return;
        };
        let skip = usize::from(shape.pointer);
        let unknown = shape.extents.iter().skip(skip).any(|extent| *extent == Extent::Unknown);
        if !unknown {
            return;
        }
        let sizes = written_sizes(declaration);
        let mut sizes: Vec<_> = sizes.into_iter().map(|size| self.expression(size, 0)).collect();
        // A variable that changes may have had another value when the array was declared.
        let name = self.syntax.variables.get(id).map(|variable| variable.name.clone());
        for size in &mut sizes {
            let mut mentioned = Vec::new();
            size.walk(&mut |node| {
                if let super::ExpressionKind::Variable(inner) = node.kind {
                    mentioned.push(inner);
                }
            });
            let declarations: Vec<_> =
                mentioned.iter().filter_map(|inner| self.known.get(*inner).copied()).collect();
            if declarations.into_iter().any(|declaration| self.is_changed(declaration)) {
                let name = name.clone().unwrap_or_default();
                *size = self.unsupported(size.place, RejectReason::ArrayExtent { name });
            }
        }
        let Some(Ok(shape)) = self.syntax.variables.get_mut(id).map(|variable| &mut variable.shape)
        else {
            return;
        };
        // A size is missing where the outermost dimension is empty (`A[][m]`).
        let missing = usize::from(declaration.type_of().kind() == CXType_IncompleteArray);
        if skip + missing + sizes.len() != shape.extents.len() {
            return;
        }
        for (extent, size) in shape.extents.iter_mut().skip(skip + missing).zip(sizes) {
            if *extent == Extent::Unknown {
                *extent = match size.kind {
                    super::ExpressionKind::Integer(value) => Extent::Constant(value),
                    _ => Extent::Expression(Box::new(size)),
                };
            }
        }
    }

    /// The value of an integer that is `const`, or of a local that is initialised and never changed.
    fn known_value(&mut self, declaration: Cursor<'unit>, storage: Storage) -> Option<i64> {
        if storage == Storage::Argument {
            return None;
        }
        let initializer = declaration.initializer()?;
        let Some(Literal::Integer(value)) = initializer.evaluate() else {
            return None;
        };
        let unchanged = declaration.type_of().canonical().is_const()
            || (storage == Storage::Local && !self.is_changed(declaration));
        unchanged.then_some(value)
    }

    fn is_changed(&mut self, declaration: Cursor<'unit>) -> bool {
        let function = self.function;
        let changed = self.changed.get_or_insert_with(|| changed_variables(function));
        changed.contains(&declaration.canonical())
    }

    fn unsupported(&self, place: Place, reason: RejectReason) -> Expression {
        Expression {
            kind: super::ExpressionKind::Unsupported(reason),
            value_type: ValueType::Other(String::new()),
            place,
        }
    }

    fn unsupported_statement(place: Place, reason: RejectReason) -> Statement {
        Statement { kind: StatementKind::Unsupported(reason), place }
    }

    fn value_type(cursor: Cursor<'unit>) -> ValueType {
        value_type(cursor.type_of())
    }
}

/// The end of an expression whose last token comes out of a macro, for which libclang gives the
/// beginning of the macro's use: the byte after the use. Other ends are given back as they are.
fn after_macro_use(text: &str, end: usize) -> usize {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let at = |position: usize| bytes.get(position).copied().unwrap_or(b' ');
    let begins_word = is_word(at(end)) && !(end > 0 && is_word(at(end - 1)));
    if !begins_word {
        return end;
    }
    let mut position = end;
    while position < bytes.len() && is_word(at(position)) {
        position += 1;
    }
    let after_word = position;
    while at(position).is_ascii_whitespace() && position < bytes.len() {
        position += 1;
    }
    if at(position) != b'(' {
        return after_word;
    }
    let mut depth = 0usize;
    while position < bytes.len() {
        match at(position) {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b';' | b'{' | b'}' => return after_word,
            _ => {}
        }
        position += 1;
        if depth == 0 {
            return position;
        }
    }
    after_word
}

/// The sizes of all dimensions that a declaration writes, outermost first: its own, then those of the types
/// that it names.
fn written_sizes<'unit>(declaration: Cursor<'unit>) -> Vec<Cursor<'unit>> {
    // Of one declaration the innermost comes first.
    let own = |declaration: Cursor<'unit>| {
        let initializer = declaration.initializer();
        let children = declaration.children().into_iter().rev();
        children.filter(move |child| child.is_expression() && Some(*child) != initializer)
    };
    let mut sizes: Vec<_> = own(declaration).collect();
    let mut current = declaration.type_of();
    for _ in 0..DEPTH_LIMIT {
        current = match current.kind() {
            CXType_ConstantArray | CXType_IncompleteArray | CXType_VariableArray => {
                current.array_element()
            }
            CXType_Pointer => current.pointee(),
            _ => match current.named_by_typedef() {
                Some((declaration, underlying)) => {
                    sizes.extend(own(declaration));
                    underlying
                }
                None => break,
            },
        };
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::after_macro_use;

    #[test]
    fn ends_at_a_macro_use_move_behind_it() {
        let text = "x = VALUE(1, (2)); y = N ; z";
        assert_eq!(after_macro_use(text, 4), 17);
        assert_eq!(after_macro_use(text, 23), 24);
        assert_eq!(after_macro_use(text, 24), 24);
        assert_eq!(after_macro_use("f(((", 0), 1);
        assert_eq!(after_macro_use("", 0), 0);
    }
}
