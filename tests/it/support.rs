//! What several tests share. Only the far end of SSH is ever faked here.

pub mod binary;
pub mod pty;
pub mod running;
pub mod sshd;
pub mod terminal;
