//! Asks servers about themselves, and packages for their plans.

use std::time::Duration;

use super::{Rooms, credentials, host, journal};
use crate::domain::{
    Credential, Facts, Failure, FailureKind, HostTrust, Operation, Resource, Server, ServerFacts,
    ServerId, server::argument,
};
use crate::packages::{Answer, Package, Params, Plan, facts as parser, family};
use crate::ssh;
use crate::store::{Batch, Expected};

/// All probes together take no longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Sees to it that the server's host key is pinned, durably, before anything is sent to it.
///
/// # Errors
/// When the host cannot be reached or shows another key than was expected.
pub async fn ensure_pin(rooms: &Rooms, id: ServerId) -> Result<(), Failure> {
    let server = journal::server(rooms, id)?;
    if server.host_keys.iter().any(|k| !k.revoked) {
        return Ok(());
    }
    let limits = rooms.connections.limits();
    let key = match &server.trust {
        HostTrust::Expect { fingerprint } => {
            ssh::expected_host_key(&server.host, server.port, fingerprint, limits).await
        }
        HostTrust::AcceptNew => ssh::offered_host_key(&server.host, server.port, limits).await,
    };
    let key = key.map_err(|e| e.failure.at_host(server.place()))?;
    if server.host_keys.iter().any(|k| k.fingerprint == key.fingerprint) {
        let text =
            format!("{} shows a host key that was revoked: {}.", server.place(), key.fingerprint);
        return Err(Failure::new(FailureKind::HostKey, text).at_host(server.place()));
    }
    if let HostTrust::Expect { fingerprint } = &server.trust
        && *fingerprint != key.fingerprint
    {
        return Err(Failure::new(
            FailureKind::HostKey,
            format!(
                "{} shows the host key {} ({}), but {fingerprint} was expected. Somebody may sit \
                 in between; nothing was sent.",
                server.place(),
                key.fingerprint,
                key.algorithm
            ),
        )
        .at_host(server.place())
        .remedy(format!(
            "Compare with the host's console (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub). If the \
             shown one is right: brokeforge server trust {} --host-key {}, then retry the \
             operation.",
            argument(&server.name),
            key.fingerprint
        )));
    }
    rooms
        .store
        .change::<Server>(&id, |server| {
            let known = server.host_keys.iter().any(|k| k.fingerprint == key.fingerprint);
            if !known {
                server.host_keys.push(key.clone());
            }
            !known
        })
        .await?;
    Ok(())
}

/// Asks for facts without storing them.
///
/// # Errors
/// When the host cannot be reached or answers wrongly.
pub async fn ask(
    rooms: &Rooms,
    server: &Server,
    user: &str,
    packages: &[&dyn Package],
) -> Result<Facts, Failure> {
    let mut probes: Vec<(&str, &str)> = Vec::new();
    for probe in packages.iter().flat_map(|p| p.probes()) {
        if !probes.iter().any(|(name, _)| *name == probe.0) {
            probes.push(*probe);
        }
    }
    ask_for(rooms, server, user, &probes).await
}

/// Asks for the base facts and what these scripts tell, without storing anything.
///
/// # Errors
/// When the host cannot be reached or answers wrongly.
pub async fn ask_for(
    rooms: &Rooms,
    server: &Server,
    user: &str,
    probes: &[(&str, &str)],
) -> Result<Facts, Failure> {
    let target = credentials::target(rooms, server, user, false)?;
    // The clock's offset is measured around the script alone.
    let lease = rooms.connections.lease(&target).await?;
    let sent = rooms.clock.now();
    let answer = host::ask(rooms, &target, &parser::script(probes), LIMIT).await?;
    let received = rooms.clock.now();
    drop(lease);
    parser::parse(&answer.out, probes, sent, received).map_err(|f| f.at_host(server.place()))
}

