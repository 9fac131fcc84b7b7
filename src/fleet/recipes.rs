//! Recipes: a person's own package, run on a server like ours.

use std::collections::BTreeMap;

use crate::domain::{Action, Failure, Resource, ServerId};
use crate::packages::server::recipe::{APP_RECIPE, RECIPE, Recipe, RecipeFields, User};
use crate::store::Batch;

use super::{
    Local, Preview, Result, Started,
    request::{On, Request},
};

impl Local {
    pub(super) async fn run_recipe(
        &self,
        server: ServerId,
        recipe: &Recipe,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let record = self.recipe_record(server, recipe, parameters)?;
        let request = Request::new(&record.kind, Action::Install);
        self.request(request, On::New(record), Batch::new()).await
    }

    pub(super) async fn preview_recipe(
        &self,
        server: ServerId,
        recipe: &Recipe,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Preview> {
        let on = self.server(server)?;
        self.need_vault()?;
        let record = self.recipe_record(server, recipe, parameters)?;
        let request = Request::new(&record.kind, Action::Install);
        self.look_at(&on, request, Some(record)).await
    }

    fn recipe_record(
        &self,
        server: ServerId,
        recipe: &Recipe,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Resource> {
        let unfit =
            |why| Failure::input(format!("The recipe “{}” cannot be run: {why}.", recipe.name));
        recipe.judge().map_err(unfit)?;
        let parameters = recipe.values(parameters).map_err(Failure::input)?;
        let kind = match recipe.user {
            User::Root => RECIPE,
            User::App => APP_RECIPE,
        };
        let fields = RecipeFields { name: recipe.name.clone(), recipe: recipe.clone(), parameters };
        Ok(self.fresh(server, kind, Resource::written(&fields)?))
    }
}
