//! Provisioning, third: what would be done. Of one server the exact steps, of several how many and
//! whether they can be taken; nothing is begun before a person has seen it.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};

use crate::domain::{Failure, Level, ServerId};
use crate::fleet::Preview;
use crate::tui::command::Motion;
use crate::tui::effect::{Act, Answer, Done, Provisioning, Ticket};
use crate::tui::layer::{Layer, Turn, preview, reader::Reader};
use crate::tui::list::Each;
use crate::tui::pane::cursor::moved;
use crate::tui::shared::Context;
use crate::tui::style::Tone;

/// A key so soon after the last plan came was meant for what was there before.
const UNSEEN: Duration = Duration::from_millis(300);

/// What would be done on one server.
#[derive(Debug)]
pub enum Plan {
    /// The host is asked.
    Asked(Ticket),
    /// This.
    There(Box<Preview>),
    /// Nothing yet: why.
    Failed(Box<Failure>),
}

/// A server and what would be done there.
#[derive(Debug)]
pub struct Planned {
    /// The server's name.
    pub name: String,
    /// What would be done.
    pub plan: Plan,
    wanted: Provisioning,
}

impl Planned {
    /// Whether it can be begun. What asks something is begun too: it changes nothing before that is
    /// answered, and is answered where it is shown.
    pub fn can_begin(&self) -> bool {
        match &self.plan {
            Plan::Asked(_) => false,
            Plan::There(_) => true,
            Plan::Failed(failure) => !failure.questions.is_empty(),
        }
    }
}

/// The plan for servers.
#[derive(Debug)]
pub struct ProvisionPlan {
    /// The profile.
    pub profile: String,
    /// What was set of it.
    pub sets: Vec<(String, String)>,
    /// The servers.
    pub rows: Vec<Planned>,
    /// The number of the selected one.
    pub at: usize,
    /// The steps, where there is one server.
    pub reader: Reader,
    /// Why it was not begun.
    pub failure: Option<Failure>,
    sending: Option<Ticket>,
    /// When the last plan came.
    came: Duration,
}

impl ProvisionPlan {
    /// Asks each of the servers.
    pub fn new(
        servers: &[(ServerId, String)],
        profile: &str,
        sets: Vec<(String, String)>,
        cx: &mut Context<'_>,
    ) -> Self {
        let planned = |(server, name): &(ServerId, String)| {
            let wanted = Provisioning {
                server: *server,
                profile: profile.to_owned(),
                sets: sets.iter().cloned().collect(),
            };
            let plan = Plan::Asked(cx.act(Act::PreviewProvision(wanted.clone())));
            Planned { name: name.clone(), plan, wanted }
        };
        let rows: Vec<Planned> = servers.iter().map(planned).collect();
        let title = match servers {
            [(_, name)] => format!("What “{profile}” would bring to {name}"),
            several => format!("What “{profile}” would bring to {} servers", several.len()),
        };
        let asking = vec![(Tone::Dim, "The host is asked what there is to do …".to_owned())];
        Self {
            profile: profile.to_owned(),
            sets,
            rows,
            at: 0,
            reader: Reader::new(title, asking),
            failure: None,
            sending: None,
            came: cx.shared.now.since,
        }
    }

    /// Whether it is about one server alone.
    pub fn is_single(&self) -> bool {
        self.rows.len() == 1
    }

    /// How many can be begun, and how many are still asked.
    pub fn counts(&self) -> (usize, usize) {
        let asked = |row: &&Planned| matches!(row.plan, Plan::Asked(_));
        let begin = self.rows.iter().filter(|row| row.can_begin()).count();
        (begin, self.rows.iter().filter(asked).count())
    }

    /// Whether it is being begun.
    pub fn is_sent(&self) -> bool {
        self.sending.is_some()
    }

    fn begin(&mut self, cx: &mut Context<'_>) -> Turn {
        let (begin, asked) = self.counts();
        if self.is_sent() {
            return Turn::Stay;
        }
        if asked > 0 || cx.shared.now.since.saturating_sub(self.came) < UNSEEN {
            if asked > 0 {
                cx.refuse("The plan is not there yet; nothing is begun before you have seen it.");
            }
            return Turn::Stay;
        }
        if begin == 0 {
            cx.refuse("There is nothing that could be begun.");
            return Turn::Stay;
        }
        // who sees the plan and goes on has been asked; more is asked by the rule
        cx.sure(Level::YesNo);
        if let [only] = self.rows.as_slice() {
            self.failure = None;
            self.sending = Some(cx.act(Act::Provision(only.wanted.clone())));
            return Turn::Stay;
        }
        let mut each = Each::default();
        for row in &self.rows {
            match &row.plan {
                Plan::Failed(why) if !row.can_begin() => {
                    each.refused.push((row.name.clone(), why.message.clone()));
                }
                _ => each.acts.push((row.name.clone(), Act::Provision(row.wanted.clone()))),
            }
        }
        cx.each("begun", each);
        cx.out.operations = true;
        Turn::Answer(true)
    }

