//! Local copies of boxes of arrays.

use super::InterpretError;
use super::memory::{Memory, POISON, elements, mix};

/// A local copy: the elements of a box, of which those outside of the array are never used.
struct Copy {
    array: usize,
    origin: Vec<i64>,
    extents: Vec<i64>,
    values: Vec<u64>,
}

/// The local copies that are alive, the innermost last.
#[derive(Default)]
pub(super) struct Copies {
    alive: Vec<Copy>,
}

impl Copies {
    /// How many are alive.
    pub fn count(&self) -> usize {
        self.alive.len()
    }

    /// Makes a copy and says where it is. What is not copied in holds a value that no run computes.
    pub fn open(
        &mut self,
        memory: &Memory,
        array: usize,
        origin: Vec<i64>,
        extents: Vec<i64>,
        copy_in: bool,
    ) -> Result<usize, InterpretError> {
        let count = elements(&extents)?;
        let poison = mix(POISON, array as u64);
        let values = (0..count).map(|place| mix(poison, place as u64)).collect();
        let mut copy = Copy { array, origin, extents, values };
        if copy_in {
            copy.each_inside(memory, |value, place| *value = memory.get(array, place))?;
        }
        self.alive.push(copy);
        Ok(self.alive.len() - 1)
    }

    /// Ends all copies from position `first` on, after copying them back in order if `copy_out`.
    pub fn close(
        &mut self,
        memory: &mut Memory,
        first: usize,
        copy_out: bool,
    ) -> Result<(), InterpretError> {
        for mut copy in self.alive.drain(first..) {
            if copy_out {
                let mut changes = Vec::new();
                copy.each_inside(memory, |value, place| changes.push((place, *value)))?;
                for (place, value) in changes {
                    memory.set(copy.array, place, value);
                }
            }
        }
        Ok(())
    }

    /// Where an element of the array stands in the copy, `None` outside of the box.
    pub fn place(&self, copy: usize, subscripts: &[i64]) -> Option<usize> {
        let copy = self.alive.get(copy)?;
        let mut place: i64 = 0;
        for ((subscript, origin), extent) in subscripts.iter().zip(&copy.origin).zip(&copy.extents)
        {
            let offset = subscript.checked_sub(*origin)?;
            if offset < 0 || offset >= *extent {
                return None;
            }
            place = place * extent + offset;
        }
        usize::try_from(place).ok()
    }

    pub fn get(&self, copy: usize, place: usize) -> u64 {
        self.alive.get(copy).and_then(|copy| copy.values.get(place)).copied().unwrap_or(0)
    }

    pub fn set(&mut self, copy: usize, place: usize, value: u64) {
        let element = self.alive.get_mut(copy).and_then(|copy| copy.values.get_mut(place));
        if let Some(element) = element {
            *element = value;
        }
    }
}

impl Copy {
    /// Visits the elements of the box that lie in the array, with their places there.
    fn each_inside(
        &mut self,
        memory: &Memory,
        mut visit: impl FnMut(&mut u64, usize),
    ) -> Result<(), InterpretError> {
        let mut offset = vec![0; self.extents.len()];
        let mut subscripts = vec![0; self.extents.len()];
        for value in &mut self.values {
            for ((subscript, offset), origin) in
                subscripts.iter_mut().zip(&offset).zip(&self.origin)
            {
                *subscript = origin.checked_add(*offset).ok_or(InterpretError::Overflow)?;
            }
            if let Some(place) = memory.place(self.array, &subscripts) {
                visit(value, place);
            }
            // The next point of the box, row-major.
            for (offset, extent) in offset.iter_mut().zip(&self.extents).rev() {
                *offset += 1;
                if *offset < *extent {
                    break;
                }
                *offset = 0;
            }
        }
        Ok(())
    }
}
