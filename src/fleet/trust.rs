//! Host keys: what a host shows, and trusting a new one.

use crate::domain::{Failure, FailureKind, HostKey, HostTrust, Server, ServerId, input};
use crate::ssh;
use crate::store::{Batch, Expected};

use super::{Local, Result, Review};

impl Local {
    pub(super) async fn offered_host_key(&self, host: &str, port: &str) -> Result<HostKey> {
        let mut review = Review::default();
        let address = review.take("host", input::address(host));
        let port = match (port.trim().is_empty(), address.as_ref().and_then(|a| a.port)) {
            (true, Some(port)) => Some(port),
            (true, None) => Some(22),
            (false, _) => review.take("port", input::port(port)),
        };
        let (Some(address), Some(port)) = (address, port) else {
            return Err(review.refusal().unwrap_or_else(|| Failure::input("There is no address.")));
        };
        Ok(ssh::offered_host_key(&address.host, port, self.rooms().connections.limits()).await?)
    }

    pub(super) fn same_host_key(&self, server: &Server) -> Result<Vec<String>> {
        let mut others = self.servers()?;
        others.retain(|other| {
            let shared = |pin: &HostKey| server.host_keys.iter().any(|k| k.key == pin.key);
            other.id != server.id && other.host_keys.iter().any(shared)
        });
        Ok(others.into_iter().map(|other| other.name).collect())
    }

    pub(super) async fn trust(&self, id: ServerId, fingerprint: &str) -> Result<Server> {
        let mut review = Review::default();
        let Some(wanted) = review.take("fingerprint", input::fingerprint(fingerprint)) else {
            return Err(review.refusal().unwrap_or_else(|| Failure::input("No fingerprint.")));
        };
        let server = self.server(id)?;
        self.refuse_busy(server.status, &server.name, id, None)?;
        let limits = self.rooms().connections.limits();
        let shown = ssh::expected_host_key(&server.host, server.port, &wanted, limits)
            .await
            .map_err(|e| Failure::from(e).at_host(server.place()))?;
        if shown.fingerprint != wanted {
            return Err(Failure::new(
                FailureKind::HostKey,
                format!(
                    "The host shows the key {} ({}), not {wanted}. Nothing was changed.",
                    shown.fingerprint, shown.algorithm
                ),
            )
            .at_host(server.place())
            .remedy(
                "Compare it on the host's own console: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub",
            ));
        }
        if server.host_keys.iter().any(|pin| pin.revoked && pin.key == shown.key) {
            return Err(Failure::new(
                FailureKind::HostKey,
                format!("The key {wanted} was replaced before and is refused for ever."),
            )
            .at_host(server.place())
            .remedy("Make new host keys on the host (ssh-keygen -A), then trust one of those."));
        }
        // asked again: the host took its time to answer
        let stored = self.stored_server(id)?;
        let mut server = stored.record;
        self.refuse_busy(server.status, &server.name, id, None)?;
        server.host_keys.retain(|pin| pin.key != shown.key);
        for pin in &mut server.host_keys {
            pin.revoked = true;
        }
        server.host_keys.push(HostKey { revoked: false, ..shown });
        server.trust = HostTrust::Expect { fingerprint: wanted };
        server.updated_at = self.now();
        let mut batch = Batch::new();
        batch.put(&server, Expected::Revision(stored.revision));
        self.store().commit(batch).await?;
        self.rooms().connections.forget(&id.to_string()).await;
        Ok(server)
    }
}
