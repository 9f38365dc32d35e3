//! The only room that knows the AWS SDK: configuration chain, credentials, the limiter, the `Reader`.
//!
//! May touch `model` only. No type of the SDK leaves this room.