    /// The plan of the selected server, in full.
    fn look(&self, cx: &mut Context<'_>) {
        let Some(row) = self.rows.get(self.at) else { return };
        let reader = Reader::new(format!("What would be done on {}", row.name), lines(&row.plan));
        cx.open(if matches!(row.plan, Plan::There(_)) { reader.unwrapped() } else { reader });
    }
}

/// A plan's milestones with the number of their steps, and then all of it.
fn whole(plan: &Plan) -> Vec<(Tone, String)> {
    let mut all = Vec::new();
    if let Plan::There(preview) = plan {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for step in &preview.steps {
            match counts.last_mut() {
                Some((label, count)) if step.depth > 0 || *label == step.milestone => *count += 1,
                _ => counts.push((&step.milestone, 1)),
            }
        }
        let line = |(label, count): (&str, usize)| match count {
            1 => (Tone::Plain, format!("  {label}")),
            count => (Tone::Plain, format!("  {label} · {count} steps")),
        };
        all.push((Tone::Strong, "In short".to_owned()));
        all.extend(counts.into_iter().map(line));
        all.push((Tone::Plain, String::new()));
    }
    all.extend(lines(plan));
    all
}

fn lines(plan: &Plan) -> Vec<(Tone, String)> {
    match plan {
        Plan::Asked(_) => vec![(Tone::Dim, "The host is asked what there is to do …".to_owned())],
        Plan::There(preview) => preview::lines(preview),
        Plan::Failed(failure) => {
            let asks = failure.questions.iter().flat_map(|question| {
                let answers = question.answers.iter().map(|answer| {
                    (Tone::Plain, format!("  {:<8} {}", answer.word, answer.meaning))
                });
                std::iter::once((Tone::Warn, question.text.clone())).chain(answers)
            });
            let mut lines: Vec<(Tone, String)> = asks.collect();
            if lines.is_empty() {
                lines.push((Tone::Bad, failure.message.clone()));
            }
            lines.extend(failure.remedy.iter().map(|remedy| (Tone::Plain, remedy.clone())));
            lines
        }
    }
}

impl Layer for ProvisionPlan {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        let keymap = &cx.shared.start.keymap;
        match key.code {
            KeyCode::Esc => return Turn::Answer(false),
            KeyCode::Enter => return self.begin(cx),
            _ if keymap.is(&key, "back-or-quit") => return Turn::Answer(false),
            _ if self.is_single() => return self.reader.key(key, cx),
            KeyCode::Char('p') | KeyCode::Right => self.look(cx),
            _ => {
                if let Some(motion) = cx.motion(&key) {
                    self.motion(motion, cx);
                }
            }
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        if self.is_single() {
            return self.reader.motion(motion, cx);
        }
        self.at = moved(self.at, self.rows.len(), motion, cx.shared.page());
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        if self.at == number {
            self.look(cx);
        }
        self.at = number;
        Turn::Stay
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        if self.sending.take_if(|waiting| *waiting == ticket).is_some() {
            return Some(match answer {
                Ok(Done::Started(started)) => {
                    cx.out.show = Some(started.operation);
                    Turn::Answer(true)
                }
                Ok(_) => Turn::Answer(true),
                Err(failure) => {
                    self.failure = Some(failure.clone());
                    Turn::Stay
                }
            });
        }
        let asked = |row: &&mut Planned| matches!(row.plan, Plan::Asked(own) if own == ticket);
        let row = self.rows.iter_mut().find(asked)?;
        row.plan = match answer {
            Ok(Done::Preview(preview)) => Plan::There(Box::new(preview.clone())),
            Ok(_) => return None,
            Err(failure) => Plan::Failed(Box::new(failure.clone())),
        };
        self.came = cx.shared.now.since;
        if let [only] = self.rows.as_slice() {
            self.reader.lines = whole(&only.plan);
            self.reader.wrap = !matches!(only.plan, Plan::There(_));
        }
        Some(Turn::Stay)
    }

    fn guarded(&self) -> bool {
        true
    }
}
