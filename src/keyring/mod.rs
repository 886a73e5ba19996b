//! Signing keys at rest: encrypted copies, one for each operator who may sign.
