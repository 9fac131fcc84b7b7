use serde_json::json;

use super::*;
use crate::domain::Listener;
use crate::packages::tests::{facts, planned, resource};

fn host(section: &str) -> Facts {
    let listener = |port, process: &str| Listener {
        protocol: "tcp".into(),
        address: "0.0.0.0".into(),
        port,
        process: Some(process.into()),
    };
    Facts {
        peer: Some("::ffff:198.51.100.7".parse().unwrap()),
        local_port: Some(22),
        listeners: vec![listener(2222, "sshd"), listener(22, "sshd"), listener(80, "nginx")],
        ..facts(&[(KIND, section)])
    }
}

fn plan(action: Action, facts: &Facts, answers: &[(&str, &str)]) -> String {
    let values = json!({
        "retries": 4, "find_time": "10m", "ban_time": "1h", "ignore": ["10.0.0.0/8", "::1"],
    });
    planned(&Fail2ban, action, Some(&resource(1, KIND, values)), &[], facts, answers)
}

#[test]
fn a_jail_for_sshd() {
    let bare = host("tool iptables\n");
    insta::assert_snapshot!("install", plan(Action::Install, &bare, &[]));
    let nothing = plan(Action::Install, &host(""), &[]);
    assert!(nothing.contains("      nftables\n"), "{nothing}");
    let ours = host("version 1.0.2-2\nclaim installed\ntool nft\ntool iptables\nbanned 2\n");
    insta::assert_snapshot!("update", plan(Action::Update, &ours, &[]));
    insta::assert_snapshot!("remove", plan(Action::Remove, &ours, &[]));
    let details = Fail2ban.details(&resource(1, KIND, json!({})), &ours);
    assert_eq!(details[1], ("shut out", "2 addresses".to_owned()));
}

#[test]
fn what_others_have_stays() {
    let foreign = host("version 1.0.2-2\ntool nft\nforeign /etc/fail2ban/jail.local\n");
    insta::assert_snapshot!("foreign", plan(Action::Install, &foreign, &[]));
    let adopted = plan(Action::Install, &foreign, &[(KIND, "adopt")]);
    assert!(adopted.contains("      adopted\n"), "{adopted}");
    for claim in ["adopted", "installed"] {
        let facts = host(&format!(
            "version 1.0.2-2\nclaim {claim}\ntool nft\nforeign /etc/fail2ban/jail.local\n"
        ));
        let removed = plan(Action::Remove, &facts, &[]);
        assert!(!removed.contains("purge") && removed.contains("stays"), "{removed}");
    }
}

#[test]
fn nobody_is_shut_out_whose_address_is_not_known() {
    let facts = Facts { peer: None, ..host("") };
    assert!(plan(Action::Install, &facts, &[]).starts_with("refused: "));
}

#[test]
fn times_and_networks() {
    for (text, wanted) in [("90", 90), ("10m", 600), ("1h", 3600), ("365d", LONGEST)] {
        assert_eq!(seconds(text), Some(wanted), "{text}");
    }
    for text in ["", "0", "m", "1w", "366d", "-1", "1h30m", "18446744073709551615d", "1é"] {
        assert_eq!(seconds(text), None, "{text}");
    }
    assert_eq!(networks("10.0.0.0/8, ::1,10.0.0.0/8").value(), Some(json!(["10.0.0.0/8", "::1"])));
    for text in ["any", "0.0.0.0/0", "10.0.0.0/40", "office"] {
        assert!(matches!(networks(text), Verdict::No(_)), "{text}");
    }
}
