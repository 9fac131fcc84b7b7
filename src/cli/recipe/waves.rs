//! How many servers come next: canaries first, then batches, and an end when too many failed.

/// The order of a roll-out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waves {
    /// So many first, which must all succeed.
    pub canary: usize,
    /// So many at a time after that; all at once without it.
    pub batch: Option<usize>,
    /// With more failures than this no further ones are begun.
    pub max_failures: Option<usize>,
}

impl Waves {
    /// How many come next, given how many are over and how many of those failed; none when it is
    /// to end there.
    pub fn next(&self, over: usize, failed: usize) -> Option<usize> {
        let canaries_failed = over > 0 && over == self.canary && failed > 0;
        if canaries_failed || self.max_failures.is_some_and(|most| failed > most) {
            return None;
        }
        match over {
            0 if self.canary > 0 => Some(self.canary),
            _ => Some(self.batch.unwrap_or(usize::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Waves;

    #[test]
    fn canaries_come_first_then_batches_until_too_many_failed() {
        let careful = Waves { canary: 1, batch: Some(10), max_failures: Some(1) };
        for (over, failed, next) in
            [(0, 0, Some(1)), (1, 1, None), (1, 0, Some(10)), (11, 1, Some(10)), (21, 2, None)]
        {
            assert_eq!(careful.next(over, failed), next, "{over} {failed}");
        }
        let plain = Waves { canary: 0, batch: None, max_failures: None };
        assert_eq!(plain.next(0, 0), Some(usize::MAX));
        assert_eq!(plain.next(3, 3), Some(usize::MAX));
        let strict = Waves { max_failures: Some(0), ..plain };
        assert_eq!(strict.next(3, 1), None);
    }
}
