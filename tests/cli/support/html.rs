//! HTML read strictly enough to see that every tag is closed, and what a browser would fetch or run.

/// Elements that have no end.
const VOID: [&str; 6] = ["meta", "link", "br", "hr", "img", "input"];

/// A start tag.
#[derive(Debug)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

/// The elements of a page, and its text without the styles.
#[derive(Debug)]
pub struct Page {
    pub elements: Vec<Element>,
    pub text: String,
}

/// Reads a page.
///
/// # Panics
/// Where a tag is not closed, closed twice or written as no browser should have to guess, or a sign stands unescaped.
#[track_caller]
pub fn read(page: &str) -> Page {
    let mut rest = page.trim_start().strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let (mut open, mut elements, mut text) = (Vec::<String>::new(), Vec::new(), String::new());
    while let Some(start) = rest.find('<') {
        let style = open.last().is_some_and(|name| name == "style");
        let before = &rest[..start];
        assert!(!before.contains('>') || style, "an unescaped > in {before:?}");
        if !style {
            text.push_str(&unescaped(before));
        }
        let end = start + rest[start..].find('>').expect("the end of a tag");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed in the wrong order");
            continue;
        }
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        assert!(name.chars().all(|sign| sign.is_ascii_alphanumeric()), "a tag named {name:?}");
        elements.push(Element { name: name.to_owned(), attributes: read_attributes(attributes) });
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert_eq!(rest.trim(), "", "something after the page");
    Page { elements, text }
}

fn read_attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    rest = rest.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no quoted value in {rest:?}"));
        let (value, after) = after.split_once('"').expect("the end of a value");
        assert!(name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-'), "an attribute named {name:?}");
        attributes.push((name.to_owned(), unescaped(value)));
        rest = after.trim_start();
    }
    attributes
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, after) = part.split_once(';').unwrap_or_else(|| panic!("an unescaped & before {part:?}"));
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" | "#34" => '"',
            "#x27" | "#39" => '\'',
            "#x2f" | "#47" => '/',
            other => panic!("what is &{other};?"),
        });
        out.push_str(after);
    }
    out
}

impl Page {
    /// Whether nothing of the page runs, and nothing is fetched for it.
    ///
    /// # Panics
    /// Where something would be.
    #[track_caller]
    pub fn asks_for_nothing(self) -> Self {
        for Element { name, attributes } in &self.elements {
            assert!(
                !["script", "link", "img", "iframe", "object", "embed", "base", "a", "use", "image", "form"]
                    .contains(&name.as_str()),
                "<{name}>"
            );
            for (attribute, value) in attributes {
                assert!(!attribute.starts_with("on"), "{attribute}");
                assert!(
                    !["src", "href", "action", "data", "srcset", "poster", "xlink"].contains(&attribute.as_str()),
                    "{attribute}={value}"
                );
                assert!(!value.contains("url(") && !value.contains("javascript:"), "{attribute}={value}");
            }
        }
        self
    }

    /// Whether every picture has a title and a description, every table a caption and every heading of one a scope, and no id is
    /// there twice or missing.
    ///
    /// # Panics
    /// Where one has not.
    #[track_caller]
    pub fn accessible(self) -> Self {
        let mut ids = std::collections::BTreeSet::new();
        let all = |wanted: &str| -> Vec<&str> {
            let attributes = self.elements.iter().flat_map(|element| &element.attributes);
            attributes.filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).collect()
        };
        for id in all("id") {
            assert!(ids.insert(id), "id {id} twice");
        }
        for label in all("aria-labelledby").iter().flat_map(|labels| labels.split(' ')) {
            assert!(ids.contains(label), "no id {label}");
        }
        let named = |wanted: &str| self.elements.iter().filter(|element| element.name == wanted).count();
        for element in &self.elements {
            let has = |wanted: &str| element.attributes.iter().any(|(name, _)| name == wanted);
            match element.name.as_str() {
                "svg" => assert!(has("role") && has("aria-labelledby"), "{element:?}"),
                "th" => assert!(has("scope"), "{element:?}"),
                "html" => assert!(has("lang")),
                _ => {}
            }
        }
        assert_eq!(named("desc"), named("svg"));
        assert_eq!(named("caption"), named("table"));
        assert_eq!(named("h1"), 1);
        self
    }
}
