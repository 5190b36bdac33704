//! Loading what refers to something that is nowhere defined.
//!
//! A region's own file often calls functions of other files, outside of the region. Functions are looked up
//! when they are first called, so these never matter. Addresses of variables and functions that stand in
//! data, or in a global offset table, are looked up when the library is loaded, and one that is missing
//! makes that fail. Then a copy of the library is loaded in memory in which such references are weak: what
//! is missing has the address 0.

use object::elf;
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader, SectionHeader, Sym};
use object::{Endianness, U32};
use std::fs::File;
use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::Path;

type Header = elf::FileHeader64<Endianness>;
type Symbol = elf::Sym64<Endianness>;

/// Begins the line on standard error that names what a library may lack.
pub const NOTE: &str = "worker: may be undefined: ";

/// A library in which what may be missing is weak.
pub struct Tolerant {
    /// Lives as long as the library, whose name is a link to it.
    pub file: File,
    /// What it refers to and does not define itself, functions that are only called not counted.
    pub references: Vec<String>,
}

/// Makes the copy. An error is in words.
pub fn tolerant(path: &Path) -> Result<Tolerant, String> {
    let mut bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let references = weaken(&mut bytes).map_err(|error| error.to_string())?;
    let file = in_memory(&bytes).map_err(|error| error.to_string())?;
    Ok(Tolerant { file, references })
}

/// The name under which the loader opens the copy.
pub fn name(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Makes the references weak that the loader resolves at once, and has it look up the others late.
fn weaken(bytes: &mut [u8]) -> Result<Vec<String>, object::Error> {
    let mut changes: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut references = Vec::new();
    {
        let file = ElfFile64::<Endianness>::parse(&*bytes)?;
        let (endian, header) = (file.endian(), file.elf_header());
        let sections = header.sections(endian, &*bytes)?;
        let symbols = sections.symbols(endian, &*bytes, elf::SHT_DYNSYM)?;
        let mut needed = std::collections::BTreeSet::new();
        for section in sections.iter() {
            if let Some((relocations, _)) = section.rela(endian, &*bytes)? {
                needed.extend(
                    relocations
                        .iter()
                        .filter(|one| !is_lazy(header.e_machine(endian), one.r_type(endian, false)))
                        .map(|one| one.r_sym(endian, false) as usize),
                );
            }
        }
        let table = sections
            .iter()
            .find(|section| section.sh_type(endian) == elf::SHT_DYNSYM)
            .map_or(0, |section| section.sh_offset(endian) as usize);
        for (index, symbol) in symbols.iter().enumerate() {
            let missing = symbol.is_undefined(endian) && symbol.st_bind() == elf::STB_GLOBAL;
            if missing && needed.contains(&index) {
                let place = table + index * size_of::<Symbol>() + offset_of!(Symbol, st_info);
                changes.push((place, vec![elf::STB_WEAK << 4 | symbol.st_type()]));
                let name = symbols.symbol_name(endian, symbol)?;
                references.push(String::from_utf8_lossy(name).into_owned());
            }
        }
        bind_late(header, endian, &*bytes, &mut changes)?;
    }
    for (place, change) in changes {
        if let Some(target) = bytes.get_mut(place..place + change.len()) {
            target.copy_from_slice(&change);
        }
    }
    Ok(references)
}

/// Takes out that everything is bound at once, and that the table of functions then becomes read-only.
fn bind_late(
    header: &Header,
    endian: Endianness,
    bytes: &[u8],
    changes: &mut Vec<(usize, Vec<u8>)>,
) -> Result<(), object::Error> {
    let headers = header.program_headers(endian, bytes)?;
    let first = header.e_phoff.get(endian) as usize;
    for (index, program) in headers.iter().enumerate() {
        let nothing = U32::new(endian, elf::PT_NULL);
        if program.p_type(endian) == elf::PT_GNU_RELRO {
            let place = first + index * size_of::<elf::ProgramHeader64<Endianness>>();
            changes.push((place, object::bytes_of(&nothing).to_vec()));
        }
        let Some(entries) = program.dynamic(endian, bytes)? else { continue };
        for (entry, found) in entries.iter().enumerate() {
            let place =
                program.p_offset(endian) as usize + entry * size_of::<elf::Dyn64<Endianness>>();
            let mask = match found.tag32(endian) {
                Some(elf::DT_FLAGS) => u64::from(elf::DF_BIND_NOW),
                Some(elf::DT_FLAGS_1) => u64::from(elf::DF_1_NOW),
                // The tag itself says it; another one that nobody reads takes its place.
                Some(elf::DT_BIND_NOW) => {
                    let other = object::U64::new(endian, u64::from(elf::DT_DEBUG));
                    changes.push((place, object::bytes_of(&other).to_vec()));
                    continue;
                }
                _ => continue,
            };
            let value = object::U64::new(endian, found.d_val(endian) & !mask);
            changes.push((place + size_of::<u64>(), object::bytes_of(&value).to_vec()));
        }
    }
    Ok(())
}

/// Whether a relocation is that of a function which is looked up when it is called.
fn is_lazy(machine: u16, kind: u32) -> bool {
    match machine {
        elf::EM_X86_64 => kind == elf::R_X86_64_JUMP_SLOT,
        elf::EM_AARCH64 => kind == elf::R_AARCH64_JUMP_SLOT,
        _ => false,
    }
}

/// A file without a name. The limit on what loaded code may write does not hold here.
fn in_memory(bytes: &[u8]) -> io::Result<File> {
    // SAFETY: gives a new descriptor, which the file then owns.
    let file = unsafe {
        let descriptor = libc::memfd_create(c"library".as_ptr(), libc::MFD_CLOEXEC);
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        File::from_raw_fd(descriptor)
    };
    super::confinement::without_file_limit(|| io::Write::write_all(&mut &file, bytes))?;
    Ok(file)
}
