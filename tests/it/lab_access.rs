//! Getting in: host keys, logins, and what is kept secret, on real hosts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::prompts::key_file;
use crate::support::binary::{Done, Home};
use crate::support::terminal::Terminal;

/// The last line of standard error as a failure.
#[track_caller]
fn failure(done: &Done) -> Value {
    let last = done.err.lines().last().unwrap_or_else(|| panic!("nothing was told"));
    let failure: Value = serde_json::from_str(last).unwrap();
    let keys: Vec<&str> = failure.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 6, "{failure}");
    failure
}

fn fingerprint(host: &Host, kind: &str) -> String {
    let file = format!("/etc/ssh/ssh_host_{kind}_key.pub");
    let (_, line) = host.exec_inside(&format!("ssh-keygen -lf {file}"));
    line.split_whitespace().nth(1).unwrap().to_owned()
}

fn add_with(home: &Home, host: &Host, fingerprint: &str) -> Done {
    let (address, key) = (host.v4.to_string(), host.key.to_str().unwrap());
    let words = ["--json", "server", "add", "web", "--host", &address, "--identity", key];
    home.run(&[&words[..], &["--host-key", fingerprint]].concat())
}

#[test]
fn a_host_is_known_by_its_key_alone() {
    let Some(host) = lab::host("hostkey") else { return };
    let home = Home::new();
    let exec = ["--json", "exec", "web", "--", "true"];

    // a wrong expectation: nothing is tried, and the record waits for the right one
    let logins = "journalctl -u ssh -o cat | grep -cE 'authenticating|Accepted|Failed|Invalid'";
    let (_, before) = host.exec_inside(logins);
    let wrong = format!("SHA256:{}", "A".repeat(43));
    let refused = add_with(&home, &host, &wrong).expect(4);
    let told = failure(&refused);
    let right = fingerprint(&host, "ed25519");
    for part in [&wrong, &right] {
        assert!(text(&told, "message").contains(part.as_str()), "{told}");
    }
    assert_eq!(host.exec_inside(logins).1, before, "a login was tried");
    let show = home.json(&["server", "show", "web"]);
    assert_eq!(text(&show[0], "status"), "failed");
    home.run(&["server", "trust", "web", "--host-key", &right]).expect(0);
    let operation = home.json(&["operation", "list"])[0]["id"].as_str().unwrap().to_owned();
    home.run(&["operation", "retry", &operation]).expect(0);
    home.run(&exec).expect(0);

    // the host has new keys
    let (_, _) = host.exec_inside(
        "mkdir /root/old && mv /etc/ssh/ssh_host_* /root/old && ssh-keygen -A && systemctl restart ssh",
    );
    let new = fingerprint(&host, "ed25519");
    let told = failure(&home.run(&exec).expect(4));
    for part in [&right, &new] {
        assert!(text(&told, "message").contains(part.as_str()), "{told}");
    }
    assert!(text(&told, "remedy").contains("brokeforge server trust web"), "{told}");
    assert_eq!(text(&told, "effect"), "none");
    home.run(&["server", "trust", "web", "--host-key", &wrong]).expect(4);
    home.run(&exec).expect(4);
    home.run(&["server", "trust", "web", "--host-key", &new]).expect(0);
    home.run(&exec).expect(0);

    // the old ones come back, and are refused for ever
    host.exec_inside("rm /etc/ssh/ssh_host_*; mv /root/old/* /etc/ssh; systemctl restart ssh");
    let told = failure(&home.run(&exec).expect(4));
    assert!(text(&told, "message").contains("revoked"), "{told}");
    let told =
        failure(&home.run(&["--json", "server", "trust", "web", "--host-key", &right]).expect(4));
    assert!(text(&told, "message").contains("refused for ever"), "{told}");

    // only a key of another type is there: not a new host, another one
    host.exec_inside("rm /etc/ssh/ssh_host_ed25519*; systemctl restart ssh");
    let told = failure(&home.run(&exec).expect(4));
    let rsa = fingerprint(&host, "rsa");
    assert!(text(&told, "message").contains("not pinned"), "{told}");
    // whoever compared any of the host's keys at its console may name that one
    home.run(&["server", "trust", "web", "--host-key", &rsa]).expect(0);
    home.run(&exec).expect(0);
}

