use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::*;

fn at(ms: i64) -> Time {
    Time::from_millisecond(ms).unwrap()
}

const SOCKETS: &str = "\
tcp
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:0CEB 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2 1
tcp6
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0:0 0:0 0
   1: B80D0120000000000000000007000000:01BB 00000000000000000000000000000000:0000 0A 0:0 0:0 0
udp
   0: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000
   0: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000
   x: zz:0035 00000000:0000 07
";

const PROCESSES: &str = "\
tcp LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:((\"sshd\",pid=1,fd=3))
tcp LISTEN 0      128                *:22              *:*    users:((\"sshd6\",pid=1,fd=4))
tcp LISTEN 0      128 [2001:db8::7]:443              *:*    users:((\"a b\",pid=1,fd=4),(\"c\",pid=2))
udp UNCONN 0      0      127.0.0.53%lo:53        0.0.0.0:*    users:((\"resolved\",pid=1,fd=3))
tcp LISTEN 0      128        127.0.0.1:3306      0.0.0.0:*
";

const TRIE: &str = "              |-- 10.0.0.1
                 /32 host LOCAL
--
           |-- 127.0.0.1
              /32 host LOCAL
--
              |-- 10.0.0.1
                 /32 host LOCAL
--
              |-- 169.254.3.4
                 /32 host LOCAL
";

const INET6: &str = "\
00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000007 02 40 00 80     eth0
20010db8000000000000000000000008 02 40 00 c0     eth0
fe80000000000000000000000000cafe 02 40 20 80     eth0
";

fn base() -> Vec<(&'static str, String)> {
    [
        ("clock", "1767225600250000000\n"),
        (
            "os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n# x\nID=debian\n",
        ),
        ("machine", "x86_64\n"),
        ("kernel", "6.1.0-30-amd64\n"),
        ("hostname", "web-1\n"),
        ("cpus", "2\n"),
        ("memory", "MemTotal:        2048 kB\n"),
        (
            "disk",
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a b 100 40 60 40% /\n",
        ),
        ("init", "systemd\n"),
        ("uid", "0\n"),
        ("connection", "::ffff:192.0.2.9 50000 10.0.0.1 22"),
        ("sockets", SOCKETS),
        ("processes", PROCESSES),
        ("firewall", "ufw active\n"),
        ("boot-id", "542d4196-7be5-40d1-a1d4-d7160a783f26\n"),
        ("addresses4", TRIE),
        ("addresses6", INET6),
        ("clock-end", "1767225601250000000\n"),
    ]
    .map(|(name, out)| (name, out.to_owned()))
    .to_vec()
}

fn line(name: &str, out: &str, said: &str) -> String {
    format!("{name}\t{}\t{}\n", STANDARD.encode(out), STANDARD.encode(said))
}

fn answer(sections: &[(&str, String)]) -> String {
    let lines: String = sections.iter().map(|(name, out)| line(name, out, "\n0")).collect();
    format!("Welcome!\nbrokeforge-facts begin\n{lines}brokeforge-facts end\n")
}

fn with(name: &str, out: &str) -> String {
    let mut sections = base();
    sections.iter_mut().find(|(n, _)| *n == name).unwrap().1 = out.to_owned();
    answer(&sections)
}

fn read(answer: &str) -> Result<Facts, Failure> {
    read_with(answer, &[])
}

fn read_with(answer: &str, probes: &[&str]) -> Result<Facts, Failure> {
    let probes: Vec<(&str, &str)> = probes.iter().map(|name| (*name, "")).collect();
    parse(answer.as_bytes(), &probes, at(1_767_225_600_000), at(1_767_225_601_000))
}

#[test]
fn a_whole_answer_is_read() {
    let facts = read(&answer(&base())).unwrap();
    assert_eq!((facts.os.as_str(), facts.os_version.as_str()), ("debian", "12"));
    assert_eq!(facts.os_name, "Debian GNU/Linux 12 (bookworm)");
    assert_eq!((facts.arch.as_str(), facts.kernel.as_str()), ("x86_64", "6.1.0-30-amd64"));
    assert_eq!((facts.hostname.as_str(), facts.cpus, facts.uid), ("web-1", 2, 0));
    assert_eq!((facts.memory, facts.disk, facts.disk_free), (2048 * 1024, 102_400, 61_440));
    assert_eq!((facts.init.as_str(), facts.firewall.as_str()), ("systemd", "ufw active"));
    assert_eq!(facts.clock_offset_ms, 250);
    assert_eq!(facts.peer, Some("192.0.2.9".parse().unwrap()));
    assert_eq!((facts.local, facts.local_port), (Some("10.0.0.1".parse().unwrap()), Some(22)));
    let addresses: Vec<String> = facts.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.0.1", "2001:db8::7"]);
    let listeners: Vec<String> = facts
        .listeners
        .iter()
        .map(|l| {
            let process = l.process.as_deref().unwrap_or("?");
            format!("{} {} {} {process}", l.protocol, l.address, l.port)
        })
        .collect();
    assert_eq!(
        listeners,
        [
            "tcp 0.0.0.0 22 sshd",
            "tcp :: 22 sshd6",
            "tcp 2001:db8::7 443 a b",
            "tcp 127.0.0.1 3306 ?",
            "udp 127.0.0.53 53 resolved",
        ]
    );
    assert!(supported(&facts).is_ok());
}

#[test]
fn a_probe_answers_in_its_own_section() {
    let mut sections = base();
    sections.push(("probe ufw", "a\nb\n".into()));
    sections.push(("probe uid", "x".into()));
    let facts = read_with(&answer(&sections), &["ufw", "uid"]).unwrap();
    assert_eq!(facts.uid, 0);
    assert_eq!(facts.sections.get("ufw").map(String::as_str), Some("a\nb\n"));
    assert_eq!(facts.sections.len(), 2);
    let failure = read_with(&answer(&sections), &["ufw", "another"]).unwrap_err();
    assert!(failure.message.contains("“probe another” is missing"), "{failure}");
}

#[test]
fn a_failed_probe_is_told_with_what_it_said() {
    let failed = line("probe ufw", "", "no such\u{1b} chain\n\n3");
    let text =
        answer(&base()).replace("brokeforge-facts end", &format!("{failed}brokeforge-facts end"));
    let failure = read_with(&text, &["ufw"]).unwrap_err();
    assert!(failure.message.contains("“probe ufw” ended with exit status 3"), "{failure}");
    assert_eq!(failure.lines, ["no such chain"]);
    let late = line("probe ufw", "", "\n124");
    let text =
        answer(&base()).replace("brokeforge-facts end", &format!("{late}brokeforge-facts end"));
    assert!(read_with(&text, &["ufw"]).unwrap_err().message.contains("time limit"));
}

#[test]
fn too_long_a_probe_is_refused() {
    let mut sections = base();
    sections.push(("probe big", "x".repeat(1024 * 1024)));
    assert!(read_with(&answer(&sections), &["big"]).is_ok());
    sections.last_mut().unwrap().1.push('x');
    assert!(read_with(&answer(&sections), &["big"]).unwrap_err().message.contains("1 MiB"));
}

#[test]
fn what_is_cut_or_missing_is_refused() {
    let whole = answer(&base());
    for cut in 0..whole.len() - 1 {
        assert!(read(whole.get(..cut).unwrap()).is_err(), "cut at {cut}");
    }
    for (name, _) in base() {
        let rest: Vec<_> = base().into_iter().filter(|(n, _)| *n != name).collect();
        let got = read(&answer(&rest));
        if name == "os-release" {
            assert!(supported(&got.unwrap()).is_err());
        } else {
            assert!(got.unwrap_err().message.contains(name));
        }
    }
    for (name, out) in
        [("uid", "-1"), ("disk", "x"), ("memory", ""), ("clock", "12N"), ("boot-id", " ")]
    {
        assert!(read(&with(name, out)).is_err(), "{name}");
    }
}

#[test]
fn foreign_hosts_are_refused_with_what_is_supported() {
    let rows = [
        (with("os-release", "ID=alpine\nPRETTY_NAME='Alpine Linux'\n"), "it runs Alpine Linux"),
        (with("os-release", "ID=\"centos\"\n"), "it runs centos"),
        (with("os-release", ""), "does not say which system"),
        (with("init", "sh\n"), "process 1 is sh, not systemd"),
        (with("machine", "armv7l\n"), "architecture is armv7l"),
        (with("uid", "1000\n"), "user id 1000"),
    ];
    for (text, wanted) in rows {
        let failure = supported(&read(&text).unwrap()).unwrap_err();
        assert!(failure.message.contains(wanted), "{failure}");
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(failure.remedy.unwrap().contains("Debian and Ubuntu"));
    }
    assert!(supported(&read(&with("os-release", "ID=ubuntu\n")).unwrap()).is_ok());
    let busybox = with("os-release", "ID=alpine\n").replace("brokeforge-facts end", "");
    assert!(read(&busybox).is_err());
    let partly = line("clock-end", "", "date: bad format\n\n1");
    let alpine = with("os-release", "ID=alpine\n")
        .replace(&line("clock-end", "1767225601250000000\n", "\n0"), &partly);
    assert!(supported(&read(&alpine).unwrap()).is_err());
}

#[test]
fn hostile_words_are_cleaned_and_bounded() {
    let facts = read(&with("hostname", "a\u{1b}]0;x\u{7}\nb")).unwrap();
    assert_eq!(facts.hostname, "a]0;xb");
    let facts = read(&with("hostname", &"x".repeat(100_000))).unwrap();
    assert_eq!(facts.hostname.len(), 200);
    let row = |i: usize| format!("1: 00000000:{i:04X} 00000000:0000 0A\n");
    let many: String = std::iter::once("tcp\n".to_owned()).chain((1..9000).map(row)).collect();
    assert_eq!(read(&with("sockets", &many)).unwrap().listeners.len(), 1024);
}

#[test]
fn os_release_is_unquoted_as_a_shell_would() {
    assert_eq!(unquoted("\"a \\\"b\\\" \\$c\""), "a \"b\" $c");
    assert_eq!(unquoted("'a \\b'"), "a \\b");
    assert_eq!(unquoted("a"), "a");
    assert_eq!(unquoted("\""), "\"");
}

/// The script on this machine's own shell, as a host would run it.
#[test]
fn the_script_answers_what_the_parser_reads() {
    let probes = [
        ("one", "printf 'it'\\''s'"),
        ("quiet", "echo to nobody >&2"),
        ("stdin", "cat; echo done"),
    ];
    let sh = |script: &str| {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", script])
            .env("SSH_CONNECTION", "192.0.2.9 50000 192.0.2.1 22")
            .output()
            .unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let run = |probes: &[(&str, &str)]| sh(&script(probes));
    let sent = Time::now();
    let output = run(&probes);
    let came = Time::now();
    let facts = parse(&output, &probes, sent, came).unwrap();
    assert!(!facts.arch.is_empty() && !facts.init.is_empty());
    if supported(&facts).is_ok() {
        // it is the same clock: what is told cannot be further off than the answer took
        let took = came.as_millisecond() - sent.as_millisecond();
        assert!(facts.clock_offset_ms.abs() < 1000 + took, "{}", facts.clock_offset_ms);
    }
    // more than a pipe holds waits in it
    let much = [("much", "head -c 300000 /dev/zero | tr '\\0' x"), ("other", "echo x")];
    let told = frame::read(&run(&much)).unwrap();
    assert_eq!(told.out("probe much").unwrap().len(), 300_000);
    // what breaks down in the middle does not look like a whole answer
    let broken = script(&probes).replace("\ncat\n}", "\nexit 2\n}");
    assert_ne!(broken, script(&probes));
    assert!(frame::read(&sh(&broken)).is_err());
    let sections = frame::read(&output).unwrap();
    assert_eq!(sections.out("probe one").unwrap(), b"it's");
    assert_eq!(sections.out("probe quiet").unwrap(), b"");
    assert_eq!(sections.out("probe stdin").unwrap(), b"done\n");
    assert_eq!(facts.peer, Some("192.0.2.9".parse().unwrap()));
    let output = run(&[("bad", "echo why >&2; false; echo never")]);
    let failure = frame::read(&output).unwrap().out("probe bad").unwrap_err();
    assert!(failure.message.contains("exit status 1"), "{failure}");
    assert_eq!(failure.lines, ["why"]);
    let output = run(&[("big", "head -c 2000000 /dev/zero")]);
    let failure = frame::read(&output).unwrap().out("probe big").unwrap_err();
    assert!(failure.message.contains("1 MiB"), "{failure}");
}

proptest! {
    #[test]
    fn no_bytes_break_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = parse(&bytes, &[], at(0), at(1));
        let framed = [b"\nbrokeforge-facts begin\n", bytes.as_slice(), b"\nbrokeforge-facts end\n"];
        let _ = parse(&framed.concat(), &[], at(0), at(1));
    }

    #[test]
    fn no_section_breaks_the_parser(which in 0usize..18, out in "\\PC{0,200}|[0-9A-F: \n|/-]{0,200}") {
        let mut sections = base();
        sections[which].1 = out;
        if let Ok(facts) = read(&answer(&sections)) {
            let _ = supported(&facts);
            prop_assert!(serde_json::to_string(&facts).unwrap().len() < 8192);
        }
    }

    #[test]
    fn a_flipped_byte_breaks_nothing(at_byte in 0usize..3000, byte: u8) {
        let mut bytes = answer(&base()).into_bytes();
        if let Some(b) = bytes.get_mut(at_byte) {
            *b = byte;
        }
        let _ = parse(&bytes, &[], at(0), at(1));
    }
}
