//! QR codes for the terminal: two modules to a character, light on dark, with the quiet zone that a camera wants.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use super::error::Failure;

/// The text as a QR code, ready to be printed.
pub fn of(text: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L);
    let code = code.map_err(|_| Failure::failed("too long for a QR code"))?;
    // A terminal's blank is dark: what is light in the code is drawn.
    let drawn = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build();
    Ok(drawn + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_id_is_small_enough_for_every_terminal() {
        let drawn = of("MID-10ZVN-BNJ3P-52CZB-44HFB-DV9HZ-NN32R").unwrap();
        let widest = drawn.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(40) && drawn.lines().count() <= 20, "{drawn}");
        assert!(of(&"x".repeat(5000)).is_err());
    }
}
