//! Lays out a system of `tests/machines/` in a folder.

use std::path::{Path, PathBuf};

use lic::machine::System;

/// A system laid out in a folder of its own, which goes with it.
pub struct Layout {
    folder: tempfile::TempDir,
    processor: Option<String>,
}

/// The names of all systems, in order.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(source())
        .expect("the folder of systems")
        .filter_map(|entry| entry.expect("an entry").file_name().to_str()?.strip_suffix(".txt").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines")
}

impl Layout {
    /// The system of this name.
    pub fn of(name: &str) -> Self {
        Self::changed(name, |text| text)
    }

    /// The system of this name with its description changed.
    pub fn changed(name: &str, change: impl FnOnce(String) -> String) -> Self {
        let text = std::fs::read_to_string(source().join(format!("{name}.txt"))).expect("a system of this name");
        let text = change(text);
        let folder = tempfile::tempdir().expect("a folder");
        let mut made = Self { folder, processor: None };
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            if let Some(processor) = line.strip_prefix("processor: ") {
                made.processor = Some(processor.to_owned());
            } else if let Some((path, target)) = line.split_once(" -> ") {
                made.link(path, target);
            } else if let Some(path) = line.strip_suffix('!') {
                made.forbidden(path);
            } else if let Some((path, content)) = line.split_once(": ") {
                made.file(path, &format!("{content}\n"));
            } else if let Some(path) = line.strip_suffix(':') {
                let mut content = String::new();
                while let Some(line) = lines.next_if(|line| line.starts_with("  ")) {
                    content.push_str(&line[2..]);
                    content.push('\n');
                }
                made.file(path, &content);
            } else {
                panic!("{name}: what does this line mean? {line}");
            }
        }
        made
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = self.folder.path().join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        path
    }

    fn file(&self, path: &str, content: &str) {
        std::fs::write(self.path(path), content).expect("a file");
    }

    fn link(&self, path: &str, target: &str) {
        std::os::unix::fs::symlink(target, self.path(path)).expect("a link");
    }

    /// A file that is closed to all: `lic` leaves such a one alone, whoever runs it.
    fn forbidden(&self, path: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(path);
        std::fs::write(&path, "not to be read\n").expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("a mode");
    }

    /// The folder that stands for `/`.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The processor.
    pub fn processor(&self) -> Option<&str> {
        self.processor.as_deref()
    }

    /// What `Machine::read` takes.
    pub fn system(&self) -> System {
        System::under(self.root(), self.processor())
    }
}
