//! Packs in C: a block with a local array, loops that copy, and the body.
//!
//! ```c
//! { /* pack A[32*i_t : 32] in */
//!   double A_pack[32];
//!   for (int64_t A_0 = 32*i_t; A_0 < min(n, 32*i_t + 32); A_0++)
//!     A_pack[A_0 - 32*i_t] = A[A_0];
//!   …
//! }
//! ```

use super::loops::LoopWriter;
use crate::access::is_positive;
use crate::check::check_pack;
use crate::kernel::written_arrays;
use loopwright_ir::{Affine, Array, ArrayId, LoopTreeNode, Pack, Program};

/// Larger buffers are allocated; what the LLVM backend takes for small is so here.
const MOST_STACK_BYTES: i64 = 64 << 10;

/// The function that allocates, and what it needs.
pub(super) const MEMORY: &str = "\
#ifndef LOOPWRIGHT_PACK_MEMORY
#define LOOPWRIGHT_PACK_MEMORY
/* Memory for a local copy, aligned to a cache line. */
static void *pack_memory(int64_t bytes) {
  void *memory = aligned_alloc(64, ((size_t)bytes + 63) / 64 * 64);
  if (!memory)
    abort();
  return memory;
}
#endif
";

/// The same for loops in the user's function.
pub(super) const MEMORY_IN_PLACE: &str = "\
/* Memory for a local copy, aligned to a cache line. */
static void *NAME(long bytes)
{
    void *memory = aligned_alloc(64, ((unsigned long)bytes + 63) / 64 * 64);

    if (!memory)
        abort();
    return memory;
}
";

/// What multiplies sizes that are known at run time only.
pub(super) const SIZES: &str = "\
/* The bytes of so many of them: of at least one, and no less than all memory where they are too many. */
static int64_t pack_bytes(int64_t bytes, int64_t extent) {
  if (extent < 1)
    extent = 1;
  return bytes > INT64_MAX / extent ? INT64_MAX : bytes * extent;
}
";

impl<'a> LoopWriter<'a> {
    /// Writes a pack's node.
    pub fn pack(&mut self, pack: &'a Pack, depth: usize, in_parallel: bool) {
        let program = self.program;
        // A copy that nothing works on changes nothing, and compilers warn of it.
        let idle = !uses(program, &pack.body, pack.array);
        if !self.scheduled || idle || check_pack(program, pack).is_err() {
            return self.nodes(&pack.body, depth, in_parallel);
        }
        self.line(depth, "{");
        self.pack_in_block(pack, depth + 1, in_parallel);
        self.line(depth, "}");
    }

    /// Writes a pack's node where a block begins and ends with it.
    pub fn pack_in_block(&mut self, pack: &'a Pack, depth: usize, in_parallel: bool) {
        let program = self.program;
        let idle = !uses(program, &pack.body, pack.array);
        if !self.scheduled || idle || check_pack(program, pack).is_err() {
            return self.nodes(&pack.body, depth, in_parallel);
        }
        let array = program.array(pack.array);
        let allocated = if pack.register {
            self.promotion(pack, array, depth);
            false
        } else {
            let allocated = self.declaration(pack, array, depth);
            if pack.copy_in {
                self.copies(pack, array, depth, true);
            }
            allocated
        };
        self.packs.push(pack);
        match pack.body.as_slice() {
            [LoopTreeNode::Pack(inner)] => self.pack_in_block(inner, depth, in_parallel),
            body => self.nodes(body, depth, in_parallel),
        }
        self.packs.pop();
        let written = written_arrays(program).get(pack.array.0).copied().unwrap_or_default();
        if pack.copy_out && written {
            self.copies(pack, array, depth, false);
        }
        if allocated {
            let line = format!("free({});", self.names.buffer(pack.array));
            self.line(depth, &line);
        }
    }

    /// Declares the buffer; whether it has to be freed.
    fn declaration(&mut self, pack: &Pack, array: &Array, depth: usize) -> bool {
        let (name, element) = (self.names.buffer(pack.array), array.element.c_name());
        let extents: Vec<&Affine> =
            pack.order.iter().filter_map(|dimension| pack.extents.get(*dimension)).collect();
        let bytes =
            extents.iter().try_fold(array.element.bytes().cast_signed(), |bytes, extent| {
                extent.as_constant()?.max(1).checked_mul(bytes)
            });
        let list = |extents: &[&Affine]| -> String {
            let size = |extent: &&Affine| match extent.as_constant() {
                // A box without elements is one whose body never runs.
                Some(constant) => format!("[{}]", constant.max(1)),
                None => format!("[{}(1, {})]", self.names.helper("max"), self.affine(extent)),
            };
            extents.iter().map(size).collect()
        };
        if bytes.is_some_and(|bytes| bytes <= MOST_STACK_BYTES) {
            let size = if extents.is_empty() { "[1]".to_owned() } else { list(&extents) };
            let line = format!("{element} {name}{size};");
            self.line(depth, &line);
            return false;
        }
        let inner = list(extents.get(1..).unwrap_or_default());
        let pointer =
            if inner.is_empty() { format!("*{name}") } else { format!("(*{name}){inner}") };
        let index = self.names.index_type();
        let one = format!("({index})sizeof({element})");
        let size = match bytes {
            Some(_) => {
                let extents = extents.iter().filter_map(|extent| extent.as_constant());
                extents.fold(one, |size, extent| format!("{size} * {}", extent.max(1)))
            }
            None => {
                self.measures = true;
                extents.iter().fold(one, |size, extent| {
                    format!("pack_bytes({size}, {})", self.affine(extent))
                })
            }
        };
        let allocate = self.names.helper("pack_memory");
        self.line(depth, &format!("{element} {pointer} = {allocate}({size});"));
        self.allocates = true;
        true
    }

