//! isl's schedule trees as YAML: the nodes, without an understanding of the sets in them.

use crate::FormatError;
use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::yaml::Hash;
use yaml_rust2::{Yaml, YamlLoader};

/// A node and what is below it.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Band { schedule: String, child: Box<Tree> },
    Sequence(Vec<Tree>),
    Set(Vec<Tree>),
    Filter { filter: String, child: Box<Tree> },
    Mark { text: String, child: Box<Tree> },
    Leaf,
}

/// A whole tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub domain: String,
    pub child: Tree,
    /// What was read and is not used.
    pub warnings: Vec<String>,
}

/// The largest text, in bytes.
const LARGEST: usize = 1 << 22;
/// The deepest that lists and mappings may be nested.
const DEEPEST: usize = 1000;

/// Reads a text.
pub fn parse(text: &str) -> Result<Document, FormatError> {
    let fault = |message: String| FormatError::syntax("the isl schedule tree", message);
    if text.len() > LARGEST {
        return Err(fault(format!("it has more than {} MiB", LARGEST >> 20)));
    }
    bounded(text)?;
    let documents = YamlLoader::load_from_str(text).map_err(|error| fault(error.to_string()))?;
    let root = match documents.as_slice() {
        [Yaml::Hash(root)] => root,
        _ => return Err(fault("it is not one YAML mapping that begins with `domain`".to_owned())),
    };
    let mut warnings = Vec::new();
    let Some(domain) = field(root, "domain") else {
        return Err(fault("the outermost node must be a `domain`".to_owned()));
    };
    let domain = string(domain, "domain")?;
    let child = child(root, &mut warnings)?;
    Ok(Document { domain, child, warnings })
}

/// Goes through a text without building anything of it: aliases would make it as large as they like, and
/// nesting would use up the stack.
fn bounded(text: &str) -> Result<(), FormatError> {
    let mut parser = Parser::new_from_str(text);
    let mut depth: usize = 0;
    loop {
        let wrong = |line: usize, message: &str| {
            FormatError::syntax(format!("the isl schedule tree, line {line}"), message)
        };
        let (event, marker) = parser
            .next_token()
            .map_err(|error| FormatError::syntax("the isl schedule tree", error.to_string()))?;
        match event {
            Event::Alias(_) => {
                return Err(wrong(
                    marker.line(),
                    "aliases (`*name`) are not read; isl writes none: repeat what they stand for",
                ));
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(wrong(marker.line(), "nodes are nested too deeply"));
                }
            }
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::StreamEnd => return Ok(()),
            _ => {}
        }
    }
}

fn field<'a>(node: &'a Hash, key: &str) -> Option<&'a Yaml> {
    node.iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
}

fn string(value: &Yaml, key: &str) -> Result<String, FormatError> {
    value.as_str().map(str::to_owned).ok_or_else(|| {
        FormatError::syntax(format!("the key `{key}` of the isl tree"), "a text is expected")
    })
}

fn child(node: &Hash, warnings: &mut Vec<String>) -> Result<Tree, FormatError> {
    match field(node, "child") {
        None | Some(Yaml::Null) => Ok(Tree::Leaf),
        Some(Yaml::Hash(child)) if child.is_empty() => Ok(Tree::Leaf),
        Some(Yaml::Hash(child)) => tree(child, warnings),
        Some(_) => {
            Err(FormatError::syntax("the key `child` of the isl tree", "a node is expected"))
        }
    }
}

fn tree(node: &Hash, warnings: &mut Vec<String>) -> Result<Tree, FormatError> {
    for (key, value) in node {
        let key = key.as_str().unwrap_or_default();
        match key {
            "child" | "permutable" | "coincident" => {}
            "schedule" => {
                let options = field(node, "options").and_then(Yaml::as_str).unwrap_or_default();
                if !matches!(options.trim(), "" | "{ }" | "{}") {
                    warnings.push(format!("the options `{options}` of a band are not used"));
                }
                let (schedule, child) = (string(value, key)?, Box::new(child(node, warnings)?));
                return Ok(Tree::Band { schedule, child });
            }
            "options" => {}
            "filter" => {
                let (filter, child) = (string(value, key)?, Box::new(child(node, warnings)?));
                return Ok(Tree::Filter { filter, child });
            }
            "mark" => {
                let (text, child) = (string(value, key)?, Box::new(child(node, warnings)?));
                return Ok(Tree::Mark { text, child });
            }
            "sequence" | "set" => {
                let children = children(value, key, warnings)?;
                return Ok(match key {
                    "set" => Tree::Set(children),
                    _ => Tree::Sequence(children),
                });
            }
            "context" | "guard" => {
                warnings.push(format!("a {key} node is not used; give parameters values instead"));
                return child(node, warnings);
            }
            "leaf" => return Ok(Tree::Leaf),
            "extension" | "expansion" | "contraction" | "domain" => {
                return Err(FormatError::not_expressible(
                    format!("a node `{key}` of an isl tree"),
                    "only bands, sequences, sets, filters and marks order the instances of the \
                     program itself",
                ));
            }
            other => {
                return Err(FormatError::syntax(
                    "the isl schedule tree",
                    format!("there is no key `{other}` in a node"),
                ));
            }
        }
    }
    Ok(Tree::Leaf)
}

fn children(value: &Yaml, key: &str, warnings: &mut Vec<String>) -> Result<Vec<Tree>, FormatError> {
    let place = format!("the key `{key}` of the isl tree");
    let Yaml::Array(list) = value else {
        return Err(FormatError::syntax(place, "a list of filters is expected"));
    };
    list.iter()
        .map(|element| match element {
            Yaml::Hash(node) => match tree(node, warnings)? {
                filter @ Tree::Filter { .. } => Ok(filter),
                _ => Err(FormatError::syntax(&place, "each element must be a filter")),
            },
            _ => Err(FormatError::syntax(&place, "each element must be a filter")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text).expect_err("a text to be refused").to_string()
    }

    #[test]
    fn aliases_are_refused_before_they_are_followed() {
        // Nine levels of nine aliases each would be 400 million nodes.
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..=9 {
            let list = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{list}]\n"));
        }
        text.push_str("domain: *a9\n");
        let message = fault(&text);
        assert!(message.contains("line 2: aliases"), "{message}");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = |depth: usize| {
            let lines = (0..depth).map(|level| format!("{}child:\n", " ".repeat(level)));
            format!("domain: \"{{ S1[i] }}\"\n{}", lines.collect::<String>())
        };
        assert!(parse(&deep(900)).is_ok());
        let message = fault(&deep(1100));
        assert!(message.contains("nested too deeply"), "{message}");
        fault(&format!("domain: {}", "[".repeat(100_000)));
        fault(&"- ".repeat(100_000));
        fault(&"? ".repeat(100_000));
    }
}
