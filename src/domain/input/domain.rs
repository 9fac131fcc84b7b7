//! Domains that sites answer to, in the form that DNS carries.

use std::net::IpAddr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use super::{Verdict, clean, shown};

/// What is typed may be longer than what is taken: a whole address can be given.
const MOST_TYPED: usize = 2048;
/// Files are called by it, with endings, and 255 bytes is the most that their names can have.
const MOST_BYTES: usize = 200;

/// Checks one domain: a name such as `example.com`, or a single label.
pub fn domain(text: &str) -> Verdict<String> {
    clean(text, MOST_TYPED).and_then(host_part).and_then(judge)
}

/// Checks several with commas between, each named once.
pub fn domains(text: &str) -> Verdict<Vec<String>> {
    let mut all: Verdict<Vec<String>> = Verdict::Ok(Vec::new());
    for one in text.split(',').filter(|one| !one.trim_matches(' ').is_empty()) {
        all = all.and_then(|mut names| {
            domain(one.trim_matches(' ')).and_then(|name| {
                if names.contains(&name) {
                    let why = format!("{} was named twice.", shown(&name));
                    return Verdict::Fix(names, why);
                }
                names.push(name);
                Verdict::Ok(names)
            })
        });
    }
    all
}

/// A domain as people read it: `münchen.de` for `xn--mnchen-3ya.de`.
pub fn domain_shown(domain: &str) -> String {
    let (unicode, result) =
        Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow);
    match result {
        Ok(()) => unicode.into_owned(),
        Err(_) => domain.to_owned(),
    }
}

fn host_part(text: &str) -> Verdict<String> {
    if text.is_empty() {
        return no("A domain is missing. Type one, such as example.com.");
    }
    if text.starts_with('-') {
        return Verdict::No(format!(
            "{} begins with a dash and would be read as an option. Type a domain such as \
             example.com.",
            shown(text)
        ));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Verdict::Ok(text.to_owned());
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Verdict::No(format!(
            "{} is an address, not a domain. Type the domain alone: {}.",
            shown(text),
            shown(host)
        ));
    }
    Verdict::Fix(host.to_owned(), format!("The domain of that address is {}.", shown(host)))
}

fn judge(text: String) -> Verdict<String> {
    if let Some(why) = not_a_domain(&text) {
        return Verdict::No(why);
    }
    let typed = text.strip_suffix('.').unwrap_or(&text);
    let ascii = match Uts46::new().to_ascii(
        typed.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::Check,
        DnsLength::Verify,
    ) {
        Ok(ascii) => ascii.into_owned(),
        Err(_) => return Verdict::No(syntax(typed)),
    };
    if ascii.len() > MOST_BYTES {
        return Verdict::No(format!(
            "The domain is {} characters long; at most {MOST_BYTES} are taken.",
            ascii.len()
        ));
    }
    // a mapping of wide digits or stops can make an address of what was none
    let last = ascii.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Verdict::No(is_address(&text));
    }
    told(&text, typed, ascii)
}

fn told(text: &str, typed: &str, ascii: String) -> Verdict<String> {
    let unicode = domain_shown(&ascii);
    let (lower, mapped): (String, String) =
        (typed.to_lowercase().nfc().collect(), unicode.nfc().collect());
    if lower != mapped && lower != ascii {
        let why = format!("{} is taken as {ascii}, which is not what was typed.", shown(text));
        return Verdict::Warn(ascii, why);
    }
    if let Some(label) = mapped.split('.').find(|label| mixed(label) || disguised(label)) {
        let why = format!(
            "{} is written with letters that can be taken for others; in DNS it is {ascii}.",
            shown(label)
        );
        return Verdict::Warn(ascii, why);
    }
    if ascii == text {
        return Verdict::Ok(ascii);
    }
    let why = match mapped == ascii {
        true => format!("Written as {ascii}."),
        false => format!("Stored as {ascii}, which is {mapped} in DNS."),
    };
    Verdict::Fix(ascii, why)
}

