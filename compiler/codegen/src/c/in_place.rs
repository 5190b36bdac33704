//! Loops as they stand in the user's own function, in place of a region: on the user's names, as a person
//! would write them.

use super::loops::LoopWriter;
use super::names::Names;
use super::{FUNCTIONS, pack};
use crate::reads::with_own_arrays;
use loopwright_ir::contraction::contract;
use loopwright_ir::{
    BinaryOperation, Expression, LoopTree, MathFunction, Program, UnaryOperation, Variable,
};
use std::collections::BTreeSet;

/// How the user's function writes what the loops use.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// By the position of the program's array, of those that are no storage of ours.
    pub arrays: Vec<PlacedArray>,
    /// Names that are macros, or that the file has otherwise: what is declared beside the function is called
    /// differently.
    pub known: BTreeSet<String>,
    /// Names that mean something else than a variable wherever they stand.
    pub macros: BTreeSet<String>,
    /// What a further level of blocks begins with.
    pub step: String,
    /// Whether multiplications and additions of one expression are fused there.
    pub contracts: bool,
}

/// One array or scalar.
#[derive(Clone, Debug, Default)]
pub struct PlacedArray {
    /// What the function writes for it; `None` where the loops declare it themselves.
    pub text: Option<String>,
    /// Whether it is a matrix in one dimension.
    pub flat: bool,
}

/// The C of loops in place.
#[derive(Clone, Debug, Default)]
pub struct PlacedLoops {
    /// Not indented.
    pub loops: String,
    /// What stands in front of the function, each once.
    pub helpers: Vec<String>,
    /// The functions of `<math.h>` and `<stdlib.h>` that are called, with declarations.
    pub declarations: Vec<(String, String)>,
}

/// The name of a helper in a file that may have that name itself.
pub fn helper_name(known: &BTreeSet<String>, name: &str) -> String {
    let mut name = name.to_owned();
    while known.contains(&name) {
        name.push('_');
    }
    name
}

/// Prints loops for the user's function.
///
/// # Errors
/// Why they cannot stand there.
pub fn print_in_place(
    program: &Program,
    tree: &LoopTree,
    place: &Place,
) -> Result<PlacedLoops, String> {
    let separate = with_own_arrays(program, tree);
    let (program, tree) =
        separate.as_ref().map_or((program, tree), |(program, tree)| (program, tree));
    let mut program = program.clone();
    let mut functions = BTreeSet::new();
    for statement in &mut program.statements {
        statement.body = plain(&statement.body, place.contracts).ok_or(
            "its products and sums would be rounded differently in an expression of its own",
        )?;
        statement.body.walk(&mut |expression| {
            if let Expression::Call { function, element, .. } = expression {
                functions.insert((*function, element.bytes() == 4));
            }
        });
    }
    let names = Names::in_place(&program, tree, place);
    let mut writer = LoopWriter::new(&program, &names, true, true);
    writer.step.clone_from(&place.step);
    for (position, array) in program.external_arrays().iter().enumerate() {
        if place.arrays.get(position).is_none_or(|one| one.text.is_some()) {
            continue;
        }
        let extents: Option<String> = array
            .extents
            .iter()
            .map(|extent| Some(format!("[{}]", extent.as_constant()?.max(1))))
            .collect();
        let extents = extents.ok_or("an array of the region has no fixed size")?;
        let name = names.arrays.get(position).map_or("", String::as_str);
        writer.line(0, &format!("{} {name}{extents};", array.element.c_name()));
    }
    writer.nodes(&tree.roots, 0, false);
    let (loops, allocates, measures) = (writer.text, writer.allocates, writer.measures);
    let words = || loops.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let parameters: Vec<String> = (0..program.parameters.len())
        .map(|one| names.variable(Variable::Parameter(one as u32)))
        .collect();
    if words().any(|word| parameters.iter().any(|parameter| parameter == word)) {
        return Err("its loops are for sizes that are not known".to_owned());
    }
    if let Some(word) = words().find(|word| place.macros.contains(*word)) {
        return Err(format!("`{word}` is a macro of the file"));
    }
    let mut helpers = Vec::new();
    for (name, text) in FUNCTIONS {
        let own = names.helper(name);
        if loops.contains(&format!("{own}(")) {
            helpers.push(text.replace("NAME", &own));
        }
    }
    if allocates {
        helpers.push(pack::MEMORY_IN_PLACE.replace("NAME", &names.helper("pack_memory")));
    }
    if measures {
        return Err("its copies have no fixed size".to_owned());
    }
    Ok(PlacedLoops { loops, helpers, declarations: declarations(&functions, allocates) })
}

fn declarations(
    functions: &BTreeSet<(MathFunction, bool)>,
    allocates: bool,
) -> Vec<(String, String)> {
    let mut declarations = Vec::new();
    for (function, single) in functions {
        let (suffix, element) = if *single { ("f", "float") } else { ("", "double") };
        let name = format!("{}{suffix}", function.c_name());
        let parameters = vec![element; function.arity()].join(", ");
        declarations.push((name.clone(), format!("extern {element} {name}({parameters});")));
    }
    if allocates {
        for (name, text) in [
            ("aligned_alloc", "extern void *aligned_alloc(unsigned long, unsigned long);"),
            ("free", "extern void free(void *);"),
            ("abort", "extern void abort(void);"),
        ] {
            declarations.push((name.to_owned(), text.to_owned()));
        }
    }
    declarations
}

/// The expression with products and sums apart of which a compiler makes again what it is, by the rule of
/// [`contract`]; `None` where there is none.
fn plain(body: &Expression, contracts: bool) -> Option<Expression> {
    let apart = separated(body.clone());
    let again = if contracts { contract(apart.clone()) } else { apart.clone() };
    (again == *body).then_some(apart)
}

fn separated(expression: Expression) -> Expression {
    let expression = expression.map_operands(&mut separated);
    let Expression::MultiplyAdd { element, negate_product, negate_addend, left, right, addend } =
        expression
    else {
        return expression;
    };
    let product = Expression::Binary { operation: BinaryOperation::Multiply, element, left, right };
    let is_product = matches!(
        &*addend,
        Expression::Binary { operation: BinaryOperation::Multiply, .. } | Expression::Unary { .. }
    );
    // A product on the right is only fused where there is none on the left.
    let (operation, left, right) = match (negate_product, negate_addend) {
        (true, false) if !is_product => (BinaryOperation::Subtract, addend, Box::new(product)),
        (false, false) if !is_product => (BinaryOperation::Add, addend, Box::new(product)),
        (negated, subtracted) => {
            let product = if negated {
                let operation = UnaryOperation::Negate;
                Expression::Unary { operation, element, operand: Box::new(product) }
            } else {
                product
            };
            let operation =
                if subtracted { BinaryOperation::Subtract } else { BinaryOperation::Add };
            (operation, Box::new(product), addend)
        }
    };
    Expression::Binary { operation, element, left, right }
}

/// The definition of a helper (`apart`, `min`) under the name that it has in a file.
pub fn helper_function(known: &BTreeSet<String>, name: &str) -> String {
    let text = FUNCTIONS.iter().find(|(one, _)| *one == name).map_or("", |(_, text)| text);
    text.replace("NAME", &helper_name(known, name))
}
