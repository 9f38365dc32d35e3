//! Parses arguments, loads the configuration, hands over to `app`.

fn main() {}
