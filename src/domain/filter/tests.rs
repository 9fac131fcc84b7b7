use proptest::prelude::*;

use super::Filter;

const COLUMNS: &[&[&str]] = &[&["name"], &["status", "outcome"], &["tag"]];
const ROWS: &[[&str; 3]] = &[
    ["web-1", "● active", "debian web"],
    ["Web-2", "✗ failed", "webhook"],
    ["db 1", "● active", "db"],
    ["büro", "· pending", ""],
];

fn kept(line: &str) -> Vec<usize> {
    let filter = Filter::parse(line, COLUMNS).unwrap();
    let keeps = |row: &[&str; 3]| filter.keeps(3, |column| row[column].to_owned());
    (0..ROWS.len()).filter(|at| keeps(&ROWS[*at])).collect()
}

#[test]
fn every_kind_of_term() {
    for (line, rows) in [
        ("", &[0, 1, 2, 3][..]),
        ("web", &[0, 1]),
        ("Web", &[1]),
        ("BÜRO", &[]),
        ("bÜro", &[]),
        ("büro", &[3]),
        ("web active", &[0]),
        ("!web", &[2, 3]),
        ("!tag:web", &[2, 3]),
        ("~w2", &[1]),
        ("~wb1", &[0]),
        ("name:~d1", &[2]),
        ("/^web-[12]$/", &[0, 1]),
        (r"/\S\d/ status:failed", &[1]),
        ("/^Web/", &[1]),
        ("name:/^web/ !failed", &[0]),
        (r"/a\/b/", &[]),
        ("status:act", &[0, 2]),
        ("outcome:fail", &[1]),
        ("STATUS:fail", &[1]),
        ("tag:web", &[0, 1]),
        ("tag:=web", &[0]),
        ("!tag:=web", &[1, 2, 3]),
        ("status:=failed", &[1]),
        ("\"db 1\"", &[2]),
        ("name:\"b 1", &[2]),
        ("1:22", &[]),
        ("\"status:x\"", &[]),
        // not finished yet
        ("!", &[0, 1, 2, 3]),
        ("~", &[0, 1, 2, 3]),
        ("/", &[0, 1, 2, 3]),
        ("status:", &[0, 1, 2, 3]),
        ("tag:=", &[0, 1, 2, 3]),
        ("\"", &[0, 1, 2, 3]),
        ("web !", &[0, 1]),
    ] {
        assert_eq!(kept(line), rows, "{line}");
    }
}

#[test]
fn what_is_wrong_is_said_with_the_way_out() {
    let wrong = |line| Filter::parse(line, COLUMNS).unwrap_err();
    assert_eq!(
        wrong("colour:red"),
        "There is no column “colour”. There are name, status, tag; in quotation marks it is looked \
         for as text."
    );
    assert_eq!(
        wrong("/(/"),
        "The pattern cannot be read: unclosed group. Without the slashes it is looked for as text."
    );
    assert!(wrong(r"/\w{1000}{1000}/").contains("too large"));
}

#[test]
fn what_matched_is_known_by_column() {
    let spans = |line, column, text| Filter::parse(line, COLUMNS).unwrap().spans(column, text);
    assert_eq!(spans("web", 0, "a web of webs"), [(2, 5), (9, 12)]);
    assert_eq!(spans("we eb", 0, "web"), [(0, 3)]);
    assert_eq!(spans("~wb", 0, "web"), [(0, 1), (2, 3)]);
    assert_eq!(spans("tag:=web", 2, "webs web"), [(5, 8)]);
    assert_eq!(spans("tag:web", 0, "web"), []);
    assert_eq!(spans("!web", 0, "web"), []);
    assert_eq!(spans("/x*/", 0, "axxa"), [(1, 3)]);
    assert_eq!(spans("ü", 0, "büro"), [(1, 3)]);
}

proptest! {
    #[test]
    fn nothing_panics_and_spans_lie_on_letters(
        line in "[!~/=:\"() \\\\a-cA-Zé語*+?{}\\[\\]|0-9]{0,24}|\\PC{0,24}|(name|status|tag):\\PC{0,12}",
        text in "\\PC{0,24}",
    ) {
        if let Ok(filter) = Filter::parse(&line, COLUMNS) {
            filter.keeps(3, |_| text.clone());
            let mut end = 0;
            for (from, to) in filter.spans(0, &text) {
                prop_assert!(from >= end && from < to && text.get(from..to).is_some());
                end = to;
            }
        }
    }

    #[test]
    fn a_quoted_text_is_found_in_itself(text in "[^\"\\p{C}]{1,20}") {
        let filter = Filter::parse(&format!("\"{text}\""), COLUMNS).unwrap();
        let around = format!("a{text}b");
        prop_assert!(filter.keeps(1, |_| around.clone()));
        if !text.contains(char::is_whitespace) {
            let filter = Filter::parse(&format!("~\"{text}\""), COLUMNS).unwrap();
            prop_assert!(filter.keeps(1, |_| around.clone()));
        }
    }
}
