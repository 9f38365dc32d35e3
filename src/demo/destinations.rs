//! Which of the demo's databases may be overwritten: the targets that its tasks load, and never the source.

use super::world::{SOURCE_HOST, STAGING_HOST, TARGET_HOST, parts};
use crate::model::change::{Destination, Safeguards};

/// Safeguards of a demo with these databases. What stands in one place as source and as target is protected.
pub fn safeguards(source: Option<&str>, target: Option<&str>) -> Safeguards {
    let at = |url: Option<&str>, host: &str| {
        let (_, host, _, database) = parts::located(url, host);
        Destination::new(&host, &database)
    };
    let protected = vec![at(source, SOURCE_HOST).to_string()];
    let reload_allowed = vec![at(target, TARGET_HOST), at(target, STAGING_HOST)];
    Safeguards { reload_allowed, protected, retired: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_may_be_loaded_again_and_the_source_never() {
        let source = Destination::new(SOURCE_HOST, "shop");
        let own = safeguards(None, None);
        assert!(own.protects(&source).is_some() && !own.may_overwrite(&source));
        for host in [TARGET_HOST, STAGING_HOST] {
            let target = Destination::new(host, "shop");
            assert!(own.may_overwrite(&target) && own.protects(&target).is_none(), "{target}");
        }
        let given = safeguards(Some("postgres://u:p@db-a:5432/shop"), Some("mysql://u:p@db-b/stage"));
        assert!(given.protects(&Destination::new("db-a", "shop")).is_some());
        assert_eq!(given.reload_allowed[0].to_string(), "db-b/stage");
        assert!(!given.may_overwrite(&Destination::new(TARGET_HOST, "shop")));
    }
}
