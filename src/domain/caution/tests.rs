use super::*;

const ALL: [Deed; 12] = [
    Deed::AddServer,
    Deed::EditServer,
    Deed::Trust,
    Deed::RemoveServer,
    Deed::AddRule,
    Deed::EditRule,
    Deed::RemoveRule,
    Deed::EnableFirewall,
    Deed::DisableFirewall,
    Deed::Run,
    Deed::Retry,
    Deed::Cancel,
];

fn asked(deed: Deed, things: usize, hanging: usize) -> Level {
    level(Stake { deed, things, hanging, production: false })
}

#[test]
fn the_level_grows_with_what_is_done_how_often_and_what_hangs_on_it() {
    use Level::{None, Typed, YesNo};
    // (one thing, with something hanging on it, with much, three things, eleven things)
    for (deeds, levels) in [
        (
            vec![Deed::AddRule, Deed::EditRule, Deed::EditServer, Deed::Retry, Deed::AddServer],
            [None, YesNo, Typed, None, YesNo],
        ),
        (vec![Deed::RemoveRule, Deed::Run], [None, YesNo, Typed, YesNo, Typed]),
        (
            vec![Deed::EnableFirewall, Deed::DisableFirewall, Deed::Cancel, Deed::Trust],
            [YesNo, YesNo, Typed, YesNo, Typed],
        ),
        (vec![Deed::RemoveServer], [Typed; 5]),
    ] {
        for deed in deeds {
            let found = [(1, 0), (1, 1), (1, 11), (3, 0), (11, 0)]
                .map(|(things, hanging)| asked(deed, things, hanging));
            assert_eq!(found, levels, "{deed:?}");
        }
    }
}

#[test]
fn production_always_needs_the_name() {
    for deed in ALL {
        for things in [1, 2, 50] {
            let stake = Stake { deed, things, hanging: 0, production: true };
            assert_eq!(level(stake), Level::Typed, "{deed:?}");
        }
    }
}

#[test]
fn more_things_and_more_that_hangs_on_them_never_ask_less() {
    for deed in ALL {
        for n in 0..20 {
            assert!(asked(deed, n, 0) <= asked(deed, n + 1, 0));
            assert!(asked(deed, 1, n) <= asked(deed, 1, n + 1));
        }
    }
}

#[test]
fn whether_it_can_be_undone_is_said() {
    for deed in ALL {
        assert_eq!(deed.way_back().contains("cannot"), !deed.can_be_undone(), "{deed:?}");
    }
}

#[test]
fn one_server_is_typed_by_name_and_several_by_their_number() {
    assert_eq!(word(["web-1"].into_iter()), "web-1");
    assert_eq!(word(["web-1", "web-2", "db"].into_iter()), "3");
}
