//! What each option of a C compiler is to us, in one table.

/// What an option is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The preprocessor or the language: our reading of the file needs it, too.
    Language,
    /// How a compiled region's own code has to behave, which our loops would not.
    Checked,
    /// No object or program is made, or we know too little of it.
    Other,
    /// Nothing that we look at by this table.
    Plain,
}

/// An option by how it begins.
struct Known {
    name: &'static str,
    /// Its value is the next word where the word is no longer than the name.
    takes_word: bool,
    meaning: Meaning,
}

const fn with_word(name: &'static str, meaning: Meaning) -> Known {
    Known { name, takes_word: true, meaning }
}

const fn alone(name: &'static str, meaning: Meaning) -> Known {
    Known { name, takes_word: false, meaning }
}

use Meaning::{Checked, Language, Other, Plain};

const KNOWN: &[Known] = &[
    with_word("-I", Language),
    with_word("-D", Language),
    with_word("-U", Language),
    with_word("-include", Language),
    with_word("-imacros", Language),
    with_word("-isystem", Language),
    with_word("-iquote", Language),
    with_word("-idirafter", Language),
    with_word("-iprefix", Language),
    with_word("-iwithprefix", Language),
    with_word("-iwithprefixbefore", Language),
    with_word("-isysroot", Language),
    with_word("--sysroot", Language),
    alone("-std=", Language),
    alone("-ansi", Language),
    alone("-nostdinc", Language),
    alone("-pthread", Language),
    alone("-fopenmp", Language),
    alone("-fsigned-char", Language),
    alone("-funsigned-char", Language),
    alone("-fshort-enums", Language),
    alone("-fms-extensions", Language),
    alone("-fgnu89-inline", Language),
    alone("-fsanitize", Checked),
    alone("-fprofile", Checked),
    alone("--coverage", Checked),
    alone("-ftest-coverage", Checked),
    alone("-pg", Checked),
    alone("-fcoverage", Checked),
    alone("-finstrument-functions", Checked),
    alone("-ftrapv", Checked),
    alone("-frounding-math", Checked),
    alone("-E", Other),
    alone("-S", Other),
    alone("-M", Other),
    alone("-MM", Other),
    alone("-fsyntax-only", Other),
    alone("-###", Other),
    alone("--version", Other),
    alone("--help", Other),
    alone("-emit-llvm", Other),
    alone("--target-help", Other),
    alone("-r", Other),
    alone("-dumpversion", Other),
    alone("-dumpmachine", Other),
    alone("-dumpfullversion", Other),
    alone("-dumpspecs", Other),
    with_word("-o", Plain),
    with_word("-imultilib", Plain),
    with_word("-L", Plain),
    with_word("-l", Plain),
    with_word("-MF", Plain),
    with_word("-MT", Plain),
    with_word("-MQ", Plain),
    with_word("-x", Plain),
    with_word("-Xlinker", Plain),
    with_word("-Xclang", Plain),
    with_word("-Xpreprocessor", Plain),
    with_word("-Xassembler", Plain),
    with_word("-T", Plain),
    with_word("-u", Plain),
    with_word("-z", Plain),
    with_word("-e", Plain),
    with_word("-target", Plain),
    with_word("--param", Plain),
    with_word("-arch", Plain),
    with_word("-aux-info", Plain),
    with_word("-wrapper", Plain),
    with_word("-mllvm", Plain),
    with_word("-framework", Plain),
    with_word("-G", Plain),
    with_word("-B", Plain),
    with_word("-A", Plain),
    with_word("-dumpbase", Plain),
    with_word("-dumpdir", Plain),
    with_word("-dumpbase-ext", Plain),
    with_word("-F", Plain),
    with_word("-fplugin-arg", Plain),
];

/// Whether the next word is the option's value.
pub fn takes_next_word(option: &str) -> bool {
    KNOWN.iter().any(|known| known.takes_word && known.name == option)
}

/// Whether the compiler is asked for something else than an object or a program.
pub fn asks_for_other(option: &str) -> bool {
    KNOWN.iter().any(|known| known.meaning == Other && known.name == option)
        || option.starts_with("-print-")
        || option.starts_with("--print-")
}

/// Whether an option, its value joined or not, says something of the language.
pub fn is_of_language(option: &str) -> bool {
    begins(option, Language)
}

/// Whether an option asks for code that our loops do not have.
pub fn is_checked(option: &str) -> bool {
    begins(option, Checked)
}

fn begins(option: &str, meaning: Meaning) -> bool {
    KNOWN.iter().any(|known| known.meaning == meaning && option.starts_with(known.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_stands_in_the_table_once() {
        for (position, known) in KNOWN.iter().enumerate() {
            let again = KNOWN.iter().skip(position + 1).any(|other| other.name == known.name);
            assert!(!again, "{}", known.name);
        }
        assert!(takes_next_word("-I") && !takes_next_word("-Iinclude"));
        assert!(is_of_language("-Iinclude") && is_of_language("-std=c11"));
        assert!(is_checked("-fsanitize=address") && asks_for_other("-print-prog-name=ld"));
    }
}
