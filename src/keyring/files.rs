//! Files that are written once and whole, and readable by their owner alone.
//!
//! A file appears under its name with all of its content or not at all: it is written and flushed under a temporary name in
//! the same folder, then given its name, and takes another's place only where that is asked for. What a file means belongs
//! in the module above.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// The permission bits of the file's group and of all others.
pub(super) const GROUP_AND_OTHERS: u32 = 0o077;
/// The permission bits of all but the owner and the group.
pub(super) const OTHERS: u32 = 0o007;

/// The mode of a file that only its owner reads.
pub(super) const PRIVATE: u32 = 0o600;
/// The mode of a file that everyone may read.
pub(super) const PUBLIC: u32 = 0o644;

/// The permission bits of a file; none where the system has no such bits.
#[cfg(unix)]
pub(super) fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o777
}

/// The permission bits of a file; none where the system has no such bits.
#[cfg(not(unix))]
pub(super) fn mode(_: &Metadata) -> u32 {
    0
}

/// Creates a folder that only its owner enters, with its parents. One that exists is left as it is.
pub(super) fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file that does not exist yet, and waits until it is on disk.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where the name is taken; anything else the system says. In every case nothing is left
/// behind.
pub(super) fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    write_temporary(folder, content, mode)?.persist_noclobber(path).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// Writes a file in the place of the one that is there, and waits until it is on disk. Whatever happens meanwhile, the name
/// leads to all of the old content or to all of the new.
///
/// # Errors
/// Anything the system says.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = write_temporary(folder, content, mode)?;
    file.persist(path).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// A file under a temporary name, on disk. It is gone when it is dropped.
fn write_temporary(folder: &Path, content: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    // A name that starts with a dot is no slug, so that a file left over by a power cut is not taken for a copy.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".new-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Waits until the names in a folder are on disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::keyring) fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[cfg(unix)]
    pub(in crate::keyring) fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(not(unix))]
    pub(in crate::keyring) fn set_mode(_: &Path, _: u32) {}

    #[test]
    fn a_file_is_never_overwritten_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_new(&path, b"first", PRIVATE).unwrap();
        assert_eq!(write_new(&path, b"second", PRIVATE).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_in_the_way_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert_eq!(write_new(&path, b"first", PRIVATE).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(!folder.path().join("elsewhere").exists());
    }

    #[cfg(unix)]
    #[test]
    fn files_and_folders_have_the_mode_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("keys/inner");
        create_private_folder(&inner).unwrap();
        write_new(&inner.join("key"), b"", PRIVATE).unwrap();
        let seen = |path: &Path| mode(&fs::metadata(path).unwrap());
        assert_eq!(seen(&inner), 0o700);
        assert_eq!(seen(inner.parent().unwrap()), 0o700);
        assert_eq!(seen(&inner.join("key")), 0o600);
    }
}