/// An ssh-agent that ends with the test.
struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(folder: &Path, key: &str) -> Self {
        let socket = folder.join("agent");
        let mut command = Command::new("ssh-agent");
        let process = command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn();
        let agent = Self { process: process.unwrap(), socket };
        lab::until("the agent listens", Duration::from_secs(120), || agent.socket.exists());
        let mut add = Command::new("ssh-add");
        let added = add.arg("-q").arg(key).env("SSH_AUTH_SOCK", &agent.socket).status();
        assert!(added.unwrap().success());
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_login_says_why_it_did_not_come_about() {
    let Some(host) = lab::host("login") else { return };
    let home = Home::new();
    // by an agent that holds a key of no use besides the right one
    let agent = Agent::start(home.path(), &key_file(&home, "stranger", ""));
    let address = host.v4.to_string();
    let words = ["server", "add", "web", "--host", &address, "--agent", "--accept-new-host-key"];
    let with_agent = |words: &[&str]| -> Done {
        home.command(words).env("SSH_AUTH_SOCK", &agent.socket).output().unwrap().into()
    };
    let refused = with_agent(&words).expect(3);
    assert!(refused.err.contains("does not let root in with SHA256:"), "{}", refused.err);
    let mut more = Command::new("ssh-add");
    more.arg("-q").arg(&host.key).env("SSH_AUTH_SOCK", &agent.socket);
    assert!(more.status().unwrap().success());
    let operation = home.json(&["operation", "list"])[0]["id"].as_str().unwrap().to_owned();
    with_agent(&["operation", "retry", &operation]).expect(0);

    // from now on by our own key; each obstacle has its own words
    let said = |break_it: &str, mend_it: &str| -> Done {
        host.exec_inside(break_it);
        let done = home.run(&["exec", "web", "--", "echo", "hi"]);
        host.exec_inside(mend_it);
        done
    };
    let noise = said("echo 'echo noise; echo more >&2' >/root/.bashrc", "true").expect(0);
    assert_eq!(noise.out, "hi\n");
    let ended = said("echo 'echo bye; exit 0' >/root/.bashrc", "rm /root/.bashrc").expect(3);
    assert!(ended.err.contains("login files") && ended.err.contains("| bye"), "{}", ended.err);
    let keys = "/root/.ssh/authorized_keys";
    let forced = said(
        &format!("cp {keys} /root/keys; sed -i 's/^/command=\"echo forced\" /' {keys}"),
        &format!("cat /root/keys >{keys}"),
    );
    let forced = forced.expect(3);
    assert!(forced.err.contains("forced command") && forced.err.contains("| forced"));
    let expired = said("chage -d 0 root", "chage -d -1 root").expect(3);
    assert!(expired.err.contains("password of root") && expired.err.contains("passwd root"));
    let shell = said("usermod -s /usr/sbin/nologin root", "usermod -s /bin/bash root").expect(3);
    assert!(shell.err.contains("login shell"), "{}", shell.err);
    let unknown = said(&format!(": >{keys}"), &format!("cat /root/keys >{keys}")).expect(3);
    assert!(unknown.err.contains("authorized_keys") && unknown.err.contains("ssh-ed25519 "));

    // one that is not there does not keep the other from its work
    let port = ["--port", "1", "--yes"];
    let words = ["server", "add", "gone", "--host", &address, "--agent", "--accept-new-host-key"];
    with_agent(&[&words[..], &port[..]].concat()).expect(3);
    let both = home.run(&["exec", "gone", "web", "--", "echo", "hi"]).expect(3);
    assert!(
        both.out.contains("web: hi") && both.err.contains("refused"),
        "{}{}",
        both.out,
        both.err
    );
    home.run(&["server", "edit", "web", "--port", "1", "--yes"]).expect(0);
    let stays = home.run(&["server", "remove", "web", "--clean-up"]).expect(3);
    assert!(stays.err.contains("brokeforge server remove web"), "{}", stays.err);
    home.run(&["server", "remove", "web"]).expect(0);
    assert_eq!(home.json(&["server", "list"]).len(), 1);
}

#[test]
fn an_unsupported_system_is_refused_with_the_list_and_a_retry_looks_again() {
    let Some(host) = lab::host("alien") else { return };
    let home = Home::new();
    host.exec(
        "cp /etc/os-release /root/was; sed -i 's/^ID=.*/ID=fedora/' /root/was; \
               cp /etc/os-release /root/kept; cat /root/was >/etc/os-release",
    );
    let refused = add(&home, &host).expect(1);
    assert!(refused.err.contains("Debian and Ubuntu"), "{}", refused.err);
    assert_eq!(host.exec("grep -c . /root/.ssh/authorized_keys").1.trim(), "1");
    host.exec("cat /root/kept >/etc/os-release");
    let operation = home.json(&["operation", "list"])[0]["id"].as_str().unwrap().to_owned();
    home.run(&["operation", "retry", &operation]).expect(0);
}

/// Every file and folder below.
fn tree(folder: &Path, found: &mut Vec<PathBuf>) {
    found.push(folder.to_owned());
    if folder.is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            tree(&entry.unwrap().path(), found);
        }
    }
}

