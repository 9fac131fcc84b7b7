use super::Status::{Active, Failed, Installing, Paused, Pending, Removing, Updating};
use super::*;

/// The arrows of the design, and the ways back of operations that changed nothing.
const ARROWS: &[(Status, Status)] = &[
    (Pending, Installing),
    (Installing, Active),
    (Installing, Failed),
    (Active, Updating),
    (Updating, Active),
    (Updating, Failed),
    (Active, Removing),
    (Failed, Removing),
    (Removing, Failed),
    (Removing, Active),
    (Active, Paused),
    (Paused, Active),
    (Failed, Pending),
];

#[test]
fn there_is_no_arrow_but_the_designs() {
    for from in Status::ALL {
        for to in Status::ALL {
            let wanted = from == to || ARROWS.contains(&(from, to));
            assert_eq!(from.may_become(to), wanted, "{from} → {to}");
        }
    }
}

#[test]
fn a_record_begins_pending_and_ends_removing() {
    for status in Status::ALL {
        assert_eq!(status.may_begin(), status == Pending, "{status}");
        assert_eq!(status.may_end(), status == Removing, "{status}");
    }
}

#[test]
fn every_running_action_has_an_arrow_in_and_out() {
    for action in [Action::Install, Action::Update, Action::Remove] {
        let running = action.running_status();
        assert!(running.is_transitional());
        assert!(running.may_become(Failed) && running.may_become(Active), "{action}");
        assert!(Status::ALL.iter().any(|s| *s != running && s.may_become(running)), "{action}");
    }
}

#[test]
fn an_outcome_goes_from_waiting_over_running_to_one_end() {
    use Outcome::{Cancelled, Done, Failed, Interrupted, RolledBack, Running, Waiting};
    let all = [Waiting, Running, Done, Failed, Cancelled, Interrupted, RolledBack];
    for from in all {
        for to in all {
            let wanted = from == to
                || (from == Waiting && to == Running)
                || (from == Running && to != Waiting);
            assert_eq!(from.may_become(to), wanted, "{from} → {to}");
        }
    }
}

#[test]
fn words_are_the_same_on_screen_and_in_json() {
    for status in Status::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
    let json = serde_json::to_value(Outcome::RolledBack).unwrap();
    assert_eq!((json, Outcome::RolledBack.as_str()), ("rolled-back".into(), "rolled back"));
}
