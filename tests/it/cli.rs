//! The real binary, as scripts use it: what needs no host.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::binary::CLOSED_PORT;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with_vault() -> Self {
        let home = Self::new();
        home.run(&["vault", "init", "--key-file"]).ends(0);
        home
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokeforge"));
        command.arg("--home").arg(self.0.path()).args(words);
        command.env_remove("BROKEFORGE_PASSPHRASE_FILE").env_remove("BROKEFORGE_HOME");
        command.env_remove("SSH_AUTH_SOCK").stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Ran {
        Ran::from(self.command(words).output().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }

    /// The last line of standard error: notes may go before it.
    fn error(&self) -> Value {
        serde_json::from_str(self.err.lines().last().unwrap()).unwrap()
    }
}

#[test]
fn an_empty_fleet_lists_nothing_and_that_is_done() {
    let home = Home::new();
    for list in [["server", "list"], ["operation", "list"], ["package", "list"]] {
        assert!(!home.run(&list).ends(0).out.is_empty());
        let json = home.run(&[list[0], list[1], "--json"]).ends(0);
        assert_eq!((json.out.as_str(), json.err.as_str()), ("", ""));
    }
}

#[test]
fn bad_usage_is_two_and_told_as_json_when_that_is_asked_for() {
    let home = Home::new();
    home.run(&["nothing"]).ends(2);
    home.run(&["server", "add"]).ends(2);
    let error = home.run(&["--json", "exec", "web"]).ends(2).error();
    assert_eq!(error["kind"], "input");
    let error = home.run(&["server", "show", "web", "--json"]).ends(2).error();
    assert_eq!(error["kind"], "not-found");
    let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 6);
    home.run(&["operation", "show", "web"]).ends(2);
    // without a terminal there is no screen
    assert!(home.run(&[]).ends(2).err.contains("terminal"));
    home.run(&["--help"]).ends(0);
    home.run(&["--version"]).ends(0);
}

#[test]
fn a_vault_is_made_once_and_told_of() {
    let home = Home::new();
    let absent = home.run(&["vault", "status", "--json"]).ends(0).json();
    assert_eq!(absent["state"], "absent");
    let error = home.run(&["vault", "init", "--json"]).ends(5).error();
    assert_eq!(error["kind"], "vault-locked");
    assert!(error["remedy"].as_str().unwrap().contains("--key-file"));
    home.run(&["vault", "init", "--key-file"]).ends(0);
    home.run(&["vault", "init", "--key-file"]).ends(2);
    let made = home.run(&["vault", "status", "--json"]).ends(0).json();
    assert_eq!(made["opens_by"], "key-file");
}

#[test]
fn a_passphrase_comes_from_a_file_or_a_descriptor_and_must_be_the_one() {
    let home = Home::new();
    let file = home.path().join("passphrase");
    let with = |words: &[&str], content: &str| {
        std::fs::write(&file, content).unwrap();
        let output = home.command(words).env("BROKEFORGE_PASSPHRASE_FILE", &file).output();
        Ran::from(output.unwrap())
    };
    with(&["vault", "init"], "correct horse battery\n").ends(0);
    let add = closed_port_words("web");
    let add: Vec<&str> = add.iter().map(String::as_str).collect();
    home.run(&add).ends(5);
    with(&add, "another one").ends(5);
    assert_eq!(home.run(&["server", "list"]).out.lines().count(), 1);
    // the file's last line end is not part of it, and standard input is a descriptor like others
    let mut words = vec!["--passphrase-fd", "0"];
    words.extend(&add);
    std::fs::write(&file, "correct horse battery").unwrap();
    let output = home.command(&words).stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    Ran::from(output).ends(3);
}

/// Words that add a server at a port of this machine where nobody listens.
fn closed_port_words(name: &str) -> Vec<String> {
    ["server", "add", name, "--host", "127.0.0.1", "--port", CLOSED_PORT, "--agent"]
        .into_iter()
        .chain(["--accept-new-host-key", "--json"])
        .map(str::to_owned)
        .collect()
}

