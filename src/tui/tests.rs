//! Key scripts against the screen: data in, keys in, a picture out.

mod caution;
mod fixtures;
mod forms;
mod fuzz;
mod gallery;
mod lists;
mod looping;
mod mouse;
mod operations;
mod palette;
mod pictures;
mod provision;
mod quiet;
mod resources;
mod screen;
mod sessions;
mod tree;
