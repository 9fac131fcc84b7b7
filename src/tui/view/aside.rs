//! The third column of a wide screen: what was done, and is being done, on a server.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, plain};
use super::{Look, operations};
use crate::domain::{Operation, ServerId};
use crate::tui::pane::operations::title;
use crate::tui::spots::Target;
use crate::tui::style::{self, Tone};

/// Draws the operations of a server, newest first; a click on one goes there.
pub fn draw(server: Option<ServerId>, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let look = &Look { focused: false, ..*look };
    let Some(server) = server else {
        paper::frame(frame, area, "", "", look);
        return;
    };
    let all = look.shared.operations.as_deref().unwrap_or_default();
    let own = |operation: &&Operation| operation.server == server && operation.parent.is_none();
    let here: Vec<_> = all.iter().filter(own).collect();
    let heading = format!("operations on {} · {}", look.shared.server_name(server), here.len());
    let note = format!("{} all operations", look.shared.key("operations"));
    let inside = paper::frame(frame, area, &heading, &note, look);
    if here.is_empty() {
        paper::lines(frame, inside, &[plain(Tone::Dim, "Nothing was done here yet.")], 0, look);
        return;
    }
    let mut rows = paper::rows(inside);
    for operation in here {
        let (sign, word, tone) = style::outcome(operation.outcome);
        let (far_tone, far) = operations::how_far(operation, look.shared);
        let clock = (Tone::Dim, format!("{}  ", look.shared.clock(operation.created_at)));
        let first = [clock, (Tone::Plain, title(operation, look.shared))];
        let second = [(tone, format!("    {sign} {word}  ")), (far_tone, far)];
        for line in [first, second] {
            let Some(row) = rows.next() else { return };
            look.shared.spots.put(row, Target::Operation(operation.id));
            paper::line(frame, row, &line, look);
        }
    }
}
