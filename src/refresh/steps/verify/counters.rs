//! Counters of loaded tables give next what no row has.

use super::Look;
use crate::db::schema::sequences::{self, Next};
use crate::model::refresh::PlannedStep;
use crate::refresh::steps::kept;
use crate::refresh::steps::sequences::is_behind;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;

pub(super) async fn look(work: &mut Work, step: &PlannedStep, look: &mut Look) -> Result<(), Trouble> {
    let loaded = kept::tables(&work.plan);
    let mut all = sequences::read(work.target.session()?).await?;
    all.retain(|sequence| sequence.is_of(&loaded) && !sequence.cycle);
    let mut seen = 0;
    for sequence in &all {
        work.good_moment()?;
        let name = sequence.name.words();
        work.note(step, format!("counter {}", name.shown())).await?;
        let data = sequences::extremes(work.target.session()?, sequence).await?;
        // One without a next value has been told of where it was set.
        let Next::Value(least) = sequences::next(sequence, data, None) else { continue };
        let gives = sequences::position(work.target.session()?, sequence).await?.next(sequence);
        seen += 1;
        if is_behind(sequence, gives, least) {
            let what = format!("{} gives {gives} next, and the rows need {least}", name.shown());
            look.wrong(work, step, what).await?;
        }
    }
    if seen > 0 {
        look.seen.push(format!("{seen} {} ahead of the rows", if seen == 1 { "counter is" } else { "counters are" }));
    }
    Ok(())
}
