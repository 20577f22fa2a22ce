//! The operator's accent colour as a style sheet. The colour itself is kept: text on it is black or white, and where it
//! can hardly be told from the page it gets an edge. Text in the colour gets a variant that can be read.
//!
//! Contrast is as WCAG 2.2 defines it: 4.5 for text, 3 for the outlines of controls.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::error::Error;
use crate::http::page::assets::Shared;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour([u8; 3]);

const BLACK: Colour = Colour([0, 0, 0]);
const WHITE: Colour = Colour([255, 255, 255]);

/// The background of a page, as in `static/latchkey.css`: the surface on which the accent has the least contrast.
const LIGHT: Colour = Colour([0xe9, 0xed, 0xec]);
const DARK: Colour = Colour([0x25, 0x2d, 0x30]);

/// The style sheet for an accent colour, `#36c` or `#3366cc`; `None` if it is no such colour.
pub fn accent_css(hex: &str) -> Option<String> {
    let accent = Colour::parse(hex)?;
    let light = properties(accent, LIGHT, BLACK);
    let dark = properties(accent, DARK, WHITE);
    Some(format!(":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"))
}

/// The custom properties for one background; colours move towards `away` to stand out from it.
fn properties(accent: Colour, ground: Colour, away: Colour) -> String {
    // One of the two has a contrast of 4.5 to any colour.
    let on_accent = if accent.contrast(WHITE) >= 4.5 { WHITE } else { BLACK };
    // The hover colour moves away from the text on it, so that pointing at a button makes it easier to read.
    let hover = accent.mixed(if on_accent == WHITE { BLACK } else { WHITE }, 0.14);
    let edge =
        if accent.contrast(ground) >= 3.0 { "transparent".to_owned() } else { accent.until(ground, 3.0, away).hex() };
    let ink = accent.until(ground, 4.5, away);
    format!(
        "--accent:{};--accent-hover:{};--on-accent:{};--accent-edge:{edge};--accent-ink:{}",
        accent.hex(),
        hover.hex(),
        on_accent.hex(),
        ink.hex()
    )
}

impl Colour {
    fn parse(hex: &str) -> Option<Colour> {
        let digits = hex.strip_prefix('#')?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        match digits.len() {
            3 => Some(Colour([8, 4, 0].map(|shift| ((value >> shift) & 0xf) as u8 * 0x11))),
            6 => Some(Colour([16, 8, 0].map(|shift| (value >> shift) as u8))),
            _ => None,
        }
    }

    fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Relative luminance: WCAG 2.2.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast ratio: WCAG 2.2.
    fn contrast(self, other: Colour) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn mixed(self, other: Colour, share: f64) -> Colour {
        let mut channels = self.0;
        for (channel, target) in channels.iter_mut().zip(other.0) {
            *channel = (f64::from(*channel) * (1.0 - share) + f64::from(target) * share).round() as u8;
        }
        Colour(channels)
    }

    /// The colour, changed only as far as the contrast needs.
    fn until(self, ground: Colour, contrast: f64, away: Colour) -> Colour {
        let steps = (0..=50).map(|step| self.mixed(away, f64::from(step) / 50.0));
        steps.into_iter().find(|colour| colour.contrast(ground) >= contrast).unwrap_or(away)
    }
}

/// The operator's accent colour as a style sheet; it changes with the configuration only.
pub async fn get(State(app): State<App>) -> Result<Response, Error> {
    let css = app.site.get().pages.accent_color.as_ref().and_then(|color| accent_css(color.as_str()));
    let css = css.ok_or(Error::Http(StatusCode::NOT_FOUND, "there is no accent colour"))?;
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, css).into_response())
}

/// The operator's logo.
pub async fn logo(State(app): State<App>) -> Result<Response, Error> {
    let site = app.site.get();
    let logo = site.logo.as_ref().ok_or(Error::Http(StatusCode::NOT_FOUND, "there is no logo"))?;
    let headers = [(header::CONTENT_TYPE, logo.content_type), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((Extension(Shared), headers, logo.bytes.clone()).into_response())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(css: &str, name: &str) -> Colour {
        let at = css.find(&format!("{name}:")).unwrap() + name.len() + 1;
        Colour::parse(&css[at..at + 7]).unwrap()
    }

    #[test]
    fn a_colour_is_three_or_six_digits() {
        assert_eq!(Colour::parse("#36c"), Some(Colour([0x33, 0x66, 0xcc])));
        assert_eq!(Colour::parse("#3366CC"), Colour::parse("#36c"));
        for wrong in ["", "#", "36c", "#36", "#3366cg", "#+36", "#36c;}body{display:none", "red"] {
            assert_eq!(accent_css(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_colour_stays_what_it_is_and_gets_an_edge_where_it_drowns() {
        let blue = accent_css("#3366cc").unwrap();
        assert!(
            blue.starts_with(":root{--accent:#3366cc;")
                && blue.contains("--on-accent:#ffffff;--accent-edge:transparent")
        );
        let yellow = accent_css("#ffcc00").unwrap();
        assert_eq!(yellow.matches("--accent:#ffcc00;").count(), 2, "on light and on dark: {yellow}");
        let (light, dark) = yellow.split_once("@media").unwrap();
        assert!(light.contains("--on-accent:#000000;--accent-edge:#"), "{light}");
        assert!(dark.contains("--accent-edge:transparent"), "{dark}");
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let css = include_str!("../../../../static/latchkey.css");
        for ground in [format!("--ground: {};", LIGHT.hex()), format!("--sunken: {};", DARK.hex())] {
            assert!(css.contains(&ground), "{ground}");
        }
    }

    proptest! {
        #[test]
        fn every_colour_can_be_read_on_light_and_on_dark(red: u8, green: u8, blue: u8) {
            let css = accent_css(&Colour([red, green, blue]).hex()).unwrap();
            let (light, dark) = css.split_once("@media").unwrap();
            for (part, ground) in [(light, LIGHT), (dark, DARK)] {
                prop_assert_eq!(value(part, "--accent"), Colour([red, green, blue]));
                let edge = if part.contains("--accent-edge:transparent") { "--accent" } else { "--accent-edge" };
                prop_assert!(value(part, edge).contrast(ground) >= 3.0);
                prop_assert!(value(part, "--accent").contrast(value(part, "--on-accent")) >= 4.5);
                prop_assert!(value(part, "--accent-hover").contrast(value(part, "--on-accent")) >= 4.5);
                prop_assert!(value(part, "--accent-ink").contrast(ground) >= 4.5);
            }
        }

        #[test]
        fn nothing_that_is_configured_panics(text in ".{0,12}") {
            accent_css(&text);
        }
    }
}
