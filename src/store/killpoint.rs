//! Named points at which a test build can be made to die: `BROKEFORGE_KILL_AT=NAME:N` ends the
//! process at the N-th time it comes by. Nothing in a release build.

/// Dies here when it was asked to.
#[cfg(debug_assertions)]
pub fn passing(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("BROKEFORGE_KILL_AT").ok()?;
        let (name, count) = text.rsplit_once(':')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    if let Some((at, count)) = wanted
        && at == name
        && SEEN.fetch_add(1, Ordering::Relaxed) + 1 == *count
    {
        std::process::abort();
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub fn passing(_: &str) {}
