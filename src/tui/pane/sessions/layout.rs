//! Which sessions are on screen, and where: one, or two halves side by side or one above the other.

use ratatui::layout::Rect;

use crate::tui::effect::SessionKey;

/// From this width on two halves stand side by side.
const SIDE_BY_SIDE: u16 = 100;

/// What is on screen.
#[derive(Debug, Default)]
pub struct Layout {
    /// The first half, or the whole.
    pub first: Option<SessionKey>,
    /// The second half, when there are two.
    pub second: Option<SessionKey>,
    /// Whether the second half has the keys.
    pub on_second: bool,
    /// Whether the whole screen is taken; then only the half with the keys is shown.
    pub full: bool,
    /// Where all of it lies.
    pub area: Rect,
}

impl Layout {
    /// The session that has the keys.
    pub fn current(&self) -> Option<SessionKey> {
        if self.on_second { self.second } else { self.first }
    }

    /// Whether a session is on screen.
    pub fn shows(&self, key: SessionKey) -> bool {
        match self.full {
            true => self.current() == Some(key),
            false => self.first == Some(key) || self.second == Some(key),
        }
    }

    /// Puts a session into the half that has the keys, or turns to the half where it is.
    pub fn show(&mut self, key: SessionKey) {
        if self.first == Some(key) {
            self.on_second = false;
        } else if self.second == Some(key) {
            self.on_second = true;
        } else if self.on_second {
            self.second = Some(key);
        } else {
            self.first = Some(key);
        }
    }

    /// Makes a second half with this session, which gets the keys.
    pub fn split(&mut self, key: SessionKey) {
        self.second = Some(key);
        (self.on_second, self.full) = (true, false);
    }

    /// Keeps only the half that has the keys.
    pub fn join(&mut self) {
        self.first = self.current();
        (self.second, self.on_second) = (None, false);
    }

    /// A session is gone: its half shows a hidden one, or the other half is all there is.
    pub fn closed(&mut self, key: SessionKey, next: Option<SessionKey>, hidden: &[SessionKey]) {
        let second = self.second == Some(key);
        if !second && self.first != Some(key) {
            return;
        }
        if self.second.is_some() {
            (self.on_second, self.second) = (false, self.second.filter(|_| !second));
            self.first = self.second.take().or(self.first.filter(|_| second));
            return;
        }
        let next = next.filter(|next| hidden.contains(next));
        self.first = next.or(hidden.first().copied());
    }

    /// Where all of it lies on a screen of this size: below the top bar, or everywhere.
    pub fn area_of(size: (u16, u16), full: bool) -> Rect {
        let (width, height) = size;
        if full { Rect::new(0, 0, width, height) } else { crate::tui::view::body(width, height) }
    }

    /// The size of a terminal that is shown alone.
    pub fn size(&self, size: (u16, u16)) -> (u16, u16) {
        let alone = Self { area: Self::area_of(size, self.full), ..Self::default() };
        let inner = Self { full: self.full, ..alone }.inner(alone.area_below());
        (inner.width, inner.height)
    }

    /// The row of the tabs; none on the whole screen.
    pub fn tabs(&self) -> Option<Rect> {
        (!self.full).then_some(Rect { height: self.area.height.min(1), ..self.area })
    }

    fn area_below(&self) -> Rect {
        Rect { y: self.area.y + 1, height: self.area.height.saturating_sub(1), ..self.area }
    }

    /// What is left inside a frame; on the whole screen there is one line below instead.
    fn inner(&self, outer: Rect) -> Rect {
        if self.full {
            return Rect { height: self.area.height.saturating_sub(1), ..self.area };
        }
        Rect {
            x: outer.x + 1,
            y: outer.y + 1,
            width: outer.width.saturating_sub(2),
            height: outer.height.saturating_sub(2),
        }
    }

    /// The sessions on screen: each with its place, and that of its terminal within it.
    pub fn places(&self) -> Vec<(SessionKey, Rect, Rect)> {
        if self.full {
            let place = |key| (key, self.area, self.inner(self.area));
            return self.current().map(place).into_iter().collect();
        }
        let below = self.area_below();
        let halves = match self.second {
            None => vec![(self.first, below)],
            Some(_) if below.width >= SIDE_BY_SIDE => {
                let left = below.width / 2;
                let right = Rect { x: below.x + left, width: below.width - left, ..below };
                vec![(self.first, Rect { width: left, ..below }), (self.second, right)]
            }
            Some(_) => {
                let upper = below.height / 2;
                let lower = Rect { y: below.y + upper, height: below.height - upper, ..below };
                vec![(self.first, Rect { height: upper, ..below }), (self.second, lower)]
            }
        };
        let halves = halves.into_iter();
        halves.filter_map(|(key, outer)| Some((key?, outer, self.inner(outer)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(width: u16, height: u16) -> Layout {
        Layout {
            first: Some(1),
            area: Layout::area_of((width, height), false),
            ..Layout::default()
        }
    }

    #[test]
    fn halves_stand_as_the_width_allows() {
        let mut small = layout(80, 24);
        assert_eq!(small.places(), [(1, Rect::new(0, 2, 80, 21), Rect::new(1, 3, 78, 19))]);
        assert_eq!(small.size((80, 24)), (78, 19));
        small.split(2);
        let rows: Vec<_> = small.places().iter().map(|(_, _, r)| (r.width, r.height)).collect();
        assert_eq!(rows, [(78, 8), (78, 9)]);
        let mut wide = layout(160, 50);
        wide.split(2);
        let halves: Vec<_> = wide.places().iter().map(|(_, _, r)| (r.x, r.width)).collect();
        assert_eq!(halves, [(1, 78), (81, 78)]);
        wide.full = true;
        wide.area = Layout::area_of((160, 50), true);
        assert_eq!(wide.places(), [(2, wide.area, Rect::new(0, 0, 160, 49))]);
        assert_eq!(wide.size((160, 50)), (160, 49));
    }

    #[test]
    fn a_closed_one_makes_room() {
        let mut both = layout(80, 24);
        both.split(2);
        both.closed(2, Some(3), &[3]);
        assert_eq!((both.first, both.second, both.on_second), (Some(1), None, false));
        both.split(2);
        both.closed(1, Some(3), &[3]);
        assert_eq!((both.first, both.second), (Some(2), None));
        both.closed(2, Some(3), &[4, 3]);
        assert_eq!(both.first, Some(3));
        both.closed(9, None, &[]);
        assert_eq!(both.first, Some(3));
        both.closed(3, None, &[]);
        assert_eq!(both.current(), None);
    }
}
