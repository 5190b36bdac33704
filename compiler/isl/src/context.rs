//! The context that owns all sets and relations of one thread, its quota and its error state.

use crate::IslError;
use crate::ffi;
use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;

struct Owned {
    pointer: NonNull<ffi::isl_ctx>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: every object holds a `Context`, so none is left that refers to this one.
        unsafe { ffi::isl_ctx_free(self.pointer.as_ptr()) }
    }
}

/// A handle on an isl context; cloning shares it.
///
/// isl counts references without synchronisation, so a context and its objects stay on the thread
/// that made them (they are neither `Send` nor `Sync`); another thread makes its own.
#[derive(Clone)]
pub struct Context {
    owned: Rc<Owned>,
    _not_send: PhantomData<*mut ()>,
}

/// The version of isl that is linked, with its kind of big integers, as `UNKNOWN-IMath`
/// for a bundled copy, whose revision is not known.
pub fn version() -> String {
    // SAFETY: isl gives a constant string that ends with a zero byte.
    let text = unsafe { CStr::from_ptr(ffi::isl_version()) };
    text.to_string_lossy().trim().to_owned()
}

impl Context {
    /// A context without a quota.
    ///
    /// # Errors
    /// [`IslError::OutOfMemory`] if isl cannot allocate it.
    pub fn new() -> Result<Self, IslError> {
        // SAFETY: no precondition.
        let pointer = NonNull::new(unsafe { ffi::isl_ctx_alloc() }).ok_or(IslError::OutOfMemory)?;
        let context = Self { owned: Rc::new(Owned { pointer }), _not_send: PhantomData };
        // SAFETY: the context is alive.
        let status =
            unsafe { ffi::isl_options_set_on_error(context.pointer(), ffi::ON_ERROR_CONTINUE) };
        if status < 0 {
            return Err(context.take_error());
        }
        Ok(context)
    }

    /// Runs `work` with at most `operations` of isl's elementary operations (allocations, pivots and
    /// the like; very roughly ten million a second); 0 is no limit. What goes beyond answers
    /// [`IslError::Quota`]. Afterwards the limit from before holds again and counts anew, and no
    /// error is left behind.
    pub fn with_quota<T>(&self, operations: u64, work: impl FnOnce() -> T) -> T {
        struct Restore<'a> {
            context: &'a Context,
            before: c_ulong,
        }
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                // SAFETY: the context is alive.
                unsafe {
                    ffi::isl_ctx_set_max_operations(self.context.pointer(), self.before);
                    ffi::isl_ctx_reset_operations(self.context.pointer());
                    ffi::isl_ctx_reset_error(self.context.pointer());
                }
            }
        }
        // SAFETY: the context is alive.
        let before = unsafe { ffi::isl_ctx_get_max_operations(self.pointer()) };
        let _restore = Restore { context: self, before };
        // SAFETY: as above.
        unsafe {
            ffi::isl_ctx_set_max_operations(self.pointer(), operations);
            ffi::isl_ctx_reset_operations(self.pointer());
        }
        work()
    }

    pub(crate) fn pointer(&self) -> *mut ffi::isl_ctx {
        self.owned.pointer.as_ptr()
    }

    /// The two sides of an operation must share a context.
    pub(crate) fn same(&self, other: &Context) -> Result<(), IslError> {
        if Rc::ptr_eq(&self.owned, &other.owned) {
            Ok(())
        } else {
            Err(IslError::Invalid("the operands belong to different contexts".to_owned()))
        }
    }

    /// Whether the quota has run out: then not even a number can be allocated.
    fn exhausted(&self) -> bool {
        // SAFETY: the context is alive; isl frees null without complaint.
        unsafe {
            let probe = ffi::isl_val_int_from_si(self.pointer(), 0);
            let exhausted =
                probe.is_null() && ffi::isl_ctx_last_error(self.pointer()) == ffi::ERROR_QUOTA;
            ffi::isl_val_free(probe);
            ffi::isl_ctx_reset_error(self.pointer());
            exhausted
        }
    }

    /// The last error of the context, which is cleared.
    pub(crate) fn take_error(&self) -> IslError {
        // SAFETY: the context is alive, and its messages are static C strings or null.
        let (kind, message) = unsafe {
            let kind = ffi::isl_ctx_last_error(self.pointer());
            let text = ffi::isl_ctx_last_error_msg(self.pointer());
            let message = if text.is_null() {
                "no message".to_owned()
            } else {
                CStr::from_ptr(text).to_string_lossy().into_owned()
            };
            ffi::isl_ctx_reset_error(self.pointer());
            (kind, message)
        };
        // A quota that runs out inside the parser or a check comes back as another error.
        match kind {
            _ if self.exhausted() => IslError::Quota,
            ffi::ERROR_QUOTA => IslError::Quota,
            ffi::ERROR_ALLOCATION => IslError::OutOfMemory,
            ffi::ERROR_INVALID => IslError::Invalid(message),
            ffi::ERROR_UNSUPPORTED => IslError::Unsupported(message),
            ffi::ERROR_NONE => IslError::Internal("no result and no error".to_owned()),
            _ => IslError::Internal(message),
        }
    }

    /// A pointer that isl gave, or the error that made it null.
    pub(crate) fn given<T>(&self, pointer: *mut T) -> Result<NonNull<T>, IslError> {
        NonNull::new(pointer).ok_or_else(|| self.take_error())
    }

    /// An `isl_bool`.
    pub(crate) fn truth(&self, value: c_int) -> Result<bool, IslError> {
        if value < 0 { Err(self.take_error()) } else { Ok(value != 0) }
    }

    /// An `isl_size`.
    pub(crate) fn size(&self, value: c_int) -> Result<usize, IslError> {
        usize::try_from(value).map_err(|_| self.take_error())
    }

    /// A string that isl allocated, which is freed.
    pub(crate) fn text(&self, pointer: *mut c_char) -> Result<String, IslError> {
        let pointer = self.given(pointer)?;
        // SAFETY: isl gave a C string from malloc, which now is ours.
        unsafe {
            let text = CStr::from_ptr(pointer.as_ptr()).to_string_lossy().into_owned();
            ffi::free(pointer.as_ptr().cast::<c_void>());
            Ok(text)
        }
    }

    /// An integer value, which is freed; `None` for infinities and what is not a number.
    pub(crate) fn integer(&self, value: *mut ffi::isl_val) -> Result<Option<i64>, IslError> {
        let value = self.given(value)?.as_ptr();
        // SAFETY: the value is alive until it is freed at the end.
        unsafe {
            let is_integer = self.truth(ffi::isl_val_is_int(value));
            let result = match is_integer {
                Ok(true) => {
                    ffi::isl_ctx_reset_error(self.pointer());
                    let number = ffi::isl_val_get_num_si(value);
                    // Zero is also what an integer beyond 64 bits gives, with an error set.
                    if number == 0 && ffi::isl_ctx_last_error(self.pointer()) != ffi::ERROR_NONE {
                        Err(self.take_error())
                    } else {
                        Ok(Some(number))
                    }
                }
                Ok(false) => Ok(None),
                Err(error) => Err(error),
            };
            ffi::isl_val_free(value);
            result
        }
    }
}
