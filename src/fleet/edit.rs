//! Changing a server's own record; nothing happens on the host.

use crate::domain::{Failure, Login, Server, ServerId, input};
use crate::store::{Batch, Expected, Stored};

use super::{Consent, Local, Result, ServerDraft, ServerEdit, review};

impl Local {
    pub(super) async fn edit_server(
        &self,
        id: ServerId,
        edit: ServerEdit,
        consent: Consent,
    ) -> Result<Server> {
        let stored = self.stored_server(id)?;
        let mut server = stored.record.clone();
        self.refuse_busy(server.status, &server.name, id, None)?;
        let draft = drafted(&server, &edit);
        let taken = self.take_server(&draft, Some(id), edit.login.is_some())?;
        review::allow(&taken.review, consent)?;
        if let (Some(Login::Identity { .. }), Some(passphrase)) = (&edit.login, &edit.passphrase) {
            self.need_vault()?;
            self.inner.operations.keep_passphrase(id, passphrase).await?;
        }
        let now = self.now();
        // the earlier login's passphrase is not kept, so a change of the login has no inverse
        server.replaced = edit.login.is_none().then(|| server.kept(now));
        server.name = taken.name;
        server.host = taken.host;
        server.port = taken.port;
        if edit.login.is_some() {
            server.login = taken.login;
        }
        server.updated_at = now;
        self.rewrite(&stored, &server).await?;
        if let (Some(Login::Password), Some(password)) = (edit.login, edit.passphrase) {
            self.rooms().passwords.keep(id, password);
        }
        Ok(server)
    }

    pub(super) async fn tag_server(
        &self,
        id: ServerId,
        add: &[String],
        remove: &[String],
    ) -> Result<Server> {
        let stored = self.stored_server(id)?;
        let mut server = stored.record.clone();
        let tags = input::tags(&server.tags, add, remove).map_err(Failure::input)?;
        if tags == server.tags {
            return Ok(server);
        }
        self.refuse_busy(server.status, &server.name, id, None)?;
        let now = self.now();
        server.replaced = Some(server.kept(now));
        server.tags = tags;
        server.updated_at = now;
        self.rewrite(&stored, &server).await?;
        Ok(server)
    }

    /// Writes a server's record over what it was; its connections are forgotten when it moved.
    pub(super) async fn rewrite(&self, was: &Stored<Server>, server: &Server) -> Result<()> {
        let mut batch = Batch::new();
        batch.put(server, Expected::Revision(was.revision));
        self.store().commit(batch).await?;
        if (&was.record.host, was.record.port) != (&server.host, server.port) {
            self.rooms().connections.forget(&server.id.to_string()).await;
        }
        Ok(())
    }

    pub(super) fn review_edit(&self, id: ServerId, edit: &ServerEdit) -> Result<review::Review> {
        let server = self.server(id)?;
        let draft = drafted(&server, edit);
        Ok(self.look(&draft, Some(id), edit.login.is_some()).1)
    }
}

fn drafted(server: &Server, edit: &ServerEdit) -> ServerDraft {
    let or = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
    ServerDraft {
        name: or(&edit.name, &server.name),
        host: or(&edit.host, &server.host),
        port: or(&edit.port, &server.port.to_string()),
        user: server.user.clone(),
        login: edit.login.clone().unwrap_or(Login::Agent),
        passphrase: edit.passphrase.clone(),
        trust: server.trust.clone(),
    }
}
