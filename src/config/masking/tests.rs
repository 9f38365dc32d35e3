//! Rules as people write them, and what is said of those that are wrong.
