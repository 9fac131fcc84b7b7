//! What the host's firewall is, as the probe told it: ufw's files and the kernel's rules.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::domain::{Facts, Failure};

use super::{
    Files,
    admission::{Packet, Ruling, ruling},
    kernel::{Line, Ruleset},
    rules_file::{NotUfws, RulesFile},
    tuple::Family,
};

/// The probe's section in the facts.
pub const SECTION: &str = "firewall";

/// A host's firewall.
#[derive(Debug, Clone)]
pub struct State {
    /// ufw's version, when it is installed.
    pub version: Option<String>,
    /// ufw's setting: it comes into force at boot.
    pub enabled: bool,
    /// Its unit, which brings it there, is enabled.
    pub unit: bool,
    /// ufw looks after IPv6 as well.
    pub ipv6: bool,
    /// `ACCEPT`, `DROP` or `REJECT`: ufw's setting for what comes in.
    pub default_in: String,
    /// ufw would flush the built-in chains and whatever others put there.
    pub manages_builtins: bool,
    /// IPv4.
    pub v4: FamilyState,
    /// IPv6.
    pub v6: FamilyState,
    /// Bytes free where ufw's files lie.
    pub free: Option<u64>,
    /// Ports that docker and the like lead past ufw.
    pub published: Vec<String>,
}

/// One family.
#[derive(Debug, Clone, Default)]
pub struct FamilyState {
    /// ufw's rules file, where there is one.
    pub file: Option<Result<RulesFile, NotUfws>>,
    /// Its digest.
    pub sha256: Option<String>,
    /// The kernel's filter table, where the host told it.
    pub kernel: Option<Ruleset>,
}

impl State {
    /// Reads the probe's section; `None` when the host was not asked.
    ///
    /// # Errors
    /// When the section cannot be understood.
    pub fn read(facts: &Facts) -> Result<Option<Self>, Failure> {
        let Some(section) = facts.sections.get(SECTION) else { return Ok(None) };
        let values = Values(section);
        let package = values.text("package")?.unwrap_or_default();
        let conf = values.text("ufw.conf")?.unwrap_or_default();
        let default = values.text("default")?.unwrap_or_default();
        let yes = |text: &str, key| setting(text, key).as_deref() == Some("YES");
        let family = |family: Family, file: &str, kernel: &str| -> Result<FamilyState, Failure> {
            let kernel = values.text(kernel)?.filter(|text| text.contains("-P INPUT "));
            Ok(FamilyState {
                file: values.text(file)?.map(|text| RulesFile::parse(&text, family)),
                sha256: values.text(&format!("{file}.sha256"))?.map(|s| s.trim().to_owned()),
                kernel: kernel.map(|text| Ruleset::parse(&text)),
            })
        };
        let nat = values.text("nat4")?.unwrap_or_default();
        let mut published: Vec<String> = nat.lines().filter_map(published_port).collect();
        published.sort();
        published.dedup();
        Ok(Some(Self {
            version: package.trim().strip_prefix("installed ").map(str::to_owned),
            enabled: yes(&conf, "ENABLED"),
            unit: values.text("unit")?.is_some_and(|text| text.trim() == "enabled"),
            ipv6: default.is_empty() || yes(&default, "IPV6"),
            default_in: setting(&default, "DEFAULT_INPUT_POLICY").unwrap_or_else(|| "DROP".into()),
            manages_builtins: yes(&default, "MANAGE_BUILTINS"),
            v4: family(Family::V4, "user.rules", "kernel4")?,
            v6: family(Family::V6, "user6.rules", "kernel6")?,
            free: values.text("free")?.and_then(|text| text.trim().parse().ok()),
            published,
        }))
    }

