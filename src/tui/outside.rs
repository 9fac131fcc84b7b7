//! The outside: performs effects on the fleet. The only part of the screen that calls it.
//!
//! Reads run one after the other, off the loop's thread: so what arrives last was read last.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::editor::{self, Editor, Running};
use super::effect::{Act, Answer, Data, Done, Effect, Load, Plan, Provisioning, Wanted};
use super::event::Event;
use super::run::{Outside, Report};
use super::terminal;
use crate::domain::{Failure, FailureKind, OperationId};
use crate::fleet::{Fleet, ServerRow};

mod sessions;

/// Operations that are listed.
const LISTED: usize = 500;

/// The fleet, as the loop uses it.
pub struct FleetOutside {
    fleet: Fleet,
    results: mpsc::Sender<Report>,
    queue: VecDeque<Load>,
    loading: bool,
    acts: JoinSet<()>,
    follow: Option<AbortHandle>,
    sessions: sessions::Sessions,
    keep: Arc<Mutex<HashMap<&'static str, String>>>,
    editor: Running,
}

impl FleetOutside {
    /// Sends what comes of effects to `results`.
    pub fn new(fleet: Fleet, results: mpsc::Sender<Report>) -> Self {
        let (queue, acts) = (VecDeque::new(), JoinSet::new());
        Self {
            fleet,
            results,
            queue,
            loading: false,
            acts,
            follow: None,
            keep: Arc::default(),
            sessions: sessions::Sessions::default(),
            editor: Running::default(),
        }
    }

    /// Waits for what is being written; the caller bounds it.
    pub async fn finish(&mut self) {
        self.sessions.end();
        self.editor.end();
        while self.acts.join_next().await.is_some() {}
    }

    fn load_next(&mut self) {
        if self.loading {
            return;
        }
        let Some(load) = self.queue.pop_front() else { return };
        self.loading = true;
        let (fleet, results) = (self.fleet.clone(), self.results.clone());
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || read(&fleet, load)).await;
            let read = read.unwrap_or_else(|_| Err(Failure::internal("A read ended in a panic.")));
            let report = Report { load: Some(load), event: Event::Loaded(read) };
            // The loop may be over; then nobody wants it.
            let _over = results.send(report).await;
        });
    }

    /// Writes down what is to be remembered; of several that wait for one file, the last.
    fn keep(&mut self, file: &'static str, text: String) {
        let waiting = self.keep.clone();
        waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(file, text);
        let (paths, results) = (self.fleet.paths().clone(), self.results.clone());
        self.acts.spawn(async move {
            let written = tokio::task::spawn_blocking(move || {
                // The lock is held while it is written: the last one is written last.
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.remove(file).map_or(Ok(()), |text| paths.keep(file, &text))
            });
            if let Ok(Err(failure)) = written.await {
                let event = Event::Loaded(Err(failure));
                let _over = results.send(Report { load: None, event }).await;
            }
        });
    }

    fn edit(&mut self, text: &str) -> Result<(), Failure> {
        let line = editor::find(|name| std::env::var(name).ok());
        let line = line.ok_or_else(|| Failure::input("There is no editor."))?;
        let editor = Editor::start(&line, text, &self.fleet.paths().state, &self.editor)?;
        let results = self.results.clone();
        tokio::spawn(async move {
            let edited = tokio::task::spawn_blocking(move || editor.wait()).await;
            let edited =
                edited.unwrap_or_else(|_| Err(Failure::internal("The editor's text is lost.")));
            let event = Event::Edited(edited);
            let _over = results.send(Report { load: None, event }).await;
        });
        Ok(())
    }

    fn follow(&mut self, operation: Option<OperationId>) {
        if let Some(task) = self.follow.take() {
            task.abort();
        }
        let Some(id) = operation else { return };
        let (fleet, results) = (self.fleet.clone(), self.results.clone());
        let task = tokio::spawn(async move {
            let event = match fleet.follow(id) {
                Ok(mut follow) => {
                    while let Some(output) = follow.next().await {
                        let event = Event::Output(id, output);
                        if results.send(Report { load: None, event }).await.is_err() {
                            return;
                        }
                    }
                    Event::OutputEnd(id)
                }
                Err(failure) => Event::Loaded(Err(failure)),
            };
            let _over = results.send(Report { load: None, event }).await;
        });
        self.follow = Some(task.abort_handle());
    }
}

