//! Colors and marks of what people read on standard error and standard output.

use console::Style;

use super::args::Color;
use crate::render::chart::Glyphs;
use crate::world::{Stream, World};

/// The styles of one stream.
#[derive(Debug, Clone)]
pub struct Styles {
    colored: bool,
}

impl Styles {
    /// The styles for a stream.
    pub fn of(choice: Option<Color>, world: &World, stream: Stream) -> Self {
        Self { colored: wants_color(choice, world, stream) }
    }

    /// Whether there are colors at all.
    pub fn is_colored(&self) -> bool {
        self.colored
    }

    fn paint(&self, style: Style, text: &str) -> String {
        style.force_styling(self.colored).apply_to(text).to_string()
    }

    /// Something that worked.
    pub fn good(&self, text: &str) -> String {
        self.paint(Style::new().green(), text)
    }

    /// Something to look at.
    pub fn careful(&self, text: &str) -> String {
        self.paint(Style::new().yellow(), text)
    }

    /// Something that failed.
    pub fn bad(&self, text: &str) -> String {
        self.paint(Style::new().red().bold(), text)
    }

    /// Something in the background.
    pub fn faint(&self, text: &str) -> String {
        self.paint(Style::new().dim(), text)
    }

    /// Something to see first.
    pub fn strong(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }
}

/// Whether a stream gets colors: as told, else only a terminal that can show them, and nobody said `NO_COLOR`.
pub fn wants_color(choice: Option<Color>, world: &World, stream: Stream) -> bool {
    match choice {
        Some(Color::Always) => true,
        Some(Color::Never) => false,
        Some(Color::Auto) | None => {
            let dumb = world.variable("TERM").is_some_and(|term| term == "dumb");
            world.terminal.is_terminal(stream) && world.variable("NO_COLOR").is_none() && !dumb
        }
    }
}

/// The characters that charts are drawn with. ASCII alone for a terminal that is dumb, and where the locale says that text is not UTF-8;
/// where nothing is said of it, it is.
pub fn glyphs(world: &World) -> Glyphs {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| world.variable(name));
    let unicode = locale.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    let dumb = world.variable("TERM").is_some_and(|term| term == "dumb");
    if unicode && !dumb { Glyphs::Blocks } else { Glyphs::Ascii }
}
