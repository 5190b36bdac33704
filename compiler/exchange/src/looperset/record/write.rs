//! One of our programs as a record.

mod schedule;

use super::super::write::to_looperset;
use crate::FormatError;
use loopwright_ir::{
    Access, BinaryOperation, Constraint, ElementType, Expression, MathFunction, Program, Schedule,
    SourceNode, Statement, UnaryOperation, Variable,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What was measured of a program, in milliseconds.
pub struct Measurements<'m> {
    pub initial: f64,
    /// Each schedule with its times, the original order first.
    pub schedules: &'m [(Schedule, Vec<f64>)],
}

/// A loop of the source, under a name that no other one has.
struct Loop {
    name: String,
    parent: Option<String>,
    children: Vec<String>,
    computations: Vec<String>,
    bounds: Option<[String; 2]>,
}

struct Writer<'p> {
    program: &'p Program,
    loops: Vec<Loop>,
    /// The unique names of the loops around each statement, outermost first.
    paths: BTreeMap<usize, Vec<String>>,
}

/// The record of a specialised program; one line when it is printed.
///
/// # Errors
/// [`FormatError::NotExpressible`] for loops whose bounds are no single affine expressions, and for statements under
/// conditions, which annotations of LOOPerSet have no words for.
pub fn write_record(
    name: &str,
    program: &Program,
    measured: &Measurements<'_>,
) -> Result<Value, FormatError> {
    let mut writer = Writer { program, loops: Vec::new(), paths: BTreeMap::new() };
    let roots = writer.walk(&program.order, None, &[]);
    for (id, statement) in program.statements.iter().enumerate() {
        writer.take_bounds(id, statement)?;
    }
    let mut computations = Map::new();
    for (id, statement) in program.statements.iter().enumerate() {
        computations.insert(statement.name.clone(), writer.computation(id, statement));
    }
    let bytes: u64 = (0..program.arrays.len())
        .filter_map(|id| {
            let id = loopwright_ir::ArrayId(id);
            program.elements(id)?.checked_mul(program.array(id).element.bytes())
        })
        .sum();
    let schedules: Vec<Value> = measured
        .schedules
        .iter()
        .map(|(schedule, times)| writer.schedule(schedule, times, &roots))
        .collect();
    let best = measured.schedules.iter().filter_map(|(schedule, times)| {
        Some((times.iter().copied().min_by(f64::total_cmp)?, schedule))
    });
    let best = best.min_by(|one, other| one.0.total_cmp(&other.0));
    let best = best.map(|(time, schedule)| {
        let text = to_looperset(program, schedule, true).map(|written| written.text);
        json!({"actual_exec_time": time, "sched_str": text.unwrap_or_default()})
    });
    Ok(json!({
        "filename": format!("{name}.c"),
        "node_name": "",
        "parameters": {},
        "program_annotation": {
            "function_name": name,
            "memory_size": format!("{:.3}", bytes as f64 / f64::from(1 << 20)),
            "iterators": writer.iterators(),
            "buffers": writer.buffers(),
            "computations": computations,
        },
        "initial_execution_time": measured.initial,
        "schedules_list": schedules,
        "exploration_trace": null,
        "search_time": null,
        "best_schedule": best,
    }))
}

