//! A pasted text on its way to the host.

/// The text as it is sent. Control characters stay behind: among them is the mark that would end
/// the paste early and let the rest act as keys.
pub(super) fn encode(text: &str, bracketed: bool) -> Vec<u8> {
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    let text = text.chars().filter(|c| !c.is_control() || matches!(c, '\r' | '\t'));
    let text: String = text.collect();
    if bracketed { format!("\x1b[200~{text}\x1b[201~").into_bytes() } else { text.into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_cannot_end_itself() {
        let told = |text, bracketed| String::from_utf8(encode(text, bracketed)).unwrap();
        assert_eq!(told("a\nb\r\nc\rd\te", false), "a\rb\rc\rd\te");
        assert_eq!(told("a", true), "\x1b[200~a\x1b[201~");
        assert_eq!(told("a\x1b[201~b\u{9b}201~c\x03", true), "\x1b[200~a[201~b201~c\x1b[201~");
        assert_eq!(told("a\x1b[20\x1b[201~1~b", true), "\x1b[200~a[20[201~1~b\x1b[201~");
    }
}
