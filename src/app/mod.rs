//! Joins the rooms.
pub mod clock;
pub mod console;
pub mod inbox;
pub mod panic;
pub use clock::Clock;
pub use inbox::Inbox;
