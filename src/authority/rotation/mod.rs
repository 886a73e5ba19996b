//! The life of signing keys: made, published, used, retired, refused; and the copies of them that operators have.
//!
//! A key is published before it signs, so that products know it when the first license comes; it goes on verifying after
//! another took its place, so that no license stops on that day. Only a compromised key is refused, and for good.

mod copies;
mod make;
pub mod plan;
mod reissue;
mod states;

pub use copies::Taken;
pub(super) use copies::{check_give, is_last_copy};
pub(super) use make::{draw_seed, has_typeable_name, make_signing_key};
pub use reissue::{Reissue, ReissueBatch, ReissuePlan, ReissueWish};
pub use states::{Activation, Compromise};
