//! Logging in with a password: asked for as such, or by questions that have one hidden answer.

use russh::MethodKind;
use russh::client::{AuthResult, KeyboardInteractiveAuthResponse as Interactive};
use zeroize::Zeroizing;

use super::SshError;
use super::auth::{Login, not_logged_in};
use super::handshake::Shaken;
use crate::domain::Secret;

/// A host that goes on asking without asking for anything is left.
const MOST_ROUNDS: usize = 4;

/// How the host takes it.
enum Way {
    Password,
    Questions,
}

impl Login<'_> {
    pub(super) async fn by_password(
        &self,
        shaken: &mut Shaken,
        password: &Secret,
    ) -> Result<(), SshError> {
        let Ok(text) = std::str::from_utf8(password.reveal()) else {
            return Err(not_logged_in(self.place, "The password is no text."));
        };
        let text = Zeroizing::new(text.to_owned());
        // what it takes is told only to somebody who tries
        let open = match shaken.handle.authenticate_none(self.user).await {
            Ok(AuthResult::Success) => return Ok(()),
            Ok(AuthResult::Failure { remaining_methods, .. }) => remaining_methods,
            Err(_) => return Err(self.cut_off(shaken)),
        };
        let way = if open.contains(&MethodKind::Password) {
            Way::Password
        } else if open.contains(&MethodKind::KeyboardInteractive) {
            Way::Questions
        } else {
            let methods: Vec<&str> = open.iter().map(|method| method.into()).collect();
            let (place, user, methods) = (self.place, self.user, methods.join(", "));
            let message =
                format!("{place} lets {user} in by no password. It would take: {methods}.");
            return Err(not_logged_in(place, message).remedy(format!(
                "Log in with a key, or allow it in the host's sshd_config \
                 (PasswordAuthentication, and PermitRootLogin yes if {user} is root)."
            )));
        };
        let answer = match way {
            Way::Password => shaken.handle.authenticate_password(self.user, text.as_str()).await,
            Way::Questions => return self.by_questions(shaken, &text).await,
        };
        match answer {
            Ok(AuthResult::Success) => Ok(()),
            Ok(AuthResult::Failure { partial_success, .. }) => {
                Err(self.wrong(shaken, partial_success))
            }
            Err(_) => Err(self.cut_off(shaken)),
        }
    }

    async fn by_questions(&self, shaken: &mut Shaken, password: &str) -> Result<(), SshError> {
        let handle = &mut shaken.handle;
        let mut answer =
            handle.authenticate_keyboard_interactive_start(self.user, None::<String>).await;
        let mut given = false;
        for _ in 0..MOST_ROUNDS {
            let answers = match answer {
                Ok(Interactive::Success) => return Ok(()),
                Ok(Interactive::Failure { partial_success, .. }) => {
                    return Err(self.wrong(shaken, partial_success));
                }
                Ok(Interactive::InfoRequest { prompts, .. }) => match prompts.as_slice() {
                    [] => Vec::new(),
                    [one] if !one.echo && !given => {
                        given = true;
                        vec![password.to_owned()]
                    }
                    // a second proof, or the same again after a wrong one
                    _ => return Err(self.wrong(shaken, given)),
                },
                Err(_) => return Err(self.cut_off(shaken)),
            };
            let handle = &mut shaken.handle;
            answer = handle.authenticate_keyboard_interactive_respond(answers).await;
        }
        Err(self.wrong(shaken, given))
    }

    fn wrong(&self, shaken: &Shaken, more: bool) -> SshError {
        let (place, user) = (self.place, self.user);
        let message = match more {
            true => format!("{place} asks {user} for more than this password."),
            false => format!("{place} does not let {user} in with this password."),
        };
        let mut error = not_logged_in(place, message).remedy(
            "Check the user's name and the password. Many hosts let root in by key alone \
             (PermitRootLogin prohibit-password): then log in as another user, or with a key.",
        );
        error.failure.lines = shaken.seen.notice();
        error
    }
}