impl Writer<'_> {
    /// Gives the loops names of their own; the tree of what is there, as `tree_structure` has it.
    fn walk(&mut self, nodes: &[SourceNode], parent: Option<usize>, path: &[String]) -> Vec<Value> {
        let mut trees = Vec::new();
        for node in nodes {
            match node {
                SourceNode::Statement(id) => {
                    self.paths.insert(id.0, path.to_vec());
                    let name = self.program.statement(*id).name.clone();
                    if let Some(around) = parent.and_then(|at| self.loops.get_mut(at)) {
                        around.computations.push(name);
                    }
                }
                SourceNode::Loop(inner) => {
                    let name = self.free_name(&inner.name);
                    let outer = parent.and_then(|at| self.loops.get_mut(at));
                    let parent_name = outer.map(|outer| {
                        outer.children.push(name.clone());
                        outer.name.clone()
                    });
                    self.loops.push(Loop {
                        name: name.clone(),
                        parent: parent_name,
                        children: Vec::new(),
                        computations: Vec::new(),
                        bounds: None,
                    });
                    let at = self.loops.len() - 1;
                    let inside = [path, std::slice::from_ref(&name)].concat();
                    let children = self.walk(&inner.body, Some(at), &inside);
                    let own = self.loops.get(at).map(|one| one.computations.clone());
                    trees.push(json!({
                        "loop_name": name,
                        "computations_list": own.unwrap_or_default(),
                        "child_list": children,
                    }));
                }
            }
        }
        trees
    }

    fn free_name(&self, name: &str) -> String {
        let taken = |name: &str| self.loops.iter().any(|one| one.name == name);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    fn path(&self, id: usize) -> &[String] {
        self.paths.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    fn names(&self, id: usize) -> impl Fn(Variable) -> String + '_ {
        move |variable| match variable {
            Variable::Iterator(depth) => {
                self.path(id).get(depth as usize).cloned().unwrap_or_default()
            }
            other => self.program.parameter_name(other),
        }
    }

    /// Reads the bounds of the loops around a statement out of its domain.
    fn take_bounds(&mut self, id: usize, statement: &Statement) -> Result<(), FormatError> {
        let path = self.path(id).to_vec();
        for (depth, name) in path.iter().enumerate() {
            let bounds = self.bounds_at(id, statement, depth)?;
            let Some(known) = self.loops.iter_mut().find(|one| one.name == *name) else { continue };
            match &known.bounds {
                None => known.bounds = Some(bounds),
                Some(others) if *others == bounds => {}
                Some(_) => {
                    return Err(FormatError::not_expressible(
                        format!("`{}`", statement.name),
                        "it runs in a part of its loops' iterations only",
                    ));
                }
            }
        }
        Ok(())
    }

    fn bounds_at(
        &self,
        id: usize,
        statement: &Statement,
        depth: usize,
    ) -> Result<[String; 2], FormatError> {
        let refused = |reason: &str| {
            let what = format!("the loop at depth {depth} around `{}`", statement.name);
            FormatError::not_expressible(what, reason)
        };
        let variable = Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX));
        let is_deeper = |constraint: &Constraint| {
            constraint
                .affine
                .variables()
                .any(|other| matches!(other, Variable::Iterator(inner) if inner as usize > depth))
        };
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for constraint in statement.domain.iter().filter(|one| !is_deeper(one)) {
            let coefficient = constraint.affine.coefficient(variable);
            if coefficient == 0 {
                continue;
            }
            if constraint.equality || coefficient.abs() != 1 {
                return Err(refused("its iterations are no interval of affine bounds"));
            }
            let mut rest = constraint.affine.clone();
            rest.add_term(variable, -coefficient);
            if coefficient > 0 {
                let negated = rest.terms().iter().map(|(variable, factor)| (*variable, -factor));
                let bound = loopwright_ir::Affine::from_terms(negated, -rest.constant_term());
                lower.push(bound);
            } else {
                let constant = rest.constant_term() + 1;
                upper.push(rest.with_constant(constant));
            }
        }
        lower.dedup();
        upper.dedup();
        match (lower.as_slice(), upper.as_slice()) {
            ([lower], [upper]) => {
                let names = self.names(id);
                Ok([lower, upper].map(|bound| bound.display_with(&names)))
            }
            _ => Err(refused("it has other than one lower and one upper bound")),
        }
    }

    fn iterators(&self) -> Value {
        let mut all = Map::new();
        for one in &self.loops {
            let [lower, upper] = one.bounds.clone().unwrap_or_default();
            all.insert(
                one.name.clone(),
                json!({
                    "lower_bound": lower, "upper_bound": upper, "parent_iterator": one.parent,
                    "child_iterators": one.children, "computations_list": one.computations,
                }),
            );
        }
        Value::Object(all)
    }

    fn buffers(&self) -> Value {
        let mut infos = Map::new();
        for (number, array) in self.program.arrays.iter().enumerate() {
            let extents = self.program.extents(loopwright_ir::ArrayId(number)).unwrap_or_default();
            let written = |one: &Statement| one.write.array.0 == number;
            let is_output = self.program.statements.iter().any(written);
            infos.insert(
                array.name.clone(),
                json!({
                    "buffer_id": number,
                    "buffer_dimensions": if extents.is_empty() { vec![1] } else { extents },
                    "dtype": type_name(array.element),
                    "argtype": if is_output { "a_output" } else { "a_input" },
                }),
            );
        }
        let statements = self.program.statements.iter();
        let mapping: Map<String, Value> = statements
            .map(|one| {
                let name = self.program.array(one.write.array).name.clone();
                (one.name.clone(), Value::String(name))
            })
            .collect();
        json!({"buffers_info": infos, "comp_buf_mapping": mapping})
    }

    fn computation(&self, id: usize, statement: &Statement) -> Value {
        let names = self.names(id);
        let element = self.program.array(statement.write.array).element;
        let texts = |access: &Access| -> Vec<String> {
            let subscripts = access.subscripts.iter();
            let texts: Vec<String> = subscripts.map(|one| one.display_with(&names)).collect();
            if texts.is_empty() { vec!["0".to_owned()] } else { texts }
        };
        let accesses: Vec<Value> = statement
            .reads
            .iter()
            .map(|read| {
                json!({
                    "access_is_reduction": *read == statement.write,
                    "buffer_id": read.array.0,
                    "access_str": format!("{}[{}]", self.program.array(read.array).name, texts(read).join("][")),
                    "access_matrix": self.matrix(id, read),
                })
            })
            .collect();
        json!({
            "absolute_order": id + 1,
            "iterators": self.path(id),
            "comp_is_reduction": statement.reads.contains(&statement.write),
            "write_access_relation": format!(
                "{{ {}[{}] -> {}[{}] }}",
                statement.name,
                self.path(id).join(", "),
                self.program.array(statement.write.array).name,
                texts(&statement.write).join(", "),
            ),
            "write_buffer_id": statement.write.array.0,
            "data_type": type_name(element),
            "data_type_size": element.bytes(),
            "accesses": accesses,
            "expression_representation": self.expression(id, statement, &statement.body),
            "simplified_expression_representation": statement.text,
        })
    }

    /// A row a dimension: the iterators' coefficients and the constant.
    fn matrix(&self, id: usize, access: &Access) -> Vec<Vec<i64>> {
        let depth = u32::try_from(self.path(id).len()).unwrap_or(0);
        let rows = access.subscripts.iter().map(|subscript| {
            let factors = (0..depth).map(|at| subscript.coefficient(Variable::Iterator(at)));
            factors.chain([subscript.constant_term()]).collect()
        });
        let rows: Vec<Vec<i64>> = rows.collect();
        if rows.is_empty() { vec![vec![0; depth as usize + 1]] } else { rows }
    }

    fn expression(&self, id: usize, statement: &Statement, expression: &Expression) -> Value {
        let node = |kind: &str, children: &[&Expression]| {
            let children: Vec<Value> =
                children.iter().map(|child| self.expression(id, statement, child)).collect();
            json!({"expr_type": kind, "dtype": type_name(expression.element()), "children": children})
        };
        let value = |number: Value| {
            json!({
                "expr_type": "value", "dtype": type_name(expression.element()), "children": [],
                "value": number,
            })
        };
        match expression {
            Expression::Read { position, .. } => {
                let Some(read) = statement.reads.get(*position) else { return Value::Null };
                json!({
                    "expr_type": "access", "dtype": type_name(expression.element()), "children": [],
                    "access_is_reduction": *read == statement.write,
                    "buffer_id": read.array.0,
                    "access_matrix": self.matrix(id, read),
                })
            }
            Expression::Integer { value: number, .. } => value(json!(number)),
            Expression::Float { value: number, .. } => value(json!(number)),
            Expression::Unary { operation: UnaryOperation::Negate, operand, .. } => {
                node("sub", &[operand])
            }
            Expression::Binary { operation, left, right, .. } => {
                let kind = match operation {
                    BinaryOperation::Add => "add",
                    BinaryOperation::Subtract => "sub",
                    BinaryOperation::Multiply => "mul",
                    BinaryOperation::Divide => "div",
                    _ => "other",
                };
                node(kind, &[left, right])
            }
            Expression::MultiplyAdd {
                left, right, addend, negate_product, negate_addend, ..
            } => {
                let dtype = type_name(expression.element());
                let product = node("mul", &[left, right]);
                let addend = self.expression(id, statement, addend);
                let (kind, first, second) = match (negate_product, negate_addend) {
                    (false, false) => ("add", product, addend),
                    (false, true) => ("sub", product, addend),
                    (true, false) => ("sub", addend, product),
                    (true, true) => {
                        let negative =
                            json!({"expr_type": "sub", "dtype": dtype, "children": [product]});
                        ("sub", negative, addend)
                    }
                };
                json!({"expr_type": kind, "dtype": dtype, "children": [first, second]})
            }
            Expression::Call { function, arguments, .. } => {
                let kind = match function {
                    MathFunction::SquareRoot => "sqrt",
                    MathFunction::Minimum => "min",
                    MathFunction::Maximum => "max",
                    _ => "other",
                };
                node(kind, &arguments.iter().collect::<Vec<_>>())
            }
            Expression::Cast { operand, .. } => self.expression(id, statement, operand),
            Expression::Compare { left, right, .. } => node("other", &[left, right]),
            Expression::Select { condition, then, otherwise, .. } => {
                node("other", &[condition, then, otherwise])
            }
            Expression::Index { .. } | Expression::Unary { .. } | Expression::Gather { .. } => {
                node("other", &[])
            }
        }
    }
}

fn type_name(element: ElementType) -> &'static str {
    match element {
        ElementType::I8 => "int8",
        ElementType::I16 => "int16",
        ElementType::I32 => "int32",
        ElementType::I64 => "int64",
        ElementType::U8 => "uint8",
        ElementType::U16 => "uint16",
        ElementType::U32 => "uint32",
        ElementType::U64 => "uint64",
        ElementType::F32 => "float32",
        ElementType::F64 => "float64",
    }
}
