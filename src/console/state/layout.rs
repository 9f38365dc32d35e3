//! Where each pane stands, from the size alone and whether a banner is up.

use crate::console::message::Area;

/// Smallest screen that is drawn; below, one sentence says so.
pub const MIN_WIDTH: u16 = 60;
pub const MIN_HEIGHT: u16 = 15;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pane {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
    /// Full frame; otherwise only the title line, to leave the columns to the data.
    pub boxed: bool,
}

impl Pane {
    /// What is left inside the frame.
    #[must_use]
    pub fn inner(self) -> Self {
        let side = u16::from(self.boxed);
        Self {
            x: self.x + side,
            y: self.y + 1,
            width: self.width.saturating_sub(2 * side),
            height: self.height.saturating_sub(1 + side),
            boxed: self.boxed,
        }
    }

    /// Without its first `rows` lines.
    #[must_use]
    pub fn below(self, rows: u16) -> Self {
        let rows = rows.min(self.height);
        Self { y: self.y + rows, height: self.height - rows, ..self }
    }
}

/// The panes of a screen with a list and something about the row under the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub too_small: bool,
    pub header: Pane,
    pub banner: Option<Pane>,
    /// The sides of the opened task.
    pub tabs: Option<Pane>,
    pub list: Pane,
    pub detail: Option<Pane>,
    pub footer: Pane,
}

/// Below this height the list gets every line.
const DETAIL_FROM_HEIGHT: u16 = 22;
/// From this width on the detail stands beside the list.
const BESIDE_FROM_WIDTH: u16 = 180;
/// From this width on panes have a full frame.
const BOXED_FROM_WIDTH: u16 = 100;

/// Lines between the header and the panes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Above {
    pub banner: bool,
    pub tabs: bool,
}

/// Places the panes. `wants` is how many lines the detail can use, its frame not counted;
/// with none there is no such pane. `beside` says that it may stand beside the list where there is width for it.
pub fn layout(area: Area, above: Above, wants: u16, beside: bool) -> Layout {
    let Area { width, height } = area;
    let line = |y: u16| Pane { x: 0, y, width, height: 1.min(height), boxed: false };
    let Above { banner, tabs } = above;
    let top = 1 + u16::from(banner) + u16::from(tabs);
    let boxed = width >= BOXED_FROM_WIDTH;
    let body = Pane { x: 0, y: top, width, height: height.saturating_sub(top + 1), boxed };
    let (list, detail) = if wants == 0 {
        (body, None)
    } else if beside && width >= BESIDE_FROM_WIDTH {
        let beside = width / 3;
        let list = Pane { width: width - beside, ..body };
        (list, Some(Pane { x: list.width, width: beside, ..body }))
    } else if height >= DETAIL_FROM_HEIGHT {
        let frame = if boxed { 2 } else { 1 };
        let below = (wants + frame).min(body.height * 2 / 5);
        let list = Pane { height: body.height - below, ..body };
        (list, Some(Pane { y: list.y + list.height, height: below, ..body }))
    } else {
        (body, None)
    };
    Layout {
        too_small: width < MIN_WIDTH || height < MIN_HEIGHT,
        header: line(0),
        banner: banner.then(|| line(1)),
        tabs: tabs.then(|| line(1 + u16::from(banner))),
        list,
        detail,
        footer: line(height.saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_never_overlap_or_leave_the_screen() {
        for width in [1, 20, 59, 60, 80, 99, 100, 120, 179, 180, 250] {
            for height in 1..81 {
                for (banner, tabs) in [(false, false), (true, false), (false, true), (true, true)] {
                    let l = layout(Area { width, height }, Above { banner, tabs }, 10, width % 2 == 0);
                    let mut panes = vec![l.list];
                    panes.extend(l.detail);
                    for pane in &panes {
                        assert!(pane.x + pane.width <= width, "{width}x{height} {pane:?}");
                        assert!(l.too_small || pane.y + pane.height < height, "{width}x{height} {pane:?}");
                    }
                    if let Some(detail) = l.detail {
                        let apart = detail.x >= l.list.x + l.list.width || detail.y >= l.list.y + l.list.height;
                        assert!(apart, "{width}x{height}");
                    }
                    assert!(l.too_small || l.list.inner().height >= 8, "{width}x{height}");
                }
            }
        }
    }
}
