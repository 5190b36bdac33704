//! The buffers of a setup: guarded memory for code that works on what it is given, the initial contents,
//! the reference's results. A run may also work on a library's own variables; see [`Places`].

use super::compare;
use super::mapping::{Mapping, Sealed};
use super::places::Places;
use crate::protocol::Buffer;
use crate::summary::Summary;
use crate::{Deviation, Mismatch};
use std::ffi::c_void;
use std::io;

/// What a bad arena operation is missing.
#[derive(Debug, PartialEq, Eq)]
pub struct NoReference;

/// How results compare with the reference's.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    pub mismatch: Option<Mismatch>,
    /// Elements that are NaN on both sides, with another sign or payload.
    pub other_nans: u64,
}

pub struct Arena {
    buffers: Vec<Buffer>,
    live: Vec<Mapping>,
    initial: Vec<Sealed>,
    reference: Vec<Sealed>,
    /// The addresses of `live`; written by nobody else than loaded code that breaks its interface, so
    /// they are set anew for each call.
    pointers: Vec<*mut c_void>,
}

impl Arena {
    /// Allocates the buffers; they are zero.
    pub fn new(buffers: &[Buffer]) -> io::Result<Self> {
        let mut live = Vec::new();
        for buffer in buffers {
            let length = buffer
                .bytes()
                .and_then(|length| usize::try_from(length).ok())
                .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
            live.push(Mapping::new(length)?);
        }
        Ok(Self {
            buffers: buffers.to_vec(),
            live,
            initial: Vec::new(),
            reference: Vec::new(),
            pointers: Vec::new(),
        })
    }

    pub fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    pub fn lengths(&self) -> impl Iterator<Item = usize> {
        self.live.iter().map(|mapping| mapping.bytes().len())
    }

    /// The guarded memory of a buffer.
    pub fn live_mut(&mut self, buffer: usize) -> &mut [u8] {
        self.live.get_mut(buffer).map_or(&mut [], Mapping::bytes_mut)
    }

    /// Takes what the guarded memory holds now as what every run begins with.
    pub fn keep_initial(&mut self) -> io::Result<()> {
        self.initial = copies(&self.live)?;
        Ok(())
    }

    /// Takes what a run left as what is right, and says what it made of the buffers.
    pub fn keep_reference(&mut self, places: &Places) -> io::Result<Vec<Summary>> {
        // The old reference goes first, so that there are never more than three copies.
        self.reference.clear();
        for (position, mapping) in self.live.iter_mut().enumerate() {
            if places.is_own(position) {
                mapping.bytes_mut().copy_from_slice(places.bytes(position));
            }
        }
        self.reference = copies(&self.live)?;
        let pairs = self.initial.iter().zip(&self.reference).zip(&self.buffers);
        let of = |((before, after), buffer): ((&Sealed, &Sealed), &Buffer)| {
            Summary::of(buffer.element, before.bytes(), after.bytes())
        };
        Ok(pairs.map(of).collect())
    }

    /// Gives every buffer its initial contents where a run has it. Always copies all of them in their
    /// order, whatever the last run wrote, so that the caches are in the same state before every run of
    /// every candidate.
    pub fn restore(&mut self, places: &Places) {
        let buffers = self.live.iter_mut().zip(&self.initial).enumerate();
        for (position, (live, initial)) in buffers {
            places.write(position, initial.bytes());
            if !places.is_own(position) {
                live.slack_mut().fill(0);
            }
        }
    }

    /// How a run's results differ from the reference, if they do.
    pub fn compare(&mut self, places: &Places) -> Result<Comparison, NoReference> {
        if self.reference.len() != self.live.len() {
            return Err(NoReference);
        }
        let mut first: Option<Mismatch> = None;
        let (mut differing_in_all, mut other_nans) = (0, 0);
        let buffers = self.buffers.iter().zip(&self.reference).enumerate();
        let mut overrun = None;
        for (position, (buffer, reference)) in buffers {
            if is_overrun(&mut self.live, places, position) {
                overrun.get_or_insert(Mismatch::OutOfBounds { buffer: position });
            }
            if !buffer.compared {
                continue;
            }
            let nan = if buffer.signed_nan { compare::Nan::Signed } else { compare::Nan::Any };
            let found = places.bytes(position);
            let found = compare::buffers(buffer.element, nan, reference.bytes(), found);
            other_nans += found.other_nans;
            if let Some(difference) = found.difference {
                differing_in_all += difference.count;
                first.get_or_insert_with(|| difference.mismatch(position, buffer.element));
            }
        }
        if let Some(Mismatch::Value { differing, .. }) = &mut first {
            *differing = differing_in_all;
        }
        Ok(Comparison { mismatch: first.or(overrun), other_nans })
    }

