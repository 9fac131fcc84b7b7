//! What is asked about a server, when one is added or its record is changed; nothing typed is lost
//! when the host cannot be reached.

use super::fields::{Field, Fields, Value};
use super::form::{Form, Next, Subject};
use super::host_key::HostKeyLayer;
use crate::domain::{HostTrust, Login, Server, ServerId};
use crate::fleet::{Consent, ServerDraft, ServerEdit};
use crate::tui::effect::{Act, Done, Effect, Load};
use crate::tui::line::Masked;
use crate::tui::shared::{Context, Shared};

/// What the form is about.
#[derive(Debug)]
struct Asked {
    /// The server whose record is changed; none when one is added.
    editing: Option<ServerId>,
    /// The first login of the server that is changed.
    login: Option<Login>,
    home: Option<String>,
    trust: HostTrust,
    /// The fingerprint that the host showed.
    shown: Option<String>,
}

const LOGINS: &[&str] = &["ssh-agent", "key file", "password"];

/// An empty form.
pub fn add(cx: &mut Context<'_>) -> Form {
    let by_file = usize::from(!cx.shared.start.agent);
    let mut all = fields("", "", "22", by_file, "~/.ssh/id_ed25519");
    all.push(Field::text(
        "fingerprint",
        "host key",
        "The fingerprint you expect (SHA256:…); left empty, you are shown the host's.",
        "",
    ));
    form(all, None, HostTrust::AcceptNew, cx)
}

/// A form with a server's record in it.
pub fn edit(server: &Server, cx: &mut Context<'_>) -> Form {
    let (by_file, path) = match &server.login {
        Login::Agent => (0, "~/.ssh/id_ed25519"),
        Login::Identity { path } => (1, path.as_str()),
        Login::Password => (2, "~/.ssh/id_ed25519"),
    };
    let mut all = fields(&server.name, &server.host, &server.port.to_string(), by_file, path);
    all.retain(|field| !matches!(field.name.as_ref(), "user" | "passphrase"));
    form(all, Some(server), server.trust.clone(), cx)
}

fn form(all: Vec<Field>, editing: Option<&Server>, trust: HostTrust, cx: &mut Context<'_>) -> Form {
    cx.load(Load::KeyFiles);
    let subject = Asked {
        editing: editing.map(|server| server.id),
        login: editing.map(|server| server.login.clone()),
        home: cx.shared.start.home.clone(),
        trust,
        shown: None,
    };
    Form::new(all, subject, cx)
}

fn fields(name: &str, host: &str, port: &str, login: usize, path: &str) -> Vec<Field> {
    vec![
        Field::text("name", "name", "What you call it: letters, digits, dots and dashes.", name),
        Field::text("host", "address", "A host name or an IP address.", host),
        Field::text("port", "port", "The port on which its sshd listens.", port)
            .completed(|shared| of_servers(shared, |server| server.port.to_string())),
        Field::text(
            "user",
            "user",
            "The user to log in as: root, or one that may sudo without a password.",
            "root",
        )
        .completed(|shared| of_servers(shared, |server| server.user.clone())),
        Field::new(
            "login",
            "log in with",
            "Until our own key is proved there. space changes it.",
            Value::choice(LOGINS.iter().copied(), login),
        ),
        Field::text("identity", "key file", "The private key; it stays where it is.", path)
            .completed(|shared| shared.key_files.clone()),
        Field::new(
            "passphrase",
            "passphrase",
            "The key file's, if it has one. It is sealed in the vault.",
            Value::Secret(Masked::default()),
        ),
        Field::new(
            "password",
            "password",
            "It is used for the first login alone, and not stored.",
            Value::Secret(Masked::default()),
        ),
    ]
}

fn of_servers(shared: &Shared, value: fn(&Server) -> String) -> Vec<String> {
    shared.servers.iter().flatten().map(|row| value(&row.server)).collect()
}

