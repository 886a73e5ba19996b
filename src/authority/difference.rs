//! What a change changes, field by field, for showing before it is made.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field, as it is called in the ledger; members of a table are named `limits.users`.
    pub field: String,
    /// The text before; absent where the field was not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The text after; absent where the field is no longer set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The fields in which two things differ, by name.
#[must_use]
pub fn differences<T: Serialize>(before: &T, after: &T) -> Vec<Difference> {
    let (before, after) = (fields(before), fields(after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Difference { field: name.clone(), before: before.get(name).cloned(), after: after.get(name).cloned() })
        .collect()
}

fn fields<T: Serialize>(thing: &T) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // Domain types are plain data: turning them into JSON cannot fail.
    flatten(String::new(), &serde_json::to_value(thing).unwrap_or_default(), &mut found);
    found
}

fn flatten(name: String, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                flatten(name, value, found);
            }
        }
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(text).collect();
            found.insert(name, texts.join(", "));
        }
        other => {
            found.insert(name, text(other));
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({ "name": "Pro", "limits": { "users": 10, "seats": 5 }, "features": ["a"] });
        let after = json!({ "name": "Pro", "limits": { "users": 20 }, "features": ["a", "b"], "rank": 3 });
        let told: Vec<_> = differences(&before, &after)
            .into_iter()
            .map(|one| format!("{}: {} -> {}", one.field, one.before.unwrap_or_default(), one.after.unwrap_or_default()))
            .collect();
        assert_eq!(told, ["features: a -> a, b", "limits.seats: 5 -> ", "limits.users: 10 -> 20", "rank:  -> 3"]);
    }
}