/// Asks for facts and stores them, of a user without root its sections alone. Sections that were not
/// asked for now are kept as they were.
///
/// # Errors
/// When the host cannot be reached or answers wrongly.
pub async fn facts(
    rooms: &Rooms,
    id: ServerId,
    user: &str,
    packages: &[&dyn Package],
) -> Result<Facts, Failure> {
    let server = journal::server(rooms, id)?;
    let mut facts = ask(rooms, &server, user, packages).await?;
    let known = rooms.store.get::<ServerFacts>(&id)?.map(|stored| stored.record.facts);
    if let Some(known) = &known {
        for (name, text) in &known.sections {
            facts.sections.entry(name.clone()).or_insert_with(|| text.clone());
        }
    }
    let stored = kept(known, &facts, user);
    let mut batch = Batch::new();
    batch.put(&ServerFacts { server: id, facts: stored }, Expected::Anything);
    rooms.store.commit(batch).await?;
    Ok(facts)
}

/// What is stored of what this user was told: without root it is not told of all, and what root was told
/// stays.
fn kept(known: Option<Facts>, told: &Facts, user: &str) -> Facts {
    match known {
        Some(known) if user != "root" => Facts { sections: told.sections.clone(), ..known },
        _ => told.clone(),
    }
}

/// What a package is told besides the facts.
struct Scene {
    server: Server,
    credential: Option<Credential>,
    siblings: Vec<Resource>,
}

impl Scene {
    fn of(
        rooms: &Rooms,
        operation: &Operation,
        resource: Option<&Resource>,
        package: &dyn Package,
    ) -> Result<Self, Failure> {
        let server = journal::server(rooms, operation.server)?;
        let key = (server.id, credentials::login_of(&server, package.user()).to_owned());
        let credential = rooms.store.get::<Credential>(&key)?.map(|s| s.record);
        let mut siblings: Vec<Resource> = rooms
            .store
            .scan::<Resource>(server.id.to_string().as_bytes())?
            .into_iter()
            .map(|s| s.record)
            .collect();
        // In a preview the resource is not in the store, or stands there as it was.
        if let Some(resource) = resource {
            match siblings.iter_mut().find(|r| r.id == resource.id) {
                Some(stored) => resource.clone_into(stored),
                None => siblings.push(resource.clone()),
            }
        }
        Ok(Self { server, credential, siblings })
    }

    fn params<'a>(
        &'a self,
        rooms: &'a Rooms,
        operation: &'a Operation,
        resource: Option<&'a Resource>,
    ) -> Params<'a> {
        Params {
            operation: operation.id,
            action: operation.action,
            server: &self.server,
            credential: self.credential.as_ref(),
            resource,
            siblings: &self.siblings,
            choices: &operation.choices,
            templates: &rooms.templates,
        }
    }
}

/// What the children of a plan would do now: by the number of their step, the plan, or why there is
/// none yet.
///
/// # Errors
/// When the store cannot be read.
pub fn inside(
    rooms: &Rooms,
    operation: &Operation,
    resource: Option<&Resource>,
    package: &dyn Package,
    facts: &Facts,
    plan: &Plan,
) -> Result<family::Inside, Failure> {
    let scene = Scene::of(rooms, operation, resource, package)?;
    family::inside(&scene.params(rooms, operation, resource), facts, plan)
}

/// The plan that a package makes for an operation now.
///
/// # Errors
/// When it is refused, or cannot be made.
pub fn plan(
    rooms: &Rooms,
    operation: &Operation,
    resource: Option<&Resource>,
    package: &dyn Package,
    facts: &Facts,
) -> Result<Plan, Failure> {
    let scene = Scene::of(rooms, operation, resource, package)?;
    let params = scene.params(rooms, operation, resource);
    let server = &scene.server;
    match package.plan(&params, facts)? {
        Answer::Plan(plan) => Ok(plan),
        Answer::Questions(questions) => Err(Failure::questions(questions).at_host(server.place())),
        Answer::Refusal(mut failure) => {
            failure.host.get_or_insert_with(|| server.place());
            Err(failure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_root_is_told_stays_when_another_user_asks() {
        let told = |firewall: &str, section: &str| Facts {
            firewall: firewall.into(),
            sections: [(section.to_owned(), String::new())].into(),
            ..Facts::default()
        };
        let (root, user) = (told("ufw active", "ufw"), told("unknown", "page"));
        let stored = kept(Some(root.clone()), &user, "brokeforge");
        assert_eq!(stored.firewall, "ufw active");
        assert!(stored.sections.contains_key("page"));
        assert_eq!(kept(Some(user.clone()), &root, "root"), root);
        assert_eq!(kept(None, &user, "brokeforge"), user);
    }
}
