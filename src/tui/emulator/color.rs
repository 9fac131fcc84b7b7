//! Colours: those of the session, brought down to what the outer terminal can show.

use alacritty_terminal::term::Term;
use alacritty_terminal::vte::ansi::{Color as Asked, NamedColor, Rgb};
use ratatui::style::Color;

/// What the outer terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// No hues.
    Mono,
    /// Its own sixteen.
    Sixteen,
    /// The 256 of xterm.
    Palette,
    /// All of them.
    True,
}

impl Depth {
    /// By the terminal's environment.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let terminal = set("TERM").unwrap_or_default();
        match set("COLORTERM").as_deref() {
            _ if set("NO_COLOR").is_some() || terminal == "dumb" => Self::Mono,
            Some("truecolor" | "24bit") => Self::True,
            _ if terminal.ends_with("-direct") => Self::True,
            _ if terminal.contains("256color") => Self::Palette,
            _ => Self::Sixteen,
        }
    }
}

/// xterm's own sixteen, to measure others against.
const BASE: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];
/// The steps of the cube of 6×6×6.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The colour to draw with.
pub(super) fn drawn<L>(term: &Term<L>, asked: Asked, depth: Depth) -> Color {
    let index = match asked {
        Asked::Spec(rgb) => return spec(rgb, depth),
        Asked::Indexed(index) => usize::from(index),
        Asked::Named(name) => name as usize,
    };
    // The host may have given a number a colour of its own.
    if let Some(rgb) = set(term, index) {
        return spec(rgb, depth);
    }
    let index = match undimmed(index) {
        Some(index) => index,
        None => return Color::Reset,
    };
    match depth {
        Depth::Mono => Color::Reset,
        Depth::Sixteen if index >= 16 => Color::Indexed(nearest_base(palette(index))),
        _ => Color::Indexed(index),
    }
}

fn spec(rgb: Rgb, depth: Depth) -> Color {
    let (r, g, b) = (rgb.r, rgb.g, rgb.b);
    match depth {
        Depth::Mono => Color::Reset,
        Depth::Sixteen => Color::Indexed(nearest_base((r, g, b))),
        Depth::Palette => Color::Indexed(nearest_palette((r, g, b))),
        Depth::True => Color::Rgb(r, g, b),
    }
}

/// How bright it is, of 255; where the colour is the outer terminal's own, as if that were dark.
pub(super) fn brightness<L>(term: &Term<L>, asked: Asked) -> u32 {
    let (r, g, b) = match asked {
        Asked::Spec(rgb) => (rgb.r, rgb.g, rgb.b),
        Asked::Named(NamedColor::Background) => (0, 0, 0),
        Asked::Named(name) => of(term, name as usize).unwrap_or((229, 229, 229)),
        Asked::Indexed(index) => of(term, usize::from(index)).unwrap_or((229, 229, 229)),
    };
    (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000
}

/// The colour behind a number, when it is known: set by the host, or of the cube.
pub(super) fn known<L>(term: &Term<L>, index: usize) -> Option<Rgb> {
    let cube = || {
        let (r, g, b) = u8::try_from(index).ok().filter(|index| *index >= 16).map(palette)?;
        Some(Rgb { r, g, b })
    };
    set(term, index).or_else(cube)
}

fn of<L>(term: &Term<L>, index: usize) -> Option<(u8, u8, u8)> {
    let set = set(term, index).map(|rgb| (rgb.r, rgb.g, rgb.b));
    set.or_else(|| undimmed(index).map(palette))
}

fn set<L>(term: &Term<L>, index: usize) -> Option<Rgb> {
    (index < alacritty_terminal::term::color::COUNT).then(|| term.colors()[index]).flatten()
}

/// The number within the palette; none for the terminal's own foreground and background. The dim
/// ones are drawn as they are, and dimmed by the cell's weight.
fn undimmed(index: usize) -> Option<u8> {
    const BLACK: usize = NamedColor::DimBlack as usize;
    const WHITE: usize = NamedColor::DimWhite as usize;
    match index {
        BLACK..=WHITE => u8::try_from(index - BLACK).ok(),
        _ => u8::try_from(index).ok(),
    }
}

fn palette(index: u8) -> (u8, u8, u8) {
    let step = |n: u8| STEPS.get(usize::from(n)).copied().unwrap_or(255);
    match index {
        0..=15 => BASE.get(usize::from(index)).copied().unwrap_or_default(),
        16..=231 => {
            let n = index - 16;
            (step(n / 36), step(n / 6 % 6), step(n % 6))
        }
        232.. => {
            let grey = 8 + (index - 232) * 10;
            (grey, grey, grey)
        }
    }
}

fn nearest_base(color: (u8, u8, u8)) -> u8 {
    nearest(0..=15, color)
}

fn nearest_palette(color: (u8, u8, u8)) -> u8 {
    // Never one of the first sixteen: what they look like is the outer terminal's own affair.
    nearest(16..=255, color)
}

fn nearest(among: std::ops::RangeInclusive<u8>, color: (u8, u8, u8)) -> u8 {
    let far = |index: &u8| {
        let (r, g, b) = palette(*index);
        let d = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        2 * d(r, color.0) + 4 * d(g, color.1) + 3 * d(b, color.2)
    };
    among.min_by_key(far).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how_many_there_are() {
        let with = |pairs: &'static [(&str, &str)]| {
            Depth::of(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Depth::True);
        assert_eq!(with(&[("TERM", "tmux-256color")]), Depth::Palette);
        assert_eq!(with(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(with(&[("NO_COLOR", "1"), ("COLORTERM", "24bit")]), Depth::Mono);
    }

    #[test]
    fn colours_are_brought_down_to_what_there_is() {
        assert_eq!(nearest_base((250, 10, 10)), 9);
        assert_eq!(nearest_base((10, 10, 10)), 0);
        assert_eq!(nearest_palette((0, 95, 135)), 24);
        assert_eq!(nearest_palette((8, 8, 8)), 232);
        let rgb = Rgb { r: 255, g: 0, b: 0 };
        assert_eq!(spec(rgb, Depth::True), Color::Rgb(255, 0, 0));
        assert_eq!(spec(rgb, Depth::Palette), Color::Indexed(196));
        assert_eq!(spec(rgb, Depth::Sixteen), Color::Indexed(9));
        assert_eq!(spec(rgb, Depth::Mono), Color::Reset);
    }
}
