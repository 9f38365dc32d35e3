//! Table statistics, classic or serverless by the kind of the ARN.

use super::{Reader, none_if_not_found, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::wire::Refused;
use crate::model::change::TableName;
use crate::model::operation::Operation;
use crate::model::table::{TableRow, TableState};
use crate::model::{Problem, ReplicationArn, ReplicationKind, Untrusted};
use aws_sdk_databasemigration::types::Filter;
use std::collections::BTreeSet;

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichTables {
    /// Every table: a page for each 500.
    All,
    /// Only those in `Table error`: one cheap request.
    ErrorsOnly,
}

/// The service's page limit for table statistics.
pub const TABLES_PER_PAGE: i32 = 500;

impl Reader {
    /// Table statistics of one task.
    pub async fn tables(&self, arn: &ReplicationArn, which: WhichTables) -> Result<Answer<Vec<TableRow>>, Problem> {
        let states = match which {
            WhichTables::All => Vec::new(),
            WhichTables::ErrorsOnly => vec![TableState::Error.raw().to_owned()],
        };
        let filters = self.filter(Operation::DescribeTableStatistics, "table-state", states)?;
        let (answer, result) = self.rows(arn, filters).await;
        match which {
            // Without a filter "not found" is about the task itself.
            WhichTables::All => result?,
            WhichTables::ErrorsOnly => none_if_not_found(result)?,
        }
        Ok(answer)
    }

    /// The rows of these tables; those that are not there are not in the answer.
    pub async fn tables_named(
        &self,
        arn: &ReplicationArn,
        names: &[TableName],
    ) -> Result<Answer<Vec<TableRow>>, Problem> {
        let filter = |name: &str, of: fn(&TableName) -> &Untrusted| {
            let values: BTreeSet<String> = names.iter().map(|name| of(name).raw().to_owned()).collect();
            self.filter(Operation::DescribeTableStatistics, name, values.into_iter().collect())
        };
        let (schemas, tables) =
            (filter("schema-name", |name| &name.schema)?, filter("table-name", |name| &name.table)?);
        let filters = schemas.into_iter().chain(tables).flatten().collect();
        let (mut answer, result) = self.rows(arn, Some(filters)).await;
        none_if_not_found(result)?;
        // Two filters give every schema with every table.
        answer.value.retain(|row| names.iter().any(|name| name.schema == row.schema && name.table == row.table));
        Ok(answer)
    }

    async fn rows(
        &self,
        arn: &ReplicationArn,
        filters: Option<Vec<Filter>>,
    ) -> (Answer<Vec<TableRow>>, Result<(), Refused>) {
        let dms = &self.wire.clients.dms;
        let mut answer: Answer<Vec<TableRow>> = Answer::default();
        let result = match arn.kind() {
            ReplicationKind::Classic => pages!(
                self,
                Operation::DescribeTableStatistics,
                |marker| dms
                    .describe_table_statistics()
                    .replication_task_arn(arn.as_str())
                    .max_records(TABLES_PER_PAGE)
                    .set_filters(filters.clone())
                    .set_marker(marker),
                |answer, page| answer.value.extend(page.table_statistics().iter().map(convert::table_row))
            ),
            ReplicationKind::Serverless => pages!(
                self,
                Operation::DescribeReplicationTableStatistics,
                |marker| dms
                    .describe_replication_table_statistics()
                    .replication_config_arn(arn.as_str())
                    .max_records(TABLES_PER_PAGE)
                    .set_filters(filters.clone())
                    .set_marker(marker),
                |answer, page| answer.value.extend(page.replication_table_statistics().iter().map(convert::table_row))
            ),
        };
        (answer, result)
    }
}
