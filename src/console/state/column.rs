//! Columns of a list and which of them fit.

/// One column. Widths are terminal cells and do not depend on the data, so nothing jumps when data comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Word before the colon in a filter, and in the palette.
    pub id: &'static str,
    pub title: &'static str,
    pub min: u16,
    /// Wide enough to read comfortably: reached by all, from the left, before any grows further.
    pub good: u16,
    pub max: u16,
    /// 0 stays always; the larger, the earlier it is dropped.
    pub drop: u8,
    pub right: bool,
    /// Sorts from A or from the smallest first; all others worst or largest first.
    pub rising: bool,
}

impl Column {
    /// Sorts worst or largest first. Widths: least, comfortable, most.
    pub const fn new(id: &'static str, title: &'static str, widths: [u16; 3], drop: u8) -> Self {
        let [min, good, max] = widths;
        Self { id, title, min, good, max, drop, right: false, rising: false }
    }

    /// Sorts from A.
    pub const fn words(id: &'static str, title: &'static str, widths: [u16; 3], drop: u8) -> Self {
        Self { rising: true, ..Self::new(id, title, widths, drop) }
    }

    /// Stands on the right.
    pub const fn number(id: &'static str, title: &'static str, widths: [u16; 3], drop: u8) -> Self {
        Self { right: true, ..Self::new(id, title, widths, drop) }
    }
}

/// A column with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub column: usize,
    pub x: u16,
    pub width: u16,
}

/// Room between two columns.
pub const GAP: u16 = 1;

/// A column with this priority or a higher one goes before a name is cut.
pub const FOR_NAMES: u8 = 7;

/// Places the columns that fit in `width`, from the left. The first column always stays; `shift` skips as many of the
/// others. `widest` is how wide the first column's longest text is.
pub fn fit(columns: &[Column], width: u16, shift: usize, widest: u16) -> Vec<Placed> {
    let shift = shift.min(max_shift(columns));
    let mut kept: Vec<usize> = std::iter::once(0).chain(1 + shift..columns.len()).collect();
    let needed = |kept: &[usize]| -> u16 {
        let gaps = GAP * u16::try_from(kept.len().saturating_sub(1)).unwrap_or(u16::MAX);
        kept.iter().map(|at| columns[*at].min).sum::<u16>() + gaps
    };
    // Names that differ only at their end must not be cut for the sake of a column nobody asked for.
    let name = columns[0].good.min(widest).saturating_sub(columns[0].min);
    if needed(&kept) + name > width {
        kept.retain(|at| columns[*at].drop < FOR_NAMES);
    }
    while needed(&kept) > width {
        let worst = kept.iter().enumerate().skip(1).max_by_key(|(place, at)| (columns[**at].drop, *place));
        match worst {
            Some((place, at)) if columns[*at].drop > 0 || kept.len() > 2 => {
                kept.remove(place);
            }
            _ => break,
        }
    }
    let mut extra = width.saturating_sub(needed(&kept));
    let mut widths: Vec<u16> = kept.iter().map(|at| columns[*at].min).collect();
    let most = |at: usize| if at == 0 { columns[0].max.min(widest) } else { columns[at].max };
    let goals: [&dyn Fn(usize) -> u16; 2] = [&|at| columns[at].good.min(most(at)), &most];
    for goal in goals {
        for (place, at) in kept.iter().enumerate() {
            let more = goal(*at).saturating_sub(widths[place]).min(extra);
            widths[place] += more;
            extra -= more;
        }
    }
    let mut x = 0;
    let mut placed = Vec::with_capacity(kept.len());
    for (place, column) in kept.into_iter().enumerate() {
        let room = width.saturating_sub(x).min(widths[place]);
        placed.push(Placed { column, x, width: room });
        x = x.saturating_add(room + GAP);
    }
    placed
}

/// So far that the last column stands beside the first.
pub fn max_shift(columns: &[Column]) -> usize {
    columns.len().saturating_sub(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn column(min: u16, max: u16, drop: u8) -> Column {
        Column { id: "x", title: "X", min, good: min + 2, max, drop, right: false, rising: false }
    }

    const COLUMNS: [Column; 4] = [column(10, 30, 0), column(5, 5, 2), column(8, 12, 0), column(4, 4, 1)];

    fn shape(width: u16, shift: usize) -> Vec<(usize, u16)> {
        fit(&COLUMNS, width, shift, 20).iter().map(|p| (p.column, p.width)).collect()
    }

    #[test]
    fn columns_leave_in_the_order_of_their_importance_and_the_first_grows_to_its_longest_text() {
        for (width, shift, want) in [
            (30, 0, vec![(0, 10), (1, 5), (2, 8), (3, 4)]),
            (29, 0, vec![(0, 13), (2, 10), (3, 4)]),
            (22, 0, vec![(0, 12), (2, 9)]),
            (100, 0, vec![(0, 20), (1, 5), (2, 12), (3, 4)]),
            (30, 2, vec![(0, 20), (3, 4)]),
            (30, 9, vec![(0, 20), (3, 4)]),
        ] {
            assert_eq!(shape(width, shift), want, "{width} {shift}");
        }
    }

    #[test]
    fn the_least_of_the_columns_goes_before_a_name_is_cut() {
        const LEAST: [Column; 2] = [column(10, 30, 0), column(5, 5, FOR_NAMES)];
        for (width, widest, columns) in [(18, 12, 2), (17, 12, 1), (17, 11, 2), (16, 10, 2), (17, 40, 1)] {
            assert_eq!(fit(&LEAST, width, 0, widest).len(), columns, "{width} {widest}");
        }
    }

    #[test]
    fn nothing_is_placed_outside_however_narrow() {
        for width in 0..60 {
            for shift in 0..5 {
                for placed in fit(&COLUMNS, width, shift, 20) {
                    assert!(placed.width == 0 || placed.x + placed.width <= width, "{width} {placed:?}");
                }
            }
        }
    }
}
