//! The whole input, kept where nobody else can change it while it is read more than once.
//!
//! What is checked is then what is issued: a file that is written over, cut or removed meanwhile changes nothing, and a pipe can be
//! read again from its start. The copy has no name: it is gone when the process is, however that ends.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

/// The largest input that is read.
const LARGEST: u64 = 4 << 30;

/// A copy of the input.
pub struct Spool {
    file: File,
    length: u64,
    lines: u64,
    line_feeds: bool,
}

impl Spool {
    /// Copies the input into a file without a name, in this folder.
    ///
    /// # Errors
    /// What reading or writing fails with; [`io::ErrorKind::FileTooLarge`] for more than 4 GiB.
    pub fn take(input: &mut dyn Read, folder: &Path) -> io::Result<Self> {
        let mut file = tempfile::tempfile_in(folder)?;
        let (mut length, mut line_feeds, mut returns, mut last) = (0, 0, 0, b'\n');
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let bytes = buffer.get(..read).unwrap_or_default();
            length += read as u64;
            if length > LARGEST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            line_feeds += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            returns += bytes.iter().filter(|byte| **byte == b'\r').count() as u64;
            last = bytes.last().copied().unwrap_or(last);
            file.write_all(bytes)?;
        }
        let unended = !matches!(last, b'\n' | b'\r');
        Ok(Self { file, length, lines: line_feeds.max(returns) + u64::from(unended), line_feeds: line_feeds > 0 })
    }

    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How many lines there are at most, and so rows.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Whether a carriage return alone ends a line.
    pub(super) fn carriage_returns(&self) -> bool {
        !self.line_feeds
    }

    /// The input from its start.
    pub(super) fn read(&self) -> io::Result<impl Read + use<>> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(BufReader::new(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_whether_the_last_one_is_ended_or_not() {
        for (text, lines) in [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\r\nb\r\n", 2), ("a\rb\r", 2), ("a\rb", 2)] {
            let spool = Spool::take(&mut text.as_bytes(), &std::env::temp_dir()).unwrap();
            assert_eq!((spool.lines(), spool.length()), (lines, text.len() as u64), "{text:?}");
        }
    }
}
