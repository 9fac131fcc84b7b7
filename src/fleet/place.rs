//! Places of rules in their server's order: ranks with gaps, so that one can go between two
//! without touching the others.

/// Between two neighbours, so that one place takes 32 halvings.
const GAP: i64 = 1 << 32;

/// Where a record goes, and which ones must move to make room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement<K> {
    pub rank: i64,
    pub moved: Vec<(K, i64)>,
}

/// The rank for place `at` (from 0) among records sorted by rank. A place after the last is the
/// last.
pub(super) fn rank<K: Copy>(others: &[(K, i64)], at: usize) -> Placement<K> {
    let at = at.min(others.len());
    let above = at.checked_sub(1).and_then(|i| others.get(i)).map(|(_, rank)| *rank);
    let below = others.get(at).map(|(_, rank)| *rank);
    let free = match (above, below) {
        (None, None) => Some(0),
        (Some(above), None) => above.checked_add(GAP),
        (None, Some(below)) => below.checked_sub(GAP),
        (Some(above), Some(below)) => between(above, below),
    };
    match free {
        Some(rank) => Placement { rank, moved: Vec::new() },
        None => renumbered(others, at),
    }
}

fn between(above: i64, below: i64) -> Option<i64> {
    let middle = i64::midpoint(above, below);
    (above < middle && middle < below).then_some(middle)
}

/// All ranks anew, a gap apart, with the place left free.
fn renumbered<K: Copy>(others: &[(K, i64)], at: usize) -> Placement<K> {
    let nth = |i: usize| i64::try_from(i).unwrap_or(i64::MAX / GAP) * GAP;
    let moved = others
        .iter()
        .enumerate()
        .map(|(i, (key, old))| (*key, *old, nth(if i < at { i } else { i + 1 })))
        .filter(|(_, old, new)| old != new)
        .map(|(key, _, new)| (key, new))
        .collect();
    Placement { rank: nth(at), moved }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_inserted_where_ends_at_its_place(places in prop::collection::vec(0..40_usize, 1..200)) {
            let mut list: Vec<(usize, i64)> = Vec::new();
            let mut model: Vec<usize> = Vec::new();
            for (key, at) in places.into_iter().enumerate() {
                let placed = rank(&list, at);
                for (moved, new) in placed.moved {
                    list.iter_mut().find(|(k, _)| *k == moved).unwrap().1 = new;
                }
                list.push((key, placed.rank));
                list.sort_by_key(|(_, rank)| *rank);
                model.insert(at.min(model.len()), key);
                prop_assert_eq!(list.iter().map(|(k, _)| *k).collect::<Vec<_>>(), model.clone());
            }
        }
    }

    #[test]
    fn a_place_that_is_used_up_moves_the_neighbours() {
        let placed = rank(&[('a', 5), ('b', 6)], 1);
        assert_eq!(placed.rank, GAP);
        assert_eq!(placed.moved, [('a', 0), ('b', 2 * GAP)]);
    }
}
