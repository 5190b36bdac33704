//! The only door to libclang: safe values over its C interface.
//!
//! Everything borrowed from a [`TranslationUnit`] carries its lifetime; strings are copied out and
//! freed here. A unit is used on the thread that made it (its pointers make it `!Send`).
//!
//! Architecture invariant: no other module of this crate has unsafe code or names `clang_sys`
//! functions (its constants are used to match on kinds).

mod cursor;
mod library;
mod types;

pub(crate) use cursor::{Cursor, Literal, kind_name};
pub(crate) use types::Type;

use clang_sys::*;
use std::ffi::{CStr, CString, OsStr, c_uint, c_ulong};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

/// Why there is no translation unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParseFailure {
    /// libclang is missing or unusable; the text says what was tried.
    Library(String),
    /// libclang gave up, by its error code.
    Refused(i32),
    /// An argument or the path holds a NUL byte.
    NulByte,
}

/// One message of the C compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub text: String,
    pub location: Location,
    /// An error, as against a warning or a note.
    pub is_error: bool,
}

/// A place in a file; `file` is `None` for places outside any file, such as the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Location {
    pub file: Option<PathBuf>,
    pub line: u32,
    pub column: u32,
    pub offset: usize,
}

/// A token of the main file, before preprocessing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub text: String,
    pub line: u32,
    pub column: u32,
    pub start: usize,
    pub end: usize,
}

/// A line as `#line` names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub file: PathBuf,
    pub number: u32,
}

/// An included file.
pub(crate) struct Header<'unit> {
    pub path: PathBuf,
    /// The byte of the main file's `#include` that led to it.
    pub included_at: usize,
    file: CXFile,
    unit: std::marker::PhantomData<&'unit ()>,
}

/// A parsed C file.
pub(crate) struct TranslationUnit {
    index: CXIndex,
    unit: CXTranslationUnit,
    file: CXFile,
}

impl TranslationUnit {
    /// Parses the C file at `path`, whose contents were read already, with the compiler's usual arguments.
    /// Errors in the C are [`messages`](Self::messages), not failures.
    pub fn parse(path: &Path, contents: &[u8], arguments: &[String]) -> Result<Self, ParseFailure> {
        library::ensure_loaded().map_err(ParseFailure::Library)?;
        let nul = |_| ParseFailure::NulByte;
        let name = CString::new(path.as_os_str().as_encoded_bytes()).map_err(nul)?;
        let arguments: Vec<CString> = ["-x", "c"]
            .into_iter()
            .map(str::to_owned)
            .chain(arguments.iter().cloned())
            .map(CString::new)
            .collect::<Result<_, _>>()
            .map_err(nul)?;
        let pointers: Vec<_> = arguments.iter().map(|argument| argument.as_ptr()).collect();
        let count = i32::try_from(pointers.len()).map_err(|_| ParseFailure::Refused(0))?;
        // A pipe cannot be read twice, and a file may change in between.
        let mut read = CXUnsavedFile {
            Filename: name.as_ptr(),
            Contents: contents.as_ptr().cast(),
            Length: contents.len() as c_ulong,
        };
        // SAFETY: the library is loaded on this thread; all pointers are valid NUL-terminated
        // strings that outlive the call, but for the contents; the lengths are those of the slices.
        unsafe {
            let index = clang_createIndex(0, 0);
            let mut unit = ptr::null_mut();
            let code = clang_parseTranslationUnit2(
                index,
                name.as_ptr(),
                pointers.as_ptr(),
                count,
                &mut read,
                1,
                CXTranslationUnit_DetailedPreprocessingRecord,
                &mut unit,
            );
            if code != CXError_Success || unit.is_null() {
                clang_disposeIndex(index);
                return Err(ParseFailure::Refused(code));
            }
            let file = clang_getFile(unit, name.as_ptr());
            Ok(Self { index, unit, file })
        }
    }

    /// The compiler's messages, in the order in which it gave them.
    pub fn messages(&self) -> Vec<Message> {
        // SAFETY: the unit is alive; each diagnostic is disposed of once, after its last use.
        unsafe {
            (0..clang_getNumDiagnostics(self.unit))
                .map(|position| {
                    let diagnostic = clang_getDiagnostic(self.unit, position);
                    let message = Message {
                        text: copy_string(clang_getDiagnosticSpelling(diagnostic)),
                        location: location(clang_getDiagnosticLocation(diagnostic)),
                        is_error: clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error,
                    };
                    clang_disposeDiagnostic(diagnostic);
                    message
                })
                .collect()
        }
    }

