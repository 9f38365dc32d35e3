//! The one integration-test binary.

mod feeds;
mod reader;
mod reader_chain;
mod reader_script;
