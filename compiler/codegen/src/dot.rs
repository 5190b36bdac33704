//! A loop tree as a picture in Graphviz's language.

use loopwright_ir::{LoopTree, LoopTreeNode, Mark, Program, Variable};
use std::fmt::Write as _;

/// The loops, conditions and statements as a tree, from top to bottom.
pub fn print_dot(program: &Program, tree: &LoopTree) -> String {
    let names = tree.names(program);
    let mut picture = Picture { program, names: &names, text: String::new(), next: 0 };
    picture.text.push_str("digraph loops {\n  node [shape=box, fontname=\"monospace\"];\n");
    let root = picture.node(&program.name, "ellipse");
    picture.children(&tree.roots, root);
    picture.text.push_str("}\n");
    picture.text
}

struct Picture<'a> {
    program: &'a Program,
    names: &'a dyn Fn(Variable) -> String,
    text: String,
    next: u32,
}

impl Picture<'_> {
    fn node(&mut self, label: &str, shape: &str) -> u32 {
        let id = self.next;
        self.next += 1;
        let label = label.replace('\\', "\\\\").replace('"', "\\\"");
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "  n{id} [label=\"{label}\", shape={shape}];");
        id
    }

    fn children(&mut self, nodes: &[LoopTreeNode], parent: u32) {
        for node in nodes {
            let (label, shape) = match node {
                LoopTreeNode::For(inner) => {
                    let mark = match inner.mark {
                        Mark::Sequential => String::new(),
                        Mark::Parallel => " parallel".to_owned(),
                        Mark::Pipelined => " pipelined".to_owned(),
                        Mark::Doacross => " doacross".to_owned(),
                        Mark::Vector { width, unroll } => format!(" vector {width} x {unroll}"),
                        Mark::UnrollJam { factor } => format!(" jam {factor}"),
                        Mark::Unroll { factor } => format!(" unroll {factor}"),
                    };
                    (format!("for {}{mark}", inner.name), "box")
                }
                LoopTreeNode::If { conditions, .. } => {
                    let conditions: Vec<_> = conditions
                        .iter()
                        .map(|condition| condition.display_with(self.names))
                        .collect();
                    (format!("if {}", conditions.join(" and ")), "diamond")
                }
                LoopTreeNode::Pack(pack) => {
                    let array = self.program.arrays.get(pack.array.0);
                    let name = array.map_or("?", |array| array.name.as_str());
                    (format!("copy of {name}"), "folder")
                }
                LoopTreeNode::Statement(instance) => {
                    let name = self
                        .program
                        .statements
                        .get(instance.statement.0)
                        .map_or_else(|| instance.statement.to_string(), |found| found.name.clone());
                    (if instance.streamed { format!("{name} streamed") } else { name }, "ellipse")
                }
            };
            let id = self.node(&label, shape);
            let _ = writeln!(self.text, "  n{parent} -> n{id};");
            node.bodies().into_iter().for_each(|body| self.children(body, id));
        }
    }
}