#[test]
fn no_secret_is_found_anywhere_after_a_whole_journey() {
    const OF_KEY: &str = "canary-of-the-key-7d1f";
    const OF_VAULT: &str = "canary-of-the-vault-c03a";
    let Some(host) = lab::host("canary") else { return };
    let home = Home::fresh();
    let key = key_file(&home, "key", OF_KEY);
    let public = fs::read_to_string(format!("{key}.pub")).unwrap();
    host.exec(&format!("echo '{}' >>/root/.ssh/authorized_keys", public.trim()));
    let file = home.path().join("passphrase");
    fs::write(&file, OF_VAULT).unwrap();
    let command = |words: &[&str]| {
        let mut command = home.command(words);
        command.env("BROKEFORGE_PASSPHRASE_FILE", &file).env("BROKEFORGE_LOG", "trace");
        command
    };
    let address = host.v4.to_string();
    let words = ["server", "add", "web", "--host", &address, "--identity", &key];
    let mut terminal =
        Terminal::start(&command(&[&words[..], &["--accept-new-host-key"]].concat()));
    terminal.sees("Passphrase of ");
    let pid = terminal.pid();
    let seen: Vec<Vec<u8>> = ["cmdline", "environ"]
        .iter()
        .map(|name| fs::read(format!("/proc/{pid}/{name}")).unwrap())
        .collect();
    terminal.types_hidden(&format!("{OF_KEY}\r"));
    let printed = terminal.ends(0);
    let done: Done = command(&["exec", "web", "--", "ls", "/root"]).output().unwrap().into();
    done.expect(0);

    let half = fs::read_to_string(&key).unwrap().lines().nth(2).unwrap().to_owned();
    let canaries = [OF_KEY, OF_VAULT, &half, "PRIVATE KEY"];
    let clean = |what: &str, bytes: &[u8]| {
        for canary in canaries {
            let found = bytes.windows(canary.len()).any(|bytes| bytes == canary.as_bytes());
            assert!(!found, "“{canary}” is in {what}");
        }
    };
    clean("the terminal", printed.as_bytes());
    seen.iter().for_each(|bytes| clean("/proc", bytes));
    let mut all = Vec::new();
    tree(&home.path().join("fleet"), &mut all);
    assert!(all.len() > 8, "{all:?}");
    for path in all {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if path.is_file() {
            clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
    let places = "/root /var/lib/brokeforge /var/log /run/brokeforge /tmp /etc/systemd/system";
    for canary in [OF_KEY, OF_VAULT, "OPENSSH PRIVATE KEY"] {
        let (_, found) = host.exec(&format!("grep -rlF -- '{canary}' {places} 2>/dev/null"));
        assert_eq!(found.trim(), "", "{canary}");
    }
}
