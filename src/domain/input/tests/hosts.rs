use super::*;

fn show(a: Address) -> String {
    let user = a.user.map(|u| format!(" user={u}")).unwrap_or_default();
    let port = a.port.map(|p| format!(" port={p}")).unwrap_or_default();
    format!("{}{user}{port}", a.host)
}

#[test]
fn addresses() {
    let long_label = format!("{}.com", "a".repeat(64));
    let good_label = format!("{}.com", "a".repeat(63));
    let huge = "a".repeat(10_000);
    table(
        address,
        show,
        &[
            ("example.com", "ok example.com"),
            ("web_1", "ok web_1"),
            ("localhost", "ok localhost"),
            (&good_label, &format!("ok {good_label}")),
            ("192.0.2.1", "ok 192.0.2.1"),
            ("127.0.0.1", "ok 127.0.0.1"),
            ("127.0.0.1.nip.io", "ok 127.0.0.1.nip.io"),
            ("2001:db8::7", "ok 2001:db8::7"),
            ("xn--mnchen-3ya.de", "ok xn--mnchen-3ya.de"),
            ("EXAMPLE.com.", "fix example.com"),
            ("[2001:db8::7]", "fix 2001:db8::7"),
            ("2001:DB8:0::7", "fix 2001:db8::7"),
            ("::ffff:192.0.2.1", "fix 192.0.2.1"),
            ("host:2222", "fix host port=2222"),
            ("host:ssh", "fix host port=22"),
            ("[2001:db8::7]:2222", "fix 2001:db8::7 port=2222"),
            ("user@host", "fix host user=user"),
            ("Root@host:22", "fix host user=root port=22"),
            ("root@2001:db8::7", "fix 2001:db8::7 user=root"),
            ("ssh://host", "fix host"),
            ("ssh://root@host:2222/", "fix host user=root port=2222"),
            ("SSH://host", "fix host"),
            ("fe80::1%eth0", "warn fe80::1%eth0"),
            ("[fe80::1%eth0]:22", "warn fe80::1%eth0 port=22"),
            ("fe80::1", "no"),
            ("2001:db8::7%eth0", "no"),
            ("fe80::1%e;id", "no"),
            ("", "no"),
            ("0.0.0.0", "no"),
            ("0.1.2.3", "no"),
            ("255.255.255.255", "no"),
            ("224.0.0.1", "no"),
            ("::", "no"),
            ("::ffff:0.0.0.0", "no"),
            ("ff02::1", "no"),
            ("010.0.0.1", "no"),
            ("10.1", "no"),
            ("0x7f.1", "no"),
            ("127.0.0.0x1", "no"),
            ("2130706433", "no"),
            ("256.1.1.1", "no"),
            ("1.2.3.4.5", "no"),
            ("1.2.3.4.", "no"),
            ("2001:db8::1::2", "no"),
            ("[2001:db8::7", "no"),
            ("[example.com]", "no"),
            ("[2001:db8::7]22", "no"),
            ("-oProxyCommand=id", "no"),
            ("--help", "no"),
            ("root@-oProxyCommand=id", "no"),
            ("-x@host", "no"),
            ("@host", "no"),
            ("root@", "no"),
            ("root:secret@host", "no"),
            ("host:", "no"),
            ("host:0", "no"),
            ("host:99999", "no"),
            ("host:22/udp", "no"),
            ("https://example.com/x", "no"),
            ("ssh://host/path", "no"),
            ("host;id", "no"),
            ("ho st", "no"),
            ("ho\nst", "no"),
            ("host\u{7}", "no"),
            ("$(id)", "no"),
            ("a..b", "no"),
            (".a", "no"),
            ("-a.com", "no"),
            ("a-.com", "no"),
            ("a/b", "no"),
            ("../../etc/passwd", "no"),
            ("münchen.de", "no"),
            ("аpple.com", "no"),
            ("😀.com", "no"),
            ("e\u{301}\u{301}\u{301}\u{301}\u{301}x", "no"),
            ("ex\u{200b}ample.com", "no"),
            (&long_label, "no"),
            (&huge, "no"),
        ],
    );
}

const DIGEST: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";

#[test]
fn fingerprints() {
    let good = format!("SHA256:{DIGEST}");
    let fixed = format!("fix {good}");
    table(
        fingerprint,
        |v| v,
        &[
            (&good, &format!("ok {good}")),
            (&format!("{good}="), &fixed),
            (DIGEST, &fixed),
            (&format!("{DIGEST}="), &fixed),
            (&format!("sha256:{DIGEST}"), &fixed),
            (&format!(" {good}"), &fixed),
            (&format!("256 {good} root@web-1 (ED25519)"), &fixed),
            (&format!("{good} {good}"), "no"),
            (&format!("{good}=="), "no"),
            (&format!("{good}A"), "no"),
            (good.trim_end_matches('U'), "no"),
            // the last character's unused bits are not zero: nothing prints that
            (&good.replace("FU", "FV"), "no"),
            ("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "no"),
            ("16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "no"),
            ("SHA1:abc", "no"),
            ("", "no"),
            ("SHA256:", "no"),
            ("é", "no"),
            (&"A".repeat(5000), "no"),
        ],
    );
    let Verdict::No(why) = fingerprint("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48")
    else {
        panic!("an MD5 fingerprint was taken");
    };
    assert!(why.contains("ssh-keygen -lf"), "{why}");
}

#[test]
fn key_files() {
    let good =
        FileMeta { kind: FileKind::Regular, mode: 0o100_600, owner: 1000, we: 1000, size: 400 };
    let rows = [
        (good, "ok"),
        (FileMeta { mode: 0o400, ..good }, "ok"),
        (FileMeta { mode: 0o100_644, ..good }, "warn"),
        (FileMeta { mode: 0o640, ..good }, "warn"),
        (FileMeta { owner: 1001, ..good }, "no"),
        (FileMeta { owner: 0, ..good }, "no"),
        (FileMeta { owner: 1000, we: 0, ..good }, "no"),
        (FileMeta { kind: FileKind::Symlink, ..good }, "no"),
        (FileMeta { kind: FileKind::Special, ..good }, "no"),
        (FileMeta { kind: FileKind::Folder, ..good }, "no"),
        (FileMeta { size: 1 << 30, ..good }, "no"),
        (FileMeta { size: 0, ..good }, "no"),
    ];
    for (meta, wanted) in rows {
        let got = told(identity_file(meta), |()| String::new());
        assert_eq!(got.trim(), wanted, "{meta:?}");
    }
}
