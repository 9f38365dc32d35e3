//! The permission to write to one database.

/// Opens a session that can change data, of the one database it was issued for. Only `change` issues it, from a plan that
/// somebody confirmed (a test of the house looks for that).
#[derive(Debug)]
pub struct WritePermit {
    place: String,
}

impl WritePermit {
    /// `place`: as [`super::Database::place`] says it.
    pub fn issued_for_a_confirmed_plan(place: &str) -> Self {
        Self { place: place.to_owned() }
    }

    pub(super) fn is_for(&self, place: &str) -> bool {
        self.place == place
    }
}