#[test]
fn an_unreachable_server_is_three_and_its_record_stays_with_a_retry() {
    let home = Home::with_vault();
    let words = closed_port_words("web-1");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = home.run(&words).ends(3);
    assert_eq!(ran.json()["status"], "failed");
    assert_eq!(ran.json()["error"]["kind"], "unreachable");
    assert!(ran.error()["host"].as_str().unwrap().contains("127.0.0.1:"));
    assert!(ran.error()["remedy"].is_string());

    let listed = home.run(&["operation", "list", "--json"]).ends(0).json();
    assert_eq!(listed["outcome"], "failed");
    let first = listed["id"].as_str().unwrap().to_owned();
    let again = home.run(&["operation", "retry", &first, "--json"]).ends(3).json();
    assert_eq!(again["retry_of"], first.as_str());
    assert_eq!(home.run(&["operation", "list", "--json"]).out.lines().count(), 2);
    home.run(&["operation", "cancel", &first]).ends(2);
    home.run(&["operation", "show", &first]).ends(0);
    home.run(&["operation", "log", &first]).ends(0);
    // the same name again, in another case
    let mut twice = words.clone();
    twice[2] = "WEB-1";
    home.run(&twice).ends(2);
    // the same address again asks for a yes
    let mut twin = words.clone();
    twin[2] = "web-2";
    assert!(home.run(&twin).ends(2).error()["remedy"].as_str().unwrap().contains("--yes"));
    assert_eq!(home.run(&["server", "list", "--json"]).out.lines().count(), 1);
    twin.push("--yes");
    home.run(&twin).ends(3);

    let gone = home.run(&["server", "remove", "web-1", "--json"]).ends(0);
    assert_eq!(gone.json()["name"], "web-1");
    home.run(&["server", "show", "web-1"]).ends(2);
    home.run(&["server", "edit", "web-2", "--name", "web-1", "--port", "1"]).ends(0);
    assert_eq!(home.run(&["server", "show", "web-1", "--json"]).json()["port"], 1);
}

#[test]
fn tags_are_added_and_taken_away_and_filtered_by() {
    let home = Home::with_vault();
    for name in ["web-1", "db-1"] {
        let words = closed_port_words(name);
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        words.push("--yes");
        home.run(&words).ends(3);
    }
    let tag = |words: &[&str]| home.run(&[&["server", "tag", "web-1"], words].concat());
    let ran = tag(&[]).ends(0);
    assert_eq!((ran.out.as_str(), ran.err.contains("has no tags")), ("", true));
    let ran = tag(&["--add", "Web", "--add", "eu"]).ends(0);
    assert_eq!((ran.out.as_str(), ran.err.contains("lower case")), ("eu\nweb\n", true));
    let json = tag(&["--remove", "eu", "--remove", "none", "--json"]).ends(0).json();
    assert_eq!((&json["name"], &json["tags"]), (&"web-1".into(), &serde_json::json!(["web"])));
    assert_eq!(tag(&[]).ends(0).out, "web\n");
    for bad in [&["--add", "a b"][..], &["--add", "büro"], &["--add", "x", "--remove", "x"]] {
        tag(bad).ends(2);
    }
    assert!(home.run(&["server", "show", "web-1"]).ends(0).out.contains("tags"));
    let listed = |filter: &str| {
        let json = home.run(&["server", "list", "--json", "--filter", filter]).ends(0).out;
        let name = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap();
            value["name"].as_str().unwrap().to_owned()
        };
        json.lines().map(name).collect::<Vec<_>>()
    };
    assert_eq!(listed("tag:web"), ["web-1"]);
    assert_eq!(listed("!tag:web status:failed"), ["db-1"]);
    assert_eq!(listed("/^(web|db)-1$/"), ["db-1", "web-1"]);
    assert!(listed("os:debian").is_empty());
    let none = home.run(&["server", "list", "--filter", "nobody"]).ends(0);
    assert!(none.out.contains("No server is kept"));
    let wrong = home.run(&["server", "list", "--filter", "colour:red"]).ends(2);
    assert!(wrong.err.contains("name, address, user, status, tag"));
}

