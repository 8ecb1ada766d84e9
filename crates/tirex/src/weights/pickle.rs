//! A reader of the index inside a PyTorch checkpoint: pickle's plain values and descriptions of tensors. Nothing is
//! executed: a call is either one of the two that describe data, or refused by name.

use std::collections::HashMap;
use std::ops::Range;

/// An index into the values of a [`Document`].
pub(super) type Id = u32;

/// A value; those inside it are named by their places.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Where the text lies in the bytes.
    Text(Range<usize>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Name(Callable),
    /// The stored numbers that tensors are views of.
    Storage {
        key: Range<usize>,
        length: u64,
    },
    Tensor(TensorView),
}

/// What may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callable {
    OrderedDict,
    RebuildTensor,
    FloatStorage,
}

/// A tensor as a view of a storage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TensorView {
    /// The storage's key, as it lies in the bytes.
    pub(super) key: Range<usize>,
    /// Numbers in the storage.
    pub(super) stored: u64,
    pub(super) offset: u64,
    pub(super) shape: Vec<usize>,
    pub(super) stride: Vec<usize>,
}

/// A read pickle.
#[derive(Debug)]
pub(super) struct Document<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
    root: Id,
}

/// More dimensions than any tensor of a model has.
const MOST_DIMENSIONS: usize = 8;

