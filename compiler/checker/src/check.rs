//! The judge: proves each condition, and enumerates what it cannot prove.

use crate::enumeration::enumerate;
use crate::proof::{Questions, Stop, Tree, arithmetic, bounds, copies, once, order};
use crate::structure::check_copies;
use crate::{Certificate, Evidence, Limits, Refutation};
use loopwright_ir::{LoopTree, Program};

/// Checks a loop tree against its program, knowing nothing of how it came about.
///
/// # Errors
/// The first condition that is found broken, with a witness. What the limits leave open is no error:
/// the certificate says so.
pub fn check(
    program: &Program,
    tree: &LoopTree,
    limits: &Limits,
) -> Result<Certificate, Refutation> {
    let accesses = program.statements.iter().map(|statement| 1 + statement.reads.len()).sum();
    let mut certificate = Certificate {
        statements: program.statements.len(),
        dependences: 0,
        accesses,
        copies: check_copies(program, tree)?,
        once: Evidence::Proven,
        order: Evidence::Proven,
        bounds: Evidence::Proven,
        transparent: Evidence::Proven,
        arithmetic: evidence(arithmetic::prove(program, tree))?,
    };
    match Tree::new(program, tree) {
        Ok(sets) => prove(program, &sets, limits, &mut certificate)?,
        Err(Stop::Refuted(refutation)) => return Err(*refutation),
        Err(Stop::Open(why)) => {
            for evidence in [
                &mut certificate.once,
                &mut certificate.order,
                &mut certificate.bounds,
                &mut certificate.transparent,
            ] {
                *evidence = Evidence::NotDecided { why: why.clone() };
            }
        }
    }
    let [provable @ .., _] = certificate.evidence();
    if provable.into_iter().any(|evidence| matches!(evidence, Evidence::NotDecided { .. }))
        && let Some((sizes, instances)) = enumerate(program, tree, limits.enumeration)?
    {
        for evidence in [
            &mut certificate.once,
            &mut certificate.order,
            &mut certificate.bounds,
            &mut certificate.transparent,
        ] {
            if matches!(evidence, Evidence::NotDecided { .. }) {
                *evidence = Evidence::Enumerated { sizes, instances };
            }
        }
    }
    Ok(certificate)
}

fn prove(
    program: &Program,
    tree: &Tree,
    limits: &Limits,
    certificate: &mut Certificate,
) -> Result<(), Refutation> {
    let mut questions = match Questions::new(limits, tree.assumptions.clone()) {
        Ok(questions) => questions,
        Err(why) => {
            let open = Evidence::NotDecided { why };
            certificate.once = open.clone();
            certificate.order = open.clone();
            certificate.bounds = open.clone();
            certificate.transparent = open;
            return Ok(());
        }
    };
    certificate.bounds = evidence(bounds::prove(program, tree, &mut questions))?;
    certificate.once = evidence(once::prove(program, tree, &mut questions))?;
    certificate.transparent = evidence(copies::prove(program, tree, &mut questions))?;
    let order = order::prove(program, tree, &mut questions);
    certificate.order = evidence(order.map(|count| certificate.dependences = count))?;
    Ok(())
}

fn evidence(result: Result<(), Stop>) -> Result<Evidence, Refutation> {
    match result {
        Ok(()) => Ok(Evidence::Proven),
        Err(Stop::Refuted(refutation)) => Err(*refutation),
        Err(Stop::Open(why)) => Ok(Evidence::NotDecided { why }),
    }
}
