//! What the two processes say to each other: messages with their length in front.
//!
//! The form is postcard's, which nests as deep as loops and expressions do.

use loopwright_ir::{LoopTree, Program};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The longest message, in bytes.
const LONGEST: usize = 1 << 30;

/// A machine as LLVM names it, and how arithmetic may be rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    pub triple: String,
    pub cpu: String,
    pub features: String,
    pub vector_bits: Option<u32>,
    pub fast_math: bool,
}

/// What the parent asks, as it is sent: the same as [`Request`] in other people's memory.
#[derive(Serialize)]
pub enum Asked<'a> {
    Manner(&'a Manner),
    Program(&'a Program),
    Compile { tree: &'a LoopTree, folder: &'a Path, name: &'a str },
}

/// What the parent asks.
#[derive(Deserialize)]
pub enum Request {
    /// Comes first.
    Manner(Manner),
    /// What the next trees are of.
    Program(Program),
    /// Make the shared object `folder/name` of a tree. The only request with an answer.
    Compile { tree: LoopTree, folder: PathBuf, name: String },
}

/// Where the shared object is, or why there is none.
pub type Reply = Result<PathBuf, String>;

/// Writes a message.
pub fn send(output: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    bytes = postcard::to_extend(message, bytes).map_err(io::Error::other)?;
    let length = bytes.len() - 4;
    let length = u32::try_from(length).ok().filter(|_| length <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other("the message is too long"))?;
    for (byte, value) in bytes.iter_mut().zip(length.to_le_bytes()) {
        *byte = value;
    }
    output.write_all(&bytes)?;
    output.flush()
}

/// Reads a message; `None` where the stream has ended.
pub fn receive<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::Error::other("the message is too long"));
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    postcard::from_bytes(&bytes).map(Some).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_whole() {
        let reply: Reply = Err("no".to_owned());
        let mut bytes = Vec::new();
        send(&mut bytes, &reply).expect("writes to memory");
        send(&mut bytes, &Reply::Ok("a/b".into())).expect("writes to memory");
        let mut input = bytes.as_slice();
        assert_eq!(receive::<Reply>(&mut input).expect("is whole"), Some(reply));
        assert_eq!(receive::<Reply>(&mut input).expect("is whole"), Some(Ok("a/b".into())));
        assert_eq!(receive::<Reply>(&mut input).expect("has ended"), None);
        let mut cut = bytes.get(..6).expect("there is more");
        assert!(receive::<Reply>(&mut cut).is_err());
    }
}