    /// The cursor above all declarations.
    pub fn root(&self) -> Cursor<'_> {
        // SAFETY: the unit is alive, and the cursor's lifetime is bound to it.
        Cursor::new(unsafe { clang_getTranslationUnitCursor(self.unit) })
    }

    /// What the compiler calls the line of a byte of the main file, which `#line` may have changed.
    pub fn line_as_named(&self, offset: usize) -> Line {
        let offset = c_uint::try_from(offset).unwrap_or(c_uint::MAX);
        // SAFETY: the unit and the file are alive; the out-pointers are valid for the call.
        unsafe {
            let place = clang_getLocationForOffset(self.unit, self.file, offset);
            let mut name = CXString { data: ptr::null(), private_flags: 0 };
            let (mut line, mut column) = (0, 0);
            clang_getPresumedLocation(place, &mut name, &mut line, &mut column);
            Line { file: PathBuf::from(copy_string(name)), number: line }
        }
    }

    /// The tokens of the first `length` bytes of the main file, without comments.
    pub fn tokens(&self, length: usize) -> Vec<Token> {
        self.file_tokens(self.file, length)
    }

    /// The same of an included file.
    pub fn header_tokens(&self, header: &Header<'_>, length: usize) -> Vec<Token> {
        self.file_tokens(header.file, length)
    }

    fn file_tokens(&self, file: CXFile, length: usize) -> Vec<Token> {
        let Ok(length) = c_uint::try_from(length) else {
            return Vec::new();
        };
        // SAFETY: the unit and the file are alive.
        let range = unsafe {
            clang_getRange(
                clang_getLocationForOffset(self.unit, file, 0),
                clang_getLocationForOffset(self.unit, file, length),
            )
        };
        self.tokens_in(range)
    }

    /// The included files that are no system headers, in the order in which they were included.
    pub fn headers(&self) -> Vec<Header<'_>> {
        extern "C" fn push(
            file: CXFile,
            stack: *mut CXSourceLocation,
            depth: c_uint,
            data: CXClientData,
        ) {
            let outermost = depth.checked_sub(1);
            // SAFETY: `data` is the vector below, borrowed by no one else during the visit, and the
            // stack has `depth` places.
            unsafe {
                if let Some(outermost) = outermost {
                    let place = *stack.add(outermost as usize);
                    (*data.cast::<Vec<(CXFile, CXSourceLocation)>>()).push((file, place));
                }
            }
        }
        let mut found: Vec<(CXFile, CXSourceLocation)> = Vec::new();
        // SAFETY: the unit is alive; the pointer is valid during the call; files and places belong to the
        // unit.
        unsafe {
            clang_getInclusions(self.unit, push, (&raw mut found).cast());
            found
                .into_iter()
                .filter(|(file, _)| {
                    let beginning = clang_getLocationForOffset(self.unit, *file, 0);
                    clang_Location_isInSystemHeader(beginning) == 0
                })
                .map(|(file, place)| Header {
                    path: copy_path(clang_getFileName(file)),
                    included_at: spelling_location(place).offset,
                    file,
                    unit: std::marker::PhantomData,
                })
                .collect()
        }
    }

    /// The tokens of a declaration or macro, without comments.
    pub fn tokens_of(&self, cursor: Cursor<'_>) -> Vec<Token> {
        self.tokens_in(cursor.extent())
    }

    fn tokens_in(&self, range: CXSourceRange) -> Vec<Token> {
        // SAFETY: the range is of this living unit; the array that libclang allocates is read inside
        // its bounds and given back once.
        unsafe {
            let mut array = ptr::null_mut();
            let mut count = 0;
            clang_tokenize(self.unit, range, &mut array, &mut count);
            if array.is_null() {
                return Vec::new();
            }
            let tokens = std::slice::from_raw_parts(array, count as usize)
                .iter()
                .filter(|token| clang_getTokenKind(**token) != CXToken_Comment)
                .map(|token| {
                    let extent = clang_getTokenExtent(self.unit, *token);
                    let start = spelling_location(clang_getRangeStart(extent));
                    Token {
                        text: copy_string(clang_getTokenSpelling(self.unit, *token)),
                        line: start.line,
                        column: start.column,
                        start: start.offset,
                        end: spelling_location(clang_getRangeEnd(extent)).offset,
                    }
                })
                .collect();
            clang_disposeTokens(self.unit, array, count);
            tokens
        }
    }

    /// The byte ranges of the main file that the preprocessor left out (`#if 0` and the like).
    pub fn skipped_ranges(&self) -> Vec<(usize, usize)> {
        self.file_skipped_ranges(self.file)
    }

    /// The same of an included file.
    pub fn header_skipped_ranges(&self, header: &Header<'_>) -> Vec<(usize, usize)> {
        self.file_skipped_ranges(header.file)
    }

    fn file_skipped_ranges(&self, file: CXFile) -> Vec<(usize, usize)> {
        // SAFETY: the unit and the file are alive; the list is read inside its bounds and disposed
        // of once.
        unsafe {
            let list = clang_getSkippedRanges(self.unit, file);
            if list.is_null() {
                return Vec::new();
            }
            let ranges = if (*list).ranges.is_null() {
                Vec::new()
            } else {
                std::slice::from_raw_parts((*list).ranges, (*list).count as usize)
                    .iter()
                    .map(|range| {
                        (
                            spelling_location(clang_getRangeStart(*range)).offset,
                            spelling_location(clang_getRangeEnd(*range)).offset,
                        )
                    })
                    .collect()
            };
            clang_disposeSourceRangeList(list);
            ranges
        }
    }
}

