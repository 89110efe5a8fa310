//! As much of WASI 0.2 as the tests' own components import.

use crate::guests::component;

/// The packages, those that others use first.
const PACKAGES: [&str; 5] = [
    "package wasi:io@0.2.6;
     interface error { resource error; }
     interface poll { resource pollable { block: func(); } }
     interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource output-stream {
            blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
        }
     }",
    "package wasi:cli@0.2.6;
     interface stdout { use wasi:io/streams@0.2.6.{output-stream}; get-stdout: func() -> output-stream; }
     interface stderr { use wasi:io/streams@0.2.6.{output-stream}; get-stderr: func() -> output-stream; }",
    "package wasi:clocks@0.2.6;
     interface monotonic-clock {
        use wasi:io/poll@0.2.6.{pollable};
        subscribe-duration: func(when: u64) -> pollable;
     }",
    "package wasi:random@0.2.6;
     interface random { get-random-bytes: func(len: u64) -> list<u8>; }",
    "package wasi:sockets@0.2.6;
     interface network {
        enum error-code {
            unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout,
            concurrency-conflict, not-in-progress, would-block, invalid-state,
            new-socket-limit, address-not-bindable, address-in-use, remote-unreachable,
            connection-refused, connection-reset, connection-aborted, datagram-too-large,
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure
        }
        enum ip-address-family { ipv4, ipv6 }
     }
     interface udp { resource udp-socket; }
     interface udp-create-socket {
        use network.{error-code, ip-address-family};
        use udp.{udp-socket};
        create-udp-socket: func(family: ip-address-family) -> result<udp-socket, error-code>;
     }
     interface tcp { resource tcp-socket; }
     interface tcp-create-socket {
        use network.{error-code, ip-address-family};
        use tcp.{tcp-socket};
        create-tcp-socket: func(family: ip-address-family) -> result<tcp-socket, error-code>;
     }",
];

/// A worker that may import them; those that it does not are left out.
const WORLD: &str = "package test:guest;
    world guest {
        import wasi:cli/stdout@0.2.6;
        import wasi:cli/stderr@0.2.6;
        import wasi:clocks/monotonic-clock@0.2.6;
        import wasi:random/random@0.2.6;
        import wasi:sockets/tcp-create-socket@0.2.6;
        import wasi:sockets/udp-create-socket@0.2.6;
        import skep:worker/node@0.1.0;
        import skep:worker/message@0.1.0;
        export skep:worker/handler@0.1.0;
    }";

/// A component from the text of a core module that imports functions of WASI.
///
/// # Panics
/// When the text is wrong.
pub fn with_wasi(core: &str) -> Vec<u8> {
    component(core, WORLD, &PACKAGES)
}
