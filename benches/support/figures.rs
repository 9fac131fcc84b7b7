//! Times in order, told as people compare them.

use std::time::Duration;

/// The time that `percent` of them do not exceed.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or_default()
}

/// One line: how many, the middle, the 99th of a hundred, the worst.
pub fn line(what: &str, times: &mut [Duration]) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    format!(
        "{what}: {} times, p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        times.len(),
        ms(percentile(times, 50)),
        ms(percentile(times, 99)),
        ms(percentile(times, 100)),
    )
}

/// A line of `/proc/PID/status` in its own unit.
#[allow(dead_code, reason = "one bench needs it, the other does not")]
pub fn status(pid: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("this needs /proc");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
