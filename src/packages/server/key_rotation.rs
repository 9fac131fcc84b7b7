//! The package `key`: our login keys on a server are replaced by new ones. The old one is used, and
//! let in, until a login with the new one has worked; it is forgotten when the host refuses it.

use crate::domain::{Facts, Failure};
use crate::packages::{Answer, Field, Package, Params, Plan, Step, plan::milestone};

use super::key;

/// Its type.
pub const KIND: &str = "key";
/// The choice that names the users, with commas between.
pub const USERS: &str = "users";

/// The package.
#[derive(Debug)]
pub struct KeyRotation;

impl Package for KeyRotation {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "login key"
    }

    fn fields(&self) -> &'static [Field] {
        // our keys are a record type of their own
        &[]
    }

    fn plan(&self, params: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        let users = params.answer(USERS).unwrap_or_default().split(',');
        let users: Vec<&str> = users.filter(|user| !user.is_empty()).collect();
        if users.is_empty() {
            return Err(Failure::internal("A key rotation names no user."));
        }
        let each = |step: fn(&str) -> Step| users.iter().map(move |user| step(user));
        let bring = each(key::next).chain(each(key::append_next)).collect();
        Ok(Answer::Plan(Plan {
            milestones: vec![
                milestone("key", "Bring a new key", bring),
                milestone("proof", "Prove it", each(key::prove_next).collect()),
                milestone("old", "Take the old key away", each(key::remove_old).collect()),
                milestone("refused", "Prove it refused", each(key::prove_refused).collect()),
                milestone("complete", "Complete", each(key::forget_old).collect()),
            ],
            undo: None,
            notes: vec![
                "Until a login with the new key has worked, the old one stays in use.".to_owned(),
            ],
        }))
    }
}
