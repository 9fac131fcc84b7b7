//! Time as the screen needs it: what the clock says, and how long the loop has run.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::Time;

pub use crate::domain::eta::length;

/// When an event was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since the loop began; never goes back, so deadlines are counted in it.
    pub since: Duration,
    /// What the clock says.
    pub time: Time,
}

/// A time as people read it: `14:02`, with the day when it is not today's.
pub fn clock(time: Time, now: Time, zone: &TimeZone) -> String {
    let (then, now) = (time.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if then.date() == now.date() {
        "%H:%M"
    } else if then.year() == now.year() {
        "%-d %b %H:%M"
    } else {
        "%Y-%m-%d %H:%M"
    };
    then.strftime(form).to_string()
}

/// Milliseconds from one time to another; none when it goes back.
pub fn between(from: Time, to: Time) -> u64 {
    u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_short_as_the_day_allows() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let now = at("2026-03-04T15:00:00Z");
        assert_eq!(clock(at("2026-03-04T14:02:59Z"), now, &TimeZone::UTC), "14:02");
        assert_eq!(clock(at("2026-03-03T14:02:59Z"), now, &TimeZone::UTC), "3 Mar 14:02");
        assert_eq!(clock(at("2025-03-03T14:02:59Z"), now, &TimeZone::UTC), "2025-03-03 14:02");
    }
}
