//! Recipes: what is known to make nests of a kind fast, as sketches with holes.
//!
//! A recipe is triggered by facts about dependences, reuse, shapes and the machine alone. It proposes; whether
//! the order is legal is decided on what comes out. The sketches of a recipe come in the order of their promise,
//! and so do the recipes.

mod columns;
mod contract;
mod factor;
mod finish;
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
    let free = site.band.clone().any(|depth| site.is_coincident(depth));
    let (first, second) = if free { (maps, times) } else { (times, maps) };
    all.extend(first);
    all.extend(second);
    all
}

/// The names of a statement's own loops and of the parameters, as `pack` takes them.
fn names_of(program: &Program, statement: StatementId) -> impl Fn(Variable) -> String + '_ {
    program.names_in(program.statement(statement))
}
