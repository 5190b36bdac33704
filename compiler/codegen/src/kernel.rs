//! What is compiled, and under which names and for which machine.

use crate::llvm::QUICK_PIPELINE;
use crate::target::Target;
use loopwright_ir::{
    Affine, ArrayId, Bound, Expression, LoopTree, LoopTreeNode, Program, Variable,
};

/// A scheduled program, and what to run when the facts it was compiled under do not hold.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<'a> {
    /// Usually specialised: the parameters' values stand in place of the parameters.
    pub program: &'a Program,
    /// The scheduled loops of `program`.
    pub tree: &'a LoopTree,
    /// The program before specialisation with its original order. It has the same arrays and
    /// parameters; it is compiled without any assumption about overlap. Without a fallback the
    /// typed function checks nothing and its caller promises what would have been checked.
    pub fallback: Option<(&'a Program, &'a LoopTree)>,
}

/// The names of the generated functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolNames {
    /// The function that takes arrays of pointers and of parameters; none is emitted for `None`.
    pub entry: Option<String>,
    /// The typed function; none is emitted for `None`.
    pub typed: Option<String>,
}

impl SymbolNames {
    /// `loopwright_entry` and `loopwright_<program>`.
    pub fn both(program: &Program) -> Self {
        Self { entry: Some(ENTRY.to_owned()), typed: Some(typed_name(program)) }
    }

    /// Only `loopwright_entry`, which a candidate of a search needs.
    pub fn entry_only() -> Self {
        Self { entry: Some(ENTRY.to_owned()), typed: None }
    }

    /// Only the typed function.
    pub fn typed_only(program: &Program) -> Self {
        Self { entry: None, typed: Some(typed_name(program)) }
    }
}

/// The default name of the function with the untyped calling convention.
pub const ENTRY: &str = "loopwright_entry";

/// The default name of the function with the typed calling convention: never [`ENTRY`].
pub fn typed_name(program: &Program) -> String {
    let name = format!("loopwright_{}", program.name);
    // A function `entry` has one underscore more, and so have those that then could have the same name.
    match name.strip_prefix(ENTRY) {
        Some(rest) if rest.chars().all(|letter| letter == '_') => format!("{name}_"),
        _ => name,
    }
}

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    pub target: Target,
    pub names: SymbolNames,
    /// LLVM's textual pass pipeline.
    pub pipeline: String,
    /// Run LLVM's verifier before the passes.
    pub verify: bool,
    /// Let floating-point operations be regrouped, fused and approximated: sums are made in several parts
    /// side by side, and functions in vector loops are computed by libmvec. Results differ in their last
    /// bits. Infinities and NaN are honoured.
    pub fast_math: bool,
    /// Make the neighbours along a row in registers wherever that is possible, not only where it pays: for tests.
    pub any_neighbours: bool,
}

impl Options {
    /// The default pipeline and strict arithmetic, without the verifier.
    pub fn new(target: Target, names: SymbolNames) -> Self {
        let pipeline = DEFAULT_PIPELINE.to_owned();
        Self {
            target,
            names,
            pipeline,
            verify: cfg!(test),
            fast_math: false,
            any_neighbours: false,
        }
    }
}

/// The passes that are run unless the options say otherwise. They are those of `default<O3>` that
/// change this crate's code, which has no calls to inline and is written in registers and vectors
/// already: the same speed in every kernel that was measured, for half of the time to compile.
///
/// `instcombine` must not verify its fixed point, which would end the process where it stops early.
pub const DEFAULT_PIPELINE: &str = concat!(
    "function(sroa<modify-cfg>,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,loop-mssa(licm),",
    "loop(loop-idiom,indvars,loop-unroll-full),early-cse<memssa>,gvn,dse,",
    "loop-vectorize,slp-vectorizer,instcombine<no-verify-fixpoint>,simplifycfg,",
    "loop-unroll<O3>,loop-mssa(licm)),globaldce"
);

/// From this many loops around one another on, what LLVM does with loops takes seconds to minutes: its expressions
/// for their variables grow with every loop around. Two levels of tiles of three loops, with their copies, have nine
/// to eleven.
const DEEP: usize = 13;

/// The passes for a loop tree: those of the options, unless they are the usual ones and the loops too deep for them.
pub(crate) fn pipeline<'o>(options: &'o Options, tree: &LoopTree) -> &'o str {
    if options.pipeline == DEFAULT_PIPELINE && depth(&tree.roots) >= DEEP {
        return QUICK_PIPELINE;
    }
    &options.pipeline
}

fn depth(nodes: &[LoopTreeNode]) -> usize {
    let inside = |node: &LoopTreeNode| {
        let own = usize::from(matches!(node, LoopTreeNode::For(_)));
        own + node.bodies().into_iter().map(depth).max().unwrap_or(0)
    };
    nodes.iter().map(inside).max().unwrap_or(0)
}

