//! The configuration file: the example documents every key, bad files get the error beside them.
//!
//! `CUTOVER_ACCEPT=1` writes what the program says instead of comparing; read the difference before committing it.

use cutover::config;
use cutover::console::actions::{ActionId, Context, parse_key};
use cutover::model::database::{PasswordFrom, Tls};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

/// Compares a text with a file, or writes it there.
pub fn agrees(path: &Path, text: &str) {
    if std::env::var_os("CUTOVER_ACCEPT").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(text, there, "{} is not what the program says", path.display());
}

#[test]
fn the_example_documents_every_key_with_its_default() {
    let path = root().join("config.example.toml");
    agrees(&path, &config::example());
    assert_eq!(config::parse(&config::example(), &path).unwrap(), config::Config::default());
}

#[test]
fn good_files_are_read() {
    for path in files("tests/config/good") {
        let text = std::fs::read_to_string(&path).unwrap();
        let config = config::parse(&text, &path).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let every = path.file_stem().is_some_and(|stem| stem == "every-key");
        if every {
            assert_eq!(config.environment.as_deref(), Some("PROD"));
            assert_eq!(config.expect_account.as_ref().map(|account| account.0.as_str()), Some("123456789012"));
            assert_eq!((config.operate, config.audit_dir.as_deref()), (true, Some(Path::new("/srv/cutover/audit"))));
            let allowed: Vec<String> = config.reload_allowed.iter().map(ToString::to_string).collect();
            assert_eq!(allowed, ["staging.example.com/shop", "fd00::7/shop", "mysql.example.com/"]);
            assert_eq!(
                (config.protected, config.retired),
                (vec!["prod-*/*".to_owned()], vec!["orders-old".to_owned()])
            );
            assert_eq!(config.scope.tasks, ["orders-*", "billing"]);
            assert_eq!(config.scope.tags["team"], "payments");
            assert!((config.cost.dollars_per_day - 3.0).abs() < f64::EPSILON);
            assert_eq!(config.logs.groups, ["/aws/lambda/nightly-refresh", "dms-tasks-dms-prod-1"], "each once");
            assert_eq!(config.screen.time_zone, jiff::tz::TimeZone::get("Europe/Berlin").ok());
            assert_eq!(config.screen.characters, config::Characters::Ascii);
            assert_eq!(config.screen.colour, config::Colour::Never);
            assert_eq!(config.screen.theme, config::ThemeName::ColourBlind);
            assert_eq!(config.screen.clipboard, config::Clipboard::Never);
            let [copy, shop, second, warehouse] = &config.databases[..] else { panic!("{:?}", config.databases) };
            assert_eq!((copy.name.as_str(), copy.url.as_str()), ("copy", "sqlite:/srv/copy.db?schema=shop"));
            assert_eq!(
                (shop.aws.profile.as_deref(), shop.aws.region.as_deref()),
                (Some("databases"), Some("eu-central-1"))
            );
            assert!(shop.aws.role.as_ref().is_some_and(|role| role.ends_with("/secret-reader")));
            assert_eq!(
                (shop.replica.as_deref(), shop.tls),
                (Some("shop-prod-ro.example.com:5434"), Some(Tls::Require))
            );
            assert_eq!(
                (shop.ca.as_deref(), shop.endpoint.as_deref()),
                (Some(Path::new("/etc/cutover/rds.pem")), Some("shop-prod"))
            );
            assert!(matches!(&shop.password, PasswordFrom::Secret(arn) if arn.ends_with("shop-prod-AbCdEf")));
            assert_eq!(second.password, PasswordFrom::Environment("SHOP_PASSWORD".into()));
            assert_eq!(
                warehouse.password,
                PasswordFrom::Command(["pass", "show", "warehouse"].map(str::to_owned).into())
            );
            assert_eq!(config.keys.find(Context::Tasks, parse_key("K").unwrap()), Some(ActionId::AskNow));
            let refresh = &config.refreshes["staging"];
            assert_eq!((refresh.schedules.len(), refresh.custom.len(), refresh.to.len()), (2, 1, 1));
        }
        if path.file_stem().is_some_and(|stem| stem == "keys") {
            for (context, key, want) in [
                (Context::Problems, "F5", Some(ActionId::AskNow)),
                (Context::Tasks, "r", None),
                (Context::Tasks, "A", None),
                (Context::Tasks, "F6", Some(ActionId::Tables)),
                (Context::Tasks, "F9", Some(ActionId::Down)),
                (Context::Tables, "F9", None),
                (Context::Tables, "Ctrl-PgDn", Some(ActionId::PageDown)),
            ] {
                assert_eq!(config.keys.find(context, parse_key(key).unwrap()), want, "{context:?} {key}");
            }
        }
    }
}

#[test]
fn every_bad_file_gets_the_error_beside_it() {
    for path in files("tests/config/bad") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = PathBuf::from(path.file_name().unwrap());
        let mistakes = config::parse(&text, &name).expect_err(&name.display().to_string());
        let said = mistakes.to_string() + "\n";
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
        agrees(&path.with_extension("txt"), &said);
    }
}

#[test]
fn a_file_that_is_no_text_says_so() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, b"environment = \"\xff\"\n").unwrap();
    let said = config::load(Some(file.path())).unwrap_err().to_string();
    assert!(said.contains("is no text: a configuration is TOML in UTF-8"), "{said}");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let path = root().join("tests/config/nowhere.toml");
    let said = config::load(Some(&path)).unwrap_err().to_string();
    assert!(said.contains("nowhere.toml: cannot be read: No such file"), "{said}");
}
