//! What a read comes back with, besides the value.

use crate::model::Problem;
use jiff::Timestamp;

/// The value with what the service said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    pub value: T,
    /// The server's `Date` header; of several pages the oldest, because the whole is as old as its oldest part.
    pub stated: Option<Timestamp>,
    /// Requests it took: pages, over all operations involved.
    pub pages: u32,
    /// Parts that are not in the value, and why: a missing permission, a row that could not be read.
    pub missing: Vec<Problem>,
}

impl<T: Default> Default for Answer<T> {
    fn default() -> Self {
        Self { value: T::default(), stated: None, pages: 0, missing: Vec::new() }
    }
}

impl<T> Answer<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { value: f(self.value), stated: self.stated, pages: self.pages, missing: self.missing }
    }

    /// Counts one more page, stated at `stated`.
    pub(super) fn page(&mut self, stated: Option<Timestamp>) {
        self.stated = if self.pages == 0 { stated } else { older(self.stated, stated) };
        self.pages += 1;
    }
}

/// The older of two statements; a page without a date makes the whole undated.
fn older(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    Some(a?.min(b?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_old_as_its_oldest_page_and_undated_if_one_page_is() {
        let at = |s| Timestamp::from_second(s).ok();
        let mut answer: Answer<()> = Answer::default();
        answer.page(at(20));
        answer.page(at(10));
        assert_eq!((answer.stated, answer.pages), (at(10), 2));
        answer.page(None);
        assert_eq!((answer.stated, answer.pages), (None, 3));
    }
}
