//! Mail: addresses, messages and transports.
