//! The way to a server: encrypted and verified, unless somebody says otherwise.

use super::side::{command, told};
use crate::servers::{Server, mariadb_with_tls, postgres_with_tls};
use cutover::db::{Database, Guard};
use cutover::model::database::Tls;

/// The same server by an address that does not look like this machine, and that its certificate names.
fn far(url: &str) -> String {
    url.replace("127.0.0.1", "0.0.0.0")
}

async fn both() -> [(&'static Server, String); 2] {
    let (postgres, mariadb) = (postgres_with_tls().await, mariadb_with_tls().await);
    [(postgres, postgres.database().await), (mariadb, mariadb.database().await)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_believed_only_with_a_certificate_of_a_known_authority_for_its_own_name() {
    for (server, url) in both().await {
        let parse = |url: &str| Database::parse(url).unwrap();
        let (ca, other) = (server.file("ca.pem"), server.file("other-ca.pem"));
        let good = parse(&far(&url)).with_ca(&ca).unwrap();
        let look = good.look().await.unwrap();
        assert_eq!(
            (good.guard(), look.encrypted, look.read_only),
            (Guard::Verified, Some(true), Some(true)),
            "{look:?}"
        );
        let refused = [
            (parse(&far(&url)), "truststore.pki.rds.amazonaws.com/global/global-bundle.pem and set ca"),
            (parse(&far(&url)).with_ca(&other).unwrap(), "UnknownIssuer"),
            (parse(&url).with_tls(Tls::Verify).with_ca(&ca).unwrap(), "it is that of another host"),
            (parse(&url).with_tls(Tls::Verify), "UnknownIssuer"),
        ];
        for (database, part) in refused {
            let error = database.read().await.unwrap_err();
            assert!(error.is_lost() && error.to_string().contains(part), "{url}: {error}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
        let named = parse(&url.replace("127.0.0.1", "localhost")).with_tls(Tls::Verify).with_ca(&ca).unwrap();
        assert_eq!(named.look().await.unwrap().encrypted, Some(true));
        for (database, guard, encrypted) in [
            (parse(&far(&url)).with_tls(Tls::Require), Guard::Unverified, true),
            (parse(&far(&url)).with_tls(Tls::Off), Guard::Open, false),
            (parse(&url).with_tls(Tls::Off), Guard::Local, false),
        ] {
            let look = database.look().await.unwrap();
            assert_eq!((database.guard(), look.encrypted), (guard, Some(encrypted)), "{url}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_verifies_by_itself_and_says_loudly_where_it_does_not() {
    let [(postgres, source), (mariadb, target)] = both().await;
    for url in [&source, &target] {
        let mut session = Database::parse(url).unwrap().write_owned_by_demo().await.unwrap();
        session.script("CREATE TABLE t (id bigint PRIMARY KEY)").await.unwrap();
    }
    let run =
        async |source: &str, target: &str, more: &[&str]| told(command(source, target, more).output().await.unwrap());
    let [ours, theirs] = [postgres, mariadb].map(|server| server.file("ca.pem").display().to_string());
    let (far_source, far_target) = (far(&source), far(&target));
    let told = run(&far_source, &far_target, &["--source-ca", &ours, "--target-ca", &theirs]).await;
    assert_eq!((told.status, told.stderr.contains("NOT")), (Some(0), false), "{told:?}");
    // The file for both is that of the one for which no other is named.
    let told = run(&far_source, &far_target, &["--ca", &ours, "--target-ca", &theirs]).await;
    assert_eq!(told.status, Some(0), "{told:?}");
    for (more, side, part) in [
        (&[][..], "source", "UnknownIssuer"),
        (&["--ca", &ours], "target", "--target-ca FILE"),
        (&["--ca", "/nonexistent/ca.pem"], "source", "/nonexistent/ca.pem: No such file"),
    ] {
        let told = run(&far_source, &far_target, more).await;
        assert!(told.status != Some(0) && told.stdout.is_empty(), "{told:?}");
        assert!(told.stderr.contains(side) && told.stderr.contains(part), "{}", told.stderr);
    }
    let (source, target) = (format!("{far_source}?sslmode=require"), format!("{far_target}?ssl-mode=DISABLED"));
    let told = run(&source, &target, &[]).await;
    assert_eq!(told.status, Some(0), "{told:?}");
    for part in ["the way to the source", "TLS, NOT verified: whoever answers is believed", "NOT encrypted"] {
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
}
