//! Schedule trees, only as text: whether isl reads one, and how isl itself would print it.

use crate::ffi;
use crate::{Context, IslError};
use std::ffi::CString;
use std::ptr::NonNull;

/// A schedule tree.
pub struct Schedule {
    pointer: NonNull<ffi::isl_schedule>,
    context: Context,
}

impl Drop for Schedule {
    fn drop(&mut self) {
        // SAFETY: the reference is ours; the context is dropped after it.
        unsafe {
            ffi::isl_schedule_free(self.pointer.as_ptr());
        }
    }
}

impl Schedule {
    /// Reads isl's YAML notation.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when the text is not a schedule tree.
    pub fn parse(context: &Context, text: &str) -> Result<Self, IslError> {
        let text = CString::new(text)
            .map_err(|_| IslError::Invalid("the text contains a zero byte".to_owned()))?;
        // SAFETY: the text lives through the call.
        let pointer = unsafe { ffi::isl_schedule_read_from_str(context.pointer(), text.as_ptr()) };
        let pointer = context.given(pointer).map_err(IslError::of_parsing)?;
        Ok(Self { pointer, context: context.clone() })
    }

    /// isl's notation, on one line.
    pub fn to_text(&self) -> Result<String, IslError> {
        // SAFETY: the schedule is alive.
        self.context.text(unsafe { ffi::isl_schedule_to_str(self.pointer.as_ptr()) })
    }
}
