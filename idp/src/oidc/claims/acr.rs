//! Authentication context classes and methods: Core §2, RFC 8176.

/// The `acr` of one factor: a password alone.
pub const ONE_FACTOR: &str = "urn:latchkey:acr:1fa";

/// The classes that can be reached here.
pub const SUPPORTED: [&str; 1] = [ONE_FACTOR];

/// The `amr` of a password: RFC 8176 §2.
pub const PASSWORD: &str = "pwd";
