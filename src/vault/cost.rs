//! What it costs to try a passphrase.

use argon2::Params;

use super::VaultError;

/// Argon2id's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// What people get: 256 MiB, 3 passes, 4 lanes.
    pub const STRONG: Self = Self { memory_kib: 256 * 1024, passes: 3, lanes: 4 };
    /// For tests.
    pub const CHEAP: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };

    /// Itself, when it is within bounds: an edited header must not hang us or eat the machine.
    pub(super) fn checked(self) -> Result<Self, VaultError> {
        let Self { memory_kib, passes, lanes } = self;
        let within = (1..=16).contains(&lanes)
            && (8 * lanes..=4 * 1024 * 1024).contains(&memory_kib)
            && (1..=20).contains(&passes);
        if within {
            return Ok(self);
        }
        Err(VaultError::Cost(format!(
            "The vault asks for {memory_kib} KiB, {passes} passes and {lanes} lanes; brokeforge \
             takes 8 KiB a lane to 4 GiB, 1 to 20 passes and 1 to 16 lanes."
        )))
    }

    pub(super) fn params(self) -> Result<Params, VaultError> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|error| VaultError::Cost(format!("The vault's cost cannot be used: {error}.")))
    }
}