    /// Declares the variable of a box of one element.
    fn promotion(&mut self, pack: &Pack, array: &Array, depth: usize) {
        let name = self.names.buffer(pack.array);
        let value = if pack.copy_in { self.promoted_value(pack, array) } else { "0".to_owned() };
        self.line(depth, &format!("{} {name} = {value};", array.element.c_name()));
    }

    fn promoted_value(&self, pack: &Pack, array: &Array) -> String {
        let element = self.element(pack, &pack.origin);
        let conditions = self.inside(pack, array);
        if conditions.is_empty() {
            element
        } else {
            format!("{} ? {element} : 0", conditions.join(" && "))
        }
    }

    /// What has to hold for the one element of a box to be in the array.
    fn inside(&self, pack: &Pack, array: &Array) -> Vec<String> {
        let mut conditions = Vec::new();
        for (origin, extent) in pack.origin.iter().zip(&array.extents) {
            let text = self.affine(origin);
            if !is_positive(&plus(origin, 1), &self.ranges, 4) {
                conditions.push(format!("{text} >= 0"));
            }
            if !is_positive(&(extent - origin), &self.ranges, 4) {
                conditions.push(format!("{text} < {}", self.affine(extent)));
            }
        }
        conditions
    }

    /// The array's element.
    fn element(&self, pack: &Pack, subscripts: &[Affine]) -> String {
        self.names.element(pack.array, subscripts)
    }

    /// The loops that copy to the buffer (`into`) or back, in the order of the array.
    fn copies(&mut self, pack: &Pack, array: &Array, depth: usize, into: bool) {
        let buffer = self.names.buffer(pack.array).to_owned();
        if pack.register {
            let conditions = self.inside(pack, array);
            let element = self.element(pack, &pack.origin);
            if conditions.is_empty() {
                return self.line(depth, &format!("{element} = {buffer};"));
            }
            self.line(depth, &format!("if ({})", conditions.join(" && ")));
            return self.line(depth + 1, &format!("{element} = {buffer};"));
        }
        let counters: Vec<String> = (0..pack.origin.len())
            .map(|dimension| self.names.counter(pack.array, dimension))
            .collect();
        let mut deeper = depth;
        let parts = pack.origin.iter().zip(&pack.extents).zip(&array.extents);
        for (((origin, size), extent), counter) in parts.zip(&counters) {
            let end = origin + size;
            let last = plus(&end, -1);
            let (first_text, end_text) = (self.affine(origin), self.affine(&end));
            let first = if is_positive(&plus(origin, 1), &self.ranges, 4) {
                first_text
            } else {
                format!("{}(0, {first_text})", self.names.helper("max"))
            };
            let end = if is_positive(&(extent - &last), &self.ranges, 4) {
                end_text
            } else {
                format!("{}({}, {end_text})", self.names.helper("min"), self.affine(extent))
            };
            let index = self.names.index_type();
            let head = format!("for ({index} {counter} = {first}; {counter} < {end}; {counter}++)");
            self.line(deeper, &head);
            deeper += 1;
        }
        let outside = if counters.is_empty() {
            self.names.element(pack.array, &[])
        } else {
            self.names.element_at(pack.array, &counters)
        };
        let inside = buffer_element(&buffer, pack, |dimension| {
            let origin = pack.origin.get(dimension).map(|origin| self.difference(origin));
            let counter = counters.get(dimension).map_or("", String::as_str);
            format!("{counter}{}", origin.unwrap_or_default())
        });
        let line =
            if into { format!("{inside} = {outside};") } else { format!("{outside} = {inside};") };
        self.line(deeper, &line);
    }

    /// `- 32*i`, nothing for zero: what is put behind a value to take `origin` from it.
    fn difference(&self, origin: &Affine) -> String {
        let text = self.affine(&-origin);
        match text.strip_prefix('-') {
            _ if text == "0" => String::new(),
            Some(rest) => format!(" - {rest}"),
            None => format!(" + {text}"),
        }
    }
}

/// The buffer's element at one text for each dimension of the array.
pub(super) fn buffer_element(
    buffer: &str,
    pack: &Pack,
    subscript: impl Fn(usize) -> String,
) -> String {
    if pack.register {
        return buffer.to_owned();
    }
    if pack.order.is_empty() {
        return format!("{buffer}[0]");
    }
    let subscripts: String =
        pack.order.iter().map(|dimension| format!("[{}]", subscript(*dimension))).collect();
    format!("{buffer}{subscripts}")
}

/// Whether a statement below accesses the array.
fn uses(program: &Program, nodes: &[LoopTreeNode], array: ArrayId) -> bool {
    nodes.iter().any(|node| match node {
        LoopTreeNode::Statement(instance) => {
            program.statements.get(instance.statement.0).is_some_and(|statement| {
                statement.write.array == array
                    || statement.reads.iter().any(|read| read.array == array)
            })
        }
        other => other.bodies().into_iter().any(|body| uses(program, body, array)),
    })
}

fn plus(affine: &Affine, constant: i64) -> Affine {
    let sum = affine.constant_term().saturating_add(constant);
    affine.clone().with_constant(sum)
}
