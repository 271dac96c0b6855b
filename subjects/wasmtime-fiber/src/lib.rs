//! Adapter: wasmtime-fiber as a subject
