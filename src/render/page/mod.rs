//! Pages for a browser: whole HTML files that ask for nothing outside themselves.
//!
//! The templates stand beside this file. Every value is escaped twice over: what a reader would not see, or what turns the direction
//! of text, is spelled out as everywhere else ([`escape::human`]), and what HTML acts on is written as HTML wants it. A page has no
//! script, and says so to the browser.

pub mod chart;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::escape;

/// A page that there is a template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The state of the authority.
    Dashboard,
    /// One license, to be printed.
    Certificate,
}

/// The templates, and what they share.
const TEMPLATES: [(&str, &str); 4] = [
    ("common.css", include_str!("common.css")),
    ("chart.html", include_str!("chart.html")),
    ("dashboard.html", include_str!("dashboard.html")),
    ("certificate.html", include_str!("certificate.html")),
];

/// A template asks for what it was not given. A test makes every page, so that nobody meets this.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be made: {0}")]
pub struct PageError(#[from] minijinja::Error);

/// The page with these values.
///
/// # Errors
/// [`PageError`], where the template and the values do not fit.
pub fn page(page: Page, values: &impl Serialize) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    environment.set_formatter(|out, state, value| {
        let hidden = value.as_str().filter(|text| !value.is_safe() && text.contains(escape::is_hidden));
        let shown = hidden.map(|text| Value::from(escape::human(text).into_owned()));
        minijinja::escape_formatter(out, state, shown.as_ref().unwrap_or(value))
    });
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    let name = match page {
        Page::Dashboard => "dashboard.html",
        Page::Certificate => "certificate.html",
    };
    Ok(environment.get_template(name)?.render(Serde(values))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn certificate(name: &str) -> String {
        let values = json!({
            "id": "LIC-7QK3-M2ZD", "vendor": "Vendor", "product": "cockpit", "tier_name": "Pro", "customer_name": name, "stamps": [],
            "facts": [{"name": "License", "value": name}], "no_key": "", "key": "eyJ", "kid": "kid", "file": "f.lic", "bound": false,
        });
        page(Page::Certificate, &values).unwrap()
    }

    #[test]
    fn what_html_acts_on_and_what_hides_is_written_out() {
        let text = certificate("<b onclick=\"x\">&'\u{202e}\u{1b}[31m\n");
        assert!(!text.contains("<b ") && !text.contains(['\u{202e}', '\u{1b}']), "{text}");
        assert!(text.contains("&lt;b onclick=&quot;x&quot;&gt;&amp;&#x27;\\u{202e}\\u{1b}[31m\\n"), "{text}");
    }

    #[test]
    fn a_page_that_is_not_given_what_it_asks_for_is_an_error() {
        assert!(page(Page::Certificate, &json!({"id": "x"})).is_err());
        assert!(page(Page::Dashboard, &json!({})).is_err());
    }
}
