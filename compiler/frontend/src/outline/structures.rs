//! Structures of which a region's text uses members, and what it is handed over.
//!
//! Numbers and pointers are put into a structure of the text's own. Arrays stay where they are: the structure is the one
//! that they lie in, if that is one, else a copy that is copied back.

use super::text::Text;
use crate::host::{HostDeclaration, HostDeclarationKind, HostFunction, HostMember};
use loopwright_ir::planted::{Fault, planted};

/// What has to follow the region's text.
#[derive(Default)]
pub(super) struct Structures {
    /// Statements that give back what the text has written.
    pub stores: Vec<String>,
    /// Directives that end what was defined for the text.
    pub undone: Vec<String>,
}

/// Declares structures for the text that have the members that are handed over.
pub(super) fn structures(text: &mut Text, host: &HostFunction) -> Structures {
    let mut known: Vec<&str> = Vec::new();
    let mut behind = Structures::default();
    for declaration in &host.declarations {
        let Some(member) = &declaration.member else { continue };
        let of = member.of.as_str();
        if known.contains(&of) {
            continue;
        }
        known.push(of);
        let all: Vec<_> = members(host, of).collect();
        declared(text, member, &all, &mut behind);
        for (declaration, member) in all {
            let (name, path) = (&declaration.name, format!("@at_{of}->{}", member.within()));
            let value = match declaration.kind {
                HostDeclarationKind::Scalar => format!("@of_{name}"),
                HostDeclarationKind::Array if !declaration.pointer => continue,
                HostDeclarationKind::Array | HostDeclarationKind::Parameter => format!("&{name}"),
                HostDeclarationKind::Iterator | HostDeclarationKind::Constant(_) => continue,
            };
            text.line(&format!("    __builtin_memcpy((void *)&{path}, {value}, sizeof {path});"));
            if declaration.kind == HostDeclarationKind::Scalar && declaration.written {
                let store = format!("    __builtin_memcpy(@of_{name}, &{path}, sizeof {path});");
                behind.stores.push(store);
            }
        }
    }
    behind
}

/// The members of a variable's structure that are handed over.
fn members<'a>(
    host: &'a HostFunction,
    of: &'a str,
) -> impl Iterator<Item = (&'a HostDeclaration, &'a HostMember)> {
    let all = host.declarations.iter().filter_map(|one| Some((one, one.member.as_ref()?)));
    all.filter(move |(_, member)| member.of == of)
}

/// The structure itself, under the variable's name.
fn declared(
    text: &mut Text,
    first: &HostMember,
    members: &[(&HostDeclaration, &HostMember)],
    behind: &mut Structures,
) {
    let HostMember { of, spelling, .. } = first;
    let arrays: Vec<_> = members
        .iter()
        .filter(|(declaration, _)| declaration.array_in_structure().is_some())
        .collect();
    match arrays.as_slice() {
        [] => {
            text.line(&format!(
                "    char @in_{of}[sizeof({spelling})] __attribute__((__aligned__(64)));"
            ));
            text.line(&format!("    {spelling} *@at_{of} = ({spelling} *)(void *)@in_{of};"));
        }
        [(declaration, member), ..] => {
            let (name, within) = (&declaration.name, member.within());
            text.line(&format!("    static {spelling} @in_{of};"));
            text.line(&format!(
                "    {spelling} *@at_{of} = ({spelling} *)(void *)((char *){name} - __builtin_offsetof({spelling}, {within}));"
            ));
            let address = |member: &HostMember| format!("(void *)&@at_{of}->{}", member.within());
            let apart = arrays.iter().skip(1).map(|(declaration, member)| {
                format!(" || {} != (void *){}", address(member), declaration.name)
            });
            // In one structure only if each lies where that has it.
            text.line(&format!("    int @apart_{of} = 0{};", apart.collect::<String>()));
            let copied = |declaration: &HostDeclaration, member: &HostMember, back: bool| {
                let (there, here) = (address(member), format!("(void *){}", declaration.name));
                let (to, from) = if back { (here, there) } else { (there, here) };
                let size = format!("sizeof @at_{of}->{}", member.within());
                format!("__builtin_memcpy({to}, {from}, {size});")
            };
            let copies: Vec<_> = arrays
                .iter()
                .filter(|_| !planted(Fault::MembersNotCopied))
                .map(|(declaration, member)| copied(declaration, member, false))
                .collect();
            text.line(&format!(
                "    if (@apart_{of}) {{ @at_{of} = &@in_{of}; {} }}",
                copies.join(" ")
            ));
            for (declaration, member) in arrays.iter().filter(|(one, _)| one.written) {
                let copy = copied(declaration, member, true);
                behind.stores.push(format!("    if (@apart_{of}) {{ {copy} }}"));
            }
        }
    }
    if first.is_behind_pointer() {
        text.line(&format!("    {spelling} *{of} = @at_{of};"));
    } else {
        text.line(&format!("#pragma push_macro(\"{of}\")"));
        text.line(&format!("#undef {of}"));
        text.line(&format!("#define {of} (*@at_{of})"));
        behind.undone.push(format!("#pragma pop_macro(\"{of}\")"));
    }
}
