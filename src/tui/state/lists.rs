//! What panes have in common as lists: their filter, marks and order, and remembering the order.

use super::State;
use crate::tui::command::Id;
use crate::tui::effect::{Effect, VIEWS};
use crate::tui::list::Deed;
use crate::tui::shared::{Context, Out};
use crate::tui::views::Views;

/// The deed of a command, when it is one of lists.
pub(in crate::tui) fn deed(id: Id) -> Option<Deed<'static>> {
    Some(match id {
        Id::Filter => Deed::Filter,
        Id::Mark => Deed::Mark,
        Id::MarkAll => Deed::MarkAll,
        Id::SortBefore => Deed::Sort(-1),
        Id::SortAfter => Deed::Sort(1),
        Id::SortReverse => Deed::Reverse,
        _ => return None,
    })
}

impl State {
    /// Whether the pane's filter is being typed: then it has the keys.
    pub fn typing(&self) -> bool {
        let list = self.panes.get(self.active).and_then(|pane| pane.listing());
        list.is_some_and(|list| list.typing())
    }

    /// Runs a command when it is one of lists; answers whether it was.
    pub(super) fn list_command(&mut self, id: Id, out: &mut Out) -> bool {
        let Some(deed) = deed(id) else { return false };
        self.list(deed, out);
        if matches!(deed, Deed::Sort(_) | Deed::Reverse) {
            out.effects.push(Effect::Keep(VIEWS, self.views().text()));
        }
        true
    }

    /// Does something with the pane's list; answers whether there was anything to do.
    pub(super) fn list(&mut self, deed: Deed<'_>, out: &mut Out) -> bool {
        let Some(pane) = self.panes.get_mut(self.active) else { return false };
        pane.list(deed, &mut Context { shared: &mut self.shared, out })
    }

    /// Orders the panes as they were the last time.
    pub(super) fn restore(&mut self, out: &mut Out) {
        let kept = self.shared.start.views.clone();
        let views = kept.as_deref().map(Views::read).transpose();
        let mut cx = Context { shared: &mut self.shared, out };
        match views {
            Ok(views) => {
                for (name, view) in views.unwrap_or_default().panes {
                    if let Some(pane) = self.panes.iter_mut().find(|pane| pane.name() == name) {
                        pane.list(Deed::View(&view), &mut cx);
                    }
                }
            }
            Err(_) => cx.refuse(
                "The file of remembered orders is damaged; the lists are ordered as usual. The \
                 next change of an order writes it anew.",
            ),
        }
    }

    fn views(&self) -> Views {
        let views = self
            .panes
            .iter()
            .filter_map(|pane| Some((pane.name().to_owned(), pane.listing()?.view()?)));
        Views { panes: views.collect() }
    }
}
