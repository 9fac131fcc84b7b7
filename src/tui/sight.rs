//! What a layer that offers commands sees of the screen: which there are, which apply now, and what
//! can be given to them.

use std::collections::BTreeMap;

use super::caution;
use super::command::{Command, Id, Kind, Place};
use super::keymap::Binding;
use super::pane::{Pane, When, operations};
use super::shared::Shared;
use super::state::lists;
use super::style;
use crate::domain::{OperationId, ResourceId, ServerId};

/// What was given to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A server.
    Server(ServerId),
    /// The pane of this number, from 0.
    Pane(usize),
    /// A rule of the selected server.
    Rule(ResourceId),
    /// A resource.
    Resource(ResourceId),
    /// An operation.
    Operation(OperationId),
    /// What was typed.
    Text(String),
}

/// Something that can be given to a command.
#[derive(Debug, Clone)]
pub struct Choice {
    /// How it is typed.
    pub word: String,
    /// What it is.
    pub about: String,
    /// It.
    pub value: Value,
}

/// A command to be run, and what it is given.
#[derive(Debug, Clone)]
pub struct Run {
    /// The command.
    pub command: &'static Command,
    /// One value for each of its arguments, as far as they were given.
    pub values: Vec<Value>,
}

/// The screen as a layer sees it.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// What is known in common.
    pub shared: &'a Shared,
    /// The panes.
    pub panes: &'a [Box<dyn Pane>],
    /// The number of the one on screen.
    pub active: usize,
}

impl Sight<'_> {
    /// Whether a command applies now, in its own pane.
    pub fn when(&self, command: &Command) -> When {
        caution::may(command.id, self.shared)?;
        match command.place {
            Place::Pane(name) => match self.panes.iter().find(|pane| pane.name() == name) {
                Some(pane) => pane.when(command.id, self.shared),
                None => Ok(()),
            },
            Place::Everywhere if command.id == Id::CopyOut => self.when_copy(),
            Place::Everywhere => {
                self.when_list(command.id).unwrap_or_else(|| everywhere(command.id, self.shared))
            }
            Place::Inside(name) => Err(format!("It is heard in the {name} alone.")),
        }
    }

    fn when_copy(&self) -> When {
        let listing = self.panes.get(self.active).and_then(|pane| pane.listing());
        match listing.is_some_and(|list| list.has_targets()) {
            true => Ok(()),
            false => Err("There is no row to copy.".to_owned()),
        }
    }

    /// Whether a command of lists applies to the pane on screen; none when it is no such command.
    pub fn when_list(&self, id: Id) -> Option<When> {
        lists::deed(id)?;
        let pane = self.panes.get(self.active)?;
        Some(match (pane.listing(), pane.is_open()) {
            (None, _) => Err("There is no list in this pane.".to_owned()),
            (_, true) => {
                Err(format!("This is for the list; {} goes back to it.", self.shared.key("back")))
            }
            _ => Ok(()),
        })
    }

    /// All commands with their keys: those of the active pane, then everywhere, then the other
    /// panes', then what layers and sessions hear.
    pub fn bindings(&self) -> Vec<&Binding> {
        let active = self.panes.get(self.active).map(|pane| Place::Pane(pane.name()));
        let rank = |binding: &&Binding| match binding.command.place {
            place if Some(place) == active => 0,
            Place::Everywhere => 1,
            Place::Pane(_) => 2,
            Place::Inside(_) => 3,
        };
        let mut all: Vec<&Binding> = self.shared.start.keymap.bindings().iter().collect();
        all.sort_by_key(rank);
        all
    }

    /// What there is to be given.
    pub fn choices(&self, kind: Kind) -> Vec<Choice> {
        match kind {
            Kind::Server => {
                let rows = self.shared.servers.iter().flatten();
                rows.map(|row| Choice {
                    word: row.server.name.clone(),
                    about: format!("{}  {}", style::status(row.server.status).1, row.server.host),
                    value: Value::Server(row.server.id),
                })
                .collect()
            }
            Kind::Pane => {
                let panes = self.panes.iter().enumerate();
                panes
                    .map(|(number, pane)| Choice {
                        word: pane.name().to_owned(),
                        about: format!("pane {}", number + 1),
                        value: Value::Pane(number),
                    })
                    .collect()
            }
            Kind::Operation => {
                let all = self.shared.operations.iter().flatten();
                all.map(|operation| Choice {
                    word: operation.id.to_string(),
                    about: format!(
                        "{}  {}",
                        style::outcome(operation.outcome).1,
                        operations::title(operation, self.shared)
                    ),
                    value: Value::Operation(operation.id),
                })
                .collect()
            }
            Kind::Rule | Kind::Site | Kind::Service | Kind::Sort => {
                self.panes.iter().flat_map(|pane| pane.choices(kind, self.shared)).collect()
            }
            Kind::Tags => {
                let rows = self.shared.servers.iter().flatten();
                let mut servers: BTreeMap<&str, usize> = BTreeMap::new();
                rows.flat_map(|row| &row.server.tags).for_each(|tag| {
                    *servers.entry(tag).or_default() += 1;
                });
                let about = |count| match count {
                    1 => "on one server".to_owned(),
                    _ => format!("on {count} servers"),
                };
                let choice = |(tag, count): (&str, usize)| Choice {
                    word: tag.to_owned(),
                    about: about(count),
                    value: Value::Text(tag.to_owned()),
                };
                servers.into_iter().map(choice).collect()
            }
            Kind::Profile => {
                let all = self.shared.profiles.iter().flatten();
                all.map(|profile| Choice {
                    word: profile.name.clone(),
                    about: profile.fault.clone().unwrap_or_else(|| profile.about.clone()),
                    value: Value::Text(profile.name.clone()),
                })
                .collect()
            }
            Kind::RuleLine | Kind::CommandLine => Vec::new(),
        }
    }
}

fn everywhere(id: Id, shared: &Shared) -> When {
    match id {
        Id::Exec | Id::Shell | Id::ShellFull if shared.selected_server().is_none() => {
            Err(format!("There is no server yet; {} adds one.", shared.key("server-add")))
        }
        Id::GoServer if shared.servers.as_ref().is_none_or(Vec::is_empty) => {
            Err(format!("There is no server yet; {} adds one.", shared.key("server-add")))
        }
        Id::GoOperation if shared.operations.as_ref().is_none_or(Vec::is_empty) => {
            Err("Nothing was done yet.".to_owned())
        }
        _ => Ok(()),
    }
}
