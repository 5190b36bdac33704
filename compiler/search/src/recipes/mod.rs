//! Recipes: what is known to make nests of a kind fast, as sketches with holes.
//!
//! A recipe is triggered by facts about dependences, reuse, shapes and the machine alone. It proposes; whether
//! the order is legal is decided on what comes out. The sketches of a recipe come in the order of their promise,
//! and so do the recipes.

mod columns;
mod contract;
mod factor;
mod finish;
mod inside;
mod lag;
mod map;
mod operand;
mod rows;
mod sink;
mod sweep;
mod time;

use crate::site::Site;
use crate::sketch::Sketch;
use crate::{Draft, Machine};
use loopwright_ir::{Program, StatementId, Variable};

/// What recipes see.
pub struct Context<'a> {
    pub draft: &'a Draft,
    pub machine: &'a Machine,
}

/// All sketches for a site, the most promising first.
pub fn sketches(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let mut all = contract::propose(context, site);
    all.extend(factor::propose(context, site));
    all.extend(columns::propose(context, site));
    all.extend(sweep::propose(context, site));
    all.extend(lag::propose(context, site));
    all.extend(rows::propose(context, site));
    // Where some loop carries nothing, that is simpler than what waits along diagonals.
    let (times, maps) = (time::propose(context, site), map::propose(context, site));
    let (first, second) = if is_free(context, site) { (maps, times) } else { (times, maps) };
    all.extend(first);
    all.extend(second);
    all
}

/// Whether a loop of the band carries nothing wherever it stands in the band, so that threads may take its iterations at
/// once. One that carries nothing only because the loops around it do is no such loop.
fn is_free(context: &Context<'_>, site: &Site) -> bool {
    let start = site.band.start;
    let Some(leaf) = site.leaves.first() else { return false };
    let permutable = start..start + site.permutable;
    let names: Vec<&str> =
        leaf.path.iter().take(permutable.end).skip(start).map(|one| one.name.as_str()).collect();
    let leads = |depth: usize| {
        let Some(inner) = leaf.path.get(depth) else { return false };
        let others = names.iter().filter(|name| **name != inner.name);
        let order: Vec<&str> = [inner.name.as_str()].into_iter().chain(others.copied()).collect();
        let mut draft = context.draft.clone();
        draft.permute(&leaf.name, &order).is_some() && draft.is_coincident(inner.id)
    };
    let mut coincident = site.band.clone().filter(|depth| site.is_coincident(*depth));
    coincident.any(|depth| depth == start || !permutable.contains(&depth) || leads(depth))
}

/// The names of a statement's own loops and of the parameters, as `pack` takes them.
fn names_of(program: &Program, statement: StatementId) -> impl Fn(Variable) -> String + '_ {
    program.names_in(program.statement(statement))
}
