//! QR codes with the quiet zone that a camera wants: for the terminal, two modules to a character, light on dark; for a page, as the
//! path of an SVG.

use std::fmt::Write;

use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode, Version};
use serde::Serialize;

use super::error::Failure;

/// The text as a QR code, ready to be printed.
pub fn of(text: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L);
    let code = code.map_err(|_| Failure::failed("too long for a QR code"))?;
    // A terminal's blank is dark: what is light in the code is drawn.
    let drawn = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build();
    Ok(drawn + "\n")
}

/// The quiet zone on every side, in modules.
const QUIET: usize = 4;
/// Up to here a code is coarse enough on paper to pay for mending more of it.
const COARSE: i16 = 25;

/// A QR code as an SVG draws it.
#[derive(Debug, Serialize)]
pub struct Drawn {
    /// Modules from side to side, quiet zone included.
    pub size: usize,
    /// The dark modules, a run of them at a time.
    pub path: String,
}

/// The text as a QR code for a page; `None` where it is too long for any.
///
/// A code on paper gets folded and stained: a short text gets one of which 15 % may be lost. A long one would get modules too small
/// for a camera that way, and gets by with 7 %.
pub fn drawn(text: &str) -> Option<Drawn> {
    let of = |level| QrCode::with_error_correction_level(text, level).ok();
    let coarse = |code: &QrCode| matches!(code.version(), Version::Normal(version) if version <= COARSE);
    let code = of(EcLevel::M).filter(coarse).or_else(|| of(EcLevel::L))?;
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, other| one == other) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
            }
            x += length;
        }
    }
    Some(Drawn { size: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_draws_every_dark_module_once() {
        for length in [10, 900, 1500, 2900] {
            let text = "aB3-".repeat(length / 4);
            let drawn = drawn(&text).unwrap();
            let level = if length < 990 { EcLevel::M } else { EcLevel::L };
            let code = QrCode::with_error_correction_level(&text, level).unwrap();
            assert_eq!(drawn.size, code.width() + 8);
            let lengths = drawn.path.split('M').skip(1).map(|run| {
                let (_, after) = run.split_once('h').unwrap();
                after.split_once('v').unwrap().0.parse::<usize>().unwrap()
            });
            assert_eq!(lengths.sum::<usize>(), code.to_colors().iter().filter(|color| **color == Color::Dark).count());
        }
        assert!(drawn(&"aB3-".repeat(750)).is_none());
    }

    #[test]
    fn a_machine_id_is_small_enough_for_every_terminal() {
        let drawn = of("MID-10ZVN-BNJ3P-52CZB-44HFB-DV9HZ-NN32R").unwrap();
        let widest = drawn.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(40) && drawn.lines().count() <= 20, "{drawn}");
        assert!(of(&"x".repeat(5000)).is_err());
    }
}
