use proptest::prelude::*;

use super::*;

fn at(ms: i64) -> Time {
    Time::from_millisecond(ms).unwrap()
}

#[test]
fn an_id_survives_its_text_and_sorts_by_age() {
    let early = ServerId::new("2026-01-01T00:00:00Z".parse().unwrap(), u32::MAX);
    let late = ServerId::new("2026-01-01T00:00:00.001Z".parse().unwrap(), 0);
    assert!(early < late && early.to_string() < late.to_string());
    assert_eq!(early.to_string().parse(), Ok(early));
    assert!(early.to_string().parse::<OperationId>().is_err());
}

#[test]
fn what_looks_like_an_id_is_told_from_names() {
    for id in ["s-0123456789ab", "R-0123456789AB", "o-zzzzzzzzzzzz", "w-000000000000"] {
        assert!(looks_like_id(id), "{id}");
    }
    for name in
        ["web-1", "s-short", "s-0123456789abc", "s-0123456789al", "x-0123456789ab", "", "s-"]
    {
        assert!(!looks_like_id(name), "{name}");
    }
}

#[test]
fn only_its_own_form_is_an_id() {
    for text in ["", "s-", "S-0123456789ab", "s-0123456789AB", "0123456789ab", "s-0123456789a é"] {
        assert!(text.parse::<ServerId>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn ids_of_any_time_survive_text_and_json(ms in 0i64..2_800_000_000_000, random: u32) {
        let id = ResourceId::new(at(ms), random);
        let text = id.to_string();
        prop_assert_eq!(text.len(), 14);
        prop_assert!(looks_like_id(&text));
        prop_assert_eq!(text.parse(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<ResourceId>(&json).unwrap(), id);
    }

    #[test]
    fn text_sorts_as_ids_do(
        a in (1_735_689_600_000i64..2_800_000_000_000, any::<u32>()),
        b in (1_735_689_600_000i64..2_800_000_000_000, any::<u32>()),
    ) {
        let (first, second) = (OperationId::new(at(a.0), a.1), OperationId::new(at(b.0), b.1));
        prop_assert_eq!(first.cmp(&second), first.to_string().cmp(&second.to_string()));
        if a.0 < b.0 {
            prop_assert!(first < second);
        }
    }

    #[test]
    fn no_text_breaks_the_reading(text in "\\PC{0,20}") {
        let _ = (looks_like_id(&text), text.parse::<SiteId>());
    }
}
