//! Lines for a shell, read back by a shell.

use std::process::Command;

use super::*;
use crate::domain::{HostTrust, Login, ServerId, Status, StepOutcome, Time};

fn server(host: &str, port: u16) -> Server {
    let now = Time::UNIX_EPOCH;
    Server {
        id: ServerId::new(now, 1),
        name: "web-1".into(),
        host: host.into(),
        port,
        user: "root".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        tags: Default::default(),
        replaced: None,
        status: Status::Active,
        error: None,
        created_at: now,
        updated_at: now,
    }
}

fn step(text: &str) -> StepRecord {
    StepRecord {
        name: "run".into(),
        milestone: "run".into(),
        label: String::new(),
        text: text.into(),
        remote: true,
        outcome: StepOutcome::Failed,
        exit: Some(1),
        started_at: None,
        millis: None,
        past: Vec::new(),
        had: false,
        output: 0,
        dropped: 0,
        digest: None,
        inside: None,
        child: None,
    }
}

fn by_hand(text: &str) -> Option<ByHand> {
    let id = OperationId::new(Time::UNIX_EPOCH, 1);
    line(&server("192.0.2.1", 2222), "root", id, &step(text))
}

#[test]
fn a_command_is_one_line_and_a_script_goes_through_sh() {
    for (text, line) in [
        ("# apply (at most 9 s)\nexec uptime\n", "ssh -p 2222 root@192.0.2.1 uptime"),
        (
            "# apply (at most 9 s)\nexec systemctl restart nginx\n",
            "ssh -p 2222 root@192.0.2.1 'systemctl restart nginx'",
        ),
        (
            "# check (at most 9 s)\ntest -e /x\n# apply (at most 9 s)\nmake\nit\n# verify (at \
             most 9 s)\nlook\n",
            "ssh -p 2222 root@192.0.2.1 'sh -euc '\\''make\nit'\\'''",
        ),
        ("# verify (at most 9 s)\nlook\n", "ssh -p 2222 root@192.0.2.1 'sh -euc look'"),
    ] {
        assert_eq!(by_hand(text).unwrap().line, line);
    }
    assert_eq!(by_hand(""), None);
    assert_eq!(by_hand("# apply (at most 9 s)\nexec a\0b\n"), None);
}

#[test]
fn what_needs_files_or_secrets_opens_a_shell_instead() {
    for text in ["# file $BF_IN/a\n#   x\n# apply (at most 9 s)\ncat $BF_IN/a\n", "••••••"]
    {
        let by_hand = by_hand(text).unwrap();
        assert_eq!(by_hand.line, "ssh -p 2222 root@192.0.2.1");
        assert!(by_hand.note.contains("/var/lib/brokeforge/op/o-"), "{}", by_hand.note);
    }
}

#[test]
fn two_shells_read_back_the_very_words() {
    let words = [
        "a b",
        "'",
        "''",
        "\"",
        "$HOME",
        "`id`",
        "\\",
        "\\'",
        "!!",
        "*",
        "~",
        "#",
        ";",
        "&&",
        "\t",
        "日本",
        "-n",
        "a\nb",
        "",
        "if",
        "$(reboot)",
        "\u{1b}[31m",
    ];
    for word in words {
        let command = shell::words(&["printf", "%s|", word]).unwrap();
        let line = by_hand(&format!("# apply (at most 9 s)\nexec {command}\n")).unwrap().line;
        // Here the far end is a shell of this machine: ssh hands it the last word.
        let script = format!("ssh() {{ shift 3; sh -c \"$*\"; }}\n{line}\n");
        let out = Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), format!("{word}|"), "{line}");
    }
}

#[test]
fn an_address_is_a_word() {
    let id = OperationId::new(Time::UNIX_EPOCH, 1);
    let step = step("# apply (at most 9 s)\nexec id\n");
    for (host, place) in [
        ("2001:db8::1", "root@2001:db8::1"),
        ("web.example.org", "root@web.example.org"),
        ("a;reboot", "'root@a;reboot'"),
    ] {
        let by_hand = line(&server(host, 22), "root", id, &step).unwrap();
        assert_eq!(by_hand.line, format!("ssh -p 22 {place} id"));
    }
}
