//! Tags of servers: short words that filters and people go by.

use std::collections::BTreeSet;

use super::{Verdict, clean, shown};

const MOST_BYTES: usize = 32;
const MOST_TAGS: usize = 20;

/// Checks one tag.
pub fn tag(text: &str) -> Verdict<String> {
    clean(text, 255).and_then(judge)
}

fn judge(text: &str) -> Verdict<String> {
    if text.is_empty() {
        return Verdict::No("A tag is missing. Type one, such as web.".into());
    }
    let lower = text.to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !lower.starts_with(plain) || !lower.chars().all(|c| plain(c) || "-_.".contains(c)) {
        return Verdict::No(format!(
            "{} is not a tag: it may hold a-z, 0-9, “-”, “_” and “.”, and begins with a letter or \
             a digit. Type one such as web.",
            shown(text)
        ));
    }
    if lower.len() > MOST_BYTES {
        return Verdict::No(format!(
            "A tag has at most {MOST_BYTES} characters; this one has {}. Type a shorter one.",
            lower.len()
        ));
    }
    if lower == text {
        Verdict::Ok(lower)
    } else {
        let why = format!("Tags are in lower case: {lower}.");
        Verdict::Fix(lower, why)
    }
}

/// The tags there are after some were added and others taken away. Taking away one that is not
/// there changes nothing.
///
/// # Errors
/// A sentence: a word is no tag, is added and taken away at once, or there would be too many.
pub fn tags(
    now: &BTreeSet<String>,
    add: &[String],
    remove: &[String],
) -> Result<BTreeSet<String>, String> {
    let checked = |words: &[String]| -> Result<BTreeSet<String>, String> {
        words
            .iter()
            .map(|word| match tag(word) {
                Verdict::No(why) => Err(why),
                Verdict::Ok(tag) | Verdict::Fix(tag, _) | Verdict::Warn(tag, _) => Ok(tag),
            })
            .collect()
    };
    let (add, remove) = (checked(add)?, checked(remove)?);
    if let Some(both) = add.intersection(&remove).next() {
        return Err(format!("The tag {} is added and taken away at once.", shown(both)));
    }
    let kept = now.iter().chain(&add).filter(|tag| !remove.contains(*tag));
    let tags: BTreeSet<String> = kept.cloned().collect();
    if tags.len() > MOST_TAGS {
        return Err(format!(
            "A server has at most {MOST_TAGS} tags; these would be {}. Take some away first.",
            tags.len()
        ));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_in_lower_case() {
        for good in ["web", "eu-west_1", "debian.12", "7", &"a".repeat(32)] {
            assert_eq!(tag(good), Verdict::Ok(good.to_owned()));
        }
        assert_eq!(tag(" Web ").value().as_deref(), Some("web"));
        assert!(matches!(tag("WEB"), Verdict::Fix(tag, _) if tag == "web"));
        for bad in
            ["", "  ", "-x", "--add", ".a", "a b", "a,b", "büro", "a\n", "a/b", &"a".repeat(33)]
        {
            assert!(matches!(tag(bad), Verdict::No(_)), "{bad:?}");
        }
    }

    #[test]
    fn added_and_taken_away() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let set = |text: &str| words(text).into_iter().collect::<BTreeSet<_>>();
        let after = |now, add, remove| tags(&set(now), &words(add), &words(remove));
        assert_eq!(after("a", "B c", "a zzz"), Ok(set("b c")));
        assert_eq!(after("a", "a", ""), Ok(set("a")));
        assert!(after("", "a", "A").unwrap_err().contains("at once"));
        assert!(after("", "ä", "").is_err());
        let many: Vec<String> = (0..21).map(|n| format!("t{n}")).collect();
        assert!(tags(&set(""), &many, &[]).unwrap_err().contains("at most 20"));
    }
}
