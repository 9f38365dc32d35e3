//! How the way to a server is protected, and what an error on it means.
//!
//! Encrypted and verified unless the address says otherwise; on this machine there is no network to listen on, and
//! nothing to verify.

use std::net::IpAddr;

/// How the way to a database is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Encrypted; certificate and name of the host are verified.
    Verified,
    /// Encrypted; the certificate is verified, and may be that of another host.
    Authority,
    /// Encrypted, to whoever answers.
    Unverified,
    /// Encrypted where the server offers it; nothing is verified.
    Perhaps,
    /// Not encrypted.
    Open,
    /// The server is on this machine.
    Local,
    /// There is no server.
    File,
}

impl Guard {
    /// For a plan, and for the doctor.
    pub fn words(self) -> &'static str {
        match self {
            Self::Verified => "TLS, verified",
            Self::Authority => "TLS; the certificate is verified, the name of the host is NOT",
            Self::Unverified => "TLS, NOT verified: whoever answers is believed",
            Self::Perhaps => "TLS only where the server offers it, NOT verified",
            Self::Open => "NOT encrypted",
            Self::Local => "on this machine",
            Self::File => "a file",
        }
    }

    /// Somebody on the way could read, or answer in the server's place.
    pub fn is_weak(self) -> bool {
        matches!(self, Self::Authority | Self::Unverified | Self::Perhaps | Self::Open)
    }
}

/// There is no network between here and this host.
pub(super) fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What to do about an error of TLS, behind the error's own words.
pub(super) fn advice(words: &str) -> Option<&'static str> {
    const UNKNOWN: &str = "its certificate is of an authority that is not known here; for RDS download \
                           https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem and set ca = \"FILE\" (on the \
                           command line --source-ca or --target-ca FILE)";
    const OTHER: &str = "it is that of another host: use the name that stands in it, or somebody else answers";
    let table = [
        ("UnknownIssuer", UNKNOWN),
        // An authority of the same name, and another one.
        ("BadSignature", UNKNOWN),
        ("NotValidForName", OTHER),
        ("not valid for name", OTHER),
        ("Expired", "its certificate has expired: it has to be renewed on the server"),
        (
            "CaUsedAsEndEntity",
            "it shows the certificate of an authority as its own: give the server one of its own, signed by that authority",
        ),
        (
            "does not support TLS",
            "switch TLS on there, or say that it is meant: tls = \"off\" (in an address sslmode=disable, of MySQL \
             ssl-mode=DISABLED)",
        ),
    ];
    table.into_iter().find(|(part, _)| words.contains(part)).map(|(_, advice)| advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_has_no_network() {
        for (host, want) in [
            ("127.0.0.1", true),
            ("127.8.9.1", true),
            ("::1", true),
            ("[::1]", true),
            ("localhost", true),
            ("/var/run/postgresql", true),
            ("localhost.example.com", false),
            ("10.0.0.1", false),
            ("db", false),
            ("", false),
        ] {
            assert_eq!(is_here(host), want, "{host}");
        }
    }
}