impl Outside for FleetOutside {
    fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::ReviewServer(draft) => {
                return Some(Event::ServerReview(self.fleet.review_server(&draft)));
            }
            Effect::ReviewEdit(server, edit) => {
                // A server that went away meanwhile is told by the answer to what is sent.
                return self.fleet.review_edit(server, &edit).ok().map(Event::ServerReview);
            }
            Effect::ReviewResource(wanted) => {
                let Wanted { server, kind, id, draft } = *wanted;
                let review = self.fleet.review_resource(server, &kind, id, &draft);
                return review.ok().map(Event::ServerReview);
            }
            Effect::ReviewRule { server, line, replacing, at } => {
                let review = self.fleet.review_rule(server, &line, replacing, at);
                return Some(Event::RuleReview(review));
            }
            // The first list, before the first draw: from another thread it would come a frame later.
            Effect::Load(load @ Load::ServerNames) if self.fleet.is_here() => {
                return Some(Event::Loaded(read(&self.fleet, load)));
            }
            Effect::Load(load) => {
                if !self.queue.contains(&load) {
                    self.queue.push_back(load);
                }
                self.load_next();
            }
            Effect::Act(ticket, act) => {
                while self.acts.try_join_next().is_some() {}
                let (fleet, results) = (self.fleet.clone(), self.results.clone());
                self.acts.spawn(async move {
                    let event = Event::Answer(ticket, perform(&fleet, act).await);
                    let _over = results.send(Report { load: None, event }).await;
                });
            }
            Effect::Session(key, act) => {
                return self.sessions.perform(key, act, &self.fleet, &self.results);
            }
            Effect::Cursor(shape) => terminal::cursor(shape),
            Effect::Copy(text) => terminal::copy(&text),
            Effect::Follow(operation) => self.follow(operation),
            Effect::Keep(file, text) => self.keep(file, text),
            Effect::Edit(text) => match self.edit(&text) {
                Ok(()) => {}
                Err(failure) => return Some(Event::Edited(Err(failure))),
            },
            Effect::Mouse(_) | Effect::Suspend | Effect::Redraw | Effect::Quit => {}
        }
        None
    }

    fn over(&mut self, _: Load) {
        self.loading = false;
        self.load_next();
    }
}

/// What was kept in a file, as it was written; nothing at the first start. A file that cannot be
/// read is as good as a damaged one: it must not keep the screen from opening.
pub fn kept(fleet: &Fleet, file: &'static str) -> Option<String> {
    fleet.paths().kept(file).unwrap_or_else(|failure| {
        tracing::warn!(failure.message, file, "what was remembered was not read");
        Some(String::new())
    })
}

fn read(fleet: &Fleet, load: Load) -> Result<Data, Failure> {
    Ok(match load {
        Load::ServerNames => {
            Data::Servers(fleet.servers()?.into_iter().map(ServerRow::from).collect())
        }
        Load::Servers => Data::Servers(fleet.overview()?),
        Load::Server(id) => Data::Server(id, unless_gone(fleet.overview_of(id))?.map(Box::new)),
        Load::Operations => Data::Operations(fleet.operations(LISTED)?),
        Load::Operation(id) => Data::Operation(id, unless_gone(fleet.operation(id))?.map(Box::new)),
        Load::Milestones(id) => Data::Milestones(id, fleet.events(id)?),
        Load::KeyFiles => Data::KeyFiles(key_files()),
        Load::Kind(kind) => Data::Resources(load, fleet.resources_of(Some(kind), None)?),
        Load::Resources(server) => {
            let all = unless_gone(fleet.resources_of(None, Some(server)))?;
            Data::Resources(load, all.unwrap_or_default())
        }
        Load::Found(server) => Data::Found(
            server,
            unless_gone(fleet.unrecorded(None, Some(server)))?.unwrap_or_default(),
        ),
        Load::Profiles => Data::Profiles(fleet.profiles()?),
        Load::Firewall(id) => Data::Firewall(id, unless_gone(fleet.firewall(id))?.map(Box::new)),
    })
}

/// The private keys in `~/.ssh`: those whose public half lies beside them.
fn key_files() -> Vec<String> {
    let home = std::env::var("HOME").unwrap_or_default();
    // Without the folder there is nothing to complete.
    let Ok(folder) = std::fs::read_dir(format!("{home}/.ssh")) else { return Vec::new() };
    let names =
        folder.flatten().take(1000).filter_map(|entry| entry.file_name().into_string().ok());
    let private = names.filter_map(|name| name.strip_suffix(".pub").map(str::to_owned));
    private.flat_map(|name| [format!("~/.ssh/{name}"), format!("{home}/.ssh/{name}")]).collect()
}

