//! Text that must not be seen: passwords, and what holds them.

/// A secret. It has no `Debug`, no `Display` and no serialised form, so it cannot reach a log, a screen or a file by
/// accident; and it is not cloned, so there is one place to look for it. Effects and messages carry its name, never it.
#[derive(PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Each caller has a reason, and the text ends with the call.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    /// Two implementations for a type that has the trait, one for a type that has not: with two, `check` is ambiguous and
    /// this file does not compile.
    macro_rules! has_not {
        ($($trait:path),*) => {$({
            trait Ambiguous<A> {
                fn check() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Has;
            impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
            <Secret as Ambiguous<_>>::check();
        })*};
    }

    #[test]
    fn a_secret_cannot_be_printed_written_or_copied() {
        has_not!(std::fmt::Debug, std::fmt::Display, serde::Serialize, Clone, Into<String>);
        assert_eq!(Secret::new("hunter2").expose(), "hunter2");
    }
}
