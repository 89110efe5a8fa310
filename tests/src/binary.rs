//! Modules and components in bytes, for those that are too large or too odd to be written
//! as text.

/// The least that a worker's module has: a memory, `cabi_realloc`, and `handle` after
/// `before` functions of no use, whose bodies are given.
pub fn worker(bodies: &[u8], count: u32) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    // () -> (), (i32 i32 i32 i32) -> i32, (i32 i32) -> i32
    let types = b"\x03\x60\0\0\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7f";
    section(&mut module, 1, types);
    let mut functions = leb(count + 2);
    functions.extend([1, 2]);
    functions.resize(functions.len() + count as usize, 0);
    section(&mut module, 3, &functions);
    section(&mut module, 5, &[1, 0, 1]);
    let mut exports = vec![3];
    for (name, kind, index) in
        [("memory", 2, 0), ("cabi_realloc", 0, 0), ("skep:worker/handler@0.1.0#handle", 0, 1)]
    {
        exports.extend(leb(name.len() as u32));
        exports.extend(name.as_bytes());
        exports.extend([kind, index]);
    }
    section(&mut module, 7, &exports);
    let mut code = leb(count + 2);
    // `i32.const 1024`, and `i32.const 0`.
    code.extend(body(&[0], &[0x41, 0x80, 0x08]));
    code.extend(body(&[0], &[0x41, 0]));
    code.extend(bodies);
    section(&mut module, 10, &code);
    module
}

/// A function's body: the groups of its variables, and its instructions.
pub fn body(locals: &[u8], instructions: &[u8]) -> Vec<u8> {
    let mut body = leb((locals.len() + instructions.len() + 1) as u32);
    body.extend(locals);
    body.extend(instructions);
    body.push(0x0b);
    body
}

/// Add a section, or a component within one (4).
pub fn section(binary: &mut Vec<u8>, id: u8, content: &[u8]) {
    binary.push(id);
    binary.extend(leb(content.len() as u32));
    binary.extend(content);
}

/// An unsigned number as WebAssembly has it.
pub fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
