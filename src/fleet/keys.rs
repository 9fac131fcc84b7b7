//! Our login keys on servers: replacing them. All keys there: listing and naming them.

mod list;

use crate::domain::{
    Action, Credential, Failure, FailureKind, Server, ServerId, Status, server::argument,
};
use crate::packages::{
    APP_USER,
    server::key_rotation::{KIND, USERS},
};
use crate::store::Batch;

pub use list::{KeyState, KeyView, KnownKey};

use super::{
    Local, Preview, Result, Started,
    request::{On, Request},
};

impl Local {
    pub(super) async fn rotate_keys(
        &self,
        server: ServerId,
        user: Option<&str>,
    ) -> Result<Started> {
        let stored = self.stored_server(server)?;
        self.refuse_leaving(&stored.record)?;
        let request = self.rotation(&stored.record, user)?;
        self.request(request, On::Server(stored), Batch::new()).await
    }

    pub(super) async fn preview_rotation(
        &self,
        server: ServerId,
        user: Option<&str>,
    ) -> Result<Preview> {
        let record = self.server(server)?;
        self.need_vault()?;
        let request = self.rotation(&record, user)?;
        self.look_at(&record, request, None).await
    }

    fn rotation(&self, server: &Server, user: Option<&str>) -> Result<Request> {
        let all = self.store().scan::<Credential>(server.id.to_string().as_bytes())?;
        let mut users: Vec<String> =
            all.into_iter().map(|s| s.record).filter(|c| c.proved).map(|c| c.user).collect();
        // the app user's comes last: by then the way that mends it is proved
        users.sort_by_key(|user| user == APP_USER);
        let is_ours = users.iter().any(|known| known == &server.user);
        if let Some(user) = user {
            users.retain(|known| known == user);
        }
        if users.is_empty() || !is_ours {
            let who = user.unwrap_or(&server.user);
            let text =
                format!("There is no proved login key of ours for {who} on {}.", server.name);
            return Err(Failure::new(FailureKind::NotFound, text).at_host(server.place()).remedy(
                format!(
                    "`brokeforge server show {}` tells for whom there is one.",
                    argument(&server.name)
                ),
            ));
        }
        // a server whose adding failed is to be added first: only that writes down our access
        if server.status == Status::Failed
            && !self.packages(Some(server.id))?.iter().any(|p| p.kind == super::servers::KIND)
        {
            let text = format!("“{}” is not added in whole yet.", server.name);
            return Err(Failure::new(FailureKind::Conflict, text)
                .at_host(server.place())
                .remedy("Retry what failed on it first: `brokeforge operation list` shows it."));
        }
        Ok(Request::new(KIND, Action::Update).choice(USERS, users.join(",")))
    }
}