#[test]
fn bad_input_is_two_and_leaves_no_record() {
    let home = Home::with_vault();
    let add = |name: &str, host: &str, port: &str| {
        home.run(&[
            "server",
            "add",
            name,
            "--host",
            host,
            "--port",
            port,
            "--agent",
            "--accept-new-host-key",
        ])
    };
    for name in
        ["", "   ", "a\nb", "\u{202e}x", "zero\u{200b}width", "s-0123456789ab", &"x".repeat(300)]
    {
        add(name, "127.0.0.1", "1").ends(2);
    }
    for host in ["0.0.0.0", "010.0.0.1", "10.1", "0x7f.1", "2130706433", "host;id", "ho st", "::"] {
        add("web", host, "1").ends(2);
    }
    for port in ["0", "65536", "-1", "4294967318", "022", "+22", "22.0", "1e3", "0x16"] {
        add("web", "127.0.0.1", port).ends(2);
    }
    let key = home.path().join("no-key");
    let identity = |path: &str| {
        home.run(&[
            "server",
            "add",
            "web",
            "--host",
            "127.0.0.1",
            "--identity",
            path,
            "--accept-new-host-key",
        ])
    };
    identity(key.to_str().unwrap()).ends(2);
    std::fs::write(&key, "no key at all").unwrap();
    identity(key.to_str().unwrap()).ends(2);
    identity(home.path().to_str().unwrap()).ends(2);
    let print = |text: &str| {
        home.run(&["server", "add", "web", "--host", "127.0.0.1", "--agent", "--host-key", text])
    };
    print("MD5:00").ends(2);
    print("SHA256:short").ends(2);
    assert_eq!(home.run(&["server", "list", "--json"]).out, "");
    assert_eq!(home.run(&["operation", "list", "--json"]).out, "");
}

#[test]
fn a_store_in_use_is_six_and_names_who_holds_it() {
    let home = Home::with_vault();
    // a listener that never answers keeps the first one busy
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let mut first = home
        .command(&[
            "server",
            "add",
            "web",
            "--host",
            "127.0.0.1",
            "--port",
            &port,
            "--agent",
            "--accept-new-host-key",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _asked = silent.accept().unwrap();
    // the one that waits has the store open, and others go through it
    assert_eq!(home.run(&["server", "list", "--json"]).ends(0).json()["name"], "web");

    // killed in the middle: nothing is lost, others tell of it, the next change takes it up
    first.kill().unwrap();
    first.wait().unwrap();
    drop((silent, _asked));
    let listed = home.run(&["server", "list", "--json"]).ends(0);
    assert!(listed.err.contains("1 unfinished"), "{listed:?}");
    let operation = home.run(&["operation", "list", "--json"]).json()["id"].clone();
    let ran = home.run(&["server", "remove", "web"]).ends(0);
    assert!(ran.err.contains("Taking up 1"), "{ran:?}");
    let ended = home.run(&["operation", "show", operation.as_str().unwrap(), "--json"]).json();
    assert_ne!(ended["outcome"], "running");
}

#[test]
fn nobody_reads_and_that_is_no_failure() {
    let home = Home::new();
    let mut child = home.command(&["--help"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut child = home.command(&["vault", "status"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn folders_that_others_may_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.run(&["server", "list"]).ends(0);
    let data = home.path().join("data");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = home.run(&["server", "list", "--json"]).ends(2).error();
    assert!(error["remedy"].as_str().unwrap().contains("chmod 700"));
}

#[test]
fn the_keys_in_force_are_printed_and_a_faulty_keymap_is_two() {
    let home = Home::new();
    let plain = home.run(&["keys"]).ends(0);
    assert!(plain.out.lines().all(|line| line.chars().count() <= 80), "{}", plain.out);
    assert!(plain.out.contains("server-add") && plain.err.is_empty());
    let config = home.path().join("config");
    let text = "[servers]\nserver-add = [\"+\"]\nserver-ad = [\"x\"]\n";
    std::fs::write(config.join("keymap.toml"), text).unwrap();
    let faulty = home.run(&["keys", "--json"]).ends(2);
    let rows: Vec<Value> =
        faulty.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let add = rows.iter().find(|row| row["command"] == "server-add").unwrap();
    assert_eq!((&add["keys"][0], &add["changed"]), (&Value::from("+"), &Value::from(true)));
    let message = faulty.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("keymap.toml:3: There is no command “server-ad”"), "{message}");
}
