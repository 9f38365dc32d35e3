//! The one integration-test binary. Each module starts what it needs, on free ports and in temporary folders.

mod house;
