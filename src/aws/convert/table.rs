//! `TableStatistics`.

use super::{text, text_or_empty, time};
use crate::model::table::{AppliedCounts, Counts, TableRow};
use aws_sdk_databasemigration::types::TableStatistics;

pub(in crate::aws) fn row(raw: &TableStatistics) -> TableRow {
    TableRow {
        schema: text_or_empty(raw.schema_name()),
        table: text_or_empty(raw.table_name()),
        state: raw.table_state().unwrap_or_default().to_owned().into(),
        captured: Counts { inserts: raw.inserts(), updates: raw.updates(), deletes: raw.deletes(), ddls: raw.ddls() },
        applied: AppliedCounts {
            inserts: raw.applied_inserts(),
            updates: raw.applied_updates(),
            deletes: raw.applied_deletes(),
            ddls: raw.applied_ddls(),
        },
        full_load_rows: raw.full_load_rows(),
        full_load_start: time(raw.full_load_start_time()),
        full_load_end: time(raw.full_load_end_time()),
        full_load_reloaded: raw.full_load_reloaded().unwrap_or(false),
        validation: raw.validation_state().map(|state| state.to_owned().into()),
        validation_details: text(raw.validation_state_details()),
        validation_pending: raw.validation_pending_records(),
        validation_failed: raw.validation_failed_records(),
        validation_suspended: raw.validation_suspended_records(),
        last_update: time(raw.last_update_time()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::TableState;

    #[test]
    fn absent_applied_counts_stay_absent() {
        let raw = TableStatistics::builder().table_name("t").inserts(5).table_state("Table completed").build();
        let row = row(&raw);
        assert_eq!(row.state, TableState::Completed);
        assert_eq!((row.captured.inserts, row.applied.inserts, row.backlog()), (5, None, None));
        assert_eq!((row.last_update, row.validation), (None, None));
    }
}
