//! Connections to source and target through sqlx: the only room besides `store` that knows it.
//!
//! May touch `model`. SQL text that is not generated lives in `sql/`.
