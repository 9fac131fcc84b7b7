//! What calls answer when they could not be made.

use serde::{Serialize, de::DeserializeOwned};

use crate::domain::{Failure, input::Verdict};
use crate::fleet::{Result, Review, RuleReview, VaultState, lines};

/// What a call answers, also when nobody could be asked.
pub(in crate::fleet) trait Answer: Serialize + DeserializeOwned {
    /// The answer that says why there is none.
    fn failed(failure: Failure) -> Self;
}

impl<T: Serialize + DeserializeOwned> Answer for Result<T> {
    fn failed(failure: Failure) -> Self {
        Err(failure)
    }
}

impl Answer for Vec<Failure> {
    fn failed(failure: Failure) -> Self {
        vec![failure]
    }
}

impl Answer for VaultState {
    fn failed(_: Failure) -> Self {
        Self::Locked
    }
}

impl Answer for Review {
    fn failed(failure: Failure) -> Self {
        Self { refusals: vec![("name".to_owned(), failure.message)], ..Self::default() }
    }
}

impl Answer for RuleReview {
    fn failed(failure: Failure) -> Self {
        lines::said(Verdict::No(failure.message))
    }
}