    /// How far the buffers that are results are from the reference, each; or what was written behind the
    /// end of one.
    pub fn deviations(
        &mut self,
        places: &Places,
    ) -> Result<Result<Vec<Deviation>, Mismatch>, NoReference> {
        if self.reference.len() != self.live.len() {
            return Err(NoReference);
        }
        let mut deviations = Vec::new();
        for (position, (buffer, reference)) in self.buffers.iter().zip(&self.reference).enumerate()
        {
            if is_overrun(&mut self.live, places, position) {
                return Ok(Err(Mismatch::OutOfBounds { buffer: position }));
            }
            if buffer.compared {
                let (expected, found) = (reference.bytes(), places.bytes(position));
                deviations.push(Deviation::of(position, buffer.element, expected, found));
            }
        }
        Ok(Ok(deviations))
    }

    /// The addresses of the guarded memory: the argument of a call that works there.
    pub fn pointers(&mut self) -> &mut [*mut c_void] {
        self.pointers.clear();
        self.pointers.extend(self.live.iter().map(Mapping::pointer));
        &mut self.pointers
    }
}

/// Whether a run wrote behind the end of a buffer of ours. Behind a library's own variable lies another one.
fn is_overrun(live: &mut [Mapping], places: &Places, buffer: usize) -> bool {
    let written = |mapping: &mut Mapping| mapping.slack_mut().iter().any(|byte| *byte != 0);
    !places.is_own(buffer) && live.get_mut(buffer).is_some_and(written)
}

fn copies(mappings: &[Mapping]) -> io::Result<Vec<Sealed>> {
    mappings.iter().map(Mapping::sealed_copy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Contents, ElementType};

    /// An arena whose contents are kept as initial ones and as the reference's.
    fn kept(buffer: Buffer) -> (Arena, Places) {
        let mut arena = Arena::new(std::slice::from_ref(&buffer)).expect("allocated");
        let places = Places::of_arena(&mut arena);
        assert_eq!(arena.compare(&places), Err(NoReference));
        crate::serve::contents::fill(arena.live_mut(0), &buffer);
        arena.keep_initial().expect("kept");
        arena.keep_reference(&places).expect("kept");
        (arena, places)
    }

    fn buffer(element: ElementType, count: u64) -> Buffer {
        Buffer::new(element, count, Contents::Pseudorandom { seed: 1 })
    }

    #[test]
    fn scratch_space_is_not_compared() {
        let scratch = Buffer { compared: false, ..buffer(ElementType::I8, 4) };
        let (mut arena, places) = kept(scratch);
        arena.live[0].bytes_mut()[0] ^= 1;
        assert_eq!(arena.compare(&places), Ok(Comparison::default()));
    }

    #[test]
    fn the_first_difference_is_reported_and_all_are_counted() {
        let (mut arena, places) = kept(buffer(ElementType::F64, 100));
        assert_eq!(arena.compare(&places), Ok(Comparison::default()));
        arena.live[0].bytes_mut()[8 * 40..8 * 41].copy_from_slice(&2.5_f64.to_ne_bytes());
        arena.live[0].bytes_mut()[8 * 70..8 * 71].copy_from_slice(&2.5_f64.to_ne_bytes());
        let found = arena.compare(&places).expect("a reference").mismatch;
        let Some(Mismatch::Value { index, found, found_bits, differing, .. }) = found else {
            panic!("a difference is found")
        };
        assert_eq!((index, found.as_str(), differing), (40, "2.5", 2));
        assert_eq!(found_bits, "4004000000000000");
        arena.restore(&places);
        assert_eq!(arena.compare(&places), Ok(Comparison::default()));
    }

    #[test]
    fn a_write_behind_the_end_is_found_once() {
        let (mut arena, places) = kept(buffer(ElementType::I32, 3));
        arena.live[0].slack_mut()[0] = 1;
        let found = arena.compare(&places).expect("a reference");
        assert_eq!(found.mismatch, Some(Mismatch::OutOfBounds { buffer: 0 }));
        arena.restore(&places);
        assert_eq!(arena.compare(&places), Ok(Comparison::default()));
    }

    #[test]
    fn a_librarys_own_variable_is_restored_and_compared_where_it_is() {
        let (mut arena, _) = kept(buffer(ElementType::U64, 3));
        let own = std::cell::Cell::new([7_u64, 7, 7, 99]);
        let places = Places::located(&mut arena, &[own.as_ptr().cast()]);
        arena.restore(&places);
        assert_eq!(own.get()[3], 99, "what lies behind the variable is not touched");
        assert_eq!(arena.compare(&places), Ok(Comparison::default()));
        let [first, second, third, behind] = own.get();
        own.set([first, second ^ 1, third, behind]);
        let found = arena.compare(&places).expect("a reference").mismatch;
        assert!(matches!(found, Some(Mismatch::Value { buffer: 0, index: 1, .. })), "{found:?}");
    }
}