    /// One family's part.
    pub fn family(&self, family: Family) -> &FamilyState {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The families that ufw looks after.
    pub fn families(&self) -> impl Iterator<Item = Family> + use<> {
        [Family::V4].into_iter().chain(self.ipv6.then_some(Family::V6))
    }

    /// Whether ufw's rules reach packets now; `None` when the kernel's rules are not known.
    pub fn in_force(&self) -> Option<bool> {
        self.families().try_fold(true, |all, family| {
            let kernel = self.family(family).kernel.as_ref()?;
            Some(all && hooked(kernel, family))
        })
    }

    /// Whether all is as these files want it already, in ufw's files, in the kernel and at the next
    /// boot; with `deny`, also that what no rule is for does not come in.
    pub(in crate::packages::server) fn is_settled(&self, files: &Files, deny: bool) -> bool {
        let policy = if self.default_in == "ACCEPT" { "ACCEPT" } else { "DROP" };
        let as_wanted = |family: Family| {
            let part = self.family(family);
            let wanted = match family {
                Family::V4 => &files.v4,
                Family::V6 => &files.v6,
            };
            let Some((Ok(file), kernel)) = part.file.as_ref().zip(part.kernel.as_ref()) else {
                return false;
            };
            let told = kernel.chains.get(&family.user_chain()).map(|chain| &chain.rules);
            let lines: Option<Vec<Line>> =
                wanted.lines(family).into_iter().map(|(_, line)| Line::read(line)).collect();
            let same = told.zip(lines).is_some_and(|(told, lines)| {
                told.len() == lines.len() && told.iter().zip(&lines).all(|(a, b)| a.same(b))
            });
            let input = kernel.chains.get("INPUT").and_then(|chain| chain.policy.as_deref());
            same && file.text() == wanted.text() && input == Some(policy)
        };
        self.enabled
            && self.unit
            && self.in_force() == Some(true)
            && !(deny && policy == "ACCEPT")
            && self.families().all(as_wanted)
    }

    /// Whether the kernel has rules for IPv6 that are not ufw's.
    pub fn others_in_v6(&self) -> bool {
        let ufws = |name: &str| name.starts_with("ufw6-");
        // what ufw itself puts there when it leaves IPv6 alone
        let lo = |text: &str| text.ends_with(" lo -j ACCEPT");
        self.v6.kernel.iter().flat_map(|kernel| &kernel.chains).any(|(name, chain)| {
            let mut rules = chain.rules.iter();
            !ufws(name)
                && rules.any(|rule| !rule.target.as_deref().is_some_and(ufws) && !lo(&rule.text))
        })
    }

    /// The rules files as they are, or as ufw's package would bring them.
    ///
    /// # Errors
    /// When a file there was not written by ufw.
    pub fn file(&self, family: Family) -> Result<RulesFile, NotUfws> {
        self.family(family).file.clone().unwrap_or_else(|| Ok(RulesFile::fresh(family)))
    }

    /// What a connection meets now.
    pub fn present(&self, packet: &Packet) -> Ruling {
        match &self.family(family_of(packet.to)).kernel {
            Some(kernel) => ruling(kernel, packet),
            None => Ruling::Unsure("the host did not tell the kernel's rules".into()),
        }
    }

    /// What a connection would meet with ufw in force, these rules in its file, and this default.
    pub fn planned(&self, packet: &Packet, file: &RulesFile, default: &str) -> Ruling {
        let family = family_of(packet.to);
        if family == Family::V6 && !self.ipv6 {
            // ufw then closes IPv6 but for the loopback device
            return Ruling::Refused("IPV6=no in /etc/default/ufw".into());
        }
        let prefix = family.prefix();
        let told = self.family(family).kernel.clone();
        let mut rules = told.unwrap_or_default();
        if !hooked(&rules, family) {
            // as ufw-init would set it up
            let before = format!("{prefix}-before-input");
            let chains: Vec<String> = rules.chains.keys().cloned().collect();
            for chain in chains.iter().filter(|name| name.starts_with(&format!("{prefix}-"))) {
                rules.chain(chain).rules.clear();
            }
            rules.append(&format!("-A {before} -i lo -j ACCEPT"));
            rules.append(&format!("-A {before} -m conntrack --ctstate INVALID -j DROP"));
            rules.append(&format!("-A {before} -j {}", family.user_chain()));
            if !rules.jumps("INPUT", &before) {
                rules.append(&format!("-A INPUT -j {before}"));
            }
        }
        rules.chain(&family.user_chain()).rules.clear();
        for (_, line) in file.lines(family) {
            rules.append(line);
        }
        for chain in ["track", "reject", "skip-to-policy"] {
            rules.chain(&format!("{prefix}-{chain}-input")).rules.clear();
        }
        rules.append(&format!("-A {prefix}-skip-to-policy-input -j {default}"));
        let policy = if default == "ACCEPT" { "ACCEPT" } else { "DROP" };
        rules.chain("INPUT").policy = Some(policy.to_owned());
        ruling(&rules, packet)
    }
}

/// The present connection, as the host sees it.
pub fn connection(facts: &Facts) -> Option<Packet> {
    Some(Packet {
        from: facts.peer?.to_canonical(),
        to: facts.local?.to_canonical(),
        port: facts.local_port?,
    })
}

/// The family of an address.
pub fn family_of(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::V4 } else { Family::V6 }
}

/// Whether ufw's chains are there and hooked in.
fn hooked(kernel: &Ruleset, family: Family) -> bool {
    let prefix = family.prefix();
    let before = format!("{prefix}-before-input");
    kernel.chains.contains_key(&family.user_chain())
        && kernel.jumps("INPUT", &before)
        && kernel.jumps("INPUT", &format!("{prefix}-after-input"))
        && kernel.jumps(&before, &family.user_chain())
}

/// The value of a setting in one of ufw's files, in capitals; the last one counts.
fn setting(text: &str, key: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let value = lines.next_back()?.trim_start_matches(['"', '\'']);
    let word: String = value.chars().take_while(char::is_ascii_alphabetic).collect();
    Some(word.to_ascii_uppercase())
}

/// The port that a line of the nat table publishes.
fn published_port(line: &str) -> Option<String> {
    let mut words = line.split(' ');
    let port = words.by_ref().skip_while(|word| *word != "--dport").nth(1)?;
    port.bytes().all(|b| b.is_ascii_digit() || b == b':').then(|| port.to_owned())
}

/// The section's lines: a name and a value in base 64.
struct Values<'a>(&'a str);

impl Values<'_> {
    fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let mut lines = self.0.lines();
        let Some(value) = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')) else {
            return Ok(None);
        };
        let unclear = || {
            Failure::internal(format!(
                "What the host told about its firewall ({name}) cannot be read: it is too long or \
                 was cut off."
            ))
        };
        let bytes = STANDARD.decode(value.trim()).map_err(|_| unclear())?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