impl Drop for TranslationUnit {
    fn drop(&mut self) {
        // SAFETY: both were made by this value and are disposed of once, the unit before its index.
        unsafe {
            clang_disposeTranslationUnit(self.unit);
            clang_disposeIndex(self.index);
        }
    }
}

/// Copies and frees a string of libclang's.
///
/// # Safety
/// `string` must come from libclang and not have been disposed of.
unsafe fn copy_string(string: CXString) -> String {
    // SAFETY: by this function's contract.
    unsafe { copy_with(string, |text| text.to_string_lossy().into_owned()) }
}

/// The same for the name of a file, which may hold any bytes.
///
/// # Safety
/// `string` must come from libclang and not have been disposed of.
unsafe fn copy_path(string: CXString) -> PathBuf {
    // SAFETY: by this function's contract.
    unsafe { copy_with(string, |text| PathBuf::from(OsStr::from_bytes(text.to_bytes()))) }
}

/// # Safety
/// `string` must come from libclang and not have been disposed of.
unsafe fn copy_with<T: Default>(string: CXString, copy: impl FnOnce(&CStr) -> T) -> T {
    // SAFETY: by this function's contract; the pointer is NUL-terminated while the string lives.
    unsafe {
        let pointer = clang_getCString(string);
        let copied = if pointer.is_null() { T::default() } else { copy(CStr::from_ptr(pointer)) };
        clang_disposeString(string);
        copied
    }
}

type LocationReader =
    unsafe fn(CXSourceLocation, *mut CXFile, *mut c_uint, *mut c_uint, *mut c_uint);

/// Where the outermost macro use stands, for a place inside a macro; else the place itself.
///
/// # Safety
/// `source` must belong to a living translation unit.
unsafe fn location(source: CXSourceLocation) -> Location {
    // SAFETY: by this function's contract.
    unsafe { read_location(source, clang_getExpansionLocation) }
}

/// Where the characters themselves stand.
///
/// # Safety
/// `source` must belong to a living translation unit.
unsafe fn spelling_location(source: CXSourceLocation) -> Location {
    // SAFETY: by this function's contract.
    unsafe { read_location(source, clang_getFileLocation) }
}

unsafe fn read_location(source: CXSourceLocation, reader: LocationReader) -> Location {
    let mut file = ptr::null_mut();
    let (mut line, mut column, mut offset) = (0, 0, 0);
    // SAFETY: the out-pointers are valid for the call, and the file belongs to a living unit.
    let file = unsafe {
        reader(source, &mut file, &mut line, &mut column, &mut offset);
        (!file.is_null()).then(|| copy_path(clang_getFileName(file)))
    };
    Location { file, line, column, offset: offset as usize }
}
