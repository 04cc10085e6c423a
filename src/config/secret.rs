//! Values that show themselves to nobody but whoever uses them.

use std::fmt;

/// A secret, such as an address with a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value, for its use alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whatever it is: a value that could be refused would be quoted by the refusal.
impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let url = Secret::from("postgres://partner:hush@db/partner".to_owned());
        assert_eq!(format!("{:?}", Some(&url)), "Some(Secret(..))");
        assert_eq!(url.expose(), "postgres://partner:hush@db/partner");
    }
}