fn unless_gone<T>(read: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match read {
        Ok(record) => Ok(Some(record)),
        Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What takes its time with files and records does not hold up the loop.
async fn off_thread<T: Send + 'static>(
    fleet: &Fleet,
    work: impl FnOnce(&Fleet) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let fleet = fleet.clone();
    let done = tokio::task::spawn_blocking(move || work(&fleet)).await;
    done.unwrap_or_else(|_| Err(Failure::internal("A read ended in a panic.")))
}

async fn perform(fleet: &Fleet, act: Act) -> Answer {
    Ok(match act {
        Act::VaultInit(passphrase) => {
            fleet.vault_init(passphrase).await?;
            Done::Unlocked
        }
        Act::Unlock(passphrase) => {
            fleet.unlock(passphrase).await?;
            Done::Unlocked
        }
        Act::Recover => Done::Recovered(fleet.recover().await?),
        Act::OfferedHostKey { host, port } => {
            Done::HostKey(fleet.offered_host_key(&host, &port).await?)
        }
        Act::AddServer(draft, consent) => Done::Started(fleet.add_server(*draft, consent).await?),
        Act::EditServer(id, edit, consent) => {
            fleet.edit_server(id, *edit, consent).await?;
            Done::Yes
        }
        Act::Tag(id, add, remove) => {
            fleet.tag_server(id, &add, &remove).await?;
            Done::Yes
        }
        Act::Trust(id, fingerprint) => {
            fleet.trust(id, &fingerprint).await?;
            Done::Yes
        }
        Act::Dependants(id) => Done::Names(fleet.dependants(id)?),
        Act::RemoveServer { server, clean_up } => fleet
            .remove_server(server, clean_up, BTreeMap::new())
            .await?
            .map_or(Done::Yes, Done::Started),
        Act::Probe(id) => {
            fleet.probe(id).await?;
            Done::Yes
        }
        Act::CheckFirewall(id) => Done::Firewall(Box::new(fleet.check_firewall(id).await?)),
        Act::EnableFirewall(id) => Done::Started(fleet.enable_firewall(id).await?),
        Act::DisableFirewall(id) => Done::Started(fleet.disable_firewall(id).await?),
        Act::Keys(id) => Done::Keys(fleet.authorized_keys(id).await?),
        Act::RotateKeys(id) => Done::Started(fleet.rotate_keys(id, None).await?),
        Act::AddRule(server, line, at, consent) => {
            Done::Started(fleet.add_rule(server, &line, at, consent).await?)
        }
        Act::EditRule(server, rule, line, consent) => {
            Done::Started(fleet.edit_rule(server, rule, &line, consent).await?)
        }
        Act::RemoveRule(server, rule) => Done::Started(fleet.remove_rule(server, rule).await?),
        Act::RetryLast(server, resource) => {
            Done::Started(fleet.retry_last(server, resource).await?)
        }
        Act::Retry(id) => Done::Started(fleet.retry(id).await?),
        Act::Cancel(id) => {
            fleet.cancel(id).await?;
            Done::Yes
        }
        Act::UndoOf(target) => {
            Done::Undo(Box::new(off_thread(fleet, move |fleet| fleet.undo_of(target)).await?))
        }
        Act::Undo(undo) => fleet.undo(&undo).await?.map_or(Done::Yes, Done::Started),
        Act::Keep(wanted, consent) => {
            let Wanted { server, kind, id, draft } = *wanted;
            Done::Started(match id {
                Some(id) => fleet.edit_resource(server, id, draft, consent).await?,
                None => fleet.add_resource(server, &kind, draft, consent).await?,
            })
        }
        Act::RemoveResource(server, id, _) => {
            Done::Started(fleet.remove_resource(server, id, BTreeMap::new()).await?)
        }
        Act::PreviewUndo(undo) => Done::Preview(fleet.preview_undo(&undo).await?),
        Act::PreviewResource(wanted, action) => {
            let Wanted { server, kind, id, draft } = *wanted;
            Done::Preview(fleet.preview_resource(server, &kind, action, id, draft).await?)
        }
        Act::Reveal(server, id, field) => {
            let reveal = move |fleet: &Fleet| fleet.reveal(server, id, &field);
            Done::Secret(off_thread(fleet, reveal).await?.0)
        }
        Act::Answer(id, answers) => Done::Started(fleet.answer(id, answers).await?),
        Act::FilledProfile(profile, sets) => Done::Names(fleet.filled_profile(&profile, sets)?),
        Act::PreviewProvision(Provisioning { server, profile, sets }) => {
            let answers = BTreeMap::new();
            Done::Preview(fleet.preview_provision(server, &profile, sets, answers).await?)
        }
        Act::Provision(Provisioning { server, profile, sets }) => {
            Done::Started(fleet.provision(server, &profile, sets, BTreeMap::new()).await?)
        }
        Act::Exec(server, argv) => Done::Started(fleet.exec(server, argv).await?),
        Act::Explain(id, step) => Done::Explained(Box::new(
            off_thread(fleet, move |fleet| fleet.explain(id, step)).await?,
        )),
        Act::SaveLog { operation, path, replace } => {
            let file = PathBuf::from(&path);
            let save = move |fleet: &Fleet| fleet.save_log(operation, &file, replace);
            Done::Saved(path, off_thread(fleet, save).await?)
        }
        Act::Preview(plan) => {
            let line = plan.line.as_deref();
            let Plan { server, kind, action, rule, at, .. } = plan;
            Done::Preview(fleet.preview(server, kind, action, rule, line, at).await?)
        }
    })
}
