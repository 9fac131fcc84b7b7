//! Masks secrets by value in a stream, also where a chunk ends in the middle of one.

use crate::domain::Secret;

const MASK: &[u8] = "••••••".as_bytes();
/// What is shorter would mask ordinary text everywhere.
const SHORTEST: usize = 4;

/// Masks the values it knows in one stream of bytes.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
    held: Vec<u8>,
}

impl Redactor {
    /// For these values.
    pub fn new(secrets: &[Secret]) -> Self {
        let mut secrets: Vec<Secret> =
            secrets.iter().filter(|s| s.reveal().len() >= SHORTEST).cloned().collect();
        // The longest first: one may begin with another.
        secrets.sort_by_key(|s| std::cmp::Reverse(s.reveal().len()));
        Self { secrets, held: Vec::new() }
    }

    /// The masked text that is certain by now; an end that may begin a secret is held back.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.secrets.is_empty() {
            return bytes.to_vec();
        }
        self.held.extend_from_slice(bytes);
        self.mask(false)
    }

    /// What was held back, at the stream's end.
    pub fn finish(&mut self) -> Vec<u8> {
        self.mask(true)
    }

    fn mask(&mut self, ended: bool) -> Vec<u8> {
        let text = std::mem::take(&mut self.held);
        let mut masked = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let values = || self.secrets.iter().map(Secret::reveal);
            if !ended && values().any(|s| s.len() > rest.len() && s.starts_with(rest)) {
                self.held = rest.to_vec();
                break;
            }
            if let Some(secret) = values().find(|s| rest.starts_with(s)) {
                masked.extend_from_slice(MASK);
                rest = rest.get(secret.len()..).unwrap_or_default();
            } else {
                masked.push(*first);
                rest = after;
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redact(secrets: &[&str], chunks: &[&[u8]]) -> Vec<u8> {
        let secrets: Vec<Secret> = secrets.iter().map(|s| Secret::from_text((*s).into())).collect();
        let mut redactor = Redactor::new(&secrets);
        let mut text: Vec<u8> = chunks.iter().flat_map(|c| redactor.push(c)).collect();
        text.extend(redactor.finish());
        text
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        let masked = |s: &str| s.replace('*', "••••••").into_bytes();
        assert_eq!(redact(&["hunter2"], &[b"pw=hunter2!"]), masked("pw=*!"));
        assert_eq!(redact(&["hunter2"], &[b"hun", b"ter", b"2hunter"]), masked("*hunter"));
        assert_eq!(redact(&["abcd", "abcdef"], &[b"abcdefabcd"]), masked("**"));
        assert_eq!(redact(&["abcd", "abcdef"], &[b"abcd", b"ef", b"abcd"]), masked("**"));
        assert_eq!(redact(&["aab1"], &[b"aaab1"]), masked("a*"));
        assert_eq!(redact(&["abc"], &[b"abc"]), b"abc");
    }

    proptest! {
        #[test]
        fn no_chunking_lets_a_secret_through(
            parts in prop::collection::vec(prop_oneof![Just("s3cr3t"), Just("s3cr"), Just("t"), Just("x")], 0..20),
            cuts in prop::collection::vec(1usize..7, 1..40),
        ) {
            let text = parts.concat().into_bytes();
            let mut chunks = Vec::new();
            let mut rest = text.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (a, b) = rest.split_at((*cut).min(rest.len()));
                chunks.push(a);
                rest = b;
            }
            let whole = redact(&["s3cr3t"], &[&text]);
            prop_assert_eq!(&redact(&["s3cr3t"], &chunks), &whole);
            prop_assert!(!whole.windows(6).any(|w| w == b"s3cr3t"));
        }
    }
}
