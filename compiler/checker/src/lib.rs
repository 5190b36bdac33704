//! An independent judge of loop trees, and an interpreter whose values show every lost, doubled or
//! misordered instance.
//!
//! [`check`] takes a program and a loop tree, nothing else, and says whether the loops do what the
//! program says. [`run_original`] and [`run_loops`] run both on values that remember how they came
//! about, so that their results can be compared.
//!
//! # Definitions
//!
//! *Points.* Let `p` be the parameters of the program, which satisfy its context. All variables are
//! integers.
//!
//! *Instances.* A statement `S` with the iterators `x` has one instance `S(x)` for each `x` in its
//! domain `D_S(p)`. `S(x) ≺ T(y)` says that the source runs `S(x)` before `T(y)`: with `c` loops
//! around both, either `x_k = y_k` for all `k < l` and `x_l < y_l` for some `l < c`, or `x_k = y_k`
//! for all `k < c` and `S` stands before `T` in the text.
//!
//! *Accesses.* `S(x)` reads and writes elements `A[f(x)]` with affine `f`. Two instances *conflict* if
//! they access one element and at least one writes it. A *dependence* is a conflicting pair with
//! `S(x) ≺ T(y)`: read after write, write after read or write after write. Nothing is said about
//! values: every dependence counts, also between terms of a sum.
//!
//! *Executions.* A node of the loop tree is executed for each value `t` of the variables of the loops
//! around it that satisfies their bounds and the conditions around it. For a loop with the variable
//! `v` these are `lower <= v <= upper`, where
//! - a lower quotient `a / d` (rounded up) means `d v >= a`, an upper one (rounded down) `d v <= a`;
//! - of a lower maximum all bounds hold, of a lower minimum one does; of an upper minimum all, of an
//!   upper maximum one.
//!
//! The body of a condition `c_1 and … and c_n` is executed where all `c_i` hold, what is `otherwise`
//! where some `c_i` does not: its executions are the union over `i` of those with `not c_i`. An
//! execution `(o, t)` of a statement node `o` runs the instance `S(g_o(t))` with affine `g_o`.
//!
//! *Order.* Let `(o, t)` and `(q, u)` be executions with `m` loops around both nodes. The marks say in
//! which orders a tree may run:
//! - a *sequential* or *unrolled* loop runs its iterations in the order of its variable;
//! - a *parallel* or *vector* loop runs them in any order, also at once;
//! - a *pipelined* loop whose body is one parallel loop and nothing else runs the iteration `(w, p)` of the two
//!   after all `(v, q)` with `v < w` and `q <= p`, and in any order with the others; with another body it is
//!   sequential;
//! - a *doacross* loop whose body is one sequential loop and nothing else runs the iterations `(w, p)` of the two
//!   in the order of `p` for each `w`, after all `(v, q)` with `v < w` and `v <= p`, and in any order with the
//!   others; with another body it is sequential;
//! - a *jammed* loop with the factor `n` is cut into blocks of `n` consecutive values, anywhere. Blocks
//!   run in order. In a block everything deeper comes first: of two executions in one block the one
//!   that is first by the loops inside and by the text runs first, and the block's own variable
//!   decides last.
//!
//! `(o, t)` *surely runs before* `(q, u)`, written `(o, t) < (q, u)`, if it does in every order that
//! the marks allow. Go through the common loops `k = 1 … m` from the outside, with `d = u_k - t_k`:
//! - sequential or unrolled: `d > 0` is yes, `d < 0` is no, `d = 0` goes on to the next loop;
//! - parallel or vector: `d = 0` goes on, everything else is no;
//! - pipelined: `d < 0` is no, `d = 0` goes on, and `d > 0` is yes if the next loop, the parallel one, has
//!   `t_{k+1} <= u_{k+1}`, and no otherwise;
//! - doacross: `d < 0` is no, `d = 0` goes on, and `d > 0` is yes if `t_k <= u_{k+1}` in the next loop of the
//!   second, and no otherwise;
//! - jammed by `n`: `d < 0` is no (a block may end between the two), `d >= n` is yes (they are never
//!   in one block), `0 <= d < n` goes on: where blocks separate the two, `d > 0` is yes already, so it
//!   is decided by those in which both are together.
//!
//! After the last common loop the answer is no if `q` stands before `o` in the text, and yes otherwise;
//! for `o = q`, the variables of the jammed loops decide, of which none is smaller in `u`. The
//! relation is the intersection of strict orders, one for each way of cutting blocks: it is
//! transitive. Lanes of a block that run one after another keep it too, as `d < 0` is refused.
//!
//! *Copies.* A pack node gives each of its executions a buffer for the elements of the box
//! `origin <= e < origin + extents` of its array. It is filled with the elements of the box that lie
//! in the array if `copy_in` is set, takes all accesses to the array in the body, and is written back
//! to the array, as a whole, if `copy_out` is set. A pack node *for reads* names a statement `S` and subscripts `f`,
//! and takes the reads of `S` with the subscripts `f` in the body only; all other accesses go where they go
//! without it. What follows speaks of the accesses that a node takes as those to its buffer.
//!
//! *Expansions.* An expanded array of the program has no elements outside of such buffers. A program `P'` is an
//! *expansion* of `P` if it has the same statements, but for each of some arrays `A` accesses `A'[x][f]` in place
//! of each `A[f]`, where `x` are the iterators of the outermost `d` loops around, the same ones for all accesses
//! to `A`; and if behind them it has statements `A[g] = A'[z][g]`, each in the same `d` loops, behind everything
//! else in them that accesses `A'`.
//!
//! # What is proven
//!
//! A loop tree is *correct* for a program if for all parameters that the context allows:
//!
//! - **C0** *It has a meaning.* Variables are in scope, no loop is inside of itself, divisors are
//!   positive, lists of bounds are not empty, statements, arrays and dimensions exist, and no array is
//!   packed inside of a copy of itself, unless both are for reads, and for different ones. A node for reads
//!   is filled and not written back, and is none of an expanded array.
//! - **C1** *Each instance runs exactly once.* For every statement `S` with the nodes `o`:
//!   `g_o(t) ∈ D_S` for every execution; if `g_o(t) = g_q(u)` then `o = q` and `t = u`; and each
//!   `x ∈ D_S` is `g_o(t)` of some execution.
//! - **C2** *Each dependence keeps its order.* For every dependence `S(x) ≺ T(y)` with executions
//!   `(o, t)` of `S(x)` and `(q, u)` of `T(y)`: `(o, t) < (q, u)`.
//! - **C3** *Each access is inside of its array*: `0 <= f(x) < extents` for every `x ∈ D_S`.
//! - **C4** *Copies are transparent*, so that C2 may speak of arrays alone. For every pack node:
//!   - **a** each access that it takes is in the box;
//!   - **b** it is filled, or the body reads nothing of it, and if it is written back, the body writes
//!     every element of the box that lies in the array;
//!   - **c** it is written back if anything in the body writes to it;
//!   - **d** for each parallel or doacross loop around, and any two of its iterations (of a pipelined loop's body, also in
//!     different ones of that loop that have no order): what one copies the other
//!     does not write, and what one copies back the other neither accesses nor copies;
//!   - **e** no vector loop and no jammed loop is around.
//!   - **f** (in place of b to d for an expanded array) all accesses to it are in copies, none of which is filled
//!     or written back, and of each instance that writes an element and a later one that reads it the
//!     executions are in the same execution of a pack node.
//!   - **g** of a node for reads: in no execution of it are both the executions of an instance that writes an
//!     element and of a later one (by `≺`) that reads it from the buffer, whatever is around the writing one.
//!     By C2 whatever else writes the element in the body runs after the read.
//!   - **h** if it is filled, some statement in the body accesses the array in each of its instances, not only in an
//!     arm of a choice: what is read behind flags only may not be there.
//! - **C5** *No affine expression leaves 64 bits*: for parameters within their types and the context,
//!   the magnitudes of the terms of each bound, condition, iterator and subscript add up to at most
//!   `2^62`. Addresses are not part of it: an array that exists fits the memory.
//!
//! An expansion is *correct* ([`check_expansion`]) if
//!
//! - **E1** each instance that reads an element of `A'` comes after one that writes it;
//! - **E2** if `A` is read after the region, each instance of `P` that writes `A[e]` has a copying instance for `e`;
//! - **E3** a copying instance for `e` in the iteration `z` follows an instance that writes `A'[z][e]`, and no
//!   iteration after `z` writes `e`;
//! - **E4** in the loops of `A'` nothing accesses `A` but copies, and each instance elsewhere that reads `A[e]` comes after one that
//!   writes it in the same iteration of a loop that is around no access to `A'`. (`A` may have several storages.)
//!
//! By E1 every read has a write before it in its own iteration of the `d` loops, which no other iteration
//! separates from it in `P`; so it reads there what it reads in `P'`; by E4 nobody else reads what is no longer in `A`; and by E2 and E3 the last values are the same.
//!
//! By C1 the tree runs the program's instances; by C2 each reads what it reads in the source, by
//! induction over `≺`, and the last write of each element is the same; so the results are equal bit by
//! bit, whatever the statements compute.
//!
//! # How
//!
//! Each condition is turned round: a counterexample is a point of a conjunction (or union) of affine
//! constraints over the parameters and one or two vectors of variables. Own tests on rows and then
//! isl decide whether there is one; if so, it is the witness of the [`Refutation`]. What is not
//! decided within the [`Limits`] is enumerated instance by instance at small sizes. The
//! [`Certificate`] says for each condition which it was.
//!
//! Where the program is not the source itself, [`check_derivation`] says whether it gives the source's results; the
//! definitions open its module and those below it.
//!
//! Architecture invariant: nothing here knows of schedules, and no code is shared with the parts that
//! make loop trees or decide legality (`transform`, `analysis`, `codegen`): dependences are found again
//! from the accesses. A fault there cannot hide itself here.

mod certain;
mod certificate;
mod check;
mod derivation;
mod enumeration;
mod expansion;
pub mod interpreter;
mod limits;
mod proof;
mod refutation;
mod structure;

pub use certificate::{Certificate, Doubt, Evidence};
pub use check::check;
pub use derivation::{Change, Derivation, check_derivation};
pub use expansion::check_expansion;
pub use interpreter::{InterpretError, Memory, Order, run_loops, run_original};
pub use limits::Limits;
pub use refutation::{InstanceWitness, Lost, Refutation};
