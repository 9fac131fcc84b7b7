use super::*;

#[test]
fn names_of_sites() {
    let label = format!("{}.com", "a".repeat(63));
    let long_label = format!("{}.com", "a".repeat(64));
    let long = format!(
        "{}.com",
        ["a".repeat(50), "b".repeat(50), "c".repeat(50), "d".repeat(50)].join(".")
    );
    table(
        domain,
        |v| v,
        &[
            ("example.com", "ok example.com"),
            ("a-b.example.co.uk", "ok a-b.example.co.uk"),
            ("my-project", "ok my-project"),
            ("localhost", "ok localhost"),
            ("x.local", "ok x.local"),
            ("x.internal", "ok x.internal"),
            ("x.test", "ok x.test"),
            ("default", "ok default"),
            ("4.example.com", "ok 4.example.com"),
            ("127.0.0.1.nip.io", "ok 127.0.0.1.nip.io"),
            ("xn--mnchen-3ya.de", "ok xn--mnchen-3ya.de"),
            (&label, &format!("ok {label}")),
            ("EXAMPLE.com.", "fix example.com"),
            (" example.com ", "fix example.com"),
            ("https://example.com/x", "fix example.com"),
            ("http://Example.com", "fix example.com"),
            ("münchen.de", "fix xn--mnchen-3ya.de"),
            ("MÜNCHEN.de", "fix xn--mnchen-3ya.de"),
            ("mu\u{308}nchen.de", "fix xn--mnchen-3ya.de"),
            ("straße.de", "fix xn--strae-oqa.de"),
            ("例え.jp", "fix xn--r8jz45g.jp"),
            ("пример.рф", "fix xn--e1afmkfd.xn--p1ai"),
            ("аpple.com", "warn xn--pple-43d.com"),
            ("раураӏ.com", "warn xn--80aa0cbo65f.com"),
            ("ｅxample。com", "warn example.com"),
            ("ﬁ.com", "warn fi.com"),
            ("xn--pple-43d.com", "warn xn--pple-43d.com"),
            ("xn--zzzzzz99999.de", "no"),
            ("xn--.de", "no"),
            ("-a.com", "no"),
            ("a-.com", "no"),
            ("a..com", "no"),
            (".com", "no"),
            ("a.", "fix a"),
            (".", "no"),
            ("..", "no"),
            ("ab--c.com", "no"),
            ("_dmarc.example.com", "no"),
            ("*.example.com", "no"),
            ("*.com", "no"),
            ("*", "no"),
            ("a.*.com", "no"),
            ("example.com; return 301 x", "no"),
            ("example.com{", "no"),
            ("example.com}", "no"),
            ("$host", "no"),
            ("~^(.*)$", "no"),
            ("~example", "no"),
            ("default_server", "no"),
            ("_", "no"),
            ("10.0.0.1", "no"),
            ("010.0.0.1", "no"),
            ("１０.０.０.１", "no"),
            ("2130706433", "no"),
            ("[::1]", "no"),
            ("::1", "no"),
            ("example.com:8080", "no"),
            ("ftp://example.com", "no"),
            ("https://", "no"),
            ("https://user@example.com/", "no"),
            ("-oProxyCommand=id", "no"),
            ("--help", "no"),
            ("../../etc/passwd", "no"),
            ("a/b", "no"),
            ("a%2fb", "no"),
            ("a b.com", "no"),
            ("a.com,b.com", "no"),
            ("\"a\".com", "no"),
            ("'", "no"),
            ("a\\b", "no"),
            ("`id`.com", "no"),
            ("é\u{301}\u{301}@", "no"),
            ("😀 .com", "no"),
            ("ex\u{200b}ample.com", "no"),
            ("ex\u{202e}ample.com", "no"),
            ("", "no"),
            (" ", "no"),
            (&long_label, "no"),
            (&long, "no"),
            (&"a".repeat(5000), "no"),
        ],
    );
}

#[test]
fn several_domains() {
    let show = |names: Vec<String>| names.join(" ");
    table(
        domains,
        show,
        &[
            ("", "ok "),
            ("a.com", "ok a.com"),
            ("a.com,b.com", "ok a.com b.com"),
            ("a.com, b.com,", "ok a.com b.com"),
            ("A.com,b.com", "fix a.com b.com"),
            ("a.com,a.com", "fix a.com"),
            ("a.com,b_c", "no"),
            ("a.com,münchen.de", "fix a.com xn--mnchen-3ya.de"),
        ],
    );
}

#[test]
fn people_read_the_name_itself() {
    assert_eq!(domain_shown("xn--mnchen-3ya.de"), "münchen.de");
    assert_eq!(domain_shown("example.com"), "example.com");
}
