//! Backups, in a list.

use std::borrow::Cow;

use serde::Serialize;

use crate::authority::backup::Backup;
use crate::render::{Cell, Column, Moment, Noun, View};

/// A backup.
#[derive(Serialize)]
pub struct BackupView {
    backup: String,
    made_at: Moment,
    events: u64,
    bytes: u64,
    keys: bool,
    root: String,
    path: String,
}

impl BackupView {
    pub fn new(backup: &Backup) -> Self {
        Self {
            backup: backup.name(),
            made_at: backup.manifest.made_at.into(),
            events: backup.manifest.log.size,
            bytes: backup.size(),
            keys: backup.has_keys(),
            root: backup.manifest.log.root.clone(),
            path: backup.path.display().to_string(),
        }
    }
}

impl View for BackupView {
    const NOUN: Noun = Noun { one: "backup", many: "backups" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("backup", "Backup"),
                Column::new("made_at", "Made").optional(1),
                Column::number("events", "Events"),
                Column::number("bytes", "Bytes").optional(2),
                Column::new("keys", "Keys"),
                Column::new("root", "Root").wide(),
                Column::text("path", "Folder").wide(),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.backup).into(),
            self.made_at.into(),
            self.events.into(),
            self.bytes.into(),
            self.keys.into(),
            (&self.root).into(),
            (&self.path).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        (&self.path).into()
    }
}
