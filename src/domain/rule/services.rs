//! Names of well-known ports: what may be typed for a number, and what a number is for.

use super::{Ports, Protocol};

/// A service with a usual port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// What is typed.
    pub name: &'static str,
    /// Its usual port.
    pub port: u16,
    /// The transport it uses there.
    pub protocol: Protocol,
    /// What it is, for people.
    pub title: &'static str,
}

const fn tcp(name: &'static str, port: u16, title: &'static str) -> Service {
    Service { name, port, protocol: Protocol::Tcp, title }
}
const fn udp(name: &'static str, port: u16, title: &'static str) -> Service {
    Service { name, port, protocol: Protocol::Udp, title }
}
const fn both(name: &'static str, port: u16, title: &'static str) -> Service {
    Service { name, port, protocol: Protocol::Any, title }
}

/// All of them, the most wanted first; a second name comes after the first.
pub const ALL: &[Service] = &[
    tcp("ssh", 22, "SSH"),
    tcp("http", 80, "HTTP"),
    tcp("https", 443, "HTTPS"),
    tcp("postgres", 5432, "PostgreSQL"),
    tcp("postgresql", 5432, "PostgreSQL"),
    tcp("mysql", 3306, "MySQL or MariaDB"),
    tcp("mariadb", 3306, "MySQL or MariaDB"),
    tcp("redis", 6379, "Redis"),
    both("dns", 53, "DNS"),
    both("domain", 53, "DNS"),
    tcp("smtp", 25, "SMTP (mail between servers)"),
    tcp("submission", 587, "mail submission"),
    tcp("smtps", 465, "mail submission over TLS"),
    tcp("submissions", 465, "mail submission over TLS"),
    tcp("imap", 143, "IMAP"),
    tcp("imaps", 993, "IMAP over TLS"),
    tcp("pop3", 110, "POP3"),
    tcp("pop3s", 995, "POP3 over TLS"),
    udp("wireguard", 51820, "WireGuard"),
    udp("openvpn", 1194, "OpenVPN"),
    udp("ntp", 123, "NTP (time)"),
    udp("snmp", 161, "SNMP"),
    tcp("ftp", 21, "FTP"),
    tcp("telnet", 23, "Telnet"),
    tcp("mongodb", 27017, "MongoDB"),
    tcp("memcached", 11211, "Memcached"),
    tcp("elasticsearch", 9200, "Elasticsearch"),
    tcp("prometheus", 9090, "Prometheus"),
    tcp("node-exporter", 9100, "the Prometheus node exporter"),
    tcp("grafana", 3000, "Grafana"),
    tcp("git", 9418, "the git daemon"),
    tcp("rsync", 873, "the rsync daemon"),
    tcp("nfs", 2049, "NFS"),
    tcp("samba", 445, "Samba (SMB)"),
    tcp("smb", 445, "Samba (SMB)"),
    udp("syslog", 514, "syslog"),
    both("sip", 5060, "SIP"),
    tcp("ldap", 389, "LDAP"),
    tcp("ldaps", 636, "LDAP over TLS"),
    both("kerberos", 88, "Kerberos"),
    both("rdp", 3389, "RDP"),
    tcp("vnc", 5900, "VNC"),
    tcp("mqtt", 1883, "MQTT"),
    tcp("mqtts", 8883, "MQTT over TLS"),
    tcp("amqp", 5672, "RabbitMQ (AMQP)"),
    tcp("rabbitmq", 5672, "RabbitMQ (AMQP)"),
    tcp("mssql", 1433, "Microsoft SQL Server"),
    tcp("docker", 2376, "the Docker daemon over TLS"),
    tcp("kubernetes", 6443, "the Kubernetes API"),
    tcp("etcd", 2379, "etcd"),
    tcp("http-alt", 8080, "HTTP on its second port"),
    tcp("https-alt", 8443, "HTTPS on its second port"),
];

/// A service by its name, in any case.
pub fn find(name: &str) -> Option<&'static Service> {
    ALL.iter().find(|service| service.name.eq_ignore_ascii_case(name))
}

/// A sentence about the well-known services on these ports, if there are any.
pub fn describe(ports: Ports, protocol: Protocol) -> Option<String> {
    let mut found: Vec<&Service> = Vec::new();
    for service in ALL {
        let here = ports.covers(Ports::one(service.port))
            && (protocol.covers(service.protocol) || service.protocol.covers(protocol));
        if here && !found.iter().any(|other| other.title == service.title) {
            found.push(service);
        }
    }
    let (first, more) = found.split_first()?;
    if ports.first == ports.last {
        return Some(format!("Port {} is usually {}.", ports.first, first.title));
    }
    let named = |service: &Service| format!("{} ({})", service.title, service.port);
    let mut names = named(first);
    for service in more.iter().take(2) {
        names = format!("{names}, {}", named(service));
    }
    let rest = if more.len() > 2 { format!(" and {} more", more.len() - 2) } else { String::new() };
    Some(format!("These ports take in {names}{rest}."))
}
