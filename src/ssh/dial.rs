//! Name lookup and TCP: from a host's name to an open socket, each step in its time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::{Limits, Phase, SshError, in_words};
use crate::domain::clean::clean_line;
use crate::domain::{reason, server};

/// Keep-alives are not counted while a write is stuck, so the kernel ends such a connection in
/// the same time as keep-alives would.
pub(super) const DEAD_AFTER: Duration = Duration::from_secs(45);

/// A name with more addresses than this is tried at its first ones only.
const MOST_ADDRESSES: usize = 4;

/// All addresses a name stands for, in the resolver's order.
///
/// # Errors
/// When the name cannot be looked up.
pub async fn addresses(
    host: &str,
    port: u16,
    limits: &Limits,
) -> Result<Vec<SocketAddr>, SshError> {
    let place = server::address(host, port);
    let failed = |why: String| {
        SshError::unreachable(Phase::Name, &place, why)
            .remedy("Check the spelling of the name, and the name service of this machine.")
    };
    let found = match timeout(limits.name, lookup_host((host, port))).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            let error = clean_line(reason(&error), 160);
            return Err(failed(format!("The name {host} cannot be looked up: {error}.")));
        }
        Err(_) => {
            let limit = in_words(limits.name);
            return Err(failed(format!("The name {host} was not looked up in {limit}.")));
        }
    };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) && addresses.len() < MOST_ADDRESSES {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(failed(format!("The name {host} stands for no address.")));
    }
    Ok(addresses)
}

/// Why a TCP connect failed, and whether another try may do better.
pub(super) struct Unanswered {
    pub(super) message: String,
    pub(super) remedy: &'static str,
    pub(super) again: bool,
}

/// Opens a TCP connection without Nagle's delay (it would cost 40 ms a command).
pub(super) async fn tcp(address: SocketAddr, limits: &Limits) -> Result<TcpStream, Unanswered> {
    let connected = match timeout(limits.tcp, TcpStream::connect(address)).await {
        Ok(connected) => connected,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    };
    connected.and_then(prepared).map_err(|error| unanswered(address, &error, limits))
}

fn prepared(tcp: TcpStream) -> io::Result<TcpStream> {
    tcp.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    rustix::net::sockopt::set_tcp_user_timeout(
        &tcp,
        u32::try_from(DEAD_AFTER.as_millis()).unwrap_or(u32::MAX),
    )?;
    Ok(tcp)
}

fn unanswered(address: SocketAddr, error: &io::Error, limits: &Limits) -> Unanswered {
    let (message, remedy, again) = match error.kind() {
        io::ErrorKind::TimedOut => (
            format!("There is no answer from {address} in {}.", in_words(limits.tcp)),
            "Check that the host is up and that no firewall between drops the connection.",
            true,
        ),
        io::ErrorKind::ConnectionRefused => (
            format!("{address} refused the connection."),
            "Check the port, and on the host's console that sshd runs (systemctl status ssh).",
            false,
        ),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => (
            format!("There is no route to {address}."),
            "Check the address, and the network of this machine.",
            false,
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => (
            format!("{address} reset the connection."),
            "A firewall or ban list on the way may do this; try again in a while.",
            true,
        ),
        _ => (
            format!("{address} cannot be connected to: {}.", clean_line(reason(&error), 160)),
            "Check the address, and the network of this machine.",
            false,
        ),
    };
    Unanswered { message, remedy, again }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_needs_no_name_service() {
        let limits = Limits::default();
        for host in ["127.0.0.1", "::1"] {
            let found = addresses(host, 22, &limits).await.unwrap();
            assert_eq!(found, [SocketAddr::new(host.parse().unwrap(), 22)]);
        }
    }

    #[tokio::test]
    async fn a_name_that_is_none_says_so() {
        let error = addresses("no-such-host.invalid", 22, &Limits::default()).await.unwrap_err();
        assert_eq!(error.phase, Phase::Name);
        assert!(error.failure.message.starts_with("The name no-such-host.invalid"), "{error}");
        assert_eq!(error.failure.host.as_deref(), Some("no-such-host.invalid:22"));
    }

    #[test]
    fn each_way_of_not_answering_has_its_own_words() {
        let address = "192.0.2.1:22".parse().unwrap();
        let limits = Limits::default();
        for (kind, message, again) in [
            (io::ErrorKind::TimedOut, "There is no answer from 192.0.2.1:22 in 10 s.", true),
            (io::ErrorKind::ConnectionRefused, "192.0.2.1:22 refused the connection.", false),
            (io::ErrorKind::HostUnreachable, "There is no route to 192.0.2.1:22.", false),
            (io::ErrorKind::ConnectionReset, "192.0.2.1:22 reset the connection.", true),
        ] {
            let unanswered = unanswered(address, &kind.into(), &limits);
            assert_eq!(unanswered.message, message);
            assert_eq!(unanswered.again, again);
        }
    }
}
