//! What the tests of several use cases share.

use crate::world::Entropy;

/// Entropy that gives ones, then twos, and so on: no two draws are the same.
pub(crate) struct Counted(pub u8);

impl Entropy for Counted {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        self.0 += 1;
        bytes.fill(self.0);
        Ok(())
    }
}
