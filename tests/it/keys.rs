//! `docs/keys.md` says what the program does: it is made from the table of actions.

use cutover::console::actions::keys_markdown;

/// Set to anything, this writes the page instead of checking it.
const WRITE: &str = "CUTOVER_WRITE_DOCS";

#[test]
fn the_keys_page_is_the_table_of_actions() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, keys_markdown()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == keys_markdown(),
        "docs/keys.md is out of date; write it with: {WRITE}=1 cargo test --test it keys::"
    );
}
