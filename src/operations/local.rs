//! The steps that are performed here: a closed list.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::journal::{self, Journal};
use super::page::{self, Page};
use super::{Rooms, credentials};
use crate::domain::{
    Credential, Failure, FailureKind, InstalledPackage, Operation, Resource, ResourceKey, Server,
    ServerFacts, Status,
};
use crate::packages::LocalStep;
use crate::ssh::{self, Connection, Limits, Target};
use crate::store::{Batch, Expected};

/// A remembered login must work again within this.
const PROOF: Duration = Duration::from_secs(30);

/// Performs a local step.
///
/// # Errors
/// Says what did not succeed.
pub async fn perform(
    rooms: &Rooms,
    operation: &Operation,
    journal: &mut Journal,
    step: &LocalStep,
) -> Result<(), Failure> {
    let server = operation.server;
    let mut batch = Batch::new();
    match step {
        LocalStep::StoreKey { user, .. } => {
            return credentials::make_key(rooms, server, user).await;
        }
        LocalStep::NextKey { user, .. } => {
            return credentials::make_next_key(rooms, server, user).await;
        }
        LocalStep::ProveRefused { user, .. } => {
            let server = journal::server(rooms, server)?;
            return prove_refused(rooms, &server, user).await;
        }
        LocalStep::ForgetOldKey { user, .. } => {
            return credentials::forget_old(rooms, server, user).await;
        }
        LocalStep::ProveLogin { user, baseline, adopt, which, .. } => {
            let server = journal::server(rooms, server)?;
            let target = credentials::target_with(rooms, &server, user, *which)?;
            prove(rooms, operation, journal, &server, target, *baseline).await?;
            if *adopt {
                credentials::adopt(rooms, server.id, user, *which).await?;
            }
            return Ok(());
        }
        LocalStep::WritePackage { package, .. } => {
            let package = InstalledPackage { installed_at: rooms.clock.now(), ..package.clone() };
            batch.put(&package, Expected::Anything);
        }
        LocalStep::DeletePackage { kind, package, .. } => {
            let key = (server, kind.clone(), package.clone());
            if rooms.store.get::<InstalledPackage>(&key)?.is_some() {
                batch.delete::<InstalledPackage>(&key, Expected::Anything);
            }
        }
        LocalStep::DeleteKey { user, .. } => {
            let key = (server, user.clone());
            if rooms.store.get::<Credential>(&key)?.is_some() {
                batch.delete::<Credential>(&key, Expected::Anything);
            }
            rooms.connections.forget(&format!("{server}/{user}/own")).await;
        }
        LocalStep::WriteResource { kind, id, fields, .. } => {
            write_resource(rooms, operation, &mut batch, kind, *id, fields)?;
        }
        LocalStep::MakeSecret { secret, length, .. } => {
            return credentials::make_secret(rooms, server, secret, *length).await;
        }
        LocalStep::DeleteSecret { secret, .. } => {
            return credentials::delete_secret(rooms, server, secret).await;
        }
        LocalStep::FetchPage { domain, port, path, holds, .. } => {
            let server = journal::server(rooms, server)?;
            let page = Page { domain, port: *port, path, holds };
            return page::fetch(&server, page, rooms.connections.limits()).await;
        }
        LocalStep::Child { .. } | LocalStep::RemoveChild { .. } => {
            return Err(Failure::internal("A child operation is not performed as a step."));
        }
    }
    if !batch.is_empty() {
        rooms.store.commit(batch).await?;
    }
    Ok(())
}

/// Brings a resource to `active` by the arrows that there are.
fn write_resource(
    rooms: &Rooms,
    operation: &Operation,
    batch: &mut Batch,
    kind: &str,
    id: crate::domain::ResourceId,
    fields: &crate::domain::Fields,
) -> Result<(), Failure> {
    let now = rooms.clock.now();
    let key = ResourceKey { server: operation.server, id };
    let stored = rooms.store.get::<Resource>(&key)?;
    let expected = stored.as_ref().map_or(Expected::Absent, |s| Expected::Revision(s.revision));
    let mut resource = stored.map_or_else(
        || Resource {
            id,
            kind: kind.to_owned(),
            server: operation.server,
            site: operation.site,
            fields: fields.clone(),
            status: Status::Pending,
            error: None,
            created_at: now,
            updated_at: now,
        },
        |s| s.record,
    );
    fields.clone_into(&mut resource.fields);
    resource.error = None;
    resource.updated_at = now;
    let way: &[Status] = match resource.status {
        Status::Pending => &[Status::Pending, Status::Installing, Status::Active],
        Status::Failed => &[Status::Pending, Status::Installing, Status::Active],
        Status::Active
        | Status::Installing
        | Status::Updating
        | Status::Removing
        | Status::Paused => &[Status::Active],
    };
    let mut expected = expected;
    for status in way {
        resource.status = *status;
        batch.put(&resource, expected);
        // what the batch itself wrote
        expected = Expected::Anything;
    }
    Ok(())
}

