//! Variables: their types, sizes and values.

use super::super::types::{is_constant, shape, values_of};
use super::super::{Declared, ExpressionKind, Extent, Shape, Storage, Variable, VariableId};
use super::nodes::changed_variables;
use super::{DEPTH_LIMIT, Reader};
use crate::libclang::{Cursor, Literal};
use crate::reject::RejectReason;
use crate::syntax::Place;
use clang_sys::*;
use loopwright_ir::ElementType;

impl<'unit> Reader<'unit> {
    /// The number of a variable by its declaration, which is read on first sight.
    pub(super) fn variable(&mut self, mentioned: Cursor<'unit>) -> VariableId {
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
            member: None,
            stride_of: None,
            place,
        });
        self.variable_extents(id, sized);
        self.stride(id, sized);
        let value = self.known_value(sized, storage);
        if let Some(variable) = self.syntax.variables.get_mut(id) {
            variable.value = value;
        }
        id
    }

    /// Gives a matrix that is a pointer to pointers a parameter for how far apart its rows lie.
    pub(super) fn stride(&mut self, id: VariableId, declaration: Cursor<'unit>) {
        let Some(variable) = self.syntax.variables.get_mut(id) else { return };
        if !variable.shape.as_ref().is_ok_and(|shape| shape.rows) {
            return;
        }
        let (place, name) = (variable.place, format!("{}_ld", variable.name));
        if variable.storage == Storage::Global {
            let spelling = variable.type_spelling.clone();
            variable.shape = Err(RejectReason::PointerToPointer { spelling });
            return;
        }
        let name = self.unused_name(&name);
        let long = Shape::integer(ElementType::I64, "long");
        let stride = self.fresh(declaration, &name, Ok(long), place);
        if let Some(made) = self.syntax.variables.get_mut(stride) {
            made.storage = Storage::Argument;
            made.inside = false;
            made.stride_of = Some(id);
        }
        let size = super::positions::variable(stride, place);
        if let Some(Ok(shape)) = self.syntax.variables.get_mut(id).map(|one| &mut one.shape)
            && let Some(extent) = shape.extents.get_mut(1)
        {
            *extent = Extent::Expression(Box::new(size));
        }
    }

    /// A name that the region's text does not have.
    pub(super) fn unused_name(&self, wanted: &str) -> String {
        let (start, end) = self.region;
        let text = self.text.get(start..end).unwrap_or_default();
        let mut name = wanted.to_owned();
        while text.contains(&name) || self.syntax.variables.iter().any(|one| one.name == name) {
            name.push('_');
        }
        name
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
    pub(super) fn variable_extents(&mut self, id: VariableId, declaration: Cursor<'unit>) {
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
                if let ExpressionKind::Variable(inner) = node.kind {
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
        let written = shape.extents.len() - usize::from(shape.record.is_some());
        if skip + missing + sizes.len() != written {
            return;
        }
        for (extent, size) in shape.extents.iter_mut().skip(skip + missing).zip(sizes) {
            if *extent == Extent::Unknown {
                *extent = match size.kind {
                    ExpressionKind::Integer(value) => Extent::Constant(value),
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
