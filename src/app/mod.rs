//! Joins the rooms.
pub mod clock;
pub mod inbox;
pub use clock::Clock;
pub use inbox::Inbox;
