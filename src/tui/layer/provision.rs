//! Provisioning, first: which profile. Then its settings, when it has any, then the plan.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::domain::{Operation, ServerId};
use crate::fleet::ProfileView;
use crate::tui::command::Motion;
use crate::tui::effect::Load;
use crate::tui::pane::cursor::moved;
use crate::tui::pane::servers::PROVISION;
use crate::tui::shared::{Context, Shared};
use crate::tui::sight::Sight;

pub mod plan;
pub mod settings;

use plan::ProvisionPlan;

/// The choice of a profile for servers.
#[derive(Debug)]
pub struct Provision {
    /// The servers.
    pub servers: Vec<(ServerId, String)>,
    /// The number of the selected profile; none until they are read.
    pub at: Option<usize>,
    /// The profile that the first of the servers has, or was to have.
    pub before: Option<String>,
    /// Why the selected one cannot be taken.
    pub fault: Option<String>,
}

impl Provision {
    /// Asks for a profile.
    pub fn new(servers: Vec<(ServerId, String)>, cx: &mut Context<'_>) -> Self {
        cx.load(Load::Profiles);
        let before = servers.first().and_then(|(id, _)| profile_of(*id, cx.shared));
        let mut layer = Self { servers, at: None, before, fault: None };
        layer.settle(cx.shared);
        layer
    }

    /// Goes on with this profile at once.
    pub fn with(servers: Vec<(ServerId, String)>, name: &str, cx: &mut Context<'_>) {
        let all = cx.shared.profiles.iter().flatten();
        let found = all.into_iter().find(|profile| profile.name == name).cloned();
        match found {
            Some(profile) => {
                if let Err(why) = go_on(&servers, &profile, cx) {
                    cx.refuse(why);
                }
            }
            None => cx.refuse(format!("There is no profile “{name}”.")),
        }
    }

    fn settle(&mut self, shared: &Shared) {
        let Some(all) = shared.profiles.as_ref().filter(|all| !all.is_empty()) else { return };
        let named = |profile: &ProfileView| Some(&profile.name) == self.before.as_ref();
        let at = self.at.or_else(|| all.iter().position(named)).unwrap_or(0);
        self.at = Some(at.min(all.len() - 1));
    }

    /// The selected profile.
    pub fn selected<'a>(&self, shared: &'a Shared) -> Option<&'a ProfileView> {
        shared.profiles.as_ref()?.get(self.at?)
    }

    fn choose(&mut self, cx: &mut Context<'_>) -> Turn {
        if let Some(profile) = self.selected(cx.shared).cloned() {
            self.fault = go_on(&self.servers, &profile, cx).err();
        }
        Turn::Stay
    }
}

/// Opens what comes next: the settings of a profile, or the plan where it has none.
fn go_on(
    servers: &[(ServerId, String)],
    profile: &ProfileView,
    cx: &mut Context<'_>,
) -> Result<(), String> {
    if let Some(fault) = &profile.fault {
        return Err(format!("It is not right yet. {fault}"));
    }
    if profile.sets.is_empty() {
        let layer = ProvisionPlan::new(servers, &profile.name, Vec::new(), cx);
        cx.open(layer);
    } else {
        let form = settings::form(servers, profile, cx);
        cx.open(form);
    }
    Ok(())
}

/// The profile that a server has, or that was last tried on it.
fn profile_of(server: ServerId, shared: &Shared) -> Option<String> {
    let tried = |operation: &&Operation| operation.server == server && operation.kind == PROVISION;
    let tried = shared.operations.iter().flatten().find(tried);
    let row = shared.server(server);
    let has = row.and_then(|row| row.packages.iter().find(|package| package.kind == PROVISION));
    let has = has.and_then(|package| package.configuration.get("profile")?.as_str());
    tried.and_then(|operation| operation.subject.clone()).or_else(|| has.map(str::to_owned))
}

impl Layer for Provision {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        match key.code {
            KeyCode::Esc => return Turn::Close,
            KeyCode::Enter => return self.choose(cx),
            _ if cx.shared.start.keymap.is(&key, "back-or-quit") => return Turn::Close,
            _ => {
                if let Some(motion) = cx.motion(&key) {
                    self.motion(motion, cx);
                }
            }
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        let count = cx.shared.profiles.as_ref().map_or(0, Vec::len);
        self.fault = None;
        self.at = self.at.map(|at| moved(at, count, motion, cx.shared.page()));
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        if self.at == Some(number) {
            return self.choose(cx);
        }
        self.motion(Motion::Row(number), cx);
        Turn::Stay
    }

    fn see(&mut self, sight: &Sight<'_>) {
        self.settle(sight.shared);
    }

    fn told(&mut self, yes: bool, _: &mut Context<'_>) -> Turn {
        if yes { Turn::Answer(true) } else { Turn::Stay }
    }
}
