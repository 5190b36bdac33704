//! Reads one region out of libclang's tree.
//!
//! Whatever is not understood becomes an `Unsupported` node with its reason, at its place, so that
//! reading never fails: the lowering decides which part of the region matters.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

mod effects;
mod entries;
mod expression;
mod follow;
mod guards;
mod inline;
mod liveness;
mod loops;
mod members;
mod nodes;
mod pointers;
mod positions;
mod rows;
mod statement;
mod variables;

use super::types::value_type;
use super::{Expression, Place, Statement, StatementKind, Syntax, ValueType, VariableId};
use crate::libclang::Cursor;
use crate::reject::{RejectReason, Rejection};
use crate::syntax::structure::structured;
use crate::values::{Known, Point, Values};
use clang_sys::*;
pub(crate) use follow::combined;
pub(crate) use guards::{assigned_once, same};
use liveness::Function;
use nodes::is_deeper;
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
    /// What stands for members of the structures of variables, by what the source spells.
    members: HashMap<(VariableId, String), VariableId>,
    /// What the function changes, once that has been asked for.
    changed: Option<HashSet<Cursor<'unit>>>,
    /// The names that the function declares, once they have been asked for.
    names: Option<HashSet<String>>,
    /// What a parameter of an inlined function stands for, innermost call last.
    bindings: Vec<(Cursor<'unit>, Expression)>,
    inlining: usize,
    /// Where the bindings of the innermost call begin.
    frame: usize,
    /// What calls in the statement at hand became: statements in front of it.
    hoisted: Vec<Statement>,
    /// How many conditions are around that decide whether the expression at hand is evaluated.
    guarded: usize,
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
            members: HashMap::new(),
            changed: None,
            names: None,
            bindings: Vec::new(),
            inlining: 0,
            frame: 0,
            hoisted: Vec::new(),
            guarded: 0,
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
                let statements: Vec<Statement> = statements.collect();
                let statements = reader.without_pointers(statements, in_loop);
                let statements = structured(statements);
                let statements = reader.separate(statements);
                reader.syntax.statements = statements;
                for cursor in cursors {
                    reader.know_mentioned(cursor, 0);
                }
                reader.enter(values);
                let mut mentioned_outside = HashSet::new();
                reader.collect_outside(function, 0, &mut mentioned_outside);
                mentioned_outside.extend(reader.members.values());
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
        // A loop that was found may be another one's body, which does not end with the semicolon; text between
        // pragmas begins with a blank.
        let text = self.text.get(start..end).unwrap_or_default();
        let bare = text.strip_suffix(';').filter(|text| text.starts_with("for"));
        let last = bare.map_or(end + 1, |text| start + text.trim_end().len());
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
                if place.start < start && place.end >= last {
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
                None if nodes::is_whole_body(current, &inside) => return Some((inside, in_loop)),
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
            let own = is_integer
                && !variable.inside
                && variable.member.is_none()
                && variable.stride_of.is_none();
            let Some(declaration) = self.known.get(id).filter(|_| own) else {
                continue;
            };
            found.insert(id, values.at(point, *declaration));
        }
        found
    }

    /// The variables that the region sets, as a whole.
    fn set_variables(&self) -> HashSet<VariableId> {
        let mut iterators = HashSet::new();
        for statement in &self.syntax.statements {
            let found = std::cell::RefCell::new(&mut iterators);
            let on_statement = &mut |inner: &Statement| {
                if let StatementKind::For(inner) = &inner.kind
                    && !inner.declares
                {
                    found.borrow_mut().extend(inner.start.iter().map(|start| start.0));
                }
            };
            statement.walk(on_statement, &mut |node| {
                if let super::ExpressionKind::Assign { target, .. }
                | super::ExpressionKind::Step { target, .. } = &node.kind
                    && let super::ExpressionKind::Variable(id) = target.kind
                {
                    found.borrow_mut().insert(id);
                }
            });
        }
        iterators
    }

    fn read_after(&self) -> HashSet<VariableId> {
        let mut iterators = self.set_variables();
        let function = Function::new(self.function, self.region);
        iterators.retain(|id| {
            if self.members.values().any(|member| member == id) {
                return true;
            }
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
