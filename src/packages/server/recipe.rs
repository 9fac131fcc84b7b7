//! The packages `recipe` and `app-recipe`: a person's own package, written as a TOML file, run by
//! the same engine as ours. They differ in the user that they work as.
//!
//! Scripts stay as they were written: parameters reach them as files (`$BF_IN/param-NAME`), and
//! only templates are filled with them.

mod file;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::domain::{Facts, Failure, input::Verdict};
use crate::packages::{
    APP_USER, Answer, Field, Milestone, Package, Params, Plan, RemoteStep, Step, Templates, files,
    plan::milestone,
};

pub use file::{Parameter, Put, Recipe, Stage, StepText, User};

/// The type of recipes that root runs.
pub const RECIPE: &str = "recipe";
/// The type of those that the app user runs.
pub const APP_RECIPE: &str = "app-recipe";

/// Recipes of root.
#[derive(Debug)]
pub struct RootRecipe;

/// Recipes of the app user.
#[derive(Debug)]
pub struct AppRecipe;

const FIELDS: &[Field] = &[
    Field::new("name", "recipe", "What the recipe is called.", |text| Verdict::Ok(text.into()))
        .column()
        .fixed(),
    Field::new("recipe", "text", "The recipe as it was read.", |text| {
        match serde_json::from_str::<Recipe>(text) {
            Ok(recipe) => match serde_json::to_value(recipe) {
                Ok(value) => Verdict::Ok(value),
                Err(e) => Verdict::No(e.to_string()),
            },
            Err(e) => Verdict::No(format!("This is no recipe: {e}.")),
        }
    })
    .unasked(),
    Field::new("parameters", "parameters", "The values of its parameters.", |text| {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Verdict::Ok(value),
            Err(e) => Verdict::No(e.to_string()),
        }
    })
    .unasked(),
];

/// The record's fields.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct RecipeFields {
    /// What the recipe is called.
    pub name: String,
    /// The recipe.
    pub recipe: Recipe,
    /// The values of its parameters, all of them.
    pub parameters: std::collections::BTreeMap<String, String>,
}

impl Package for RootRecipe {
    fn kind(&self) -> &'static str {
        RECIPE
    }

    fn title(&self) -> &'static str {
        "recipe"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn asks(&self) -> bool {
        false
    }

    fn plan(&self, params: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        plan(params)
    }
}

impl Package for AppRecipe {
    fn kind(&self) -> &'static str {
        APP_RECIPE
    }

    fn title(&self) -> &'static str {
        "recipe"
    }

    fn user(&self) -> &'static str {
        APP_USER
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn asks(&self) -> bool {
        false
    }

    fn plan(&self, params: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        plan(params)
    }
}

fn plan(params: &Params<'_>) -> Result<Answer, Failure> {
    let record = params
        .resource
        .ok_or_else(|| Failure::internal("An operation on a recipe names no recipe."))?;
    let fields: RecipeFields = record.read()?;
    let mut milestones = Vec::new();
    for (number, stage) in fields.recipe.milestones.iter().enumerate() {
        let steps = stage
            .steps
            .iter()
            .map(|step| made(step, &fields))
            .collect::<Result<Vec<Step>, Failure>>()?;
        let key = format!("stage-{}", number + 1);
        milestones.push(Milestone { key, label: stage.label.clone(), steps });
    }
    milestones.push(milestone("complete", "Complete", Vec::new()));
    Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
}

fn made(step: &StepText, fields: &RecipeFields) -> Result<Step, Failure> {
    let fill = |what: &str, text: &str| {
        Templates::fill(text, &fields.parameters).map_err(|why| {
            Failure::input(format!(
                "{what} of the step “{}” of the recipe “{}” cannot be filled: {why}.",
                step.name, fields.name
            ))
        })
    };
    if let Some(put) = &step.file {
        let place = files::Place { path: &put.path, owner: &put.owner, mode: &put.mode };
        let content = fill("The file", &put.content)?;
        let mut made = files::put(step.name.clone(), place, content);
        if let (Step::Remote(made), Some(limit)) = (&mut made, step.limit) {
            made.limit = limit;
        }
        return Ok(made);
    }
    let mut made = RemoteStep {
        check: step.check.clone(),
        apply: step.apply.clone(),
        verify: step.verify.clone(),
        ..RemoteStep::new(step.name.clone())
    };
    made.limit = step.limit.unwrap_or(made.limit);
    for (name, text) in &step.files {
        made = made.with(name, fill(&format!("The file {name}"), text)?);
    }
    for (name, value) in &fields.parameters {
        made = made.with(&format!("param-{name}"), value.clone());
    }
    Ok(Step::Remote(made))
}