/// By which addresses the server can be reached: those of its name, and the host's own addresses
/// of the other family.
async fn addresses(rooms: &Rooms, server: &Server) -> Result<Vec<SocketAddr>, Failure> {
    let limits = rooms.connections.limits();
    let named = ssh::addresses(&server.host, server.port, limits).await?;
    let families: BTreeSet<bool> = named.iter().map(SocketAddr::is_ipv4).collect();
    let facts = rooms.store.get::<ServerFacts>(&server.id)?.map(|s| s.record.facts);
    let other = facts.map(|f| f.addresses).unwrap_or_default().into_iter();
    let other = other.filter(|a| !families.contains(&a.is_ipv4()));
    let mut all: Vec<SocketAddr> = named;
    all.extend(other.map(|a: IpAddr| SocketAddr::new(a, server.port)));
    all.sort();
    all.dedup();
    Ok(all)
}

/// Limits for a login that must work or be refused soon.
fn short(rooms: &Rooms) -> Limits {
    let short = Duration::from_secs(5);
    Limits {
        tcp: short,
        banner: short,
        key_exchange: short,
        auth: Duration::from_secs(10),
        tries: 1,
        ..*rooms.connections.limits()
    }
}

/// The old key must be refused wherever the server can be reached; what cannot be reached says
/// nothing, but one address must have answered.
async fn prove_refused(rooms: &Rooms, server: &Server, user: &str) -> Result<(), Failure> {
    let Some(target) = credentials::old_target(rooms, server, user)? else { return Ok(()) };
    let limits = short(rooms);
    let tries = addresses(rooms, server).await?.into_iter().map(|address| {
        let (target, limits) = (&target, &limits);
        async move { (address, Connection::open_at(target, address, limits).await) }
    });
    let (mut refused, mut unclear) = (false, None);
    for (address, opened) in join_all(tries).await {
        match opened {
            Ok(connection) => {
                connection.close().await;
                return Err(Failure::new(
                    FailureKind::Step,
                    format!("The old key still logs in as {} over {address}.", target.user),
                )
                .at_host(server.place())
                .remedy(
                    "Our line is gone from the user's authorized_keys, so it stands somewhere \
                     else too: look at AuthorizedKeysFile and AuthorizedKeysCommand of `sshd -T`. \
                     Take it out there and retry.",
                ));
            }
            Err(error) if error.refused => refused = true,
            Err(error) => unclear = Some(error.failure),
        }
    }
    match unclear {
        Some(failure) if !refused => Err(failure),
        _ => Ok(()),
    }
}

async fn prove(
    rooms: &Rooms,
    operation: &Operation,
    journal: &mut Journal,
    server: &Server,
    target: Target,
    baseline: bool,
) -> Result<(), Failure> {
    let user = target.user.clone();
    let limits = short(rooms);
    let remembered = !baseline && !journal.proved.is_empty();
    let all = if remembered { journal.proved.clone() } else { addresses(rooms, server).await? };
    let until = Instant::now() + PROOF;
    let tries = all.iter().map(|address| {
        let (target, limits) = (&target, &limits);
        async move {
            loop {
                let opened = timeout_at(until, Connection::open_at(target, *address, limits)).await;
                let failure = match opened {
                    Ok(Ok(connection)) => {
                        connection.close().await;
                        return (*address, Ok(()));
                    }
                    Ok(Err(error)) => error.failure,
                    Err(_) => Failure::new(
                        FailureKind::Unreachable,
                        format!("{address} did not let us in within {} s.", PROOF.as_secs()),
                    ),
                };
                let again = Instant::now() + Duration::from_secs(1);
                if baseline || !remembered || again >= until {
                    return (*address, Err(failure));
                }
                sleep_until(again).await;
            }
        }
    });
    let results = join_all(tries).await;
    let works: Vec<SocketAddr> =
        results.iter().filter(|(_, r)| r.is_ok()).map(|(a, _)| *a).collect();
    let failed = results.into_iter().find_map(|(a, r)| r.err().map(|f| (a, f)));
    match failed {
        Some((address, mut failure)) if remembered || works.is_empty() => {
            failure.message =
                format!("A new login as {user} over {address} does not work: {}", failure.message);
            failure.kind = FailureKind::Step;
            return Err(failure.at_host(server.place()));
        }
        _ => {}
    }
    if baseline {
        journal.proved = works;
        journal.store(rooms, operation.id).await?;
    }
    Ok(())
}