fn expand(path: &str, home: Option<&str>) -> String {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => format!("{}/{rest}", home.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}

impl Asked {
    fn draft(&self, fields: &Fields) -> ServerDraft {
        let text = |name: &str| fields.text(name).to_owned();
        let login = match fields.choice("login") {
            0 => Login::Agent,
            2 => Login::Password,
            _ => Login::Identity { path: expand(&text("identity"), self.home.as_deref()) },
        };
        let typed = |name: &str| match fields.get(name) {
            Some(Field { value: Value::Secret(secret), shown: true, .. }) => secret.secret(),
            _ => None,
        };
        let passphrase = typed("passphrase").or_else(|| typed("password"));
        let expected = text("fingerprint");
        let trust = if expected.trim().is_empty() {
            self.trust.clone()
        } else {
            HostTrust::Expect { fingerprint: expected.trim().to_owned() }
        };
        ServerDraft {
            name: text("name"),
            host: text("host"),
            port: text("port"),
            user: text("user"),
            login,
            passphrase,
            trust,
        }
    }

    fn changes(&self, fields: &Fields) -> ServerEdit {
        let draft = self.draft(fields);
        // Our own key is the login by now; the first one is looked at only when it is changed.
        let login = (self.login.as_ref() != Some(&draft.login)).then_some(draft.login);
        ServerEdit {
            name: Some(draft.name),
            host: Some(draft.host),
            port: Some(draft.port),
            login,
            passphrase: draft.passphrase,
        }
    }
}

impl Subject for Asked {
    fn title(&self) -> &str {
        if self.editing.is_some() { "Change the server" } else { "Add a server" }
    }

    fn settle(&self, fields: &mut Fields) {
        let by_file = fields.choice("login") == 1;
        fields.show("identity", by_file);
        fields.show("passphrase", by_file);
        fields.show("password", fields.choice("login") == 2);
    }

    fn review(&self, fields: &Fields) -> Option<Effect> {
        Some(match self.editing {
            Some(server) => Effect::ReviewEdit(server, self.changes(fields)),
            None => Effect::ReviewServer(self.draft(fields)),
        })
    }

    fn send(&self, fields: &Fields, consent: Consent) -> Act {
        if let Some(server) = self.editing {
            return Act::EditServer(server, Box::new(self.changes(fields)), consent);
        }
        let draft = self.draft(fields);
        if draft.trust == HostTrust::AcceptNew {
            return Act::OfferedHostKey { host: draft.host, port: draft.port };
        }
        Act::AddServer(Box::new(draft), consent)
    }

    fn waits(&self, fields: &Fields) -> &'static str {
        if self.editing.is_none() && self.draft(fields).trust == HostTrust::AcceptNew {
            "Asking the host for its key …"
        } else {
            "Writing it down …"
        }
    }

    fn done(&mut self, done: &Done, fields: &Fields, cx: &mut Context<'_>) -> Next {
        match done {
            Done::HostKey(key) => {
                self.shown = Some(key.fingerprint.clone());
                let draft = self.draft(fields);
                let place = format!("{} port {}", draft.host, draft.port);
                cx.open(HostKeyLayer::judge(key.clone(), place));
                Next::Ask
            }
            Done::Started(started) => {
                cx.shared.selected = Some(started.server);
                let (name, key) = (fields.text("name"), cx.shared.key("server-log"));
                cx.say(format!("{name} is being added; {key} shows how."));
                cx.shared.messages.is_of(started.operation);
                Next::Close
            }
            _ => {
                cx.say("The record is changed; the host is as it was.");
                Next::Close
            }
        }
    }

    fn agreed(&mut self, fields: &Fields, consent: Consent) -> Option<Act> {
        let mut draft = self.draft(fields);
        draft.trust = HostTrust::Expect { fingerprint: self.shown.clone()? };
        Some(Act::AddServer(Box::new(draft), consent))
    }
}
