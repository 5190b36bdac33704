//! What a loop or a leaf carries, as the text of isl's mark nodes.

use loopwright_ir::{Mark, PackedReads, Packing, Program, TreeLoop};

/// The text of the mark node above a leaf whose stores go past the caches.
pub const STREAM: &str = "stream";

/// One mark node's meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkText {
    Mark(Mark),
    Separated,
    Pack(Packing),
    /// Of a leaf, not of a loop.
    Stream,
}

/// The texts of the mark nodes above a loop's band.
pub fn texts(program: &Program, inner: &TreeLoop) -> Vec<String> {
    let mark = match inner.mark {
        Mark::Sequential => None,
        Mark::Parallel => Some("parallel".to_owned()),
        Mark::Pipelined => Some("pipelined".to_owned()),
        Mark::Doacross => Some("doacross".to_owned()),
        Mark::Vector { width, unroll: 1 } => Some(format!("vector {width}")),
        Mark::Vector { width, unroll } => Some(format!("vector {width} x {unroll}")),
        Mark::UnrollJam { factor } => Some(format!("unroll-and-jam {factor}")),
        Mark::Unroll { factor } => Some(format!("unroll {factor}")),
    };
    let separated = inner.separated.then(|| "separated".to_owned());
    let packs = inner.packs.iter().map(|packing| {
        // Words are told apart by spaces, so subscripts have none.
        let reads = packing.reads.as_ref().map(|reads| {
            let brackets = reads.brackets(program).replace(' ', "");
            format!("{brackets} of {}", program.statement(reads.statement).name)
        });
        let name = format!("{}{}", program.array(packing.array).name, reads.unwrap_or_default());
        if packing.register {
            return format!("promote {name}");
        }
        let order: Vec<String> = packing.order.iter().map(usize::to_string).collect();
        if packing.order.is_sorted() {
            format!("pack {name}")
        } else {
            format!("pack {name} order {}", order.join(" "))
        }
    });
    mark.into_iter().chain(separated).chain(packs).collect()
}

/// The meaning of a mark's text; `None` for one that is not ours.
pub fn parse(program: &Program, text: &str) -> Option<MarkText> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let size = |text: &str| text.parse::<u32>().ok().filter(|size| *size > 0);
    let packing = |name: &str| {
        let id = program.arrays.iter().position(|array| array.name == name)?;
        let order = (0..program.arrays.get(id)?.extents.len()).collect();
        let array = loopwright_ir::ArrayId(id);
        Some(Packing { array, reads: None, order, register: false })
    };
    let packing_of = |element: &str, reader: &str| {
        let (array, _) = element.split_once('[')?;
        let (statement, known) = (program.statement_named(reader)?, packing(array)?);
        let reads = &program.statement(statement).reads;
        let all = reads.iter().filter(|read| read.array == known.array);
        let mut all =
            all.map(|read| PackedReads { statement, subscripts: read.subscripts.clone() });
        let named = |reads: &PackedReads| {
            element.strip_prefix(array) == Some(&reads.brackets(program).replace(' ', ""))
        };
        Some(Packing { reads: Some(all.find(named)?), ..known })
    };
    let ordered = |known: Packing, order: &[&str]| {
        let order: Vec<usize> = order.iter().map(|one| one.parse().ok()).collect::<Option<_>>()?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        (sorted == known.order).then_some(MarkText::Pack(Packing { order, ..known }))
    };
    let mark = match words.as_slice() {
        ["parallel"] => Mark::Parallel,
        ["pipelined"] => Mark::Pipelined,
        ["doacross"] => Mark::Doacross,
        ["vector", width] => {
            Mark::Vector { width: size(width).filter(|width| *width <= 64)?, unroll: 1 }
        }
        ["vector", width, "x", unroll] => {
            Mark::Vector { width: size(width).filter(|width| *width <= 64)?, unroll: size(unroll)? }
        }
        ["unroll-and-jam", factor] => Mark::UnrollJam { factor: size(factor)? },
        ["unroll", factor] => Mark::Unroll { factor: size(factor)? },
        [STREAM] => return Some(MarkText::Stream),
        ["separated"] => return Some(MarkText::Separated),
        ["promote", name] => {
            return Some(MarkText::Pack(Packing { register: true, ..packing(name)? }));
        }
        ["pack", name] => return Some(MarkText::Pack(packing(name)?)),
        ["pack", name, "order", order @ ..] => return ordered(packing(name)?, order),
        ["pack", element, "of", reader] => {
            return Some(MarkText::Pack(packing_of(element, reader)?));
        }
        ["pack", element, "of", reader, "order", order @ ..] => {
            return ordered(packing_of(element, reader)?, order);
        }
        _ => return None,
    };
    Some(MarkText::Mark(mark))
}

/// Puts a mark on a loop.
pub fn put(inner: &mut TreeLoop, text: MarkText) {
    match text {
        MarkText::Mark(mark) => inner.mark = mark,
        MarkText::Separated => inner.separated = true,
        MarkText::Pack(packing) => inner.packs.push(packing),
        MarkText::Stream => {}
    }
}
