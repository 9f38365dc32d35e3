//! The command on a terminal of 80 columns: the question for a password, progress, and nothing that is cut off.

use super::side::Side;
use crate::pty::Start;
use cutover::db::Engine;

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_and_not_shown_and_the_answer_fits_eighty_columns() {
    let (mut source, mut target) = (Side::new(Engine::MySql).await, Side::new(Engine::Sqlite).await);
    let create = "CREATE TABLE @.orders (id bigint PRIMARY KEY, note varchar(60));";
    source.script(&format!("{create} INSERT INTO @.orders SELECT seq, 'note' FROM seq_1_to_3000")).await;
    target.script(&format!("{create} INSERT INTO @.orders VALUES (1, 'note'), (2, 'other'), (-9, 'more')")).await;
    let (bare, file) = (source.url.replace(":sesame@", "@"), target.url.clone());
    tokio::task::spawn_blocking(move || {
        let table = "--table=orders";
        let arguments =
            ["validate", "--source", &bare, "--target", &file, table, "--report=3", "--with-values", "--settle=500ms"];
        let mut pty = Start::cutover(&arguments).size(80, 40).start();
        pty.wait("Password of the source");
        pty.keys("sesamf\u{7f}e\r");
        let screen = pty.wait("different: 1 of 1 table differs");
        assert_eq!(pty.end().0, 1, "{screen}");
        for part in [
            "stream",
            "primary key (id)",
            "different          3,000           3       1   2,998       1  ",
            "extra      id=-9: note 'more'",
            "different  id=2: note 'note' | 'other'",
            "and 2,997 more, counted and not listed (--report 3)",
        ] {
            assert!(screen.contains(part), "no {part:?} in\n{screen}");
        }
        assert!(!String::from_utf8_lossy(&pty.raw()).contains("sesam"));
        // Progress was drawn, and nothing of it is left.
        assert!(String::from_utf8_lossy(&pty.raw()).contains("rows/s") && !screen.contains("rows/s"), "{screen}");
    })
    .await
    .unwrap();
}
