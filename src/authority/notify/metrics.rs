//! Figures for a monitoring system, in the text format of Prometheus, as a file that a node exporter picks up.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::authority::{Authority, Error};
use crate::ledger::LicenseFilter;
use crate::license::{Status, Timestamp};

/// Writes the figures as of `at`. The file is replaced as a whole: nobody reads half of it.
///
/// # Errors
/// When the ledger cannot be read, or the file not be written.
pub fn write(authority: &Authority, at: Timestamp, path: &Path) -> Result<(), Error> {
    let text = text(authority, at)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".lic-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        // The exporter is another user, whatever the umask, and there is nothing secret in it.
        #[cfg(unix)]
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|source| Error::file(path, source))
}

fn text(authority: &Authority, at: Timestamp) -> Result<String, Error> {
    let tables = authority.read();
    let mut out = String::new();
    heading(&mut out, "lic_licenses", "gauge", "Licenses by status.");
    for status in Status::ALL {
        let count = tables.count_licenses(&LicenseFilter { statuses: vec![status], ..LicenseFilter::new(at) })?;
        let _ = writeln!(out, "lic_licenses{{status=\"{status}\"}} {count}");
    }
    heading(&mut out, "lic_licenses_expiring", "gauge", "Licenses whose last day is at most so many days away.");
    for window in authority.settings.notify.windows.iter().rev() {
        // An end is the first second after the last day.
        let (from, to) = (at.date().start(), at.date().end().plus_days(i64::from(*window)));
        let count = tables.count_licenses_ending(from, to, at)?;
        let _ = writeln!(out, "lic_licenses_expiring{{within_days=\"{window}\"}} {count}");
    }
    heading(&mut out, "lic_notify_mails", "gauge", "Mails of the outbox by state.");
    for (state, count) in tables.count_mails()? {
        let _ = writeln!(out, "lic_notify_mails{{state=\"{state}\"}} {count}");
    }
    if let Some(good) = tables.mail_runs()?.and_then(|runs| runs.good) {
        let name = "lic_notify_last_good_run_timestamp_seconds";
        heading(&mut out, name, "gauge", "When a run of lic notify last left nothing behind that failed.");
        let _ = writeln!(out, "{name} {}", good.seconds());
    }
    Ok(out)
}

fn heading(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
