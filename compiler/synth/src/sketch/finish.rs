//! From a finished sketch to a program and its C text, and how long one run of it may take.

use super::{Finished, Sketch, varied};
use crate::outline::Outline;
use loopwright_ir::{
    Access, Affine, Array, ArrayKind, BinaryOperation, Constraint, ElementType, Expression,
    Parameter, Program, Span, Variable,
};

impl Sketch {
    /// The finished program; the C text is a function of the given name.
    pub(crate) fn finish(mut self, name: &str) -> Finished {
        let mut bytes = 0;
        let mut declared: Vec<String> = Vec::new();
        let mut parameters = Vec::new();
        for (position, value) in (0_u32..).zip(&self.parameters) {
            let name = varied::parameter_name(position);
            declared.push(format!("int {name}"));
            parameters.push(Parameter { name, element: ElementType::I32, value: Some(*value) });
        }
        let mut arrays = Vec::new();
        let mut context: Vec<Constraint> = Vec::new();
        let names = |variable| match variable {
            Variable::Parameter(position) => varied::parameter_name(position),
            other => other.to_string(),
        };
        for (id, array) in self.arrays.iter().enumerate() {
            let sizes: Vec<i64> = array.greatest.iter().map(|greatest| greatest + 1).collect();
            bytes += sizes.iter().product::<i64>().unsigned_abs() * array.element.bytes();
            let extents: Vec<Affine> = sizes
                .iter()
                .enumerate()
                .map(|(dimension, size)| self.varied_extent(*size, id + dimension))
                .collect();
            for extent in extents.iter().skip(1) {
                // C requires the inner extents to be positive.
                let positive = extent.clone().with_constant(extent.constant_term() - 1);
                let positive = Constraint::non_negative(positive);
                if positive.affine.as_constant().is_none() && !context.contains(&positive) {
                    context.push(positive);
                }
            }
            let brackets: String =
                extents.iter().map(|extent| format!("[{}]", extent.display_with(&names))).collect();
            declared.push(format!("{} {}{brackets}", array.element.c_name(), array.name));
            arrays.push(Array {
                name: array.name.clone(),
                element: array.element,
                element_spelling: array.element.c_name().to_owned(),
                extents,
                kind: ArrayKind::Argument,
                live_outside: true,
            });
        }
        let include =
            if self.lines.iter().any(|line| line.contains("sqrt") || line.contains("fabs")) {
                "#include <math.h>\n\n"
            } else {
                ""
            };
        let source = format!(
            "{include}void {name}({})\n{{\n#pragma scop\n{}\n#pragma endscop\n}}\n",
            declared.join(", "),
            self.lines.join("\n")
        );
        let outline = Outline {
            arrays: self.arrays.iter().map(|it| (it.element, it.greatest.len())).collect(),
            parameters: self.parameters,
            items: self.outline.pop().unwrap_or_default(),
        };
        let program = Program {
            name: name.to_owned(),
            parameters,
            context,
            arrays,
            statements: self.statements,
            order: self.order.into_iter().next().unwrap_or_default(),
            span: Span::default(),
        };
        Finished {
            program,
            source,
            nanoseconds: self.nanoseconds,
            instances: self.instance_sum,
            bytes,
            outline,
        }
    }

    /// A rough time of one instance: operations at vector speed, or the latency of a chain, and
    /// the misses of what the innermost loop reads with a long stride.
    pub(super) fn instance_nanoseconds(
        &self,
        target: &Access,
        reads: &[Access],
        body: &Expression,
    ) -> f64 {
        let mut operations = 0.0;
        body.walk(&mut |expression| {
            operations += match expression {
                Expression::Call { .. } => 12.0,
                Expression::Binary { operation: BinaryOperation::Divide, .. } => 8.0,
                Expression::Binary { .. } | Expression::Select { .. } => 1.0,
                _ => 0.0,
            };
        });
        let Some(innermost) = self.depth().checked_sub(1) else {
            return operations;
        };
        let variable = Variable::Iterator(u32::try_from(innermost).unwrap_or(u32::MAX));
        let chained = !target.subscripts.iter().any(|subscript| subscript.mentions(variable));
        let arithmetic =
            (0.1 * (operations + reads.len() as f64)).max(if chained { 1.1 } else { 0.3 });
        let strided = std::iter::once(target).chain(reads).filter(|access| {
            let outer = access.subscripts.len().saturating_sub(1);
            access.subscripts.iter().take(outer).any(|subscript| subscript.mentions(variable))
        });
        arithmetic + 1.2 * strided.count() as f64
    }
}
