//! An explanation as lines for people, the same in both faces.

use crate::domain::{Outcome, StepOutcome, Time, eta::length};

use super::{Earlier, Explanation};

impl Explanation {
    /// Labels and what stands behind them; a label without a text is a heading, a text without a
    /// label is one line of what the heading names.
    pub fn lines(&self, clock: impl Fn(Time) -> String) -> Vec<(&'static str, String)> {
        let mut lines = vec![("operation", format!("{}, {}", self.what, self.outcome))];
        if let (Some(number), Some(step)) = (self.number, &self.step) {
            lines.push(("step", format!("{number}. {step}")));
        }
        lines.push((
            "where",
            match (&self.user, &self.step) {
                (Some(user), _) => format!("{}, as {user}", self.host),
                (None, Some(_)) => format!("here, for {}", self.host),
                (None, None) => self.host.clone(),
            },
        ));
        lines.extend(self.went.map(|went| ("went", self.how(went))));
        lines.extend(self.message.clone().map(|text| ("why", text)));
        lines.extend(self.effect.map(|effect| ("effect", effect.sentence().to_owned())));
        lines.extend(self.remedy.clone().map(|text| ("try", text)));
        let mut block = |heading, texts: Vec<String>| {
            if !texts.is_empty() {
                lines.extend([("", String::new()), (heading, String::new())]);
                lines.extend(texts.into_iter().map(|text| ("", text)));
            }
        };
        block("last lines", self.lines.clone());
        if let Some(by_hand) = &self.by_hand {
            let mut texts: Vec<String> = by_hand.line.lines().map(str::to_owned).collect();
            texts.push(by_hand.note.clone());
            block("by hand", texts);
        }
        block("before", self.earlier.iter().map(|e| before(e, &clock)).collect());
        block("as sent", self.text.trim_end().lines().map(str::to_owned).collect());
        lines
    }

    fn how(&self, went: StepOutcome) -> String {
        let mut text = match went {
            StepOutcome::Waiting => "It has not begun.",
            StepOutcome::Running => "It is under way.",
            StepOutcome::Already => "It was so already; nothing was changed.",
            StepOutcome::Done => "It is done.",
            StepOutcome::Failed => "It failed.",
            StepOutcome::Unknown => "It was begun, and its end is not known.",
        }
        .to_owned();
        if let Some(exit) = self.exit {
            text.push_str(&format!(" Exit status {exit}."));
        }
        if let Some(millis) = self.millis {
            text.push_str(&format!(" It took {}", length(millis)));
            text.push_str(
                &self.usual.map_or(String::new(), |u| format!(", usually {}", length(u))),
            );
            text.push('.');
        }
        text
    }
}

fn before(earlier: &Earlier, clock: &impl Fn(Time) -> String) -> String {
    let way = match (earlier.same, earlier.exit) {
        (true, _) => "failed the same way".to_owned(),
        (false, Some(exit)) => format!("failed otherwise (exit status {exit})"),
        (false, None) => "failed otherwise".to_owned(),
    };
    let at = clock(earlier.at);
    let mut text = format!("{way} on {} at {at} ({})", earlier.server, earlier.operation);
    if let Some((outcome, later)) = &earlier.retry {
        let later = length(*later);
        text.push_str(&match outcome {
            Outcome::Done => format!("; the retry {later} later was done"),
            outcome => format!("; the retry {later} later: {outcome}"),
        });
    }
    text
}