/// The parameters for which the kernel was specialised, with their values: those with a value that
/// neither the program nor the loops mention any more.
pub(crate) fn specialized_parameters(kernel: &Kernel<'_>) -> Vec<(usize, i64)> {
    let mut mentioned = vec![false; kernel.program.parameters.len()];
    let mut see = |affine: &Affine| {
        for variable in affine.variables() {
            if let Variable::Parameter(position) = variable
                && let Some(slot) = mentioned.get_mut(position as usize)
            {
                *slot = true;
            }
        }
    };
    for array in &kernel.program.arrays {
        array.extents.iter().for_each(&mut see);
    }
    for statement in &kernel.program.statements {
        for access in std::iter::once(&statement.write).chain(&statement.reads) {
            access.subscripts.iter().for_each(&mut see);
        }
        statement.domain.iter().for_each(|constraint| see(&constraint.affine));
        statement.body.walk(&mut |expression| {
            if let Expression::Index { value, .. } = expression {
                see(value);
            }
        });
    }
    visit_tree(&kernel.tree.roots, &mut see);
    kernel
        .program
        .parameters
        .iter()
        .enumerate()
        .filter_map(|(position, parameter)| Some((position, parameter.value?)))
        .filter(|(position, _)| !mentioned[*position])
        .collect()
}

fn visit_tree(nodes: &[LoopTreeNode], see: &mut dyn FnMut(&Affine)) {
    for node in nodes {
        match node {
            LoopTreeNode::For(inner) => {
                let bounds: [&Bound; 2] = [&inner.lower, &inner.upper];
                for bound in bounds {
                    bound.visit_affine(see);
                }
                visit_tree(&inner.body, see);
            }
            LoopTreeNode::If { conditions, body, otherwise } => {
                conditions.iter().for_each(|condition| see(&condition.affine));
                visit_tree(body, see);
                visit_tree(otherwise, see);
            }
            LoopTreeNode::Pack(pack) => {
                pack.origin.iter().chain(&pack.extents).for_each(&mut *see);
                visit_tree(&pack.body, see);
            }
            LoopTreeNode::Statement(instance) => instance.iterators.iter().for_each(&mut *see),
        }
    }
}

/// The arrays that some node of the tree packs.
pub(crate) fn packed_arrays(tree: &LoopTree) -> Vec<ArrayId> {
    fn collect(nodes: &[LoopTreeNode], packed: &mut Vec<ArrayId>) {
        for node in nodes {
            if let LoopTreeNode::Pack(pack) = node
                && !packed.contains(&pack.array)
            {
                packed.push(pack.array);
            }
            node.bodies().into_iter().for_each(|body| collect(body, packed));
        }
    }
    let mut packed = Vec::new();
    collect(&tree.roots, &mut packed);
    packed
}

/// Which arrays a statement of the program writes.
pub(crate) fn written_arrays(program: &Program) -> Vec<bool> {
    let mut written = vec![false; program.arrays.len()];
    for statement in &program.statements {
        if let Some(slot) = written.get_mut(statement.write.array.0) {
            *slot = true;
        }
    }
    written
}

/// The pairs of distinct arrays of which at least one is written: they must not overlap.
pub(crate) fn conflicting_pairs(program: &Program) -> Vec<(ArrayId, ArrayId)> {
    let written = written_arrays(program);
    let mut pairs = Vec::new();
    for first in 0..written.len() {
        for second in first + 1..written.len() {
            if written[first] || written[second] {
                pairs.push((ArrayId(first), ArrayId(second)));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use loopwright_ir::{For, LoopId, Mark};

    fn nest(depth: u32) -> LoopTree {
        let bound = |value| Bound::Quotient { affine: Affine::constant(value), divisor: 1 };
        let around = |body, id| {
            vec![LoopTreeNode::For(For {
                id: LoopId(id),
                name: format!("i{id}"),
                lower: bound(0),
                upper: bound(1),
                mark: Mark::Sequential,
                body,
            })]
        };
        LoopTree { roots: (0..depth).fold(Vec::new(), around) }
    }

    #[test]
    fn only_the_usual_passes_are_left_out_and_only_for_deep_nests() {
        let target = crate::host_target();
        let usual = Options::new(target.clone(), SymbolNames::entry_only());
        assert_eq!(pipeline(&usual, &nest(12)), DEFAULT_PIPELINE);
        assert_eq!(pipeline(&usual, &nest(13)), QUICK_PIPELINE);
        let own = Options { pipeline: "function(licm)".to_owned(), ..usual };
        assert_eq!(pipeline(&own, &nest(40)), "function(licm)");
    }
}
