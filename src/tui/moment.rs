//! Time as the screen needs it: what the clock says, and how long the loop has run.

use std::path::Path;
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

/// The zone that times are told in. The one that the system is set to is read from its own file:
/// asked by itself, jiff walks through the files of all zones first, at every start.
pub fn zone() -> TimeZone {
    match std::env::var_os("TZ") {
        None => set(Path::new("/etc/localtime")).unwrap_or_else(TimeZone::system),
        Some(_) => TimeZone::system(),
    }
}

/// What a link into the zones' folder leads to.
fn set(link: &Path) -> Option<TimeZone> {
    let place = std::fs::read_link(link).ok()?;
    let (_, name) = place.to_str()?.split_once("zoneinfo/")?;
    TimeZone::tzif(name, &std::fs::read(link).ok()?).ok()
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
    fn the_zone_is_what_the_link_leads_to() {
        let home = tempfile::TempDir::new().unwrap();
        let (folder, link) = (home.path().join("zoneinfo/Sea"), home.path().join("localtime"));
        std::fs::create_dir_all(&folder).unwrap();
        // one kind of time, two hours east, without a change, in both forms of the format
        let counts = [0, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
        let kind = [&7200_i32.to_be_bytes()[..], b"\0\0SEA\0"].concat();
        let part = [b"TZif2", &[0; 15][..], &counts, &kind].concat();
        let file = [&part[..], &part, b"\nSEA-2\n"].concat();
        std::os::unix::fs::symlink(folder.join("Calm"), &link).unwrap();
        assert_eq!(set(&link), None);
        std::fs::write(folder.join("Calm"), file).unwrap();
        let zone = set(&link).unwrap();
        assert_eq!(zone.iana_name(), Some("Sea/Calm"));
        let at = |text: &str| text.parse::<Time>().unwrap();
        let now = at("2026-03-04T15:00:00Z");
        assert_eq!(clock(at("2026-03-04T14:02:59Z"), now, &zone), "16:02");
    }

    #[test]
    fn times_are_as_short_as_the_day_allows() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let now = at("2026-03-04T15:00:00Z");
        assert_eq!(clock(at("2026-03-04T14:02:59Z"), now, &TimeZone::UTC), "14:02");
        assert_eq!(clock(at("2026-03-03T14:02:59Z"), now, &TimeZone::UTC), "3 Mar 14:02");
        assert_eq!(clock(at("2025-03-03T14:02:59Z"), now, &TimeZone::UTC), "2025-03-03 14:02");
    }
}