impl<'a> Document<'a> {
    /// Reads all of it; the reason names the byte.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut reader = Reader {
            bytes,
            at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        loop {
            let start = reader.at;
            match reader.step() {
                Ok(None) => {}
                Ok(Some(root)) => return Ok(Self { bytes, nodes: reader.nodes, root }),
                Err(reason) => return Err(format!("byte {start} of its index: {reason}")),
            }
        }
    }

    pub(super) fn root(&self) -> &Node {
        self.node(self.root)
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// The text at a place that was checked when it was read.
    pub(super) fn text(&self, range: &Range<usize>) -> &'a str {
        std::str::from_utf8(&self.bytes[range.clone()]).unwrap_or_default()
    }

    /// The value of a dictionary under a name.
    pub(super) fn get(&self, node: &Node, name: &str) -> Option<&Node> {
        let Node::Dict(entries) = node else { return None };
        let is_named = |id: Id| matches!(self.node(id), Node::Text(range) if self.text(range) == name);
        entries.iter().rev().find(|(key, _)| is_named(*key)).map(|(_, value)| self.node(*value))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Reader<'_> {
    /// One opcode; the root at the last.
    fn step(&mut self) -> Result<Option<Id>, String> {
        let opcode = self.byte()?;
        if let Some(node) = self.plain(opcode)? {
            self.push(node);
            return Ok(None);
        }
        match opcode {
            // PROTO
            0x80 => match self.byte()? {
                2..=5 => {}
                other => return Err(format!("pickle protocol {other} is not one of 2 to 5")),
            },
            b'(' => self.marks.push(self.stack.len()),
            b't' => {
                let items = self.since_mark()?;
                self.push(Node::Tuple(items));
            }
            count @ 0x85..=0x87 => {
                let from = self.stack.len().checked_sub(usize::from(count) - 0x84).ok_or_else(empty)?;
                let items = self.stack.split_off(from);
                self.push(Node::Tuple(items));
            }
            b'q' => {
                let key = u32::from(self.byte()?);
                self.remember(key)?;
            }
            b'r' => {
                let key = u32::from_le_bytes(self.array()?);
                self.remember(key)?;
            }
            b'h' => {
                let key = u32::from(self.byte()?);
                self.recall(key)?;
            }
            b'j' => {
                let key = u32::from_le_bytes(self.array()?);
                self.recall(key)?;
            }
            b'c' => {
                let name = self.global()?;
                self.push(Node::Name(name));
            }
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.push(storage);
            }
            b'R' => {
                let arguments = self.pop()?;
                let callable = self.pop()?;
                let made = self.call(callable, arguments)?;
                self.push(made);
            }
            // BUILD: attributes of the object below, none of which is data.
            b'b' => {
                self.pop()?;
                self.top()?;
            }
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            b'e' => {
                let items = self.since_mark()?;
                self.extend(items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.insert(&[key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.insert(&items)?;
            }
            b'.' => return self.pop().map(Some),
            other => return Err(format!("opcode {other:#04x} has no place in a checkpoint of weights")),
        }
        Ok(None)
    }

    /// The value that an opcode stands for, or that follows it.
    fn plain(&mut self, opcode: u8) -> Result<Option<Node>, String> {
        Ok(Some(match opcode {
            b'}' => Node::Dict(Vec::new()),
            b']' => Node::List(Vec::new()),
            b')' => Node::Tuple(Vec::new()),
            b'N' => Node::None,
            0x88 => Node::Bool(true),
            0x89 => Node::Bool(false),
            b'J' => Node::Int(i64::from(i32::from_le_bytes(self.array()?))),
            b'K' => Node::Int(i64::from(self.byte()?)),
            b'M' => Node::Int(i64::from(u16::from_le_bytes(self.array()?))),
            // LONG1
            0x8a => {
                let length = usize::from(self.byte()?);
                Node::Int(self.long(length)?)
            }
            b'G' => Node::Float(f64::from_be_bytes(self.array()?)),
            b'X' => {
                let length = u32::from_le_bytes(self.array()?) as usize;
                let range = self.take(length)?;
                if std::str::from_utf8(&self.bytes[range.clone()]).is_err() {
                    return Err("a text is not UTF-8".to_owned());
                }
                Node::Text(range)
            }
            _ => return Ok(None),
        }))
    }

    fn take(&mut self, length: usize) -> Result<Range<usize>, String> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let range = self.at..end.ok_or("it ends in the middle of a value")?;
        self.at = range.end;
        Ok(range)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let range = self.take(N)?;
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes[range]);
        Ok(array)
    }

    /// A little-endian integer of so many bytes.
    fn long(&mut self, length: usize) -> Result<i64, String> {
        if length > 8 {
            return Err(format!("an integer of {length} bytes is too large"));
        }
        let range = self.take(length)?;
        let bytes = &self.bytes[range];
        let fill = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xff } else { 0 };
        let mut whole = [fill; 8];
        whole[..length].copy_from_slice(bytes);
        Ok(i64::from_le_bytes(whole))
    }

    /// Two lines: module and name.
    fn global(&mut self) -> Result<Callable, String> {
        let mut line = || -> Result<String, String> {
            let rest = &self.bytes[self.at..];
            let length =
                rest.iter().take(256).position(|byte| *byte == b'\n').ok_or("a name does not end")?;
            let text = String::from_utf8_lossy(&rest[..length]).into_owned();
            self.at += length + 1;
            Ok(text)
        };
        let (module, name) = (line()?, line()?);
        match (module.as_str(), name.as_str()) {
            ("collections", "OrderedDict") => Ok(Callable::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2") => Ok(Callable::RebuildTensor),
            ("torch", "FloatStorage") => Ok(Callable::FloatStorage),
            _ => Err(format!(
                "it names {module}.{name}, which weights have no need of: only tensors of 32-bit floats are read, and nothing is executed"
            )),
        }
    }

    fn push(&mut self, node: Node) {
        self.stack.push(self.nodes.len() as Id);
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Result<Id, String> {
        // What lies below a mark is out of reach until the mark is taken away.
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(empty());
        }
        self.stack.pop().ok_or_else(empty)
    }

    fn top(&self) -> Result<Id, String> {
        self.stack.last().copied().ok_or_else(empty)
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or("there is no mark")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn remember(&mut self, key: u32) -> Result<(), String> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Result<(), String> {
        let id = *self.memo.get(&key).ok_or_else(|| format!("value {key} was never remembered"))?;
        self.stack.push(id);
        Ok(())
    }

    fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    fn extend(&mut self, items: Vec<Id>) -> Result<(), String> {
        let top = self.top()?;
        let Node::List(list) = &mut self.nodes[top as usize] else {
            return Err("it appends to no list".to_owned());
        };
        list.extend(items);
        Ok(())
    }

    fn insert(&mut self, items: &[Id]) -> Result<(), String> {
        let top = self.top()?;
        let Node::Dict(entries) = &mut self.nodes[top as usize] else {
            return Err("it sets an item of no dictionary".to_owned());
        };
        let (pairs, rest) = items.as_chunks::<2>();
        if !rest.is_empty() {
            return Err("a key has no value".to_owned());
        }
        entries.extend(pairs.iter().map(|[key, value]| (*key, *value)));
        Ok(())
    }

    /// `("storage", FloatStorage, key, device, length)`.
    fn storage(&self, id: Id) -> Result<Node, String> {
        let Node::Tuple(parts) = self.node(id) else { return Err("a storage is no tuple".to_owned()) };
        let [kind, class, key, _device, length] = parts[..] else {
            return Err("a storage does not have five parts".to_owned());
        };
        let is_storage =
            matches!(self.node(kind), Node::Text(range) if &self.bytes[range.clone()] == b"storage");
        match (is_storage, self.node(class), self.node(key), self.node(length)) {
            (true, Node::Name(Callable::FloatStorage), Node::Text(key), Node::Int(length))
                if *length >= 0 =>
            {
                Ok(Node::Storage { key: key.clone(), length: length.unsigned_abs() })
            }
            _ => Err("a storage is not one of 32-bit floats with a key and a length".to_owned()),
        }
    }

    fn call(&self, callable: Id, arguments: Id) -> Result<Node, String> {
        let Node::Tuple(arguments) = self.node(arguments) else {
            return Err("a call has no tuple of arguments".to_owned());
        };
        match self.node(callable) {
            Node::Name(Callable::OrderedDict) if arguments.is_empty() => Ok(Node::Dict(Vec::new())),
            Node::Name(Callable::RebuildTensor) => self.tensor(arguments),
            _ => Err("it calls what can't be called".to_owned()),
        }
    }

    /// `(storage, offset, shape, stride, requires_grad, hooks, …)`.
    fn tensor(&self, arguments: &[Id]) -> Result<Node, String> {
        let [storage, offset, shape, stride, ..] = arguments else {
            return Err("a tensor lacks its shape".to_owned());
        };
        let sizes = |id: Id| -> Result<Vec<usize>, String> {
            let Node::Tuple(items) = self.node(id) else { return Err("a shape is no tuple".to_owned()) };
            if items.len() > MOST_DIMENSIONS {
                return Err(format!("a tensor has {} dimensions", items.len()));
            }
            let size = |item: &Id| match self.node(*item) {
                Node::Int(size) => usize::try_from(*size).map_err(|_| format!("a size is {size}")),
                _ => Err("a size is no integer".to_owned()),
            };
            items.iter().map(size).collect()
        };
        match (self.node(*storage), self.node(*offset)) {
            (Node::Storage { key, length }, Node::Int(offset)) if *offset >= 0 => {
                let (shape, stride) = (sizes(*shape)?, sizes(*stride)?);
                if shape.len() != stride.len() {
                    return Err("a tensor has more sizes than strides, or fewer".to_owned());
                }
                let (key, stored, offset) = (key.clone(), *length, offset.unsigned_abs());
                Ok(Node::Tensor(TensorView { key, stored, offset, shape, stride }))
            }
            _ => Err("a tensor is not a view of a storage".to_owned()),
        }
    }
}

fn empty() -> String {
    "it takes more values than there are".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_values() {
        // {"a": [1, 2.5, True], "b": (300,)}
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01G\x40\x04\x00\x00\x00\x00\x00\x00\x88eX\x01\x00\x00\x00bq\x03M\x2c\x01\x85q\x04u.";
        let document = Document::read(bytes).unwrap();
        let Some(Node::List(items)) = document.get(document.root(), "a") else { panic!("no list") };
        let items: Vec<&Node> = items.iter().map(|id| document.node(*id)).collect();
        assert_eq!(items, [&Node::Int(1), &Node::Float(2.5), &Node::Bool(true)]);
        let Some(Node::Tuple(items)) = document.get(document.root(), "b") else { panic!("no tuple") };
        assert_eq!(document.node(items[0]), &Node::Int(300));
        assert!(document.get(document.root(), "c").is_none());
    }

    #[test]
    fn refuses_whatever_could_run() {
        for (bytes, word) in [
            (&b"cos\nsystem\n(X\x02\x00\x00\x00lstR."[..], "os.system"),
            (b"cbuiltins\neval\n.", "builtins.eval"),
            (b"\x80\x02ctorch\nFloatStorage\n)R.", "can't be called"),
            (b"i.", "opcode 0x69"),
            (b"\x80\x09.", "protocol 9"),
        ] {
            let reason = Document::read(bytes).unwrap_err();
            assert!(reason.contains(word), "{reason}");
        }
    }

    #[test]
    fn no_cut_is_read_and_no_cut_panics() {
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01K\x02eu.";
        for length in 0..bytes.len() {
            assert!(Document::read(&bytes[..length]).is_err(), "{length}");
        }
    }
}
