//! The soft reset (DECSTR), as `reset` and `tput init` send it: the parser knows nothing of it, so it
//! is followed by a mode of ours that it does pass on.

/// What it is written as.
const ASKED: &[u8] = b"\x1b[!p";
/// The mode that means it within; a host that names it gets no more than what it may ask for.
pub(super) const MODE: u16 = 64_999;
/// Resets that mode.
pub(super) const MEANT: &[u8] = b"\x1b[?64999l";

/// Looks for it in what comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// How much of it the pieces so far ended with.
    seen: usize,
}

impl Watch {
    /// How much of the bytes there is up to its end, when it ends in them.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            if self.seen == 0 && *byte != b'\x1b' {
                continue;
            }
            // Its first byte comes once in it, so that it can only begin anew there.
            self.seen = match ASKED.get(self.seen) {
                Some(next) if next == byte => self.seen + 1,
                _ => usize::from(ASKED.first() == Some(byte)),
            };
            if self.seen == ASKED.len() {
                self.seen = 0;
                return Some(at + 1);
            }
        }
        None
    }
}
