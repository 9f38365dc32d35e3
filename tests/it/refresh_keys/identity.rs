//! Which database is which, and who else is in it.

use super::*;
use crate::servers;
use cutover::db::schema::identity::{Apart, differ, identity, others};

#[tokio::test]
async fn a_database_is_told_from_another_and_recognised_under_another_name() {
    let (one, two) = (Base::postgres().await, Base::postgres().await);
    let server = servers::own_postgres("").await;
    let away = server.database().await;
    let by_name = one.url.replace("127.0.0.1", "localhost");
    let maria = [Base::mariadb().await, Base::mariadb().await];
    for (source, target, want) in [
        (&one.url, &one.url, "same"),
        (&one.url, &by_name, "same"),
        (&one.url, &two.url, "different: two databases of one server"),
        (&one.url, &away, "different: two servers by their own identifiers"),
        (&maria[0].url, &maria[0].url, "same"),
        (&maria[0].url, &maria[1].url, "different: two databases of one server"),
        (&one.url, &maria[0].url, "different: two engines"),
    ] {
        let mut source = Database::parse(source).unwrap().read().await.unwrap();
        let mut target = Database::parse(target).unwrap().read().await.unwrap();
        let said = match differ(&mut source, &mut target).await.unwrap() {
            Apart::Same(_) => "same".to_owned(),
            Apart::Different(how) => format!("different: {how}"),
            Apart::Unknown(why) => format!("unknown: {why}"),
        };
        assert!(said.starts_with(want), "{said}, not {want}");
    }
    let mut session = one.session().await;
    let seen = identity(&mut session).await.unwrap();
    assert!(seen.system.is_some_and(|system| system.len() > 10) && seen.oid.is_some());
}

#[tokio::test]
async fn a_file_is_one_file_under_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.db"), "").unwrap();
    std::fs::write(path("b.db"), "").unwrap();
    std::os::unix::fs::symlink(path("a.db"), path("link.db")).unwrap();
    for (one, other, want) in [("a.db", "link.db", true), ("a.db", "b.db", false)] {
        let open = async |name: &str| {
            let url = format!("sqlite:{}?schema=shop", path(name).display());
            Database::parse(&url).unwrap().read().await.unwrap()
        };
        let apart = differ(&mut open(one).await, &mut open(other).await).await.unwrap();
        assert_eq!(matches!(apart, Apart::Same(_)), want, "{apart:?}");
        assert_eq!(matches!(apart, Apart::Different(_)), !want, "{apart:?}");
    }
}

#[tokio::test]
async fn other_sessions_in_the_target_are_told() {
    for base in [Base::postgres().await, Base::mariadb().await] {
        let mut session = base.session().await;
        assert_eq!(others(&mut session).await.unwrap().sessions, []);
        let mut other = base.session().await;
        other.query("SELECT 1", &[]).await.unwrap();
        let found = others(&mut session).await.unwrap();
        let [one] = found.sessions.as_slice() else { panic!("{found:?}") };
        assert_eq!(one.user.as_ref().unwrap().raw(), "cutover");
        assert!(one.pid > 0 && one.since.is_some(), "{one:?}");
    }
}
