//! Table statistics, classic or serverless by the kind of the ARN.

use super::{Reader, none_if_not_found, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::wire::Refused;
use crate::model::change::TableName;
use crate::model::operation::Operation;
use crate::model::table::{TableRow, TableState};
use crate::model::{Problem, ReplicationArn, ReplicationKind};
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

/// Values of one filter in one request.
const FILTER_VALUES: usize = 50;

impl Reader {
    /// Table statistics of one task.
    pub async fn tables(&self, arn: &ReplicationArn, which: WhichTables) -> Result<Answer<Vec<TableRow>>, Problem> {
        let states = match which {
            WhichTables::All => Vec::new(),
            WhichTables::ErrorsOnly => vec![TableState::Error.raw().to_owned()],
        };
        let filters = self.filter(Operation::DescribeTableStatistics, "table-state", states)?;
        let mut answer: Answer<Vec<TableRow>> = Answer::default();
        let result = self.statistics(arn, filters, &mut answer).await;
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
        let (mut schemas, mut tables) = (BTreeSet::new(), BTreeSet::new());
        for TableName { schema, table } in names {
            schemas.insert(schema.raw().to_owned());
            tables.insert(table.raw().to_owned());
        }
        let (schemas, tables): (Vec<_>, Vec<_>) = (schemas.into_iter().collect(), tables.into_iter().collect());
        let operation = Operation::DescribeTableStatistics;
        let mut answer: Answer<Vec<TableRow>> = Answer::default();
        for schemas in schemas.chunks(FILTER_VALUES) {
            for tables in tables.chunks(FILTER_VALUES) {
                let of_schema = self.filter(operation, "schema-name", schemas.to_vec())?;
                let of_table = self.filter(operation, "table-name", tables.to_vec())?;
                let filters = of_schema.into_iter().chain(of_table).flatten().collect();
                none_if_not_found(self.statistics(arn, Some(filters), &mut answer).await)?;
            }
        }
        // Two filters give every schema with every table.
        answer.value.retain(|row| names.iter().any(|name| name.schema == row.schema && name.table == row.table));
        Ok(answer)
    }

    async fn statistics(
        &self,
        arn: &ReplicationArn,
        filters: Option<Vec<Filter>>,
        answer: &mut Answer<Vec<TableRow>>,
    ) -> Result<(), Refused> {
        let dms = &self.wire.clients.dms;
        match arn.kind() {
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
        }
    }
}