/// What cannot be a domain, by what it looks like.
fn not_a_domain(text: &str) -> Option<String> {
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    if inner.parse::<IpAddr>().is_ok() {
        return Some(is_address(text));
    }
    if text.contains('*') {
        return Some(format!(
            "{} has a wildcard, whose certificates need control over DNS. Name each domain.",
            shown(text)
        ));
    }
    if text.contains('_') {
        return Some(format!(
            "{} has an underscore, which no host name may have. Use a dash.",
            shown(text)
        ));
    }
    if let Some((host, _)) = text.split_once(':') {
        return Some(format!(
            "{} has a port or is no domain. Type the domain alone: {}.",
            shown(text),
            shown(host)
        ));
    }
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let bad = text.chars().find(|c| !plain(*c))?;
    Some(format!(
        "{} holds {}, which no domain may. Letters, digits, dashes and dots are taken.",
        shown(text),
        shown(&bad.to_string())
    ))
}

fn is_address(text: &str) -> String {
    format!("{} is an address, not a domain. A site is asked for by its name.", shown(text))
}

fn syntax(typed: &str) -> String {
    let label = typed.split('.').find(|label| {
        Uts46::new()
            .to_ascii(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify)
            .is_err()
    });
    let why = match label {
        Some("") => "has an empty part: two dots in a row, or one at its beginning".to_owned(),
        Some(l) if l.starts_with('-') || l.ends_with('-') => {
            format!("has the part {}, which begins or ends with a dash", shown(l))
        }
        Some(l) if l.to_ascii_lowercase().starts_with("xn--") => {
            format!("has the part {}, which is no encoded name", shown(l))
        }
        Some(l) if l.is_ascii() && l.len() > 63 => "has a part of more than 63 letters".to_owned(),
        Some(l) if l.get(2..4) == Some("--") => {
            format!(
                "has the part {}, whose dashes in third and fourth place are reserved",
                shown(l)
            )
        }
        Some(l) => format!("has the part {}, which DNS cannot carry", shown(l)),
        None => "is too long for DNS".to_owned(),
    };
    format!("{} {why}. Type a domain such as example.com.", shown(typed))
}

/// Whether letters of scripts stand together that no one language writes together.
fn mixed(label: &str) -> bool {
    let (mut latin, mut east, mut other) = (false, false, None);
    for c in label.chars().filter(|c| c.is_alphabetic()) {
        match u32::from(c) {
            0x41..=0x24f | 0x1e00..=0x1eff => latin = true,
            0x3040..=0x30ff
            | 0x3100..=0x318f
            | 0x31a0..=0x31ff
            | 0x3400..=0x9fff
            | 0xac00..=0xd7a3
            | 0x20000..=0x3ffff => east = true,
            // the kernel of a script's block is all that matters here: which one it is
            code => match other {
                Some(block) if block != script(code) => return true,
                _ => other = Some(script(code)),
            },
        }
    }
    other.is_some() && (latin || east)
}

/// One number for the blocks of a script.
fn script(code: u32) -> u32 {
    match code {
        0x370..=0x3ff | 0x1f00..=0x1fff => 1,
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => 2,
        0x530..=0x58f => 3,
        0x590..=0x5ff => 4,
        0x600..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff => 5,
        0x10a0..=0x10ff | 0x1c90..=0x1cbf | 0x2d00..=0x2d2f => 6,
        _ => 16 + (code >> 7),
    }
}

/// Whether every letter of a label in another script looks like a Latin one.
fn disguised(label: &str) -> bool {
    const ALIKE: &str = "асԁеһіјӏорԛѕԝхуѵοαν";
    let mut letters = label.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|c| ALIKE.contains(c))
}

fn no<T>(why: &str) -> Verdict<T> {
    Verdict::No(why.to_owned())
}
