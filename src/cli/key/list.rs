//! Which keys may log in, over the fleet.

use futures::stream::{FuturesUnordered, StreamExt};

use crate::cli::{Context, Halt, table, watch};
use crate::domain::{Server, Time};
use crate::fleet::{KeyState, KeyView};

/// A key as JSON.
#[derive(serde::Serialize)]
struct KeyObject<'a> {
    server: &'a str,
    user: &'a str,
    algorithm: &'a str,
    bits: Option<u32>,
    fingerprint: &'a str,
    state: KeyState,
    name: Option<&'a str>,
    comment: &'a str,
    options: &'a str,
    file: &'a str,
    first_seen: Time,
}

pub(super) async fn list(
    context: &mut Context,
    servers: Vec<Server>,
    unknown: bool,
) -> Result<u8, Halt> {
    context.unlock().await?;
    context.mention_unfinished()?;
    let fleet = context.fleet.clone();
    // connections are bounded by the fleet's own limits
    let mut asked: FuturesUnordered<_> = servers
        .iter()
        .enumerate()
        .map(|(number, server)| {
            let fleet = fleet.clone();
            async move { (number, fleet.authorized_keys(server.id).await) }
        })
        .collect();
    let mut answers: Vec<(usize, Vec<KeyView>)> = Vec::new();
    let mut codes = Vec::new();
    while let Some((number, answer)) = asked.next().await {
        match answer {
            Ok(keys) => answers.push((number, keys)),
            Err(mut failure) => {
                if let Some(server) = servers.get(number) {
                    failure.host.get_or_insert_with(|| server.place());
                }
                codes.push(failure.kind.exit_code());
                context.face.tell_failure(&failure);
            }
        }
    }
    drop(asked);
    answers.sort_by_key(|(number, _)| *number);
    let mut rows = Vec::new();
    for (number, keys) in &answers {
        let name = servers.get(*number).map(|s| s.name.as_str()).unwrap_or_default();
        for key in keys.iter().filter(|key| !unknown || key.state == KeyState::Unknown) {
            if context.face.json {
                context.face.object(&object(name, key))?;
            }
            rows.push(vec![
                name.to_owned(),
                key.user.clone(),
                key.state.as_str().to_owned(),
                key.name.clone().unwrap_or_default(),
                key.algorithm.clone(),
                key.bits.map(|bits| bits.to_string()).unwrap_or_default(),
                key.fingerprint.clone(),
                table::time(key.first_seen),
                key.comment.clone(),
                key.options.clone(),
            ]);
        }
    }
    // where nobody answered there is nothing to say of keys
    if !context.face.json && !answers.is_empty() {
        let heads = [
            "server",
            "user",
            "key",
            "name",
            "type",
            "bits",
            "fingerprint",
            "first seen",
            "comment",
            "options",
        ];
        let none = if unknown { "There is no unknown key." } else { "There is no key." };
        context.face.table(&heads, &rows, none)?;
    }
    Ok(watch::worst(codes))
}

fn object<'a>(server: &'a str, key: &'a KeyView) -> KeyObject<'a> {
    KeyObject {
        server,
        user: &key.user,
        algorithm: &key.algorithm,
        bits: key.bits,
        fingerprint: &key.fingerprint,
        state: key.state,
        name: key.name.as_deref(),
        comment: &key.comment,
        options: &key.options,
        file: &key.file,
        first_seen: key.first_seen,
    }
}

pub(super) fn known(context: &mut Context) -> Result<u8, Halt> {
    let keys = context.fleet.known_keys()?;
    if context.face.json {
        for key in &keys {
            context.face.object(key)?;
        }
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = keys
        .iter()
        .map(|key| vec![key.name.clone(), key.fingerprint.clone(), table::time(key.at)])
        .collect();
    context.face.table(&["name", "fingerprint", "named at"], &rows, "No key has a name.")?;
    Ok(0)
}
