//! isl's schedule trees as YAML: the nodes, without an understanding of the sets in them.

use crate::FormatError;
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
/// The deepest indentation, in columns: a bound on how deep nodes can be.
const DEEPEST: usize = 1000;

/// Reads a text.
pub fn parse(text: &str) -> Result<Document, FormatError> {
    let fault = |message: String| FormatError::syntax("the isl schedule tree", message);
    let indented = |line: &str| line.chars().take_while(|c| " -?:".contains(*c)).count();
    if text.len() > LARGEST || text.lines().any(|line| indented(line) > DEEPEST) {
        return Err(fault("it is too large or too deep".to_owned()));
    }
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
